/** A Bedrock that answers with a recorded row: as it is, cut, or in small pieces. */
import type http from 'node:http';
import { createBedrockRuntime } from '../../src/aws/clients.ts';
import type { BedrockRuntime } from '../../src/aws/types.ts';
import { loopback } from '../aws/loopback.ts';
import { ROWS } from './corpus.ts';
import type { Row } from './row.ts';

export const REQUEST_ID = '00000000-0000-4000-8000-000000000000';

/** `frames`: only so many frames, then a clean end. `truncate`: only so many bytes, then a reset. */
export interface Cut {
  readonly by: 'frames' | 'truncate';
  readonly size: number;
}

export interface Replayed {
  /** Calls `use` with a product runtime whose every request is answered with this row. */
  answering<T>(row: Row, cut: Cut | undefined, use: (runtime: BedrockRuntime) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Answers as the row does. `chunk`: bytes of it that are written at once, all of them when 0. */
export function answerWith(row: Row, response: http.ServerResponse, cut?: Cut, chunk = 0): void {
  const { bytes } = row;
  const end = cut?.by === 'frames' ? lengthOfFrames(bytes, cut.size) : (cut?.size ?? bytes.length);
  const isWhole = !row.streaming && cut === undefined;
  response.writeHead(row.status, {
    ...row.response_headers,
    'x-amzn-requestid': REQUEST_ID,
    ...(isWhole ? { 'content-length': bytes.length } : {}),
  });
  const step = chunk === 0 ? bytes.length : chunk;
  for (let at = 0; at < end; at += step) response.write(bytes.subarray(at, Math.min(at + step, end)));
  if (cut?.by !== 'truncate') response.end();
  // The last write is on its way before the connection goes.
  else response.write('', () => response.destroy());
}

function lengthOfFrames(bytes: Buffer, frames: number): number {
  let end = 0;
  for (let frame = 0; frame < frames && end < bytes.length; frame += 1) end += bytes.readUInt32BE(end);
  return end;
}

/** The product cannot name a row, so the endpoint's path does: `/<row>/<cut>/<size>/model/...`. */
export async function startReplay(chunk = 0): Promise<Replayed> {
  const server = await loopback((request, response) => {
    const [, at, by, size] = (request.url ?? '').split('/');
    const row = ROWS[Number(at)];
    if (row === undefined) return void response.destroy();
    const cut: Cut | undefined =
      by === 'frames' || by === 'truncate' ? { by, size: Number(size) } : undefined;
    answerWith(row, response, cut, chunk);
  });
  return {
    async answering(row, cut, use) {
      const place = `${ROWS.indexOf(row)}/${cut?.by ?? 'whole'}/${cut?.size ?? 0}`;
      const runtime = createBedrockRuntime({
        region: regionOf(row),
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'secret-example-value',
        runtimeEndpoint: `${server.url}/${place}`,
        connectTimeoutMs: 5_000,
        idleTimeoutMs: 10_000,
        maxSockets: 8,
      });
      try {
        return await use(runtime);
      } finally {
        runtime.close();
      }
    },
    close: () => server.close(),
  };
}

export function regionOf(row: Row): string {
  return row.region ?? 'us-east-1';
}
