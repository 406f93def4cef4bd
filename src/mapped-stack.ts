/** Stack traces of the built server in terms of its source. The maps are read only here, when something has gone wrong. */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAME = /(?<=\(|at |async )(?!async )((?:file:\/\/)?[^()]+?\.[cm]?js):(\d+):(\d+)/g;

/** The stack of what was thrown, with every frame whose file has a source map beside it as `src/...ts:line:column`. */
export function mappedStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const maps = new Map<string, SourceMap | undefined>();
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return stack.replace(FRAME, (frame, file: string, line: string, column: string) => {
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const entry = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return frame;
    const source = entry.originalSource.replace(/^(\.\.\/)+/, '');
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const payload: unknown = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
    return isMap(payload) ? new SourceMap(payload) : undefined;
  } catch {
    // Run from source, or the maps were left out: the frames stay as they are.
    return undefined;
  }
}

function isMap(payload: unknown): payload is SourceMapPayload {
  return typeof payload === 'object' && payload !== null && 'version' in payload && payload.version === 3;
}
