import { InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/json.ts';
import { lastUserWords } from '../../../src/sandbox/codecs/prompt-models.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { runtimeClient } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ retired: 'serve', onDemandRefused: 'none' });
});
afterAll(() => sandbox.close());

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const chat = { messages: [{ role: 'user', content: 'Where is Oslo?' }] };
const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 2000, ...chat };
const nova = { messages: [{ role: 'user', content: [{ text: 'Where is Oslo?' }] }] };
const LLAMA_PROMPT =
  '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWhere is Oslo?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n';

function parse(text: string): JsonObject {
  const value: JsonValue = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error(`not an object: ${text}`);
  return value;
}

async function whole(modelId: string, body: object): Promise<JsonObject> {
  const answer = await runtimeClient(sandbox.url).send(
    new InvokeModelCommand({ modelId, body: JSON.stringify(body) }),
  );
  return parse(answer.body.transformToString());
}

async function chunks(modelId: string, body: object): Promise<JsonObject[]> {
  const answer = await runtimeClient(sandbox.url).send(
    new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) }),
  );
  const read: JsonObject[] = [];
  for await (const event of answer.body ?? []) read.push(parse(new TextDecoder().decode(event.chunk?.bytes)));
  return read;
}

/** The value at a path such as `choices.0.text`, or undefined. */
function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  let found = value;
  for (const key of path.split('.')) {
    if (Array.isArray(found)) found = found[Number(key)];
    else found = isJsonObject(found) ? found[key] : undefined;
  }
  return found;
}

interface Format {
  readonly family: string;
  readonly modelId: string;
  readonly body: object;
  readonly text: string;
  readonly stop: readonly [path: string, value: string];
  /** Path of the text in a chunk; left out where the family does not stream. */
  readonly delta?: string;
  readonly members: readonly string[];
}

const openAi = {
  text: 'choices.0.message.content',
  stop: ['choices.0.finish_reason', 'stop'],
  delta: 'choices.0.delta.content',
  members: ['choices', 'created', 'id', 'model', 'object', 'service_tier', 'usage'],
} as const;

const FORMATS: readonly Format[] = [
  {
    family: 'Claude',
    modelId: HAIKU,
    body: claude,
    text: 'content.0.text',
    stop: ['stop_reason', 'end_turn'],
    delta: 'delta.text',
    members: ['content', 'id', 'model', 'role', 'stop_reason', 'stop_sequence', 'type', 'usage'],
  },
  {
    family: 'Claude 2',
    modelId: 'anthropic.claude-v2:1',
    body: { prompt: '\n\nHuman: Where is Oslo?\n\nAssistant:', max_tokens_to_sample: 100 },
    text: 'completion',
    stop: ['stop_reason', 'stop_sequence'],
    delta: 'completion',
    members: ['completion', 'stop', 'stop_reason', 'type'],
  },
  {
    family: 'Nova',
    modelId: 'amazon.nova-lite-v1:0',
    body: { schemaVersion: 'messages-v1', ...nova },
    text: 'output.message.content.0.text',
    stop: ['stopReason', 'end_turn'],
    delta: 'contentBlockDelta.delta.text',
    members: ['output', 'stopReason', 'usage'],
  },
  {
    family: 'Titan Text',
    modelId: 'amazon.titan-text-express-v1',
    body: { inputText: 'Where is Oslo?', textGenerationConfig: { maxTokenCount: 200 } },
    text: 'results.0.outputText',
    stop: ['results.0.completionReason', 'FINISH'],
    delta: 'outputText',
    members: ['inputTextTokenCount', 'results'],
  },
  {
    family: 'Llama',
    modelId: 'us.meta.llama3-3-70b-instruct-v1:0',
    body: { prompt: LLAMA_PROMPT },
    text: 'generation',
    stop: ['stop_reason', 'stop'],
    delta: 'generation',
    members: ['generation', 'generation_token_count', 'prompt_token_count', 'stop_reason'],
  },
  {
    family: 'Mistral',
    modelId: 'mistral.mistral-7b-instruct-v0:2',
    body: { prompt: '<s>[INST] Where is Oslo? [/INST]' },
    text: 'outputs.0.text',
    stop: ['outputs.0.stop_reason', 'stop'],
    delta: 'outputs.0.text',
    members: ['outputs'],
  },
  {
    family: 'Command',
    modelId: 'cohere.command-text-v14',
    body: { prompt: 'Where is Oslo?', stream: true },
    text: 'generations.0.text',
    stop: ['generations.0.finish_reason', 'COMPLETE'],
    delta: 'text',
    members: ['generations', 'id', 'prompt'],
  },
  {
    family: 'Command R',
    modelId: 'cohere.command-r-v1:0',
    body: { message: 'Where is Oslo?' },
    text: 'text',
    stop: ['finish_reason', 'COMPLETE'],
    delta: 'text',
    members: ['chat_history', 'finish_reason', 'generation_id', 'response_id', 'text'],
  },
  {
    family: 'Jamba',
    modelId: 'ai21.jamba-1-5-mini-v1:0',
    body: chat,
    ...openAi,
    members: ['choices', 'id', 'meta', 'model', 'usage'],
  },
  {
    family: 'Jurassic-2',
    modelId: 'ai21.j2-mid-v1',
    body: { prompt: 'Where is Oslo?' },
    text: 'completions.0.data.text',
    stop: ['completions.0.finishReason.reason', 'endoftext'],
    members: ['completions', 'id', 'prompt'],
  },
  {
    family: 'DeepSeek R1',
    modelId: 'us.deepseek.r1-v1:0',
    body: { prompt: '<\uff5cUser\uff5c>Where is Oslo?<\uff5cAssistant\uff5c><think>\n' },
    text: 'choices.0.text',
    stop: ['choices.0.stop_reason', 'stop'],
    delta: 'choices.0.text',
    members: ['choices'],
  },
  { family: 'gpt-oss', modelId: 'openai.gpt-oss-120b-1:0', body: chat, ...openAi },
  { family: 'Qwen', modelId: 'qwen.qwen3-32b-v1:0', body: chat, ...openAi },
  { family: 'DeepSeek V3', modelId: 'deepseek.v3.2', body: chat, ...openAi },
  { family: 'Mistral Large 3', modelId: 'mistral.mistral-large-3-675b-instruct', body: chat, ...openAi },
  {
    family: 'Pegasus',
    modelId: 'us.twelvelabs.pegasus-1-2-v1:0',
    body: { inputPrompt: 'Where is Oslo?', mediaSource: { base64String: 'AAAA' } },
    text: 'message',
    stop: ['finishReason', 'stop'],
    delta: 'message',
    members: ['finishReason', 'message'],
  },
];

