/** How far a comparison has come: for progress notes, and for whoever asks before it is finished. */
import type { StreamDelta } from '../../messages/types.ts';
import { createLiveText } from '../detached/streamed-text.ts';
import type { ProgressUpdate } from '../progress-update.ts';
import type { ComparedModel } from './plan.ts';
import type { RowOutcome } from './row.ts';
import { rowText } from './text.ts';

export interface ComparisonBoard {
  /** The answers that are finished. It only grows, so that a reader can go on where it stopped. */
  text(): string;
  /** The finished answers, and of the others what has come. */
  soFar(): string;
  /** What hears of the growing answer of the model at this place. */
  deltaOf(at: number): (delta: StreamDelta) => void;
  ended(at: number, outcome: RowOutcome): void;
  judges(how: 'reads the answers' | 'done' | 'failed'): void;
}

/** @param report hears of every change; whoever sends notes paces them. */
export function createComparisonBoard(
  models: readonly ComparedModel[],
  judge: string | undefined,
  report: (update: ProgressUpdate) => void,
): ComparisonBoard {
  const rows = models.map(({ name }) => {
    const state: { ended: string | undefined } = { ended: undefined };
    return { name, state, live: createLiveText(() => tell()) };
  });
  const total = models.length + (judge === undefined ? 0 : 1);
  let text = `Asked: ${models.map(({ name }) => name).join(', ')}.`;
  let verdict: string | undefined;

  const ended = () => rows.filter(({ state }) => state.ended !== undefined).length;
  const states = () => {
    const each = rows.map(({ name, state, live }) => {
      const how = state.ended ?? (live.tokens() === 0 ? 'waits' : `${live.tokens()} tokens`);
      return `${name} ${how}`;
    });
    return verdict === undefined ? each : [...each, `judge ${judge} ${verdict}`];
  };
  const tell = () => {
    const isJudged = verdict === 'done' || verdict === 'failed';
    report({
      progress: ended() + (isJudged ? 1 : 0),
      total,
      get message() {
        return `${ended()} of ${rows.length} done; ${states().join(', ')}`;
      },
    });
  };

  return {
    text: () => text,
    soFar: () =>
      [
        text,
        ...rows.flatMap(({ name, state, live }) =>
          state.ended === undefined && live.text() !== '' ? [`## ${name} (incomplete)\n${live.text()}`] : [],
        ),
      ].join('\n\n'),
    deltaOf: (at) => (delta) => rows[at]?.live.push(delta),
    ended(at, { row, error }) {
      const state = rows[at]?.state;
      if (state === undefined) return;
      state.ended = error === undefined ? 'done' : error.code === 'cancelled' ? 'cancelled' : 'failed';
      text += `\n\n${rowText(row)}`;
      tell();
    },
    judges(how) {
      verdict = how;
      tell();
    },
  };
}
