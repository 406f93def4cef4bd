/**
 * The replay server behind a small forwarding proxy. The product cannot send the replay server's own headers, so the
 * proxy adds them: the row and the cut are the first parts of the endpoint's path, `/<row>/<cut>/<size>/model/...`.
 */
import http from 'node:http';
import { createBedrockRuntime } from '../../src/aws/clients.ts';
import type { BedrockRuntime } from '../../src/aws/types.ts';
import { loopback } from '../aws/loopback.ts';
import { CORPORA, REPLAY, ROWS, type Row } from './corpus.ts';

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

export interface Forwarder {
  /** Answers a request as the replay server answers it with these headers beside the usual ones. */
  forward(path: string, body: string, headers: http.OutgoingHttpHeaders, response: http.ServerResponse): void;
  close(): Promise<void>;
}

/** `chunk`: bytes of a stream written at once. */
export async function startForwarder(chunk = 0): Promise<Forwarder> {
  const { start } = await import(REPLAY);
  const replay: { url: string; close(): Promise<void> } = await start({ files: CORPORA, chunk });
  const agent = new http.Agent({ keepAlive: true });
  return {
    forward(path, body, more, response) {
      const headers: http.OutgoingHttpHeaders = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...more,
      };
      const onward = http.request(`${replay.url}/${path}`, { method: 'POST', headers, agent });
      onward.on('error', () => response.destroy());
      onward.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('data', (part: Buffer) => response.write(part));
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
      });
      onward.end(body);
    },
    async close() {
      agent.destroy();
      await replay.close();
    },
  };
}

/** `chunk`: bytes of a stream written at once. */
export async function startReplay(chunk = 0): Promise<Replayed> {
  const forwarder = await startForwarder(chunk);
  const proxy = await loopback((request, response, _number, body) => {
    const [, at = '', by = '', size = '', ...path] = (request.url ?? '').split('/');
    const headers = {
      'x-replay-id': ROWS[Number(at)]?.id ?? 'no such row',
      ...(by === 'whole' ? {} : { [`x-replay-${by}`]: size }),
    };
    forwarder.forward(path.join('/'), body, headers, response);
  });
  return {
    async answering(row, cut, use) {
      const place = `${ROWS.indexOf(row)}/${cut?.by ?? 'whole'}/${cut?.size ?? 0}`;
      const runtime = createBedrockRuntime({
        region: regionOf(row),
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'secret-example-value',
        runtimeEndpoint: `${proxy.url}/${place}`,
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
    async close() {
      await Promise.all([proxy.close(), forwarder.close()]);
    },
  };
}

export function regionOf(row: Row): string {
  return row.region ?? 'us-east-1';
}
