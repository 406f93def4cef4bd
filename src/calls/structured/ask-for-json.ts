/** Answers in the shape of a JSON Schema: read out of the text, checked against the caller's schema, asked for once more when they do not fit. */

import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { formAfter, formOutput, type OutputForm } from '../../inference/prepare/output-mode.ts';
import type { PlannedCall } from '../../inference/send/plan-call.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { InferenceRequest, InferenceResult, StopReason } from '../../messages/types.ts';
import type { Receipt } from '../answer.ts';
import type { BilledRequest } from '../billing.ts';
import { receiptOfBoth, withNotes } from '../receipt.ts';
import type { ModelServices } from '../services.ts';
import { type BilledAnswer, usable } from '../text/billed-call.ts';
import { secondRound } from '../text/second-round.ts';
import { askForWholeCalls } from '../text/whole-calls.ts';
import { inexactNumbers } from './lossy-numbers.ts';
import { type Found, isCut, type Reading, readAnswer } from './read-json-answer.ts';
import type { Check } from './validate.ts';

const SCHEMA_NAME = 'answer';
/** Numbers that a warning names, and that the answer lists. */
const MOST_NAMED = 5;
const MOST_LISTED = 100;

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
  const { compileSchema } = await import('./validate.ts');
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

export interface ShapedAnswer extends BilledAnswer {
  /** Absent when the model called tools of the caller instead of answering. */
  readonly parsed?: JsonValue;
  /** JSON Pointers of numbers in `parsed` of which only the text has all digits; the first hundred. */
  readonly inexact?: readonly string[];
}

/**
 * Asks, checks, and asks once more with what was wrong.
 * @throws BedrockError `invalid_output` with the text and the cost when no answer fits; else as `askModel`.
 */
export async function askForShape(
  ask: BilledRequest,
  shape: ResponseShape,
  services: ModelServices,
): Promise<ShapedAnswer> {
  const started = performance.now();
  const first = await askForWholeCalls(ask, services);
  const mayCall = hasTools(ask);
  const isForCaller = ({ result }: BilledAnswer) => mayCall && result.stopReason === 'tool_use';
  if (isForCaller(first)) return usable(first);
  const reading = readAnswer(first.result, shape.check, {
    output: first.planned.output,
    mayCall,
    isWrapped: false,
  });
  if (reading.found !== undefined) return shapedOf(first, reading, reading.found);

  const deadline = ask.call.deadline ?? started + ask.call.timeoutMs;
  const left = deadline - performance.now();
  const obstacle = whyNotAgain(reading, ask, left);
  if (obstacle !== undefined) throw unfit({ ...first, result: reading.result }, [obstacle]);
  const { answer: second, isWrapped } = await askAgain(ask, first, reading, deadline, services);
  const receipt = receiptOfBoth(first.receipt, second.receipt, 'One repair round was needed.');
  if (isForCaller(second)) return usable({ ...second, receipt });
  const again = readAnswer(second.result, shape.check, {
    output: second.planned.output,
    mayCall,
    isWrapped,
  });
  if (again.found !== undefined) return shapedOf({ ...second, receipt }, again, again.found);
  const { result } = again;
  const ended = whyEnded(result.stopReason);
  const problems = ended === undefined ? again.problems : [ended];
  throw unfit({ result, receipt }, problems, ', also after one repair round');
}

/** Calls of such tools are the caller's to answer. */
function hasTools({ call: { request } }: BilledRequest): boolean {
  return (
    request.rawBody !== undefined ||
    (request.toolConfig?.tools ?? []).some((tool) => !('cachePoint' in tool)) ||
    // Those of the history are offered again.
    request.messages.some(({ content }) => content.some((block) => 'toolUse' in block))
  );
}

async function askAgain(
  ask: BilledRequest,
  first: BilledAnswer,
  reading: Reading,
  deadline: number,
  services: ModelServices,
): Promise<{ readonly answer: BilledAnswer; readonly isWrapped: boolean }> {
  const { call } = ask;
  const { planned, receipt } = first;
  const { outputSchema } = call.request;
  const atMost = nextForm(first, reading);
  const next = {
    ...call.request,
    ...(outputSchema === undefined || atMost === undefined
      ? {}
      : { outputSchema: { ...outputSchema, atMost } }),
  };
  const { form, wrapped: isWrapped = false } = formOutput(next, planned.model).output ?? {};
  // In words it stands in front of the conversation already.
  const isUnseen = form !== 'words' && (isGuessed(planned) || !reading.isJson);
  const text = repairText(reading.problems, isWrapped, isUnseen ? outputSchema?.schema : undefined);
  const written = answerText(reading.result.content);
  const request: InferenceRequest = {
    ...next,
    messages: [
      ...next.messages,
      { role: 'assistant', content: [{ text: written.trim() === '' ? '(nothing)' : written }] },
      { role: 'user', content: [{ text }] },
    ],
  };
  try {
    const answer = await askForWholeCalls(secondRound(ask, first, deadline, request), services);
    return { answer, isWrapped };
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    // The first answer was paid for: its text and its cost must not be lost behind the second failure.
    const failure = `the repair round failed (${error.code}: ${error.message.replace(/\.$/, '')})`;
    throw unfit({ receipt, result: reading.result }, [...reading.problems, failure], '', error);
  }
}

