/** A text call as a door of any kind makes it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TextCallRequest } from '../../src/calls/text/request.ts';
import { callText, callTextWaiting, planText } from '../../src/calls/text-call.ts';
import type { StreamDelta } from '../../src/messages/types.ts';
import { type Bench, bench } from '../tools/with-sandbox.ts';

let here: Bench;
beforeAll(async () => {
  here = await bench();
});
afterAll(() => here.close());

const context = () => ({ services: here.services, signal: new AbortController().signal });

function request(more: Partial<TextCallRequest> = {}): TextCallRequest {
  return {
    callId: randomUUID(),
    tool: 'a_door',
    model: 'nova-lite',
    parts: {},
    notes: ['A member was left out.'],
    read: async () => ({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }], notes: [] }),
    ...more,
  };
}

describe('a text call', () => {
  it('answers with text, stop reason and receipt, and its deltas are the text', async () => {
    const deltas: StreamDelta[] = [];
    const asked = request({ onDelta: (delta) => deltas.push(delta) });
    const answer = await callText(asked, context());
    expect(answer).toMatchObject({
      stop_reason: 'end_turn',
      receipt: { call_id: asked.callId, model_id: 'amazon.nova-lite-v1:0', warnings: asked.notes },
    });
    expect(answer.text).not.toBe('');
    expect(deltas.flatMap((delta) => (delta.type === 'text' ? [delta.text] : [])).join('')).toBe(answer.text);
  });

  it('that is waited for a while has the same answer, also for whoever collects it', async () => {
    const deltas: StreamDelta[] = [];
    const asked = request({ onDelta: (delta) => deltas.push(delta) });
    const state = await callTextWaiting(asked, 10_000, context());
    expect(state).toMatchObject({ status: 'done', answer: { receipt: { call_id: asked.callId } } });
    expect(deltas.length).toBeGreaterThan(0);
    const collected = await here.services
      .calls()
      .collect(asked.callId, { waitMs: 0, stop: false }, context());
    expect(collected).toMatchObject({ status: 'done', facts: { tool: 'a_door' } });
  });

  it('continues a thread, and lets it go when it fails', async () => {
    const { thread } = await callText(request({ threadId: 'new' }), context());
    const threadId = String(thread?.['thread_id']);
    const broken = request({ threadId, model: 'no-such-model' });
    await expect(callText(broken, context())).rejects.toMatchObject({ code: 'unknown_model' });
    expect(await callText(request({ threadId }), context())).toMatchObject({ thread: { turns: 2 } });
  });

  it('is planned without anything being sent', async () => {
    const { details, receipt } = await planText(request(), context());
    expect(details).toMatchObject({ sent: false, stream: true });
    expect(receipt).toMatchObject({
      model_id: 'amazon.nova-lite-v1:0',
      warnings: ['A member was left out.'],
    });
  });
});
