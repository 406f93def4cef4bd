/** Answers in the shape of a JSON Schema: read out of the text, checked against the caller's schema, asked for once more when they do not fit. */
import { randomUUID } from 'node:crypto';
import { Big } from 'big.js';
import { BedrockError } from '../bedrock-error.ts';
import type { InferenceRequest, InferenceResult, StopReason } from '../inference/types.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { answerText } from './answer-text.ts';
import { type Ask, type Asked, askModel } from './ask.ts';
import type { Check, Verdict } from './json-schema.ts';
import { type Receipt, receiptOfBoth } from './receipt.ts';
import type { Services } from './services.ts';

const SCHEMA_NAME = 'answer';
/** Readers of the reply, ours and the host's, are recursive. */
const DEEPEST = 256;
/** JSON values in one text that are looked at. */
const MOST_VALUES = 20;

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
 * @throws BedrockError `invalid_output` with the text and the cost when no answer fits; else as `askModel`.
 */
export async function askForShape(
  ask: Ask,
  shape: ResponseShape | undefined,
  services: Services,
): Promise<Shaped> {
  const started = performance.now();
  const first = await askModel(ask, services);
  if (shape === undefined || first.result.stopReason === 'tool_use') return first;
  const reading = readShape(first.result, shape.check);
  if (reading.parsed !== undefined) return { ...first, parsed: reading.parsed.value };

  const left = ask.call.timeoutMs - (performance.now() - started);
  const obstacle = whyNotAgain(first.result, reading, ask, left);
  if (obstacle !== undefined) throw unfit(first, [obstacle]);
  const second = await askAgain(ask, first, reading, left, services);
  const receipt = receiptOfBoth(first.receipt, second.receipt, 'One repair round was needed.');
  if (second.result.stopReason === 'tool_use') return { ...second, receipt };
  const again = readShape(second.result, shape.check);
  if (again.parsed !== undefined) return { ...second, receipt, parsed: again.parsed.value };
  const ended = whyEnded(second.result.stopReason);
  const problems = ended === undefined ? again.problems : [ended];
  throw unfit({ result: second.result, receipt }, problems, ', also after one repair round');
}

async function askAgain(
  ask: Ask,
  first: Asked,
  { problems }: Verdict,
  leftMs: number,
  services: Services,
): Promise<Asked> {
  const { call, confirmedUsd } = ask;
  const { cost_usd } = first.receipt;
  const said = answerText(first.result.content);
  const request: InferenceRequest = {
    ...call.request,
    messages: [
      ...call.request.messages,
      { role: 'assistant', content: [{ text: said.trim() === '' ? '(nothing)' : said }] },
      { role: 'user', content: [{ text: repairText(problems) }] },
    ],
  };
  // What the person agreed to spend is for both rounds.
  const agreed =
    confirmedUsd === undefined || cost_usd === undefined
      ? {}
      : { confirmedUsd: Math.max(0, new Big(confirmedUsd).minus(cost_usd).toNumber()) };
  try {
    return await askModel(
      { ...ask, ...agreed, callId: randomUUID(), call: { ...call, request, timeoutMs: leftMs } },
      services,
    );
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    // The first answer was paid for: its text and its cost must not be lost behind the second failure.
    const failure = `the repair round failed (${error.code}: ${error.message.replace(/\.$/, '')})`;
    throw unfit(first, [...problems, failure], '', error);
  }
}

function repairText(problems: readonly string[]): string {
  return `That answer does not match the JSON Schema: ${problems.join('; ')}. Answer again, with the corrected JSON value only.`;
}

interface Reading extends Verdict {
  readonly parsed?: { readonly value: JsonValue };
}

function readShape(result: InferenceResult, check: Check): Reading {
  let verdict: Verdict = { problems: ['the answer is not JSON'] };
  for (const value of readJson(answerText(result.content))) {
    const flaw = flawOf(value);
    verdict = flaw === undefined ? check(value) : { problems: [flaw] };
    if (verdict.problems.length === 0) return { ...verdict, parsed: { value } };
    if (verdict.undecided === true) break;
  }
  return verdict;
}

/**
 * The JSON values in a text, likeliest first: the whole of it and nothing else; or what stands in code fences, then
 * between brackets, the last ones first, because models come to their answer at the end.
 */
export function readJson(text: string): readonly JsonValue[] {
  const whole = parsed(text);
  if (whole.length > 0) return whole;
  const fenced = text.split('```').flatMap((part, at, parts) =>
    // What is behind the last fence is not closed.
    at % 2 === 1 && at < parts.length - 1 ? [part.replace(/^\w*\n/, '')] : [],
  );
  return [...bracketed(text), ...fenced].slice(-MOST_VALUES).flatMap(parsed).reverse();
}

function parsed(text: string): readonly JsonValue[] {
  try {
    const value: JsonValue = JSON.parse(text);
    return [value];
  } catch {
    return [];
  }
}

/** Texts from an opening bracket to the one that closes it. One that is never closed ends the search: its parts are no answers. */
function bracketed(text: string): readonly string[] {
  const found: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') {
      // A quotation mark of the prose opens no string.
      quoted = depth > 0;
    } else if (character === '{' || character === '[') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (depth > 0 && (character === '}' || character === ']')) {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, at + 1));
    }
  }
  return found;
}

/** What no schema can say, and the reply could not carry. */
function flawOf(value: JsonValue): string | undefined {
  let level: readonly JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return `the answer is nested deeper than ${DEEPEST} levels`;
    if (level.some((each) => typeof each === 'number' && !Number.isFinite(each)))
      return 'a number in the answer is too large';
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return undefined;
}

/** Why asking once more would not help; undefined when it may. */
function whyNotAgain(
  { stopReason }: InferenceResult,
  { problems, undecided }: Verdict,
  { call }: Ask,
  leftMs: number,
): string | undefined {
  const ended = whyEnded(stopReason);
  if (ended !== undefined) return ended;
  if (undecided === true) return problems.join('; ');
  const why =
    call.request.rawBody !== undefined
      ? 'a native_body is not asked again'
      : leftMs < 1
        ? 'no time was left for a repair round'
        : undefined;
  return why === undefined ? undefined : [...problems, why].join('; ');
}

/** A limit, a filter or a guardrail would end the next answer in the same way. */
function whyEnded(reason: StopReason): string | undefined {
  if (isCut(reason)) return `it was cut off at ${reason}`;
  return isBlocked(reason) ? `it ended with ${reason}` : undefined;
}

function isCut(reason: StopReason): boolean {
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded';
}

function isBlocked(reason: StopReason): boolean {
  return reason === 'guardrail_intervened' || reason === 'content_filtered';
}

function unfit(
  { result, receipt: { cost_usd } }: { readonly result: InferenceResult; readonly receipt: Receipt },
  problems: readonly string[],
  how = '',
  cause?: BedrockError,
): BedrockError {
  const partialText = answerText(result.content);
  const { stopReason } = result;
  const cost = cost_usd === undefined ? '' : ` It cost ${cost_usd} USD.`;
  return new BedrockError('invalid_output', {
    message: `The answer does not match response_schema${how}: ${problems.join('; ')}.${cost}`,
    fix: isCut(stopReason)
      ? 'Raise max_tokens, or ask for less.'
      : isBlocked(stopReason)
        ? 'The content was blocked: change the prompt or the guardrail.'
        : 'Simplify response_schema, say in the prompt what each field means, or use a stronger model.',
    field: 'response_schema',
    accepted: true,
    ...(partialText === '' ? {} : { partialText }),
    ...(cause === undefined ? {} : { cause }),
  });
}
