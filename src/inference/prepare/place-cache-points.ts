/** `cache` as one switch: cache points where this model reads a prefix again. Pure. The rules on cache points check them. */
import type {
  CachePointBlock,
  CodecModel,
  ContentBlock,
  InferenceRequest,
  Message,
} from '../../messages/types.ts';

export interface Cached {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/**
 * Puts a point behind the tools, the system text and the last user message: what a next call of the same conversation,
 * or with the same instructions, begins with. Source: AWS "Prompt caching" (fields, at most four points, look-back of 20 blocks).
 * `hasPlace` false = the form in which the request goes out has no cache points.
 */
export function placeCachePoints(request: InferenceRequest, model: CodecModel, hasPlace = true): Cached {
  const { cache, ...rest } = request;
  if (cache === undefined) return { request, warnings: [] };
  const leftOut = (why: string): Cached => ({ request: rest, warnings: [`cache was left out: ${why}.`] });
  if (request.rawBody !== undefined) return leftOut('a native_body goes as it is');
  if (hasPoints(rest)) return leftOut('the request has cache points of its own');
  const { caching } = model.features;
  if (caching === false) return leftOut(`${model.id} has no explicit prompt caching`);
  if (!hasPlace)
    return leftOut('the native form of this model has no place for it; api: converse may have one');
  const fields = caching?.fields ?? ['system', 'messages'];
  const cachePoint: CachePointBlock = {
    type: 'default',
    ...(cache.ttl === undefined ? {} : { ttl: cache.ttl }),
  };
  const point = { cachePoint };
  const { system, toolConfig, messages } = rest;
  // Blank text is dropped before sending, and a point with nothing before it is refused.
  const hasSystem = system?.some((block) => !('text' in block) || block.text.trim() !== '') === true;
  const hasTools = toolConfig !== undefined && toolConfig.tools.length > 0;
  return {
    request: {
      ...rest,
      messages: fields.includes('messages') ? endWith(messages, point, model) : messages,
      ...(hasSystem && fields.includes('system') ? { system: [...system, point] } : {}),
      ...(hasTools && fields.includes('tools')
        ? { toolConfig: { ...toolConfig, tools: [...toolConfig.tools, point] } }
        : {}),
    },
    warnings: [],
  };
}

/** The last user message that can end with a point: none may follow a document or video, nor a tool result of Nova's. */
function endWith(
  messages: readonly Message[],
  point: { readonly cachePoint: CachePointBlock },
  { family }: CodecModel,
): readonly Message[] {
  const takesPoint = (block: ContentBlock | undefined) =>
    block !== undefined &&
    !('document' in block || 'video' in block || ('toolResult' in block && family === 'nova'));
  const last = messages.findLastIndex(({ role, content }) => role === 'user' && takesPoint(content.at(-1)));
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
