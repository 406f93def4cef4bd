/** The stdio door: both protocol eras, every request answered, and an end that really ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type JSONRPCMessage,
  ProtocolErrorCode,
  parseJSONRPCMessage,
  type RequestId,
  type Server,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { isJsonObject, parseJson } from '../json.ts';
import type { Logger } from '../log.ts';
import { createLineReader, type LongLine } from './line-reader.ts';

/** The SDK's own 10 MiB ends the process without a word; images and documents come through here as base64. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** A request that came with the end of stdin (`echo ... | bedrock-mcp`) is answered; older ones are aborted at once. */
const JUST_SENT_MS = 100;
/** Counted in ticks, so that the time in which the first call loads the AWS SDK and nothing else can run does not count. */
const DRAIN_TICKS = 13;
const TICK_MS = 50;
/** How often it is looked whether anybody can still read, while somebody waits for an answer, and while nobody does. */
const READER_MS = 40;
const READER_IDLE_MS = 1_000;
/** Soon after the end it is known whether the other side has died. */
const FIRST_TICK_MS = 10;
/** A client that takes nothing of what was written for this long does not read any more; one that reads slowly is waited for. */
const UNREAD_MS = 150;
const LOOK_MS = 10;

export interface StdioDoor {
  /** Resolves when the client has gone or `close` was called, and what was written has been taken. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves over this process's stdin and stdout until stdin ends or stdout breaks. */
export function openStdio(factory: () => Server, log: Logger): StdioDoor {
  const transport = new StdioTransport(log);
  const handle = serveStdio(factory, {
    transport,
    onerror: (error) => log.warn('The stdio transport reported an error.', { error: error.message }),
  });
  return {
    closed: transport.ended,
    close: async () => {
      await handle.close();
      await transport.ended;
    },
  };
}

/**
 * The SDK's stdio transport aborts at the end of stdin also what was just sent, leaves requests that are no JSON-RPC
 * without an answer, and takes quadratic time over long lines; so the lines are read here.
 */
class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly ended: Promise<void>;
  private readonly log: Logger;
  private settle: () => void = () => undefined;
  private readonly reader = createLineReader(MAX_MESSAGE_BYTES, {
    line: (text) => this.receive(text),
    tooLong: (line) => this.refuseLong(line),
  });
  private readonly parent = process.ppid;
  /** Requests without an answer yet, and when they came, in idle milliseconds. */
  private readonly open = new Map<RequestId, number>();
  private drain: NodeJS.Timeout | undefined;
  private readonly watches: NodeJS.Timeout[] = [];
  private inputEnded = false;
  private isClosed = false;