describe.each(FORMATS)('the native format of $family', ({ modelId, body, text, stop, delta, members }) => {
  it('answers whole with its own members and words', async () => {
    const answer = await whole(modelId, body);
    expect(Object.keys(answer).sort()).toEqual(members);
    expect(at(answer, text)).toContain('was asked: "Where is Oslo?"');
    expect(at(answer, stop[0])).toBe(stop[1]);
  });

  it.runIf(delta !== undefined)('streams the same text and ends with the metrics', async () => {
    const read = await chunks(modelId, body);
    const streamed = read.map((chunk) => at(chunk, delta ?? '') ?? '').join('');
    expect(read.length).toBeGreaterThan(5);
    expect(streamed).toContain('was asked: "Where is Oslo?"');
    expect(at(read.at(-1), 'amazon-bedrock-invocationMetrics.outputTokenCount')).toBeGreaterThan(10);
    expect(read.slice(0, -1).every((chunk) => chunk['amazon-bedrock-invocationMetrics'] === undefined)).toBe(
      true,
    );
  });
});

describe('native details', () => {
  it('gpt-oss wraps its reasoning in tags, in a stream each delta in its own pair', async () => {
    const answer = await whole('openai.gpt-oss-120b-1:0', chat);
    expect(at(answer, 'choices.0.message.content')).toMatch(/^<reasoning>[^<]+<\/reasoning>\[sandbox\]/);
    const read = await chunks('openai.gpt-oss-120b-1:0', chat);
    const tagged = read.filter((chunk) =>
      String(at(chunk, 'choices.0.delta.content')).startsWith('<reasoning>'),
    );
    expect(tagged.length).toBeGreaterThan(1);
    for (const chunk of tagged)
      expect(at(chunk, 'choices.0.delta.content')).toMatch(/^<reasoning>[^<]+<\/reasoning>$/);
  });

  it('gpt-oss sends a usage chunk when asked, and calls tools', async () => {
    const tool = {
      type: 'function',
      function: { name: 'find', parameters: { type: 'object', properties: { place: { type: 'string' } } } },
    };
    const body = { ...chat, tools: [tool], stream_options: { include_usage: true } };
    const read = await chunks('openai.gpt-oss-20b-1:0', body);
    expect(at(read.at(-1), 'choices')).toEqual([]);
    expect(at(read.at(-1), 'usage.total_tokens')).toBeGreaterThan(0);
    const parts = read.map((chunk) => at(chunk, 'choices.0.delta.tool_calls.0.function.arguments') ?? '');
    expect(JSON.parse(parts.join(''))).toEqual({ place: 'Oslo' });
    expect(read.some((chunk) => at(chunk, 'choices.0.finish_reason') === 'tool_calls')).toBe(true);
  });

  it('R1 thinks until </think>', async () => {
    const answer = await whole('us.deepseek.r1-v1:0', { prompt: 'a' });
    expect(at(answer, 'choices.0.text')).toMatch(
      /^The sandbox pretends to think[\s\S]+<\/think>\s+\[sandbox\]/,
    );
  });

  it('Claude signs its thinking', async () => {
    const body = { ...claude, thinking: { type: 'enabled', budget_tokens: 1024 } };
    const answer = await whole(HAIKU, body);
    expect(at(answer, 'content.0')).toMatchObject({
      type: 'thinking',
      signature: expect.stringMatching(/^\w{40}$/),
    });
    const read = await chunks(HAIKU, body);
    expect(read[1]).toMatchObject({ type: 'content_block_start', content_block: { type: 'thinking' } });
    expect(read.some((chunk) => at(chunk, 'delta.type') === 'signature_delta')).toBe(true);
  });

  it('Claude calls a forced tool with JSON that fits its schema', async () => {
    const input_schema = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 5 } },
      required: ['n'],
    };
    const body = {
      ...claude,
      tools: [{ name: 'out', input_schema }],
      tool_choice: { type: 'tool', name: 'out' },
    };
    expect(await whole(HAIKU, body)).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'out', input: { n: 5 } }],
    });
  });

  it.each([
    [
      'output_config.format',
      HAIKU,
      {
        ...claude,
        output_config: {
          format: {
            type: 'json_schema',
            schema: { type: 'object', properties: { ok: { type: 'boolean' } }, additionalProperties: false },
          },
        },
      },
      'content.0.text',
    ],
    [
      'response_format',
      'qwen.qwen3-32b-v1:0',
      {
        ...chat,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'object', properties: { ok: { type: 'boolean' } } } },
        },
      },
      'choices.0.message.content',
    ],
  ])('%s makes the answer JSON', async (_member, modelId, body, path) => {
    expect(JSON.parse(String(at(await whole(modelId, body), path)))).toEqual({ ok: true });
  });

  it('whole answers carry their token counts in headers', async () => {
    const client = runtimeClient(sandbox.url);
    let headers: Record<string, string> = {};
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (typeof response === 'object' && response !== null && 'headers' in response) {
          headers = Object.fromEntries(
            Object.entries(Object(response.headers)).map(([key, value]) => [key, String(value)]),
          );
        }
        return result;
      },
      { step: 'deserialize' },
    );
    await client.send(new InvokeModelCommand({ modelId: HAIKU, body: JSON.stringify(claude) }));
    expect(headers).toMatchObject({
      'x-amzn-bedrock-input-token-count': '4',
      'x-amzn-bedrock-output-token-count': expect.stringMatching(/^\d+$/),
      'x-amzn-bedrock-invocation-latency': expect.stringMatching(/^\d+$/),
      'x-amzn-bedrock-cache-read-input-token-count': '0',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('Claude says how much was written for how long', async () => {
    const mark = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } });
    const system = (text: string, ttl?: string) => [
      { type: 'text', text: `${text} rule `.repeat(3000), ...mark(ttl) },
    ];
    const usage = async (body: JsonObject) => at(await whole(HAIKU, { ...claude, ...body }), 'usage');
    const hourly = await usage({ system: system('hourly', '1h') });
    const written = at(hourly, 'cache_creation_input_tokens');
    expect(written).toBeGreaterThan(4_096);
    expect(hourly).toMatchObject({
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: written },
    });
    expect(await usage({ system: system('hourly', '1h') })).toMatchObject({
      cache_read_input_tokens: written,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    });
    const short = await usage({ system: system('short') });
    expect(short).toMatchObject({
      cache_creation: {
        ephemeral_5m_input_tokens: at(short, 'cache_creation_input_tokens'),
        ephemeral_1h_input_tokens: 0,
      },
    });
  });

  it('max tokens end every format with its own word for it', async () => {
    expect(at(await whole(HAIKU, { ...claude, max_tokens: 2 }), 'stop_reason')).toBe('max_tokens');
    const llama = await whole('us.meta.llama3-3-70b-instruct-v1:0', { prompt: 'a', max_gen_len: 2 });
    expect(llama).toMatchObject({ stop_reason: 'length', generation_token_count: 2 });
    const oss = await whole('openai.gpt-oss-20b-1:0', { ...chat, max_tokens: 2 });
    expect(at(oss, 'choices.0.finish_reason')).toBe('length');
  });
});

describe('lastUserWords', () => {
  it.each([
    ['Llama 3', LLAMA_PROMPT, 'Where is Oslo?'],
    [
      'Llama 4',
      '<|header_start|>user<|header_end|>\n\nHi<|eot|><|header_start|>assistant<|header_end|>\n\n',
      'Hi',
    ],
    ['a second turn', '<s>[INST] One [/INST] 1 </s>[INST] Two [/INST]', 'Two'],
    ['no template', 'Just words', 'Just words'],
  ])('finds them in %s', (_template, prompt, expected) => {
    expect(lastUserWords(prompt)).toBe(expected);
  });
});
