import {
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findMagic, MAGIC_PROMPTS } from '../../../src/sandbox/server/magic.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const input = (text: string) => ({
  modelId: HAIKU,
  messages: [{ role: 'user' as const, content: [{ text }] }],
});
const converse = (text: string, signal?: AbortSignal) =>
  runtimeClient(sandbox.url).send(new ConverseCommand(input(text)), signal ? { abortSignal: signal } : {});

interface Streamed {
  readonly text: string;
  readonly kinds: readonly string[];
  readonly error?: string;
}

/** Reads a ConverseStream to its end or to its error. */
async function stream(text: string): Promise<Streamed> {
  const kinds: string[] = [];
  let said = '';
  const take = (event: ConverseStreamOutput) => {
    kinds.push(Object.keys(event)[0] ?? '');
    said += event.contentBlockDelta?.delta?.text ?? '';
  };
  try {
    const answer = await runtimeClient(sandbox.url).send(new ConverseStreamCommand(input(text)));
    for await (const event of answer.stream ?? []) take(event);
  } catch (error) {
    const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { text: said, kinds, error: name };
  }
  return { text: said, kinds };
}

describe('magic prompts that refuse', () => {
  it.each([
    ['sandbox:throttle', '429 ThrottlingException: Too many requests, please wait before trying again.'],
    [
      'sandbox:throttle-daily',
      '429 ThrottlingException: Too many tokens per day, please wait before trying again.',
    ],
    ['sandbox:overloaded', '529 overloaded_error: Overloaded'],
    ['sandbox:error-500', '500 InternalServerException: The system encountered an unexpected error'],
    ['sandbox:503', '503 ServiceUnavailableException: Service capacity limit has been reached.'],
    ['sandbox:model-error', '424 ModelErrorException'],
    ['sandbox:model-timeout', '408 ModelTimeoutException'],
    ['sandbox:not-ready', '429 ModelNotReadyException'],
    [
      'sandbox:no-access',
      "403 AccessDeniedException: You don't have access to the model with the specified model ID.",
    ],
    [
      'sandbox:legacy',
      '404 ResourceNotFoundException: Access denied. This Model is marked by provider as Legacy',
    ],
    ['sandbox:data-retention', "400 ValidationException: data retention mode 'default' is not available"],
    ['sandbox:too-long', '400 ValidationException: Input is too long for requested model.'],
    ['sandbox:html', '403 SyntaxError'],
    ['sandbox:html 502', '502 SyntaxError'],
    ['sandbox:stream-error', '424 ModelErrorException'],
    ['sandbox:first-frame-error', '400 ValidationException'],
  ])('have the words of AWS: %s', async (prompt, expected) => {
    expect(await refusalOf(converse(`Please ${prompt}`))).toContain(expected);
    expect(sandbox.record.requests.at(-1)?.state).toBe('failed');
  });

  it('throttle-once lets the same prompt through the second time', async () => {
    expect(await refusalOf(converse('sandbox:throttle-once a'))).toContain('429');
    expect((await converse('sandbox:throttle-once a')).stopReason).toBe('end_turn');
    expect(await refusalOf(converse('sandbox:throttle-once b'))).toContain('429');
  });

  it('the SDK itself gets over throttle-once with its retries', async () => {
    const patient = runtimeClient(sandbox.url, { maxAttempts: 3 });
    const { $metadata } = await patient.send(new ConverseCommand(input('sandbox:throttle-once c')));
    expect($metadata.attempts).toBe(2);
  });

  it('strike native calls and embeddings too', async () => {
    const client = runtimeClient(sandbox.url);
    const titan = { modelId: 'amazon.titan-embed-text-v2:0', body: '{"inputText":"sandbox:throttle"}' };
    expect(await refusalOf(client.send(new InvokeModelCommand(titan)))).toContain('429');
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'sandbox:503' }] });
    const oss = { modelId: 'openai.gpt-oss-20b-1:0', body };
    expect(await refusalOf(client.send(new InvokeModelWithResponseStreamCommand(oss)))).toContain('503');
  });
});

describe('magic prompts that break the answer', () => {
  it('cut: the stream ends with a connection error after some text', async () => {
    const { text, kinds, error } = await stream('sandbox:cut');
    expect(text).toContain('[sandbox]');
    expect(kinds).not.toContain('messageStop');
    expect(error).toMatch(/aborted|ECONNRESET|socket hang up/);
  });

  it('cut: a whole answer fails instead of being half', async () => {
    expect(await refusalOf(converse('sandbox:cut'))).toMatch(/aborted|ECONNRESET|socket hang up/);
  });

  it('no-stop: the stream ends cleanly without messageStop', async () => {
    const { kinds, text, error } = await stream('sandbox:no-stop');
    expect(error).toBeUndefined();
    expect(text).toContain('no model was called');
    expect(kinds).not.toContain('messageStop');
    expect(kinds).not.toContain('metadata');
  });

  it('stream-error: an exception frame after some text', async () => {
    const { text, error } = await stream('sandbox:stream-error');
    expect(text).not.toBe('');
    expect(error).toContain('ModelStreamErrorException: The system encountered an unexpected error');
  });

  it('first-frame-error: an exception before any event', async () => {
    expect(await stream('sandbox:first-frame-error')).toMatchObject({
      text: '',
      kinds: [],
      error: expect.stringContaining('ValidationException'),
    });
  });

  it('bad-crc: the SDK notices the checksum', async () => {
    const { text, error } = await stream('sandbox:bad-crc');
    expect(text).not.toBe('');
    expect(error).toContain('checksum');
  });

  it.each([
    ['sandbox:guardrail', 'guardrail_intervened'],
    ['sandbox:refuse', 'content_filtered'],
    ['sandbox:malformed-tool', 'malformed_tool_use'],
  ])('%s ends with %s', async (prompt, stopReason) => {
    expect((await converse(prompt)).stopReason).toBe(stopReason);
  });

  it('long: as many words as asked for, through the backpressure of a slow reader', async () => {
    const answer = await runtimeClient(sandbox.url).send(
      new ConverseStreamCommand(input('sandbox:long 200000')),
    );
    let words = '';
    for await (const event of answer.stream ?? []) {
      words += event.contentBlockDelta?.delta?.text ?? '';
      if (words.length < 50_000) await new Promise(setImmediate);
    }
    expect(words.split(' ').length).toBe(200_000);
  });
});