/** Nobody knows whether the model has structured output of its own. Where the field is ignored, it never saw the schema. */
function isGuessed({ output, model }: PlannedCall): boolean {
  return output?.form === 'native' && model.features.structuredOutput === undefined;
}

/** The form for the repair round: the one that was taken, or the next one when that seems to have been ignored. */
function nextForm({ planned }: BilledAnswer, { isJson }: Reading): OutputForm | undefined {
  const form = planned.output?.form;
  return form !== undefined && isGuessed(planned) && !isJson ? formAfter(form) : form;
}

function repairText(
  problems: readonly string[],
  isWrapped: boolean,
  /** To be shown, because the model may not have seen it. */
  unseen: JsonObject | undefined,
): string {
  const where = isWrapped ? ', in an object under "value"' : '';
  const problem = `That answer does not match the JSON Schema: ${problems.join('; ')}. Answer again, with the corrected JSON value only${where}.`;
  return unseen === undefined
    ? problem
    : `${problem} The value has to be valid against this JSON Schema:\n${JSON.stringify(unseen)}`;
}

function shapedOf(
  answer: BilledAnswer,
  { result, notes }: Reading,
  { value, source, isRewritten }: Found,
): ShapedAnswer {
  const lost = inexactNumbers(source);
  const known = new Set(lost);
  const doubtful = isRewritten ? inexactNumbers(source, true).filter((path) => !known.has(path)) : [];
  const warnings = [
    ...notes,
    ...(lost.length === 0
      ? []
      : [
          `parsed does not hold ${numbersAt(lost)} exactly; the text has all digits. Ask for it as a string.`,
        ]),
    ...(doubtful.length === 0
      ? []
      : [
          `parsed may not have all digits of ${numbersAt(doubtful)}: it is larger than what is held exactly. Ask for it as a string.`,
        ]),
  ];
  return {
    ...answer,
    result,
    receipt: withNotes(answer.receipt, warnings),
    parsed: value,
    ...(lost.length === 0 ? {} : { inexact: lost.slice(0, MOST_LISTED) }),
  };
}

/** Why asking once more would not help; undefined when it may. */
function whyNotAgain(
  { result: { stopReason }, problems, undecided }: Reading,
  { call }: BilledRequest,
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

function isBlocked(reason: StopReason): boolean {
  return reason === 'guardrail_intervened' || reason === 'content_filtered';
}

function numbersAt(paths: readonly string[]): string {
  const named = paths.slice(0, MOST_NAMED).map((path) => (path === '' ? 'the value itself' : path));
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  return `the number at ${named.join(', ')}${more}`;
}

function unfit(
  { result, receipt: { cost_usd } }: { readonly result: InferenceResult; readonly receipt: Receipt },
  problems: readonly string[],
  how = '',
  cause?: BedrockError,
): BedrockError {
  const partialText = answerText(result.content);
  const { stopReason } = result;
  // What a round that broke off cost is estimated in the ledger.
  const paid = cause === undefined ? 'It' : 'The first answer';
  const cost = cost_usd === undefined ? '' : ` ${paid} cost ${cost_usd} USD.`;
  return new BedrockError('invalid_output', {
    message: `The answer does not match response_schema${how}: ${problems.join('; ')}.${cost}`,
    fix: isCut(stopReason)
      ? 'Raise max_tokens, or ask for less.'
      : isBlocked(stopReason)
        ? 'The content was blocked: change the prompt or the guardrail.'
        : `${cause?.retryable === true ? 'Call again later; or simplify' : 'Simplify'} response_schema, say in the prompt what each field means, or use a stronger model.`,
    field: 'response_schema',
    accepted: true,
    ...(partialText === '' ? {} : { partialText }),
    ...defined({ cause }),
  });
}
