/** What the tests of response schemas share: a shape to ask for, sandboxes of their own, and what was sent to them. */
import { afterEach } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { type Bench, type BenchOptions, bench } from './with-sandbox.ts';

const text = { type: 'string' };
export const CITY: JsonObject = {
  type: 'object',
  properties: { city: text, inhabitants: { type: 'integer', minimum: 1000 } },
  required: ['city', 'inhabitants'],
};
export const prompt = 'Tell me about Paris';

const open: Bench[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
/** A sandbox of its own, closed after the test. */
export async function fresh(options?: BenchOptions): Promise<Bench> {
  const here = await bench(options);
  open.push(here);
  return here;
}

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
