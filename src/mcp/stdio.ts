/** The stdio door: both protocol eras, and an end that really ends. */
import { PassThrough } from 'node:stream';
import type { JSONRPCMessage, Server, Transport } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Logger } from '../log.ts';

/** The SDK's own 10 MiB ends the process without a word; images and documents come through here as base64. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** A request that came with the end of stdin (`echo ... | bedrock-mcp`) is answered; older ones are aborted at once. */
const JUST_SENT_MS = 100;
const DRAIN_MS = 850;

export interface StdioDoor {
  /** Resolves when the client has gone or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves over this process's stdin and stdout until stdin ends or stdout breaks. */
export function openStdio(factory: () => Server, log: Logger): StdioDoor {
  const transport = new DrainingTransport();
  const handle = serveStdio(factory, {
    transport,
    onerror: (error) => log.warn('The stdio transport reported an error.', { error: error.message }),
  });
  return { closed: transport.ended, close: () => handle.close() };
}

/** StdioServerTransport with its end taken in hand: the SDK's aborts everything at EOF, also what was just sent. */
class DrainingTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly ended: Promise<void>;
  private settle: () => void = () => undefined;
  private readonly input = new PassThrough();
  private readonly inner = new StdioServerTransport(this.input, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  /** Requests without an answer yet, and when they came. */
  private readonly open = new Map<string | number, number>();
  private drain: NodeJS.Timeout | undefined;
  private inputEnded = false;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  async start(): Promise<void> {
    this.inner.onmessage = (message) => this.receive(message);
    this.inner.onerror = (error) => this.onerror?.(error);
    this.inner.onclose = () => {
      clearTimeout(this.drain);
      this.onclose?.();
      this.settle();
    };
    await this.inner.start();
    process.stdin.on('data', (chunk: Buffer) => this.input.write(chunk));
    process.stdin.on('end', () => this.endOfInput());
    process.stdin.on('close', () => this.endOfInput());
    process.stdin.on('error', () => this.endOfInput());
    // A reader that went away: there is nobody to answer, so everything stops quietly.
    process.stdout.on('error', () => this.finish());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.inner.send(message);
    if ('id' in message && message.id !== undefined && !('method' in message)) this.open.delete(message.id);
    if (this.inputEnded && this.open.size === 0) this.finish();
  }

  async close(): Promise<void> {
    await this.inner.close();
    this.settle();
  }

  private receive(message: JSONRPCMessage): void {
    if ('method' in message && 'id' in message) this.open.set(message.id, performance.now());
    if ('method' in message && message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (typeof id === 'string' || typeof id === 'number') this.open.delete(id);
    }
    this.onmessage?.(message);
  }

  private endOfInput(): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    // What is still buffered is read in this turn of the loop; only then is it known what was just sent.
    setImmediate(() => {
      const oldest = performance.now() - JUST_SENT_MS;
      for (const [requestId, cameAt] of this.open) {
        if (cameAt >= oldest) continue;
        this.open.delete(requestId);
        this.onmessage?.({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId, reason: 'the client closed its end' },
        });
      }
      if (this.open.size === 0) return this.finish();
      this.drain = setTimeout(() => this.finish(), DRAIN_MS);
    });
  }

  private finish(): void {
    clearTimeout(this.drain);
    this.input.end();
    void this.close();
  }
}
