/** A loopback Bedrock that answers at once, for benches: Converse, ConverseStream in bursts, Titan embeddings. */
import { createServer } from 'node:http';
import { eventFrame } from '../src/sandbox/server/event-stream.ts';

export interface Upstream {
  readonly url: string;
  close(): void;
}

const ANSWER = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
  metrics: { latencyMs: 1 },
});
const USAGE = { inputTokens: 3, outputTokens: 10, totalTokens: 13 };
const VECTOR = JSON.stringify({
  embedding: Array.from({ length: 1024 }, (_, at) => Number(Math.sin(at).toFixed(8))),
  inputTextTokenCount: 4,
});

/** @param delayMs before every answer. `pieces` of a stream. */
export async function startUpstream(options: {
  readonly delayMs?: number;
  readonly pieces?: number;
}): Promise<Upstream> {
  const burst = stream(options.pieces ?? 3);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const answer = () => {
        const path = request.url ?? '';
        if (path.endsWith('/converse-stream')) {
          response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
          response.end(burst);
        } else if (path.endsWith('/invoke')) {
          response.writeHead(200, {
            'content-type': 'application/json',
            'x-amzn-bedrock-input-token-count': '4',
          });
          response.end(VECTOR);
        } else if (path.endsWith('/converse')) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(ANSWER);
        } else {
          response.writeHead(404, { 'content-type': 'application/json' });
          response.end('{}');
        }
      };
      if (options.delayMs === undefined) answer();
      else setTimeout(answer, options.delayMs);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function stream(pieces: number): Buffer {
  const frames = [eventFrame('messageStart', { role: 'assistant' }, 0)];
  for (let at = 0; at < pieces; at += 1)
    frames.push(
      eventFrame('contentBlockDelta', { delta: { text: 'twelve chars' }, contentBlockIndex: 0 }, at),
    );
  frames.push(
    eventFrame('contentBlockStop', { contentBlockIndex: 0 }, 1),
    eventFrame('messageStop', { stopReason: 'end_turn' }, 2),
    eventFrame('metadata', { usage: USAGE, metrics: { latencyMs: 1 } }, 3),
  );
  return Buffer.concat(frames);
}
