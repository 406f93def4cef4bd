/** The most that a call can use, before it is sent: what a reservation must hold. Pure. */

import { defined } from '../../defined.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { InferenceRequest } from '../../messages/types.ts';
import { estimateTextTokens, estimateTokens, type ReadBy } from './tokens.ts';

/** The estimate is off by at most a fifth on the recorded texts; a reservation has to hold for others too. */
const INPUT_MARGIN = 1.5;
const INPUT_FLOOR = 64;
/** Tokens reserved where neither the request nor the catalogue says how long an answer may get. */
const UNKNOWN_OUTPUT = 8_192;

/** What bodies call the limit of an answer, and where it stands in them. */
const LIMITS = [
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'maxOutputTokens',
  'max_new_tokens',
  'max_gen_len',
  'max_tokens_to_sample',
  'maxTokens',
  'maxTokenCount',
  'maxNewTokens',
];
const LIMIT_HOLDERS = ['inferenceConfig', 'textGenerationConfig', 'generationConfig'];
/** What bodies call the number of answers; each of them is billed. */
const COUNTS = ['n', 'numResults', 'num_generations'];

export interface MostUsed {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The input may be written to a cache that lives this long, at that price. */
  readonly cacheWrite?: '5m' | '1h';
}

/**
 * @param request as prepared for the model.
 * @param maxOutput the model's own limit, tokens.
 */
export function mostUsed(request: InferenceRequest, model: ReadBy, maxOutput?: number): MostUsed {
  const cacheWrite = cacheWriteOf(request);
  return {
    inputTokens: mostInput(estimateTokens(request, model)),
    outputTokens: outputLimit(request, maxOutput),
    ...defined({ cacheWrite }),
  };
}

/** Tokens to reserve for texts of which only an estimate is known. */
export function mostInput(estimate: number): number {
  return Math.ceil(estimate * INPUT_MARGIN) + INPUT_FLOOR;
}

/**
 * Tokens of all the answers together: the largest limit that stands anywhere in the request, because fields that
 * the caller adds go over those that the request has.
 */
export function outputLimit(
  { inferenceConfig, rawBody = {}, additionalModelRequestFields = {} }: InferenceRequest,
  maxOutput?: number,
): number {
  const bodies = [rawBody, additionalModelRequestFields];
  const limits = bodies.flatMap((body) => [
    ...numbersIn(body, LIMITS),
    ...LIMIT_HOLDERS.flatMap((name) => {
      const holder = Object.hasOwn(body, name) ? body[name] : undefined;
      return isJsonObject(holder) ? numbersIn(holder, LIMITS) : [];
    }),
  ]);
  if (inferenceConfig?.maxTokens !== undefined) limits.push(inferenceConfig.maxTokens);
  const answers = Math.max(1, ...bodies.flatMap((body) => numbersIn(body, COUNTS)));
  return (limits.length === 0 ? (maxOutput ?? UNKNOWN_OUTPUT) : Math.max(...limits)) * answers;
}

function numbersIn(body: JsonObject, names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    return typeof value === 'number' && value > 0 ? [value] : [];
  });
}

/** The dearest cache that the request writes to; undefined = none. */
function cacheWriteOf({
  system = [],
  messages,
  toolConfig,
  rawBody,
  additionalModelRequestFields,
}: InferenceRequest): MostUsed['cacheWrite'] {
  const blocks = [...system, ...messages.flatMap(({ content }) => content), ...(toolConfig?.tools ?? [])];
  const ttls = blocks.flatMap((block) => ('cachePoint' in block ? [block.cachePoint.ttl ?? '5m'] : []));
  const own = JSON.stringify([rawBody, additionalModelRequestFields]);
  if (own.includes('"cache_control"') || own.includes('"cachePoint"'))
    ttls.push(own.includes('"1h"') ? '1h' : '5m');
  if (ttls.includes('1h')) return '1h';
  return ttls.length === 0 ? undefined : '5m';
}

/** Tokens to reserve for plain texts that one model reads. */
export function mostTextInput(texts: readonly string[]): number {
  return mostInput(texts.reduce((sum, text) => sum + estimateTextTokens(text), 0));
}
