/** What became of every row, and the table of it. */
import { ROWS } from './corpus.ts';
import { asksForStream, type Row } from './row.ts';

export interface Tally<Outcome extends string> {
  note(row: Row, outcome: Outcome, reason?: string): void;
  /** Rows of which nothing was noted. */
  forgotten(): readonly string[];
  /** Groups of rows -> how many there are, and how many came to each outcome; then the reasons. */
  table(): string;
}

export interface TallyOptions<Outcome extends string> {
  readonly rows: readonly Row[];
  /** What a group is called, one word for each of its columns. */
  readonly names: readonly string[];
  groupOf(row: Row): readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** family x API x form: what the codecs made of the rows. */
export const BY_FAMILY: TallyOptions<'decoded' | 'errors mapped' | 'skipped'> = {
  rows: ROWS,
  names: ['family', 'API', 'form'],
  groupOf: (row) => [row.family, apiOf(row), asksForStream(row) ? 'streamed' : 'whole'],
  outcomes: ['decoded', 'errors mapped', 'skipped'],
};

/** Every row may come to one outcome of each kind that is noted of it. */
export function createTally<Outcome extends string>(options: TallyOptions<Outcome>): Tally<Outcome> {
  const { rows, names, groupOf, outcomes } = options;
  const noted = new Map<string, Set<Outcome>>();
  const reasons = new Map<string, number>();
  return {
    note(row, outcome, reason) {
      noted.set(row.id, (noted.get(row.id) ?? new Set<Outcome>()).add(outcome));
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    forgotten: () => rows.filter(({ id }) => !noted.has(id)).map(({ id }) => id),
    table() {
      const keyOf = (row: Row) => groupOf(row).join(' | ');
      const groups = [...new Set(rows.map(keyOf))].sort();
      const line = (name: readonly string[], some: readonly Row[]) => [
        ...name,
        some.length,
        ...outcomes.map((wanted) => some.filter(({ id }) => noted.get(id)?.has(wanted)).length),
      ];
      const lines = [
        [...names, 'rows', ...outcomes],
        ...groups.map((name) =>
          line(
            name.split(' | '),
            rows.filter((row) => keyOf(row) === name),
          ),
        ),
        line(['all', ...names.slice(1).map(() => '')], rows),
      ];
      const why = [...reasons].map(([reason, count]) => `${count}: ${reason}`);
      return [...lines.map((cells) => columns(cells, names.length)), ...why].join('\n');
    },
  };
}

function apiOf({ operation }: Row): string {
  if (operation.startsWith('Converse')) return 'Converse';
  return operation.startsWith('InvokeModel') ? 'native' : operation;
}

const FIRST = 50;
const OTHERS = 30;
const COUNT = 14;

function columns(cells: readonly (string | number)[], names: number): string {
  return cells
    .map((cell, at) => {
      if (at >= names) return `${cell}`.padStart(COUNT);
      return `${cell}`.padEnd(at === 0 ? FIRST : OTHERS);
    })
    .join(' ');
}
