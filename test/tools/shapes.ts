/** What the tests of response schemas share: a shape to ask for, and what was sent. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import type { Bench } from './with-sandbox.ts';

const text = { type: 'string' };
export const CITY: JsonObject = {
  type: 'object',
  properties: { city: text, inhabitants: { type: 'integer', minimum: 1000 } },
  required: ['city', 'inhabitants'],
};
export const prompt = 'Tell me about Paris';

/** Bodies of the model calls that the sandbox received. */
export const bodies = (here: Bench, from = 0): JsonObject[] =>
  here.sandbox.record.requests
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''))
    .slice(from)
    .flatMap(({ body }) => (isJsonObject(body) ? [body] : []));
export const receiptOf = ({
  structured,
}: {
  structured: Record<string, unknown>;
}): Record<string, JsonValue> => (isJsonObject(structured['receipt']) ? structured['receipt'] : {});
