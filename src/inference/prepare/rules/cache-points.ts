/**
 * Rules about prompt caching. Source: the AWS page on prompt caching (at most four checkpoints, longer lifetimes
 * first, Nova without ttl), langchain-aws and pydantic-ai (none right after a document or video, none after Nova's
 * tool results).
 */

import type { CachingFacts } from '../../../catalog/types.ts';
import { isOwnForm } from '../../../messages/apis.ts';
import type { CachePointBlock, ContentBlock, InferenceRequest, Tool } from '../../../messages/types.ts';
import { type Rule, type RuleContext, refusal } from './rule.ts';

export const MOST_POINTS = 4;
const NOT_AFTER: ReadonlySet<string> = new Set(['document', 'video']);

interface CacheBlock {
  readonly cachePoint: CachePointBlock;
}
type Part = 'tools' | 'system' | 'messages';

function isPoint<B extends object>(block: B | CacheBlock): block is CacheBlock {
  return 'cachePoint' in block;
}

/** Maps the cache points of the whole request in the order in which the model reads them; undefined drops one. */
function mapPoints(
  request: InferenceRequest,
  map: (point: CachePointBlock, part: Part, field: string) => CachePointBlock | undefined,
): InferenceRequest {
  const list = <B extends object>(blocks: readonly (B | CacheBlock)[], part: Part, field: string) => {
    let changed = false;
    const mapped = blocks.flatMap((block, index): (B | CacheBlock)[] => {
      if (!isPoint(block)) return [block];
      const point = map(block.cachePoint, part, `${field}[${index}]`);
      if (point === block.cachePoint) return [block];
      changed = true;
      return point === undefined ? [] : [{ cachePoint: point }];
    });
    return changed ? mapped : blocks;
  };
  const { toolConfig, system, ...rest } = request;
  const tools = toolConfig && list<Tool>(toolConfig.tools, 'tools', 'toolConfig.tools');
  const heads = system && list(system, 'system', 'system');
  const messages = request.messages.map((message, m) => {
    const content = list<ContentBlock>(message.content, 'messages', `messages[${m}].content`);
    return content === message.content ? message : { ...message, content };
  });
  const same =
    tools === toolConfig?.tools && heads === system && messages.every((m, i) => m === request.messages[i]);
  if (same) return request;
  return {
    ...rest,
    messages,
    ...(toolConfig === undefined || tools === undefined ? {} : { toolConfig: { ...toolConfig, tools } }),
    ...(heads === undefined || heads.length === 0 ? {} : { system: heads }),
  };
}

/** The request without any cache point. */
export function withoutCachePoints(request: InferenceRequest): InferenceRequest {
  return mapPoints(request, () => undefined);
}

/** The request whose cache points last as long as the model likes. */
export function withoutCacheLifetimes(request: InferenceRequest): InferenceRequest {
  return mapPoints(request, (point) => (point.ttl === undefined ? point : { type: point.type }));
}

function supportedPoints(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { caching } = context.model.features;
  const allowed: CachingFacts['fields'] = caching === false ? [] : caching?.fields;
  if (allowed === undefined) return request;
  return mapPoints(request, (point, part) => {
    if (allowed.includes(part)) return point;
    context.warn(`Cache points in ${part} were left out, because the model does not cache there.`);
    return undefined;
  });
}

function supportedLifetimes(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { features, family } = context.model;
  const offered = family === 'nova' ? [] : features.caching === false ? undefined : features.caching?.ttl;
  return mapPoints(request, (point) => {
    const { type, ttl } = point;
    if (ttl === undefined) return point;
    // What a point without a lifetime lasts anyway; not every model takes the field.
    if (ttl === '5m') return { type };
    if (offered === undefined || offered.includes(ttl)) return point;
    context.warn(`The cache lifetime ${ttl} was left out, because the model does not offer it.`);
    return { type };
  });
}

/** A point needs something before it, and not a second point. Behind a document or video it moves past the next block. */
function placedPoints(content: readonly ContentBlock[], context: RuleContext): readonly ContentBlock[] {
  const placed: ContentBlock[] = [];
  let waiting: CacheBlock | undefined;
  for (const block of content) {
    const before = placed.at(-1);
    if (!isPoint(block)) {
      placed.push(block);
      if (waiting !== undefined && !endsBadly(block, context)) {
        placed.push(waiting);
        waiting = undefined;
      }
    } else if (before !== undefined && endsBadly(before, context)) {
      waiting = block;
    } else if (before !== undefined && !isPoint(before)) {
      placed.push(block);
    }
  }
  // Claude reads a PDF as it is, and takes a point behind it (strands sdk-python#2001); other documents are converted.
  const last = placed.at(-1);
  const isPdf = last !== undefined && 'document' in last && last.document.format === 'pdf';
  if (waiting !== undefined && isPdf && context.model.family === 'claude') placed.push(waiting);
  return placed.length === content.length && placed.every((block, i) => block === content[i])
    ? content
    : placed;
}

function endsBadly(block: ContentBlock, context: RuleContext): boolean {
  // "Thinking blocks cannot be cached directly with cache_control" (Anthropic, "Prompt caching").
  if ('reasoningContent' in block) return true;
  // Anthropic's own form marks the block itself, a document too.
  if (isOwnForm(context.api, context.model.family, 'claude')) return false;
  const kind = Object.keys(block)[0] ?? '';
  return NOT_AFTER.has(kind) || (kind === 'toolResult' && context.model.family === 'nova');
}

function longestFirst(request: InferenceRequest, context: RuleContext): InferenceRequest {
  let short = false;
  return mapPoints(request, (point) => {
    if (point.ttl !== '1h') {
      short = true;
      return point;
    }
    if (!short) return point;
    // Shortening costs less than lengthening the earlier ones: a 1 h write is dearer than a 5 min one.
    context.warn(
      'A cache lifetime of 1h behind a shorter one was left out, because longer ones must come first.',
    );
    return { type: point.type };
  });
}

function fewPoints(request: InferenceRequest): InferenceRequest {
  let count = 0;
  return mapPoints(request, (point, _part, field) => {
    count += 1;
    if (count <= MOST_POINTS) return point;
    throw refusal(
      field,
      `The request has more than ${MOST_POINTS} cache points.`,
      `Keep the ${MOST_POINTS} that cover the longest unchanging parts.`,
    );
  });
}

export const CACHE_POINT_RULES: readonly Rule[] = [
  { name: 'cache-points-supported', apply: supportedPoints },
  { name: 'cache-lifetimes-supported', apply: supportedLifetimes },
  {
    name: 'cache-points-placed',
    apply(request, context) {
      const messages = request.messages.map((message) => {
        const content = placedPoints(message.content, context);
        return content === message.content ? message : { ...message, content };
      });
      if (messages.every((message, index) => message === request.messages[index])) return request;
      context.warn('Cache points that stood where the model refuses them were moved or left out.');
      return { ...request, messages };
    },
  },
  { name: 'four-cache-points', apply: fewPoints },
  { name: 'longest-cache-first', apply: longestFirst },
];
