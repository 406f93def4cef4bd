/**
 * Derives test/recordings from a folder with a collection of recordings (`npm run recordings -- <folder>`): of every
 * operation and family the fewest rows that show every member of its answers, and every refusal, each redacted.
 */
import { fileURLToPath } from 'node:url';
import { membersOf } from '../test/recorded/members.ts';
import { type RecordingFile, writeRecordings } from '../test/recorded/recordings.ts';
import { redact } from '../test/recorded/redact.ts';
import { hashOf, isRefused, kindOf, type Raw, type Row } from '../test/recorded/row.ts';
import { sourceRows } from '../test/recorded/source-rows.ts';

/** Rows that a test names: bodies that ours are compared with, and forms that only their request shows. */
const NAMED = ['ed4721e5', 'fe86a3ed', '59ae3ebf', '50813af0', '74861ae6', '86c19c17'];

export function deriveRecordings(folder: string): RecordingFile[] {
  const rows = sourceRows(folder).filter((row) => kindOf(row) !== 'other');
  const files = new Map(
    rows.map(({ operation, family }) => [`${operation} ${family}`, { operation, family }]),
  );
  return [...files.values()].map(({ operation, family }) => {
    const group = rows.filter((row) => row.operation === operation && row.family === family);
    return { operation, family, recordings: chosen(group).map(redact) };
  });
}

/** Every refusal, and of the answers the smallest that together show all that there is. */
function chosen(group: readonly Row[]): Row[] {
  const picked = new Set(group.filter((row) => isRefused(row) || NAMED.includes(hashOf(row))));
  const answers = group.filter((row) => !isRefused(row)).sort((a, b) => sizeOf(a) - sizeOf(b));
  const shown = new Set(answers.filter((row) => picked.has(row)).flatMap(marksOf));
  for (;;) {
    const gains = answers.map((row) => marksOf(row).filter((mark) => !shown.has(mark)).length);
    const most = Math.max(0, ...gains);
    const best = answers[gains.indexOf(most)];
    if (most === 0 || best === undefined) return group.filter((row) => picked.has(row));
    picked.add(best);
    for (const mark of marksOf(best)) shown.add(mark);
  }
}

function sizeOf({ request_body, bytes }: Row): number {
  return bytes.length + JSON.stringify(request_body).length;
}

/** What a row shows: the members of its answer, how it stopped, the kinds of blocks and the settings of its request. */
function marksOf(row: Row): string[] {
  const stops = row.bytes.toString('latin1').match(/"(stopReason|stop_reason|finish_reason)":"\w+"/g) ?? [];
  return [...membersOf(row, row.bytes), ...stops, ...partsOf(row.request_body)];
}

const REQUEST_PARTS =
  /^(additional|cachePoint|cache_control|citations|document|guard|image|output|reasoning|requestMetadata|serviceTier|performance|system|thinking|toolResult|tool_result|toolChoice|tool_choice|video|audio)/;

function partsOf(value: Raw): string[] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries<Raw>(value).flatMap(([name, member]) => [
    ...(REQUEST_PARTS.test(name) ? [`request ${name}`] : []),
    ...(name === 'schema' || name === 'json' ? [] : partsOf(member)),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined)
    throw new Error('Name the folder of the collection: npm run recordings -- <folder>');
  writeRecordings(deriveRecordings(folder));
}
