/** A loopback stand-in for Bedrock and what the tests of this floor share: frames, settings, counted sockets. */
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import type { AwsSettings } from '../../src/aws/types.ts';
import { BedrockError } from '../../src/bedrock-error.ts';

export interface Loopback {
  readonly url: string;
  readonly requests: http.IncomingMessage[];
  readonly bodies: string[];
  readonly sockets: Set<Socket>;
  /** Sockets that were ever opened. */
  opened(): number;
  /** Resolves when the request with this number (from 0) lost its connection. */
  closed(request: number): Promise<void>;
  /** Resolves when the request with this number has arrived. */
  arrived(request: number): Promise<void>;
  close(): Promise<void>;
}

export type Answer = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  number: number,
  body: string,
) => void | Promise<void>;

/** Starts a server on a free port of 127.0.0.1; `answer` gets each request once its body is there. */
export async function loopback(answer: Answer): Promise<Loopback> {
  const requests: http.IncomingMessage[] = [];
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const closings: Promise<void>[] = [];
  const waiting: (() => void)[] = [];
  let opened = 0;
  const server = http.createServer((request, response) => {
    const number = requests.push(request) - 1;
    closings.push(new Promise((resolve) => response.once('close', resolve)));
    response.on('error', () => {});
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      bodies.push(body);
      for (const wake of waiting.splice(0)) wake();
      void answer(request, response, number, body);
    });
  });
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    bodies,
    sockets,
    opened: () => opened,
    arrived: async (number) => {
      while (bodies.length <= number) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    closed: async (number) => closings[number],
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Settings for a loopback server: explicit keys, short but not hasty limits. */
export function settingsFor(url: string, more: Partial<AwsSettings> = {}): AwsSettings {
  return {
    region: 'us-east-1',
    accessKeyId: 'AKIDEXAMPLE0000000000',
    secretAccessKey: 'secret-example-value-0123456789',
    runtimeEndpoint: url,
    controlEndpoint: url,
    connectTimeoutMs: 2_000,
    idleTimeoutMs: 10_000,
    maxSockets: 256,
    ...more,
  };
}

export function json(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: object = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'req-1', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An AWS error as the service sends it. */
export function refuse(
  response: http.ServerResponse,
  status: number,
  name: string,
  message: string,
  headers: object = {},
): void {
  json(response, status, { message }, { 'x-amzn-errortype': name, ...headers });
}

/** One event-stream frame with string headers. */
export function frame(headers: Readonly<Record<string, string>>, payload: unknown): Buffer {
  const parts = Object.entries(headers).map(([name, value]) => {
    const key = Buffer.from(name);
    const text = Buffer.from(value);
    const size = Buffer.alloc(2);
    size.writeUInt16BE(text.length);
    return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([7]), size, text]);
  });
  const head = Buffer.concat(parts);
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, body]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(message));
  return Buffer.concat([message, end]);
}

export function event(type: string, payload: unknown): Buffer {
  return frame(
    { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    payload,
  );
}

export function exception(type: string, payload: unknown): Buffer {
  return frame(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    payload,
  );
}

/** A native chunk as InvokeModelWithResponseStream sends it. */
export function chunk(value: unknown): Buffer {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return event('chunk', { bytes: Buffer.from(text).toString('base64') });
}

export function streamHead(response: http.ServerResponse, headers: object = {}): void {
  response.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': 'req-stream',
    ...headers,
  });
}

export const START = event('messageStart', { role: 'assistant' });
export const DELTA = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } });
export const STOP = event('messageStop', { stopReason: 'end_turn' });

export const WHOLE = {
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
  metrics: { latencyMs: 5 },
};

/** The error of a promise that must fail with a BedrockError. */
export async function failureOf(work: Promise<unknown>): Promise<BedrockError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw new Error('not a BedrockError', { cause: error });
  }
  throw new Error('it did not fail');
}

export async function collect(events: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const one of events) all.push(one);
  return all;
}

export const CALL = { region: 'us-east-1', modelId: 'amazon.nova-lite-v1:0' };
export const ASK = { ...CALL, input: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] } };
