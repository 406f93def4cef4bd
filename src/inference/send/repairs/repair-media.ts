/** Repairs of refused files that earlier turns of a thread hold: the next plan puts notes in their place. */

import { MEDIA_KINDS } from '../../../messages/media-kinds.ts';
import type { InferenceRequest } from '../../../messages/types.ts';
import { withoutKinds } from '../../history/history-media.ts';
import type { Healing, Refused } from './repair-row.ts';

/** Only of earlier turns: files of this turn are never left out. */
export function withoutOldMedia(request: InferenceRequest, { path }: Refused): Healing | undefined {
  const known = MEDIA_KINDS.find(({ kind }) => kind === path[0]);
  if (known === undefined || request.history === undefined) return undefined;
  const { kind, feature } = known;
  const earlier = request.messages.slice(0, request.history.messages);
  const turn = request.messages.slice(request.history.messages);
  if (withoutKinds(turn, [kind]) !== turn) return undefined;
  const without = withoutKinds(earlier, [kind]);
  if (without === earlier) return undefined;
  const warning = `The model refused ${feature}, so those of earlier turns were left out.`;
  // A model that takes the kind, but not in tool results, is refused in the same words.
  return earlier.some(({ content }) => content.some((block) => kind in block))
    ? { warning, learned: { [feature]: false } }
    : { request: { ...request, messages: [...without, ...turn] }, warning };
}