describe('a client that goes away', () => {
  it.each(['sandbox:hang', 'sandbox:stall', 'sandbox:slow 60'])(
    'during %s is counted as aborted',
    async (prompt) => {
      const before = sandbox.record.aborted;
      const stop = new AbortController();
      const call = converse(prompt, stop.signal);
      await vi.waitFor(() => expect(sandbox.record.inFlight).toBe(1));
      stop.abort();
      expect(await refusalOf(call)).toContain('AbortError');
      await vi.waitFor(() => expect(sandbox.record.aborted).toBe(before + 1));
      expect(sandbox.record.requests.at(-1)).toMatchObject({ state: 'aborted', operation: 'Converse' });
      expect(sandbox.record.inFlight).toBe(0);
    },
  );

  it('in the middle of a stream is counted as aborted', async () => {
    const before = sandbox.record.aborted;
    const stop = new AbortController();
    const answer = await runtimeClient(sandbox.url).send(new ConverseStreamCommand(input('sandbox:stall')), {
      abortSignal: stop.signal,
    });
    const reading = (async () => {
      for await (const _event of answer.stream ?? []) stop.abort();
    })();
    await reading.catch(() => undefined);
    await vi.waitFor(() => expect(sandbox.record.aborted).toBe(before + 1));
  });

  it('an answered request is not counted as aborted when the connection closes', async () => {
    const before = sandbox.record.aborted;
    const client = runtimeClient(sandbox.url);
    await client.send(new ConverseCommand(input('Hi')));
    client.destroy();
    await runtimeClient(sandbox.url).send(new ConverseCommand(input('Hi again')));
    expect(sandbox.record.aborted).toBe(before);
  });
});

describe('faults by option', () => {
  it('injected faults hit what they match, as often as asked', async () => {
    const own = await startSandbox({ faults: [{ prompt: 'sandbox:503', operation: 'Converse', times: 1 }] });
    const client = runtimeClient(own.url);
    expect(await refusalOf(client.send(new ConverseCommand(input('Hi'))))).toContain('503');
    expect((await client.send(new ConverseCommand(input('Hi')))).stopReason).toBe('end_turn');
    own.inject({ prompt: 'sandbox:throttle', modelId: 'us.' });
    expect(await refusalOf(client.send(new ConverseCommand(input('Hi'))))).toContain('429');
    const modelId = 'amazon.nova-lite-v1:0';
    expect((await client.send(new ConverseCommand({ ...input('Hi'), modelId }))).stopReason).toBe('end_turn');
    expect(() => own.inject({ prompt: 'sandbox:nonsense' })).toThrow('Not a magic prompt');
    await own.close();
  });

  it('throttle.first refuses the first calls and says when to come back', async () => {
    const own = await startSandbox({ throttle: { first: 2, retryAfterSeconds: 7 } });
    const client = runtimeClient(own.url);
    for (let call = 0; call < 2; call += 1) {
      expect(await refusalOf(client.send(new ConverseCommand(input('Hi'))))).toContain('429');
    }
    expect((await client.send(new ConverseCommand(input('Hi')))).stopReason).toBe('end_turn');
    await own.close();
  });

  it('throttle.concurrent refuses what is too many at once', async () => {
    const own = await startSandbox({ throttle: { concurrent: 1 } });
    const stop = new AbortController();
    const client = runtimeClient(own.url);
    const hung = client.send(new ConverseCommand(input('sandbox:hang')), { abortSignal: stop.signal });
    await vi.waitFor(() => expect(own.record.inFlight).toBe(1));
    expect(await refusalOf(client.send(new ConverseCommand(input('Hi'))))).toContain('429');
    stop.abort();
    await hung.catch(() => undefined);
    await vi.waitFor(() => expect(own.record.inFlight).toBe(0));
    expect((await client.send(new ConverseCommand(input('Hi')))).stopReason).toBe('end_turn');
    await own.close();
  });

  it('close ends what still hangs', async () => {
    const own = await startSandbox();
    const hung = refusalOf(runtimeClient(own.url).send(new ConverseCommand(input('sandbox:hang'))));
    await vi.waitFor(() => expect(own.record.inFlight).toBe(1));
    await own.close();
    expect(await hung).toMatch(/ECONNRESET|socket hang up|aborted/);
  });
});

describe('MAGIC_PROMPTS', () => {
  it('documents every prompt so that it can be used as written', () => {
    expect(MAGIC_PROMPTS.length).toBeGreaterThan(25);
    for (const { prompt, does } of MAGIC_PROMPTS) {
      expect(findMagic(prompt.replace(' N', ' 3')), prompt).toBeDefined();
      expect(does).not.toBe('');
    }
  });

  it.each(['sandbox:constructor', 'sandbox:__proto__', 'sandbox: throttle', 'plain words'])(
    'leaves %s alone',
    (text) => {
      expect(findMagic(text)).toBeUndefined();
    },
  );
});
