/** Repairs of refused files that earlier turns of a thread hold: the next plan puts notes in their place. */

import { MEDIA_KINDS } from '../../../messages/media-kinds.ts';
import { withoutKinds } from '../../history/history-media.ts';
import type { Row } from './repair-row.ts';

const REFUSED = /doesn't support the (image|document|video|audio) content block/;

export const MEDIA_REPAIRS: readonly Row[] = [
  {
    cause: 'kept-media',
    matches: (said) => REFUSED.test(said),
    repair(request, said) {
      const known = MEDIA_KINDS.find(({ kind }) => kind === REFUSED.exec(said)?.[1]);
      if (known === undefined || request.kept === undefined) return undefined;
      const { kind, feature } = known;
      const kept = request.messages.slice(0, request.kept.messages);
      const turn = request.messages.slice(request.kept.messages);
      // Files of this turn are never left out.
      if (withoutKinds(turn, [kind]) !== turn) return undefined;
      const without = withoutKinds(kept, [kind]);
      if (without === kept) return undefined;
      const warning = `The model refused ${feature}, so those of earlier turns were left out.`;
      // A model that takes the kind, but not in tool results, is refused in the same words.
      return kept.some(({ content }) => content.some((block) => kind in block))
        ? { warning, learned: { [feature]: false } }
        : { request: { ...request, messages: [...without, ...turn] }, warning };
    },
  },
];
