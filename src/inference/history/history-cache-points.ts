/** Cache points of a stored conversation: they must not use up the few that one request may have. Pure. */

import type { CachePointBlock, InferenceRequest, Message } from '../../messages/types.ts';
import { MOST_POINTS } from '../prepare/rules/cache-points.ts';
import { flatMapBlocks, mapContent } from '../prepare/rules/rule.ts';

/**
 * `earlier` without the points that this turn leaves no room for, the oldest first. With `cache` all of them go, because new
 * ones are set; a point of an hour may follow none of five minutes.
 * @param rest the request with the messages of this turn alone.
 */
export function fitPoints(earlier: readonly Message[], rest: InferenceRequest): readonly Message[] {
  const own = pointsOf(rest);
  const isHourly = own.some(({ ttl }) => ttl === '1h');
  const room = rest.cache === undefined ? Math.max(0, MOST_POINTS - own.length) : 0;
  const mayStay = (point: CachePointBlock) => !isHourly || point.ttl === '1h';
  let surplus = pointsOf({ messages: earlier }).filter(mayStay).length - room;
  return mapContent({ messages: earlier }, ({ content }) =>
    flatMapBlocks(content, (block) => {
      if (!('cachePoint' in block)) return [block];
      if (!mayStay(block.cachePoint)) return [];
      surplus -= 1;
      return surplus >= 0 ? [] : [block];
    }),
  ).messages;
}

/** The request without the points of its tools, which came from the thread; `cache` sets one there itself. */
export function withoutToolPoints(request: InferenceRequest): InferenceRequest {
  const { toolConfig } = request;
  if (toolConfig === undefined) return request;
  const tools = toolConfig.tools.filter((tool) => !('cachePoint' in tool));
  return tools.length === toolConfig.tools.length
    ? request
    : { ...request, toolConfig: { ...toolConfig, tools } };
}

function pointsOf({ system = [], messages, toolConfig }: InferenceRequest): CachePointBlock[] {
  const blocks = [...system, ...messages.flatMap(({ content }) => content), ...(toolConfig?.tools ?? [])];
  return blocks.flatMap((block) => ('cachePoint' in block ? [block.cachePoint] : []));
}
