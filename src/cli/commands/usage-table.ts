/** Tables and bars for a terminal. */

/** Names come from callers: control characters could rewrite what the terminal shows. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
}

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly right?: true;
}

/** Lines of a table as wide as its content; columns without any content are left out. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const filled = columns
    .map((column) => ({ ...column, cells: rows.map((row) => printable(column.value(row))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map((column) => ({ ...column, width: Math.max(column.title.length, ...column.cells.map(width)) }));
  const line = (cellOf: (column: (typeof filled)[number]) => string) =>
    filled
      .map((column) => {
        const cell = cellOf(column);
        const gap = ' '.repeat(Math.max(0, column.width - width(cell)));
        return column.right === true ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [
    line(({ title }) => title),
    line((column) => '-'.repeat(column.width)),
    ...rows.map((_, at) => line(({ cells }) => cells[at] ?? '')),
  ];
}

function width(text: string): number {
  return [...text].length;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Shown behind the bar. */
  readonly text: string;
}

const FULL = '█';
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Lines of a bar chart; the longest bar is `length` characters. What is above zero shows at least a sliver. */
export function bars(rows: readonly Bar[], length = 40): string[] {
  const labels = rows.map(({ label }) => printable(label));
  const widest = Math.max(0, ...labels.map(width));
  const most = Math.max(0, ...rows.map(({ value }) => value));
  return rows.map(({ value, text }, at) => {
    const label = labels[at] ?? '';
    const eighths = most > 0 && value > 0 ? Math.max(1, Math.round((value / most) * length * 8)) : 0;
    const bar = FULL.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
    return `${label}${' '.repeat(widest - width(label))}  ${bar}${bar === '' ? '' : ' '}${text}`;
  });
}
