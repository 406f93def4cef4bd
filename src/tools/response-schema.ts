/** Answers in the shape of a JSON Schema: read out of the text, checked against the caller's schema, asked for once more when they do not fit. */
import { randomUUID } from 'node:crypto';
import { BedrockError } from '../bedrock-error.ts';
import type { InferenceRequest, InferenceResult } from '../inference/types.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { answerText } from './answer-text.ts';
import { type Ask, type Asked, askModel } from './ask.ts';
import type { Check } from './json-schema.ts';
import { type Receipt, receiptOfBoth } from './receipt.ts';
import type { Services } from './services.ts';

const SCHEMA_NAME = 'answer';

export interface ResponseShape {
  /** For the request. */
  readonly outputSchema: NonNullable<InferenceRequest['outputSchema']>;
  readonly check: Check;
}

/** @throws BedrockError `invalid_request` for what is no schema. */
export async function readResponseSchema(schema: unknown): Promise<ResponseShape> {
  if (!isJsonObject(schema)) {
    throw new BedrockError('invalid_request', {
      message: 'response_schema is no JSON object.',
      fix: 'Give a JSON Schema object.',
      field: 'response_schema',
    });
  }
  const { compileSchema } = await import('./json-schema.ts');
  const { title, description } = schema;
  return {
    outputSchema: {
      // Providers take letters, digits, _ and - here.
      name: typeof title === 'string' && /^[\w-]{1,64}$/.test(title) ? title : SCHEMA_NAME,
      schema,
      ...(typeof description === 'string' ? { description } : {}),
    },
    check: compileSchema(schema, 'response_schema'),
  };
}

export interface Shaped extends Asked {
  /** Absent when the model called tools of the caller instead of answering. */
  readonly parsed?: JsonValue;
}

/**
 * Asks, checks, and asks once more with what was wrong. Without a shape it only asks.
 * @throws BedrockError `invalid_output` with the text when the answer still does not fit; else as `askModel`.
 */
export async function askForShape(
  ask: Ask,
  shape: ResponseShape | undefined,
  services: Services,
): Promise<Shaped> {
  const started = performance.now();
  const first = await askModel(ask, services);
  if (shape === undefined || first.result.stopReason === 'tool_use') return first;
  const { check } = shape;
  const reading = readShape(first.result, check);
  if (reading.parsed !== undefined) return { ...first, parsed: reading.parsed.value };
  if (!isWorthAnother(first.result)) throw unfit(first.result, first.receipt, reading.problems, 0);

  const { call } = ask;
  const left = call.timeoutMs - (performance.now() - started);
  const request: InferenceRequest = {
    ...call.request,
    messages: [
      ...call.request.messages,
      { role: 'assistant', content: [{ text: answerText(first.result.content) || '(nothing)' }] },
      { role: 'user', content: [{ text: repairText(reading.problems) }] },
    ],
  };
  const second = await askModel(
    { ...ask, callId: randomUUID(), call: { ...call, request, timeoutMs: Math.max(1, left) } },
    services,
  );
  const again = readShape(second.result, check);
  const receipt = receiptOfBoth(first.receipt, second.receipt, 'One repair round was needed.');
  if (again.parsed === undefined) throw unfit(second.result, receipt, again.problems, 1);
  return {
    ...second,
    receipt,
    parsed: again.parsed.value,
  };
}

interface Reading {
  readonly parsed?: { readonly value: JsonValue };
  readonly problems: readonly string[];
}

function readShape(result: InferenceResult, check: Check): Reading {
  const value = readJson(answerText(result.content));
  if (value === undefined) return { problems: ['the answer is not JSON'] };
  const problems = check(value.value);
  return problems.length === 0 ? { parsed: value, problems } : { problems };
}

/** The JSON in a text: the whole of it, what stands in a code fence, or from the first bracket to the last. */
export function readJson(text: string): { readonly value: JsonValue } | undefined {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n?\s*```/.exec(text)?.[1];
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  const inner = start >= 0 && end > start ? text.slice(start, end + 1) : undefined;
  for (const candidate of [text, fenced, inner]) {
    if (candidate === undefined) continue;
    try {
      const value: JsonValue = JSON.parse(candidate);
      return { value };
    } catch {
      // The next candidate may be it.
    }
  }
  return undefined;
}

/** A limit, a filter or a guardrail would end the next answer in the same way. */
function isWorthAnother({ stopReason }: InferenceResult): boolean {
  return stopReason === 'end_turn' || stopReason === 'stop_sequence' || stopReason === 'other';
}

function repairText(problems: readonly string[]): string {
  return `That answer does not match the JSON Schema: ${problems.join('; ')}. Answer again, with the corrected JSON value only.`;
}

function unfit(
  result: InferenceResult,
  { cost_usd }: Receipt,
  problems: readonly string[],
  repairs: number,
): BedrockError {
  const partialText = answerText(result.content);
  const how = repairs === 0 ? '' : ', also after one repair round';
  const cut = result.stopReason === 'max_tokens';
  const ended =
    cut || repairs > 0 ? problems.join('; ') : `it ended with ${result.stopReasonRaw ?? result.stopReason}`;
  return new BedrockError('invalid_output', {
    message: `The answer does not match response_schema${how}: ${cut ? 'it was cut off at max_tokens' : ended}.${cost_usd === undefined ? '' : ` It cost ${cost_usd} USD.`}`,
    fix: cut
      ? 'Raise max_tokens, or ask for less.'
      : 'Simplify response_schema, say in the prompt what each field means, or use a stronger model.',
    field: 'response_schema',
    accepted: true,
    ...(partialText === '' ? {} : { partialText }),
  });
}
