import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { readResource } from '../../src/resources/read-resource.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
const TOOLS = [{ name: 'get_weather', description: 'Weather', input_schema: { type: 'object' } }];

/** The last request body that the sandbox saw, as text. */
const lastBody = ({ sandbox }: Bench) => JSON.stringify(sandbox.record.requests.at(-1)?.body ?? '');

async function ask(
  { call }: Bench,
  args: Record<string, unknown>,
): Promise<{ structured: Record<string, unknown>; id: string; thread: Record<string, unknown> }> {
  const { structured } = await call(invokeModel, args);
  const { thread } = structured;
  if (!isJsonObject(thread)) throw new Error(`no thread in ${JSON.stringify(structured)}`);
  return { structured, id: String(thread['thread_id']), thread };
}

describe('thread_id', () => {
  let roots: string;
  let here: Bench;
  beforeAll(async () => {
    roots = mkdtempSync(join(tmpdir(), 'bedrock-mcp-roots-'));
    writeFileSync(join(roots, 'dot.png'), PNG);
    here = await bench({ config: { roots: [roots] } });
  });
  afterAll(async () => {
    await here.close();
    rmSync(roots, { recursive: true, force: true });
  });

  it('"new" begins a conversation, and its ID continues it with another model over the other API', async () => {
    const first = await ask(here, { prompt: 'My name is Ada.', thread_id: 'new', model: 'claude-haiku-4-5' });
    expect(first.structured['receipt']).toMatchObject({ api: 'native' });
    expect(first.thread).toMatchObject({ turns: 1, bytes: expect.any(Number), cost_usd: expect.any(String) });
    const second = await ask(here, { prompt: 'What is my name?', thread_id: first.id, model: 'nova-lite' });
    expect(second.structured['receipt']).toMatchObject({ api: 'converse' });
    expect(second.id).toBe(first.id);
    expect(second.thread).toMatchObject({ turns: 2 });
    expect(lastBody(here)).toContain('My name is Ada.');
    expect(lastBody(here)).toContain('[sandbox] Claude Haiku 4.5 was asked');
  });

  it('keeps the system text and the tools until others are given', async () => {
    const { id } = await ask(here, {
      prompt: 'hello',
      thread_id: 'new',
      system: 'Speak like a pirate.',
      tools: TOOLS,
      tool_choice: 'none',
      model: 'nova-lite',
    });
    await ask(here, { prompt: 'again', thread_id: id, model: 'nova-lite', tool_choice: 'none' });
    expect(lastBody(here)).toContain('Speak like a pirate.');
    await ask(here, { prompt: 'weather', thread_id: id, model: 'nova-lite', tool_choice: 'any' });
    expect(lastBody(here)).toContain('get_weather');
  });

  it('takes tool results for the calls of the last turn, and says which are missing when there are none', async () => {
    const first = await ask(here, { prompt: 'weather', thread_id: 'new', tools: TOOLS, tool_choice: 'any' });
    const calls = first.structured['tool_calls'];
    const [call] = Array.isArray(calls) ? calls : [];
    await expect(here.call(invokeModel, { prompt: 'and now?', thread_id: first.id })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('still waits for the result'),
    });
    const { thread } = await ask(here, {
      thread_id: first.id,
      messages: [
        { role: 'user', content: [{ toolResult: { toolUseId: call.toolUseId, content: [{ text: '20' }] } }] },
      ],
    });
    expect(thread).toMatchObject({ turns: 2 });
  });

  it('carries images on to the next model', async () => {
    const { id } = await ask(here, {
      prompt: 'What is this?',
      files: ['dot.png'],
      thread_id: 'new',
      model: 'claude-haiku-4-5',
    });
    await ask(here, { prompt: 'And its colour?', thread_id: id, model: 'nova-lite' });
    expect(lastBody(here)).toContain(PNG.toString('base64'));
  });

  it('goes on with a model that takes no images and no tools: what it cannot read is told in words', async () => {
    const first = await ask(here, {
      prompt: 'Weather in this picture?',
      files: ['dot.png'],
      thread_id: 'new',
      model: 'claude-haiku-4-5',
      tools: TOOLS,
      tool_choice: 'any',
    });
    const calls = first.structured['tool_calls'];
    const [call] = Array.isArray(calls) ? calls : [];
    const results = [{ toolResult: { toolUseId: call.toolUseId, content: [{ text: 'sunny' }] } }];
    const other = {
      thread_id: first.id,
      messages: [{ role: 'user', content: results }],
      model: 'deepseek-r1',
    };
    const second = await ask(here, other);
    expect(lastBody(here)).toContain('An image was here');
    expect(lastBody(here)).toContain('The tool answered: sunny');
    expect(JSON.stringify(second.structured['receipt'])).toContain('takes no tools');
    // The conversation itself keeps everything: the next model that can read it does.
    await ask(here, { prompt: 'Go on.', thread_id: first.id, model: 'claude-haiku-4-5' });
    expect(lastBody(here)).toContain(PNG.toString('base64'));
    expect(lastBody(here)).toContain('get_weather');
  });

  it('gives Claude its own signed reasoning back, and leaves it out for another family', async () => {
    const { id, structured } = await ask(here, {
      prompt: 'Think.',
      thread_id: 'new',
      model: 'claude-haiku-4-5',
      reasoning: 'low',
      api: 'converse',
    });
    const [thought] = Array.isArray(structured['reasoning']) ? structured['reasoning'] : [];
    expect(thought.signature).toEqual(expect.any(String));
    await ask(here, { prompt: 'Go on.', thread_id: id, model: 'claude-haiku-4-5', reasoning: 'low' });
    expect(lastBody(here)).toContain(thought.signature);
    const other = await ask(here, { prompt: 'And you?', thread_id: id, model: 'nova-lite' });
    expect(lastBody(here)).not.toContain(thought.signature);
    expect(JSON.stringify(other.structured['receipt'])).toContain('Reasoning of earlier turns was left out');
  });

  it.each([
    ['sandbox:refuse', 'content_filtered'],
    ['sandbox:guardrail', 'guardrail_intervened'],
  ])('never stores a poisoned turn: %s', async (prompt, reason) => {
    const { id } = await ask(here, { prompt: 'hello', thread_id: 'new', model: 'nova-lite' });
    const poisoned = await ask(here, { prompt, thread_id: id, model: 'nova-lite' });
    expect(poisoned.structured['stop_reason']).toBe(reason);
    expect(poisoned.thread).toMatchObject({ stored: false, reason: expect.stringContaining(reason) });
    const next = await ask(here, { prompt: 'still there?', thread_id: id, model: 'nova-lite' });
    expect(next.thread).toMatchObject({ turns: 2 });
    expect(lastBody(here)).not.toContain(prompt);
  });

  it.each(['sandbox:cut', 'sandbox:model-error', 'sandbox:malformed-tool'])(
    'leaves the conversation as it was when a turn fails: %s',
    async (prompt) => {
      const { id } = await ask(here, { prompt: 'hello', thread_id: 'new', model: 'nova-lite' });
      await here.call(invokeModel, { prompt, thread_id: id, model: 'nova-lite' }).catch(() => undefined);
      const next = await ask(here, { prompt: 'still there?', thread_id: id, model: 'nova-lite' });
      expect(next.thread).toMatchObject({ turns: 2 });
    },
  );

  it('refuses a second call while one is in flight, and naming a thread that is not there', async () => {
    const { id } = await ask(here, { prompt: 'hello', thread_id: 'new' });
    const slow = here.call(invokeModel, { prompt: 'sandbox:slow 2', thread_id: id });
    await expect(here.call(invokeModel, { prompt: 'me too', thread_id: id })).rejects.toMatchObject({
      code: 'busy',
    });
    await slow;
    await expect(here.call(invokeModel, { prompt: 'x', thread_id: 'tnothere' })).rejects.toMatchObject({
      code: 'unknown_thread',
    });
  });

  it('can be read as a resource and shows up in what was spent', async () => {
    const { id } = await ask(here, { prompt: 'hello resource', thread_id: 'new' });
    const context = { services: here.services, signal: new AbortController().signal };
    const all = await readResource('bedrock://threads', context);
    expect(all).toContain(id);
    const one = await readResource(`bedrock://threads/${id}`, context);
    expect(one).toContain('hello resource');
    expect(await readResource('bedrock://threads/..%2F..%2Fetc', context)).toBeUndefined();
    const { structured } = await here.call(getUsage, { by: 'thread' });
    expect(JSON.stringify(structured)).toContain(id);
  });

  it('can be given a limit of its own', async () => {
    const limited = await bench({ config: { budgets: [{ scope: 'day', thread: '*', tokens: 2_000 }] } });
    try {
      const { id } = await ask(limited, { prompt: 'hello', thread_id: 'new', max_tokens: 1_500 });
      const again = { prompt: 'hello', thread_id: id, max_tokens: 1_900 };
      await expect(limited.call(invokeModel, again)).rejects.toMatchObject({ code: 'budget_exceeded' });
      // Another conversation has a limit of its own.
      await ask(limited, { prompt: 'hello', thread_id: 'new', max_tokens: 1_500 });
    } finally {
      await limited.close();
    }
  });

  it('is counted in a dry run and not touched by it', async () => {
    const { id } = await ask(here, { prompt: 'hello '.repeat(500), thread_id: 'new' });
    const { structured } = await here.call(invokeModel, { prompt: 'x', thread_id: id, dry_run: true });
    expect(JSON.stringify(structured['dry_run'])).toContain('hello hello');
    expect((await ask(here, { prompt: 'y', thread_id: id })).thread).toMatchObject({ turns: 2 });
  });
});
