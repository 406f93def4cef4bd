/**
 * The recordings of the repository: real answers of Bedrock in our own shape, one file for each operation and family,
 * redacted. `npm run recordings -- <folder>` derives them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOfFrames, type Frame } from './frames.ts';
import { pathOf, type Raw, type Row } from './row.ts';

export const RECORDINGS = fileURLToPath(new URL('../recordings/', import.meta.url));

/** One event of a stream; a native chunk stands as the JSON that its bytes are. */
export interface RecordedEvent {
  readonly event?: string;
  readonly exception?: string;
  readonly payload: Raw;
}

export interface Recording {
  readonly id: string;
  readonly model: string;
  readonly region?: string;
  readonly status: number;
  /** Those with a meaning: error type, token counts, latency. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly shortened?: true;
  /** Events carried padding, which hides the length of the text. */
  readonly padded?: true;
  readonly request?: Raw;
  /** The answer is one of the two. */
  readonly body?: Raw;
  readonly events?: readonly RecordedEvent[];
}

export interface RecordingFile {
  readonly operation: string;
  readonly family: string;
  readonly recordings: readonly Recording[];
}

/** Every recording as a row, its bytes framed anew. */
export function recordedRows(folder = RECORDINGS): Row[] {
  return readRecordings(folder).flatMap(({ operation, family, recordings }) =>
    recordings.map((recording) => rowOf(operation, family, recording)),
  );
}

export function readRecordings(folder = RECORDINGS): RecordingFile[] {
  return filesIn(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.json')).sort();
}

function rowOf(operation: string, family: string, recording: Recording): Row {
  const { id, model, region = null, status, headers = {}, shortened = false, request = null } = recording;
  const { body, events } = recording;
  const type = events === undefined ? 'application/json' : 'application/vnd.amazon.eventstream';
  return {
    id: `repository.${operation}.${model}.${id}`,
    path: pathOf(operation, model),
    operation,
    model_id: model,
    family,
    region,
    streaming: events !== undefined,
    status,
    request_body: request,
    response_headers: { 'content-type': type, ...headers },
    bytes:
      events === undefined
        ? Buffer.from(JSON.stringify(body))
        : bytesOfFrames(events.map((event, at) => frameOf(event, at, recording.padded === true))),
    isShortened: shortened,
  };
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function frameOf({ event = '', exception, payload }: RecordedEvent, at: number, isPadded: boolean): Frame {
  if (exception !== undefined) return { name: exception, isException: true, payload };
  const bytes = { bytes: Buffer.from(JSON.stringify(payload)).toString('base64') };
  const padding = isPadded ? { p: PADDING.slice(0, 1 + ((at * 17) % PADDING.length)) } : {};
  return {
    name: event,
    isException: false,
    payload: { ...(event === 'chunk' ? bytes : payload), ...padding },
  };
}

/** The path and the text of a file: every member of a recording and every event on a line of its own. */
export function fileOf({ operation, family, recordings }: RecordingFile): {
  readonly path: string;
  readonly text: string;
} {
  const entries = recordings.map((recording) => {
    const members = Object.entries(recording).map(([name, value]) => {
      const lines = name === 'events' ? value.map((event: Raw) => `        ${JSON.stringify(event)}`) : [];
      const text = name === 'events' ? `[\n${lines.join(',\n')}\n      ]` : JSON.stringify(value);
      return `      ${JSON.stringify(name)}: ${text}`;
    });
    return `    {\n${members.join(',\n')}\n    }`;
  });
  const head = `  "operation": ${JSON.stringify(operation)},\n  "family": ${JSON.stringify(family)},`;
  return {
    path: `${kebab(operation)}/${family}.json`,
    text: `{\n${head}\n  "recordings": [\n${entries.join(',\n')}\n  ]\n}\n`,
  };
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase();
}

/** Replaces every recording of the folder. */
export function writeRecordings(files: readonly RecordingFile[], folder = RECORDINGS): void {
  for (const name of filesIn(folder)) rmSync(join(folder, name));
  for (const { path, text } of files.map(fileOf)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
