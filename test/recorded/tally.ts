/** What became of every row, and the table of it. */
import { asksForStream, ROWS, type Row } from './corpus.ts';

export type Outcome = 'decoded' | 'mapped' | 'skipped';

export interface Tally {
  note(row: Row, outcome: Outcome, reason?: string): void;
  /** Rows of which nothing was noted. */
  forgotten(): readonly string[];
  /** family x API x streaming -> rows, decoded, errors mapped, skipped; then the reasons. */
  table(): string;
}

export function createTally(): Tally {
  const outcomes = new Map<string, Outcome>();
  const reasons = new Map<string, number>();
  return {
    note(row, outcome, reason) {
      outcomes.set(row.id, outcome);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    forgotten: () => ROWS.filter(({ id }) => !outcomes.has(id)).map(({ id }) => id),
    table() {
      const groups = [...new Set(ROWS.map(groupOf))].sort();
      const line = (name: string, rows: readonly Row[]) => {
        const count = (wanted: Outcome) => rows.filter(({ id }) => outcomes.get(id) === wanted).length;
        return [...name.split(' | '), rows.length, count('decoded'), count('mapped'), count('skipped')];
      };
      const lines = [
        ['family', 'API', 'form', 'rows', 'decoded', 'errors mapped', 'skipped'],
        ...groups.map((name) =>
          line(
            name,
            ROWS.filter((row) => groupOf(row) === name),
          ),
        ),
        line('all | | ', ROWS),
      ];
      const why = [...reasons].map(([reason, count]) => `skipped ${count}: ${reason}`);
      return [...lines.map(columns), ...why].join('\n');
    },
  };
}

function apiOf({ operation }: Row): string {
  if (operation.startsWith('Converse')) return 'Converse';
  return operation.startsWith('InvokeModel') ? 'native' : operation;
}

function groupOf(row: Row): string {
  return `${row.family} | ${apiOf(row)} | ${asksForStream(row) ? 'streamed' : 'whole'}`;
}

const WIDTHS = [50, 22, 9, 5, 8, 14, 8];

function columns(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, at) =>
      typeof cell === 'number' ? `${cell}`.padStart(WIDTHS[at] ?? 0) : cell.padEnd(WIDTHS[at] ?? 0),
    )
    .join(' ');
}
