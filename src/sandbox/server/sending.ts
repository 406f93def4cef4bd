/** Writes replies to the socket: pacing, backpressure, and the faults that only the transport can show. */
import type { ServerResponse } from 'node:http';
import type { StreamEvent } from '../codecs/converse.ts';
import { Refusal } from '../refusal.ts';
import { eventFrame, exceptionFrame } from './event-stream.ts';
import type { Reply } from './invocation.ts';
import type { Magic } from './magic.ts';

export interface Delivery {
  readonly response: ServerResponse;
  /** Aborted when the client goes away or the sandbox closes. */
  readonly signal: AbortSignal;
  readonly magic: Magic | undefined;
  readonly chunkDelayMs: number;
  /** Called when the answer is broken on purpose, before the break can be seen. */
  readonly fail: (error: string) => void;
}

const SLOW_WORD_MS = 500;
const STREAM_ERROR = 'The system encountered an unexpected error during processing. Try your request again.';

/** Waits, or returns at once when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Silence until the client gives up. */
function silence(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Writes and waits until the socket can take more. */
async function write({ response, signal }: Delivery, bytes: Uint8Array): Promise<void> {
  if (signal.aborted || response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Ends the connection without ending the answer, after what was written has left. */
function destroy({ response, fail }: Delivery): void {
  fail('connection destroyed');
  response.write('', () => response.socket?.destroy());
}

export function sendRefusal({ response, fail }: Delivery, refusal: Refusal, streaming: boolean): void {
  fail(refusal.type);
  if (streaming && refusal.details.inStream) {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    const type = refusal.type.charAt(0).toLowerCase() + refusal.type.slice(1);
    response.end(exceptionFrame(type, refusal.message));
    return;
  }
  const body = JSON.stringify(refusal.body());
  response.writeHead(refusal.status, { ...refusal.headers(), 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function sendHtml({ response, fail }: Delivery, status: number): void {
  fail('html');
  const page =
    '<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Access blocked by the proxy of the sandbox</h1></body></html>';
  response.writeHead(status >= 200 && status <= 599 ? status : 403, { 'content-type': 'text/html' });
  response.end(page);
}

/** What a fault that needs a stream means for a whole answer. */
function refuseWhole(magic: Magic | undefined): void {
  if (magic?.name === 'stream-error') throw new Refusal(424, 'ModelErrorException', STREAM_ERROR);
  if (magic?.name === 'first-frame-error') throw new Refusal(400, 'ValidationException', 'Validation Error');
}

async function sendWhole(delivery: Delivery, reply: Extract<Reply, { kind: 'json' }>): Promise<void> {
  const { response, magic, signal } = delivery;
  refuseWhole(magic);
  const body = Buffer.from(JSON.stringify(reply.body));
  if (magic?.name === 'slow') await pause(magic.argument * 1000, signal);
  if (signal.aborted) return;
  response.writeHead(200, { ...reply.headers, 'content-length': body.length });
  const half = body.subarray(0, Math.floor(body.length / 2));
  if (magic?.name === 'cut') {
    await write(delivery, half);
    destroy(delivery);
  } else if (magic?.name === 'stall') {
    await write(delivery, half);
    await silence(signal);
  } else response.end(body);
}

/** Half of the deltas: everything before the fault strikes. */
function firstHalf(events: readonly StreamEvent[]): StreamEvent[] {
  const deltas = events.filter((event) => event.delta).length;
  let left = Math.ceil(deltas / 2);
  const kept: StreamEvent[] = [];
  for (const event of events) {
    if (event.delta && left === 0) break;
    if (event.delta) left -= 1;
    kept.push(event);
  }
  return kept;
}

/** The part of the stream that this fault lets through. */
function eventsToSend(events: Iterable<StreamEvent>, magic: Magic | undefined): Iterable<StreamEvent> {
  switch (magic?.name) {
    case 'first-frame-error':
      return [];
    case 'no-stop':
      return [...events].filter((event) => !event.end);
    case 'cut':
    case 'stall':
    case 'stream-error':
    case 'bad-crc':
      return firstHalf([...events]);
    default:
      return events;
  }
}

async function sendStream(delivery: Delivery, reply: Extract<Reply, { kind: 'stream' }>): Promise<void> {
  const { response, magic, signal, chunkDelayMs, fail } = delivery;
  response.writeHead(200, reply.headers);
  response.flushHeaders();
  const delay = magic?.name === 'slow' ? SLOW_WORD_MS : chunkDelayMs;
  let serial = 0;
  for (const event of eventsToSend(reply.events, magic)) {
    if (delay > 0 && event.delta) await pause(delay, signal);
    if (signal.aborted) return;
    serial += 1;
    await write(delivery, eventFrame(event.type, event.payload, serial));
  }
  switch (magic?.name) {
    case 'cut':
      return destroy(delivery);
    case 'stall':
      return silence(signal);
    case 'stream-error':
      fail('ModelStreamErrorException');
      response.write(exceptionFrame('modelStreamErrorException', STREAM_ERROR));
      break;
    case 'first-frame-error':
      fail('ValidationException');
      response.write(exceptionFrame('validationException', 'Validation Error'));
      break;
    case 'bad-crc': {
      fail('bad-crc');
      const frame = eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'x' } }, 1);
      frame.writeUInt32BE((frame.readUInt32BE(frame.length - 4) ^ 1) >>> 0, frame.length - 4);
      response.write(frame);
      break;
    }
    case 'no-stop':
      fail('no-stop');
      break;
    default:
  }
  response.end();
}

/** Sends a reply; returns when it is out, broken off as asked, or the client has gone. */
export async function sendReply(delivery: Delivery, reply: Reply): Promise<void> {
  const { magic, signal } = delivery;
  if (magic?.name === 'hang') return silence(signal);
  if (magic?.name === 'html') return sendHtml(delivery, magic.argument);
  return reply.kind === 'stream' ? sendStream(delivery, reply) : sendWhole(delivery, reply);
}
