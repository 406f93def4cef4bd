import {
  type ContentBlock,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const WEATHER = {
  toolSpec: {
    name: 'get_weather',
    description: 'Weather of a city',
    inputSchema: {
      json: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
        required: ['city', 'days'],
      },
    },
  },
};

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const ask = (text: string) => [{ role: 'user' as const, content: [{ text }] }];

async function eventsOf(
  stream: AsyncIterable<ConverseStreamOutput> | undefined,
): Promise<ConverseStreamOutput[]> {
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

describe('Converse in the sandbox', () => {
  it('answers the real SDK, says that it is the sandbox and echoes the question', async () => {
    const client = runtimeClient(sandbox.url);
    const answer = await client.send(
      new ConverseCommand({ modelId: HAIKU, messages: ask('How tall is K2?') }),
    );
    const text = answer.output?.message?.content?.[0]?.text ?? '';
    expect(text).toContain('sandbox');
    expect(text).toContain('How tall is K2?');
    expect(answer.stopReason).toBe('end_turn');
    expect(answer.usage).toMatchObject({ inputTokens: 4, outputTokens: Math.ceil(text.length / 4) });
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives the same answer to the same request', async () => {
    const client = runtimeClient(sandbox.url);
    const command = () => new ConverseCommand({ modelId: HAIKU, messages: ask('Again?') });
    const [first, second] = [await client.send(command()), await client.send(command())];
    expect(first.output).toEqual(second.output);
  });

  it('streams text without contentBlockStart and ends with messageStop, then metadata', async () => {
    const client = runtimeClient(sandbox.url);
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: HAIKU, messages: ask('Hi') }));
    const kinds = (await eventsOf(stream)).map((event) => Object.keys(event)[0]);
    expect(kinds[0]).toBe('messageStart');
    expect(kinds).not.toContain('contentBlockStart');
    expect(kinds.filter((kind) => kind === 'contentBlockDelta').length).toBeGreaterThan(5);
    expect(kinds.slice(-3)).toEqual(['contentBlockStop', 'messageStop', 'metadata']);
  });

  it('streams the same text that it answers whole', async () => {
    const client = runtimeClient(sandbox.url);
    const input = { modelId: HAIKU, messages: ask('Compare both') };
    const whole = await client.send(new ConverseCommand(input));
    const { stream } = await client.send(new ConverseStreamCommand(input));
    const text = (await eventsOf(stream)).map((event) => event.contentBlockDelta?.delta?.text ?? '').join('');
    expect(text).toBe(whole.output?.message?.content?.[0]?.text);
  });

  it('calls a tool with arguments that fit its schema, then answers with the tool result', async () => {
    const client = runtimeClient(sandbox.url);
    const toolConfig = { tools: [WEATHER] };
    const question = ask('What is the weather in Paris?');
    const first = await client.send(new ConverseCommand({ modelId: HAIKU, messages: question, toolConfig }));
    expect(first.stopReason).toBe('tool_use');
    const use = first.output?.message?.content?.[0]?.toolUse;
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Paris', days: 2 } });
    const result = { toolResult: { toolUseId: use?.toolUseId, content: [{ json: { celsius: 21 } }] } };
    const messages = [
      ...question,
      { role: 'assistant' as const, content: first.output?.message?.content },
      { role: 'user' as const, content: [result] },
    ];
    const second = await client.send(new ConverseCommand({ modelId: HAIKU, messages, toolConfig }));
    expect(second.stopReason).toBe('end_turn');
    expect(second.output?.message?.content?.[0]?.text).toContain('{"celsius":21}');
  });

  it('makes two different calls when the prompt says parallel', async () => {
    const client = runtimeClient(sandbox.url);
    const messages = ask('In parallel: weather in Oslo and Rome');
    const { output } = await client.send(
      new ConverseCommand({ modelId: HAIKU, messages, toolConfig: { tools: [WEATHER] } }),
    );
    const uses = (output?.message?.content ?? []).map((block) => block.toolUse);
    expect(uses.map((use) => use?.input)).toEqual([
      { city: 'Oslo', days: 2 },
      { city: 'Rome', days: 2 },
    ]);
    expect(new Set(uses.map((use) => use?.toolUseId)).size).toBe(2);
  });

  it('streams tool input in pieces that join to JSON', async () => {
    const client = runtimeClient(sandbox.url);
    const { stream } = await client.send(
      new ConverseStreamCommand({
        modelId: HAIKU,
        messages: ask('Weather in Lima'),
        toolConfig: { tools: [WEATHER] },
      }),
    );
    const events = await eventsOf(stream);
    expect(events[1]?.contentBlockStart?.start?.toolUse?.name).toBe('get_weather');
    const inputs = events.flatMap((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? []);
    expect(inputs.length).toBeGreaterThan(1);
    expect(JSON.parse(inputs.join(''))).toEqual({ city: 'Lima', days: 2 });
  });

  it('answers JSON that fits a schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, tags: { type: 'array', items: { enum: ['a', 'b'] } } },
      required: ['city', 'tags'],
      additionalProperties: false,
    };
    const jsonSchema = { name: 'City', schema: JSON.stringify(schema) };
    const { output } = await runtimeClient(sandbox.url).send(
      new ConverseCommand({
        modelId: HAIKU,
        messages: ask('Tell me about Bern'),
        outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
      }),
    );
    expect(JSON.parse(output?.message?.content?.[0]?.text ?? '')).toEqual({ city: 'Bern', tags: ['a'] });
  });

  it('stops at the token limit and at a stop sequence', async () => {
    const client = runtimeClient(sandbox.url);
    const short = await client.send(
      new ConverseCommand({ modelId: HAIKU, messages: ask('Long story'), inferenceConfig: { maxTokens: 3 } }),
    );
    expect(short.stopReason).toBe('max_tokens');
    expect(short.usage?.outputTokens).toBe(3);
    const stopped = await client.send(
      new ConverseCommand({
        modelId: HAIKU,
        messages: ask('Long story'),
        inferenceConfig: { stopSequences: ['was asked'] },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      }),
    );
    expect(stopped.stopReason).toBe('stop_sequence');
    expect(stopped.output?.message?.content?.[0]?.text).not.toContain('was asked');
    expect(stopped.additionalModelResponseFields).toEqual({ stop_sequence: 'was asked' });
  });

  it.each([
    ['Claude, with a signature', HAIKU, { thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
    ['gpt-oss, always and unsigned', 'openai.gpt-oss-20b-1:0', undefined, false],
    ['DeepSeek R1, always and unsigned', 'us.deepseek.r1-v1:0', undefined, false],
  ])('separates the reasoning of %s', async (_who, modelId, additionalModelRequestFields, signed) => {
    const { output } = await runtimeClient(sandbox.url).send(
      new ConverseCommand({
        modelId,
        messages: ask('Think'),
        inferenceConfig: { maxTokens: 2000 },
        ...(additionalModelRequestFields === undefined ? {} : { additionalModelRequestFields }),
      }),
    );
    const thought = output?.message?.content?.find((block) => block.reasoningContent)?.reasoningContent;
    expect(thought?.reasoningText?.text).toContain('Think');
    expect(thought?.reasoningText?.signature !== undefined).toBe(signed);
  });

  it('writes a cache point once and reads it afterwards, when the prefix is long enough', async () => {
    const client = runtimeClient(sandbox.url);
    const system = [{ text: 'rule '.repeat(5000) }, { cachePoint: { type: 'default' as const } }];
    const command = () => new ConverseCommand({ modelId: HAIKU, system, messages: ask('Cached?') });
    const [first, second] = [await client.send(command()), await client.send(command())];
    expect(first.usage?.cacheWriteInputTokens).toBeGreaterThan(4096);
    expect(first.usage?.cacheReadInputTokens).toBe(0);
    expect(second.usage?.cacheReadInputTokens).toBe(first.usage?.cacheWriteInputTokens);
    expect(second.usage?.inputTokens).toBe(first.usage?.inputTokens);
  });

  it('says how much was written for how long', async () => {
    const client = runtimeClient(sandbox.url);
    const point = (ttl?: '5m' | '1h') => ({ cachePoint: { type: 'default' as const, ...(ttl && { ttl }) } });
    const usageOf = async (rule: string, ...content: ContentBlock[]) => {
      const system = [{ text: rule.repeat(2000) }, point('1h')];
      const messages = [{ role: 'user' as const, content }];
      const { usage } = await client.send(new ConverseCommand({ modelId: HAIKU, system, messages }));
      return usage;
    };
    const first = await usageOf('hourly rule ', { text: 'One?' });
    expect(first?.cacheWriteInputTokens).toBeGreaterThan(4_096);
    expect(first?.cacheDetails).toEqual([{ ttl: '1h', inputTokens: first?.cacheWriteInputTokens }]);
    expect((await usageOf('hourly rule ', { text: 'Two?' }))?.cacheDetails).toBeUndefined();

    const both = await usageOf('another rule ', { text: 'for five minutes '.repeat(100) }, point());
    const [hourly, short] = both?.cacheDetails ?? [];
    expect([hourly?.ttl, short?.ttl]).toEqual(['1h', '5m']);
    expect(hourly?.inputTokens).toBeGreaterThan(short?.inputTokens ?? 0);
    expect((hourly?.inputTokens ?? 0) + (short?.inputTokens ?? 0)).toBe(both?.cacheWriteInputTokens);
  });

  it('accepts a bearer token and ARNs', async () => {
    const client = runtimeClient(sandbox.url, { bearer: 'bedrock-api-key-abc' });
    const arns = [
      `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${HAIKU}`,
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/sandboxapp01',
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    ];
    for (const modelId of arns) {
      const { stopReason } = await client.send(new ConverseCommand({ modelId, messages: ask('Hi') }));
      expect(stopReason, modelId).toBe('end_turn');
    }
    expect(sandbox.record.requests.at(-1)).toMatchObject({
      auth: 'bearer',
      operation: 'Converse',
      modelId: arns[2],
      model: 'amazon.nova-lite-v1:0',
      region: 'us-east-1',
      state: 'completed',
      status: 200,
    });
  });

  it('serves 128 streams at once', async () => {
    const client = runtimeClient(sandbox.url);
    const one = async (index: number) => {
      const { stream } = await client.send(
        new ConverseStreamCommand({ modelId: HAIKU, messages: ask(`Number ${index}?`) }),
      );
      const text = (await eventsOf(stream))
        .map((event) => event.contentBlockDelta?.delta?.text ?? '')
        .join('');
      return text.includes(`Number ${index}?`);
    };
    const all = await Promise.all(Array.from({ length: 128 }, (_, index) => one(index)));
    expect(all.every(Boolean)).toBe(true);
    expect(sandbox.record.inFlight).toBe(0);
  });
});
