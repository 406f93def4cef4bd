/** Turns of threads between models, APIs and mistakes of the caller. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/json.ts';
import { readResource } from '../../../src/resources/read-resource.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { SAMPLES } from '../../files/sample-bytes.ts';
import { type Bench, bench } from '../../tools/with-sandbox.ts';

const TOOLS = [{ name: 'get_weather', description: 'Weather', input_schema: { type: 'object' } }];
const PDF = { base64: Buffer.from(SAMPLES.pdf).toString('base64'), name: 'plan.pdf' };

let here: Bench;
beforeAll(async () => {
  here = await bench({ sandbox: { retired: 'serve' } });
});
afterAll(() => here.close());

interface Turn {
  readonly id: string;
  readonly structured: Record<string, unknown>;
  /** Of the receipt, as one text. */
  readonly warnings: string;
  /** ID of the first tool call. */
  readonly call: string;
}

async function ask(args: Record<string, unknown>): Promise<Turn> {
  const { structured } = await here.call(invokeModel, { thread_id: 'new', model: 'nova-lite', ...args });
  const { thread, receipt, tool_calls: calls } = structured;
  if (!isJsonObject(thread) || thread['stored'] === false) throw new Error(JSON.stringify(structured));
  const first: unknown = Array.isArray(calls) ? calls[0] : undefined;
  return {
    id: String(thread['thread_id']),
    structured,
    warnings: JSON.stringify(isJsonObject(receipt) ? (receipt['warnings'] ?? []) : []),
    call: isJsonObject(first) ? String(first['toolUseId']) : '',
  };
}

const lastBody = () => JSON.stringify(here.sandbox.record.requests.at(-1)?.body ?? '');
const answered = (toolUseId: string, ...more: unknown[]) => ({
  messages: [
    { role: 'user', content: [{ toolResult: { toolUseId, content: [{ text: 'sunny' }, ...more] } }] },
  ],
});
const pending = () => ask({ prompt: 'weather', tools: TOOLS, tool_choice: 'any' });
const refusal = (args: Record<string, unknown>) =>
  here.call(invokeModel, { model: 'nova-lite', ...args }).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a turn that would spoil its thread', () => {
  it.each([
    ['with tools', { model: 'nova-lite' }],
    ['without tools', { model: 'gemma-3-12b' }],
    ['whose own API takes no tools', { model: 'llama4-scout', api: 'native' }],
  ])('is refused by a model %s: words while a call waits', async (_which, model) => {
    const { id, call } = await pending();
    const sent = here.sandbox.record.requests.length;
    expect(await refusal({ thread_id: id, prompt: 'forget it', ...model })).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(`still waits for the result of "${call}" (get_weather)`),
      field: 'messages',
    });
    expect(here.sandbox.record.requests).toHaveLength(sent);
    await ask({ thread_id: id, ...model, ...answered(call) });
    await ask({ thread_id: id, prompt: 'and now?', model: 'claude-haiku-4-5' });
  });

  it.each(['nova-lite', 'deepseek-r1'])(
    'is refused by %s: results that answer nothing, or twice',
    async (model) => {
      const { id } = await ask({ prompt: 'hi' });
      expect(await refusal({ thread_id: id, model, ...answered('nope') })).toMatchObject({
        message: expect.stringContaining('"nope" answers no tool call'),
        field: 'messages[0].content[0].toolResult',
      });
      const { id: waiting, call } = await pending();
      const twice = { toolResult: { toolUseId: call, content: [{ text: 'x' }] } };
      const messages = [{ role: 'user', content: [twice, twice] }];
      expect(await refusal({ thread_id: waiting, model, messages })).toMatchObject({
        message: expect.stringContaining('answered twice'),
        field: 'messages[0].content[1].toolResult',
      });
    },
  );

  it('is refused when it sends what the thread has', async () => {
    const { id, call } = await pending();
    const again = { role: 'assistant', tool_calls: [{ toolUseId: call, name: 'get_weather', input: {} }] };
    const messages = [again, ...answered(call).messages];
    expect(await refusal({ thread_id: id, messages })).toMatchObject({
      message: `The thread has the tool call "${call}" already.`,
      field: 'messages[0].content[0].toolUse',
    });
  });

  it('is refused beside a native body, which would go without its history', async () => {
    const { id } = await ask({ prompt: 'hi' });
    const options = { native_body: { messages: [{ role: 'user', content: [{ text: 'hello' }] }] } };
    expect(await refusal({ thread_id: id, options })).toMatchObject({
      code: 'invalid_request',
      field: 'thread_id',
    });
    expect(await refusal({ thread_id: 'new', prompt: 'x', options })).toMatchObject({ field: 'thread_id' });
    await ask({ thread_id: id, prompt: 'still there?' });
  });

  it('is told of by the places of its own messages, not those of the thread', async () => {
    const { id } = await ask({ prompt: 'hi' });
    const messages = [{ role: 'user', content: [{ image: { format: 'png', source: { bytes: 'AAAA' } } }] }];
    expect(await refusal({ thread_id: id, messages })).toMatchObject({
      message: expect.stringContaining('messages[0].content[0]'),
      field: 'messages[0].content[0]',
    });
    expect(await refusal({ thread_id: id, messages, dry_run: true })).toMatchObject({
      field: 'messages[0].content[0]',
    });
  });
});

