/** `cache` as one switch: cache points where this model reads a prefix again. Pure. The rules on cache points check them. */
import type { CachePointBlock, CodecModel, InferenceRequest, Message } from './types.ts';

export interface Cached {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/**
 * Puts a point behind the tools, the system text and the last user message: what a next call of the same conversation,
 * or with the same instructions, begins with. Source: AWS "Prompt caching" (fields, at most four points, look-back of 20 blocks).
 */
export function placeCachePoints(request: InferenceRequest, model: CodecModel): Cached {
  const { cache, ...rest } = request;
  if (cache === undefined || request.rawBody !== undefined) return { request, warnings: [] };
  if (hasPoints(rest))
    return {
      request: rest,
      warnings: ['cache was left out, because the request has cache points of its own.'],
    };
  const { caching } = model.features;
  if (caching === false) {
    const why = `cache was left out: ${model.id} has no explicit prompt caching.`;
    return { request: rest, warnings: [why] };
  }
  const fields = caching?.fields ?? ['system', 'messages'];
  const cachePoint: CachePointBlock = {
    type: 'default',
    ...(cache.ttl === undefined ? {} : { ttl: cache.ttl }),
  };
  const point = { cachePoint };
  const { system, toolConfig, messages } = rest;
  const hasSystem = system !== undefined && system.length > 0;
  const hasTools = toolConfig !== undefined && toolConfig.tools.length > 0;
  return {
    request: {
      ...rest,
      messages: fields.includes('messages') ? endWith(messages, point) : messages,
      ...(hasSystem && fields.includes('system') ? { system: [...system, point] } : {}),
      ...(hasTools && fields.includes('tools')
        ? { toolConfig: { ...toolConfig, tools: [...toolConfig.tools, point] } }
        : {}),
    },
    warnings: [],
  };
}

function endWith(
  messages: readonly Message[],
  point: { readonly cachePoint: CachePointBlock },
): readonly Message[] {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) =>
    index === last ? { ...message, content: [...message.content, point] } : message,
  );
}

function hasPoints({ messages, system, toolConfig }: InferenceRequest): boolean {
  const isPoint = (block: object) => 'cachePoint' in block;
  return (
    messages.some(({ content }) => content.some(isPoint)) ||
    system?.some(isPoint) === true ||
    toolConfig?.tools.some(isPoint) === true
  );
}