  constructor(log: Logger) {
    this.log = log;
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  async start(): Promise<void> {
    process.stdin.on('data', (chunk: Buffer) => {
      if (!this.isClosed) this.reader.push(chunk);
    });
    process.stdin.on('end', () => this.endOfInput());
    process.stdin.on('close', () => this.endOfInput());
    process.stdin.on('error', () => this.endOfInput());
    // A reader that went away: there is nobody to answer, so everything stops quietly.
    process.stdout.on('error', () => void this.close());
    this.watches.push(
      setInterval(() => {
        if (this.open.size > 0) probe();
      }, READER_MS).unref(),
      setInterval(probe, READER_IDLE_MS).unref(),
    );
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.isClosed) return;
    await write(serializeMessage(message));
    if ('id' in message && message.id !== undefined && !('method' in message)) this.open.delete(message.id);
    if (this.inputEnded && this.open.size === 0) await this.close();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.drain);
    for (const watch of this.watches) clearInterval(watch);
    process.stdin.pause();
    this.onclose?.();
    await flushed();
    this.settle();
  }

  private receive(text: string): void {
    const value = parseJson(text);
    if (value === undefined) {
      this.refuse(null, ProtocolErrorCode.ParseError, 'Parse error: this line is not JSON.');
      return;
    }
    const message = asMessage(value);
    if (message === undefined) {
      const id = isJsonObject(value) ? value['id'] : null;
      const known = typeof id === 'string' || typeof id === 'number' ? id : null;
      const what = Array.isArray(value) ? 'batches are not supported' : whatIsWrong(value);
      this.refuse(known, ProtocolErrorCode.InvalidRequest, `Invalid request: ${what}.`);
      return;
    }
    if ('method' in message && 'id' in message) {
      if (this.open.has(message.id)) {
        // No cancel could tell them apart. Under its own ID, the refusal would be taken for the answer to the first one.
        const id = JSON.stringify(message.id).slice(0, 100);
        const what = `a request with the id ${id} is still being answered`;
        this.refuse(null, ProtocolErrorCode.InvalidRequest, `Invalid request: ${what}.`);
        return;
      }
      this.open.set(message.id, idleMs());
    }
    if ('method' in message && message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (typeof id === 'string' || typeof id === 'number') this.open.delete(id);
    }
    this.onmessage?.(message);
  }

  private refuseLong(line: LongLine): void {
    const limit = `${MAX_MESSAGE_BYTES / 1_048_576} MiB`;
    const text = `The message has ${Math.ceil(line.bytes / 1_048_576)} MiB; at most ${limit} are read.`;
    this.refuse(idOfLong(line), ProtocolErrorCode.InvalidRequest, `${text} Send less at once.`);
  }

  /** JSON-RPC wants an answer, with the ID null where none can be read; its type in the SDK knows only string and number. */
  private refuse(id: RequestId | null, code: number, message: string): void {
    this.log.warn('A line on stdin was refused.', { id, reason: message });
    if (this.isClosed) return;
    write(`${JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })}\n`).catch(() => undefined);
  }

  private endOfInput(): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.reader.end();
    const oldest = idleMs() - JUST_SENT_MS;
    for (const [requestId, cameAt] of this.open) {
      if (cameAt >= oldest) continue;
      this.open.delete(requestId);
      this.onmessage?.({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId, reason: 'the client closed its end' },
      });
    }
    if (this.open.size === 0) void this.close();
    else this.drainFor(DRAIN_TICKS);
  }

  private drainFor(ticks: number): void {
    if (this.isClosed) return;
    this.drain = setTimeout(
      () => {
        // Whoever sent it is dead, not done: nobody is there to read an answer.
        const isOrphan = process.ppid !== this.parent;
        if (ticks > 1 && !isOrphan) this.drainFor(ticks - 1);
        else void this.close();
      },
      ticks === DRAIN_TICKS ? FIRST_TICK_MS : TICK_MS,
    );
  }
}

/**
 * Milliseconds in which this process had nothing to do. The age of a request is counted in them: a first call keeps the
 * loop busy with loading for longer than the end of stdin takes to be read, and is still just sent then.
 */
function idleMs(): number {
  return performance.eventLoopUtilization().idle;
}

/**
 * Writes nothing, which fails where the other end is closed: on the sockets that Node gives its children, not on pipes. A
 * call without progress would else go on, and be paid for, until its answer finds nobody.
 */
function probe(): void {
  if (process.stdout.writableLength === 0) process.stdout.write('');
}

/** Resolves when the line has been taken by the operating system. @throws when stdout is broken. */
function write(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
  });
}

/** Resolves when stdout has nothing left to write, is broken, or nobody takes anything of it. */
async function flushed(): Promise<void> {
  const { stdout } = process;
  let left = stdout.writableLength;
  let unread = 0;
  while (left > 0 && !stdout.destroyed && unread < UNREAD_MS) {
    await sleep(LOOK_MS);
    unread = stdout.writableLength < left ? 0 : unread + LOOK_MS;
    left = stdout.writableLength;
  }
}

function asMessage(value: unknown): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(value);
  } catch {
    return undefined;
  }
}

function whatIsWrong(value: unknown): string {
  const params = isJsonObject(value) ? value['params'] : undefined;
  const meta = isJsonObject(params) ? params['_meta'] : undefined;
  const token = isJsonObject(meta) ? meta['progressToken'] : undefined;
  return token === undefined || typeof token === 'string' || Number.isInteger(token)
    ? 'this is no JSON-RPC 2.0 message'
    : 'params._meta.progressToken must be text or an integer';
}

/** The official clients write the ID last or right after `jsonrpc`; there it cannot be part of a text or a nested object. */
function idOfLong({ head, tail }: LongLine): RequestId | null {
  const found =
    /"id":(\d{1,15}|"[^"\\]{1,100}")\}$/.exec(tail) ??
    /^\{"jsonrpc":"2\.0","id":(\d{1,15}|"[^"\\]{1,100}")[,}]/.exec(head);
  const id: unknown = found?.[1] === undefined ? null : parseJson(found[1]);
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