describe('a thread', () => {
  it('that was spoilt by an older version goes on with any model', async () => {
    const { id, call } = await pending();
    const file = join(String(here.services.config.data_dir), 'threads', `${id}.jsonl`);
    const [line = ''] = readFileSync(file, 'utf8').trim().split('\n');
    const first: unknown = JSON.parse(line);
    if (!isJsonObject(first) || !isJsonObject(first['turn'])) throw new Error(line);
    const added = [
      { role: 'user', content: [{ text: 'never mind' }] },
      { role: 'assistant', content: [{ text: 'fine' }], family: 'gemma' },
      { role: 'user', content: [{ toolResult: { toolUseId: 'nope', content: [{ text: 'late' }] } }] },
      { role: 'assistant', content: [{ text: 'I see' }], family: 'gemma' },
    ];
    const second = { ...first, n: 2, key: 'second', after: first['key'], turn: { ...first['turn'], added } };
    writeFileSync(file, `${line}\n${JSON.stringify(second)}\n`);
    for (const model of ['nova-lite', 'claude-haiku-4-5', 'gpt-oss-20b', 'gemma-3-12b']) {
      const { warnings } = await ask({ thread_id: id, prompt: 'go on', model, tools: [] });
      expect(lastBody()).toContain('[Called the tool get_weather with');
      expect(lastBody()).toContain('[The tool answered: late]');
      expect(lastBody()).not.toContain(call);
      expect(warnings).toContain('nobody answered');
    }
  });

  it('with files in S3 goes on with Claude over both APIs, and back to Nova as it was', async () => {
    const { id } = await ask({ prompt: 'What is it?', files: ['s3://bucket/a.png', 's3://bucket/b.pdf'] });
    for (const api of ['auto', 'converse', 'native']) {
      const { warnings } = await ask({ thread_id: id, prompt: 'And?', model: 'claude-haiku-4-5', api });
      expect(lastBody()).toContain('[A pdf document, b, was here.]');
      expect(warnings).toContain('files in S3');
    }
    await ask({ thread_id: id, prompt: 'And?' });
    expect(lastBody()).toContain('s3://bucket/a.png');
  });

  it.each([
    'llama4-scout',
    'mistral-large-3',
    'command-r',
    'qwen3-32b',
    'deepseek-v3.2',
    'glm-5',
    'gpt-6.1-sol',
  ])('with documents and finished tool rounds goes on over InvokeModel: %s', async (model) => {
    const { id } = await ask({ prompt: 'Read it', files: [PDF] });
    const { call } = await ask({ thread_id: id, prompt: 'weather', tools: TOOLS, tool_choice: 'any' });
    const bytes = Buffer.from(SAMPLES.png).toString('base64');
    await ask({ thread_id: id, ...answered(call, { image: { format: 'png', source: { bytes } } }) });
    const { warnings } = await ask({ thread_id: id, prompt: 'And now?', model, api: 'native', tools: [] });
    expect(here.sandbox.record.requests.at(-1)?.operation).toContain('Invoke');
    expect(lastBody()).toContain('[A pdf document, plan, was here.]');
    expect(lastBody()).toContain('sunny');
    expect(warnings).toContain('documents');
  });

  it('keeps documents from models that read only text', async () => {
    const { id } = await ask({ prompt: 'Read it', files: [PDF] });
    await ask({ thread_id: id, prompt: 'And?', model: 'gpt-oss-20b' });
    expect(lastBody()).toContain('[A pdf document, plan, was here.]');
  });

  it("offers a provider's own tools to its models alone, also after another one had its turn", async () => {
    const { id } = await ask({
      prompt: 'hi',
      model: 'claude-haiku-4-5',
      tools: [{ type: 'bash_20250124', name: 'bash' }],
      tool_choice: 'none',
    });
    const { warnings } = await ask({ thread_id: id, prompt: 'hi' });
    expect(lastBody()).not.toContain('bash_20250124');
    expect(warnings).toContain('Tools of the thread were left out (bash)');
    await ask({ thread_id: id, prompt: 'hi', model: 'claude-haiku-4-5', tool_choice: 'none' });
    expect(lastBody()).toContain('bash_20250124');
  });

  it('tells once of a document that had to be renamed', async () => {
    const { id, warnings } = await ask({
      prompt: 'Read it',
      files: [{ ...PDF, name: 'plan: v1 (final)! .pdf' }],
    });
    expect(warnings).toContain('was sent under the name');
    expect((await ask({ thread_id: id, prompt: 'And?' })).warnings).toBe('[]');
  });

  it('tells once of results without content that came beside a prompt', async () => {
    const { id, call } = await pending();
    const nothing = { role: 'user', content: [{ toolResult: { toolUseId: call, content: [] } }] };
    const { warnings } = await ask({ thread_id: id, messages: [nothing], prompt: 'And?' });
    expect(warnings).toMatch(/merged.*placeholder/);
    expect((await ask({ thread_id: id, prompt: 'Go on' })).warnings).toBe('[]');
  });

  it('counts the tokens of both rounds of an answer that had to be asked for twice', async () => {
    const { id, structured } = await ask({
      prompt: 'sandbox:bad-json',
      response_schema: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
    });
    const { receipt } = structured;
    const usage = isJsonObject(receipt) ? receipt['usage'] : undefined;
    const context = { services: here.services, signal: new AbortController().signal };
    const kept: unknown = JSON.parse((await readResource(`bedrock://threads/${id}`, context)) ?? '');
    expect(JSON.stringify(receipt)).toContain('One repair round');
    expect(isJsonObject(kept) ? kept['thread'] : undefined).toMatchObject(
      isJsonObject(usage) ? usage : { a: 1 },
    );
  });
});
