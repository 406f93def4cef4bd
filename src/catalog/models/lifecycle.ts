/** How long a model lives, told against a date that the caller passes: this floor reads no clock. */
import type { LifecycleStatus, ModelRecord } from '../types.ts';

/**
 * Bare ID of a retired, retiring or unlisted model -> the nearest living model of the same line that this product can
 * call; where a line has died out, the nearest one in size and inputs. First match wins.
 */
const SUCCESSORS: readonly (readonly [pattern: RegExp, successor: string])[] = [
  [/^anthropic\.claude-(?:instant|3-haiku|3-5-haiku)/, 'anthropic.claude-haiku-4-5-20251001-v1:0'],
  [/^anthropic\.claude-(?:3-opus|opus-4-2025|opus-4-1)/, 'anthropic.claude-opus-4-5-20251101-v1:0'],
  [/^anthropic\.claude-(?:v\d|3-|sonnet-4-2025)/, 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  [/^anthropic\.claude-mythos-preview/, 'anthropic.claude-fable-5-2'],

  [/^amazon\.nova-2-pro-preview/, 'amazon.nova-2-lite-v1:0'],
  [/^amazon\.(?:nova-premier|titan-text-premier|titan-tg1-large)/, 'amazon.nova-pro-v1:0'],
  [/^amazon\.titan-text-express/, 'amazon.nova-lite-v1:0'],
  [/^amazon\.titan-text-lite/, 'amazon.nova-micro-v1:0'],
  [/^amazon\.nova-sonic/, 'amazon.nova-2-sonic-v1:0'],
  // Amazon has no living image or video model.
  [/^amazon\.(?:nova-canvas|titan-image)/, 'stability.stable-image-core-v1:1'],
  [/^amazon\.nova-reel/, 'luma.ray-v2:0'],

  [/^meta\.llama2-13b/, 'meta.llama3-1-8b-instruct-v1:0'],
  [/^meta\.(?:llama2|llama3-1-405b)/, 'meta.llama3-3-70b-instruct-v1:0'],
  [/^meta\.llama3-2-(?:1b|3b)/, 'meta.llama3-1-8b-instruct-v1:0'],
  [/^meta\.llama3-2-11b/, 'meta.llama4-scout-17b-instruct-v1:0'],
  [/^meta\.llama3-2-90b/, 'meta.llama4-maverick-17b-instruct-v1:0'],

  [/^mistral\.mistral-7b/, 'mistral.ministral-3-8b-instruct'],
  // Cohere and AI21 have no living text model.
  [/^cohere\.command-(?:light|text)/, 'mistral.ministral-3-8b-instruct'],
  [/^cohere\.command-r-plus/, 'mistral.mistral-large-3-675b-instruct'],
  [/^cohere\.command-r-v/, 'mistral.ministral-3-14b-instruct'],
  [/^ai21\.(?:jamba-1-5-large|j2-ultra)/, 'amazon.nova-pro-v1:0'],
  [/^ai21\./, 'amazon.nova-lite-v1:0'],

  [/^deepseek\.r1/, 'deepseek.v3.2'],
  [/^zai\.glm-4/, 'zai.glm-5'],
  [/^qwen\.qwen3-coder-480b/, 'qwen.qwen3-coder-next'],
  // Gemma 4 lives on an endpoint that this product cannot call.
  [/^google\.gemma-3-4b/, 'mistral.ministral-3-3b-instruct'],
  [/^google\.gemma-3/, 'mistral.ministral-3-14b-instruct'],
  [/^openai\.gpt-(?:5\.6-cyber|daybreak)/, 'openai.gpt-5.6-sol'],

  [/^twelvelabs\.marengo-embed-2-7/, 'twelvelabs.marengo-embed-3-0-v1:0'],
  [/^stability\.(?:sd3-large|stable-diffusion)/, 'stability.sd3-5-large-v1:0'],
  [/^stability\.stable-image-core-v1:0$/, 'stability.stable-image-core-v1:1'],
  [/^stability\.stable-image-ultra-v1:0$/, 'stability.stable-image-ultra-v1:1'],
];

/** Bare ID of the model to use in place of an old one; undefined when none is named. */
export function successorOf(modelId: string): string | undefined {
  return SUCCESSORS.find(([pattern]) => pattern.test(modelId))?.[1];
}

export interface LifecycleOnDate {
  readonly status: LifecycleStatus;
  /** One or two sentences with date and successor; absent for active and unknown models. */
  readonly message?: string;
}

/**
 * What the lifecycle of a model means on a date.
 *
 * Models that AWS retired in some Regions only count as `legacy` where they are still listed and as `end-of-life`
 * elsewhere; without a Region they count as `legacy`, with a message that says so.
 *
 * @param isoDate `2026-11-21` or a full ISO time.
 * @param region the source Region of the call, when known.
 */
export function lifecycleOn(record: ModelRecord, isoDate: string, region?: string): LifecycleOnDate {
  const { status, legacyDate, endOfLifeDate, regional, successor } = record.lifecycle;
  const day = isoDate.slice(0, 10);
  const name = record.name ?? record.id;
  const instead = successor === undefined ? '' : ` Use ${successor} instead.`;
  const ended = endOfLifeDate !== undefined ? day >= endOfLifeDate : status === 'end-of-life';

  if (ended && regional === true) return endedInMostRegions(record, region, instead);
  if (ended) {
    const when = dated(' on', endOfLifeDate);
    return { status: 'end-of-life', message: `${name} reached its end of life${when}.${instead}` };
  }
  const declared = legacyDate !== undefined ? day >= legacyDate : status === 'legacy';
  if (declared) {
    const until = dated(' and reaches its end of life on', endOfLifeDate);
    return {
      status: 'legacy',
      message: `${name} is legacy${dated(' since', legacyDate)}${until}.${instead}`,
    };
  }
  if (status === 'unlisted') {
    return {
      status,
      message: `AWS does not list ${name}: it is retired or not generally available.${instead}`,
    };
  }
  return { status: status === 'unknown' ? 'unknown' : 'active' };
}

function dated(words: string, date: string | undefined): string {
  return date === undefined ? '' : `${words} ${date}`;
}

function endedInMostRegions(
  record: ModelRecord,
  region: string | undefined,
  instead: string,
): LifecycleOnDate {
  const what = `${record.name ?? record.id} reached its end of life on ${record.lifecycle.endOfLifeDate ?? 'an unknown date'} in most Regions`;
  return region !== undefined && !listedIn(record, region)
    ? { status: 'end-of-life', message: `${what}, and ${region} is not known to still offer it.${instead}` }
    : { status: 'legacy', message: `${what}; a few may still offer it.${instead}` };
}

function listedIn(record: ModelRecord, region: string): boolean {
  return (
    (record.onDemandRegions?.includes(region) ?? false) ||
    record.profiles.some((profile) => profile.sourceRegions?.includes(region) ?? false)
  );
}
