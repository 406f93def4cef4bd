/** How an agent gets a long answer whose call outlives every request: asks, then collects until it is done. */
import { expect } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import type { CallOptions, ConnectedClient, ProgressNote } from './mcp-clients.ts';

/** Both official clients take it beside the others: after so many ms they give a request up. */
interface TimedOptions extends CallOptions {
  readonly timeout: number;
}

export interface Collected {
  /** All pieces, joined. */
  readonly text: string;
  /** The last reply. */
  readonly end: Readonly<Record<string, unknown>>;
  readonly requests: number;
  /** ms; the longest that a client had to wait for a first progress note, and between two. */
  readonly firstNote: number;
  readonly longestSilence: number;
}

/**
 * Calls invoke_model and follows next_offset through get_result to the end. Fails the test on an error, on text that was
 * announced but never came, or on progress that does not grow within one request.
 * @param timeout ms that the client waits for each reply.
 * @param wait passed as wait_seconds where it is given.
 */
export async function collectWhole(
  client: ConnectedClient,
  prompt: string,
  { timeout, wait }: { timeout: number; wait?: number },
): Promise<Collected> {
  const waiting = wait === undefined ? {} : { wait_seconds: wait };
  let [text, requests, firstNote, longestSilence] = ['', 0, 0, 0];
  const ask = async (name: string, args: Record<string, unknown>) => {
    const notes: ProgressNote[] = [];
    const begun = performance.now();
    let before = begun;
    const options: TimedOptions = {
      timeout,
      onprogress: (note) => {
        const now = performance.now();
        if (notes.length === 0) firstNote = Math.max(firstNote, now - begun);
        longestSilence = Math.max(longestSilence, now - before);
        before = now;
        notes.push(note);
      },
    };
    const reply = await client.call(name, { ...args, ...waiting }, options);
    longestSilence = Math.max(longestSilence, performance.now() - before);
    requests += 1;
    expect(reply.isError, reply.text).toBe(false);
    const steps = notes.map(({ progress }) => progress);
    expect(steps, 'progress grows').toEqual([...new Set(steps)].sort((a, b) => a - b));
    const structured = isJsonObject(reply.structured) ? reply.structured : {};
    text += String(structured['text'] ?? '');
    return structured;
  };
  // A client that knows the tools checks every reply against its schema.
  await client.listTools();
  let state = await ask('invoke_model', { model: 'nova-lite', prompt });
  while (state['status'] === 'running' || state['next_offset'] !== undefined) {
    const { call_id, next_offset } = state;
    state = await ask('get_result', { call_id, offset: next_offset });
  }
  return { text, end: state, requests, firstNote, longestSilence };
}

/** What the sandbox answers to `sandbox:slow N`, two words a second. */
export function slowAnswer(seconds: number): string {
  const words = ['one', 'word', 'after', 'another', 'says', 'the', 'sandbox'];
  return Array.from({ length: seconds * 2 }, (_, at) => words[at % words.length]).join(' ');
}
