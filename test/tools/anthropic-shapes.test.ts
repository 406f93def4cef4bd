/** What agents write from habit, in Anthropic's and OpenAI's shape, through the tool door: sent where the API has a place for it, told elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUg==';
const PDF = Buffer.from('%PDF-1.4').toString('base64');
const TOOL = { name: 'f', description: 'F', input_schema: { type: 'object', properties: {} } };
const OPUS_5 = 'claude-opus-5';
const HAIKU = 'claude-haiku-4-5';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

async function ask(model: string, args: Record<string, unknown>) {
  const { structured } = await on.call(invokeModel, { model, ...args });
  const request = on.sandbox.record.requests.findLast(({ modelId }) => modelId !== undefined);
  const receipt = objectOf(structured['receipt']);
  return {
    warnings: JSON.stringify(receipt['warnings'] ?? []),
    api: receipt['api'],
    sent: objectOf(request?.body),
  };
}

/** Converse's cache points or Claude's marks, with what stands before them. */
function marked(list: JsonValue | undefined): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each, at) => {
    const entry = objectOf(each);
    if (isJsonObject(entry['cache_control'])) {
      return [`${String(entry['type'] ?? entry['name'])} ${String(entry['cache_control']['ttl'])}`];
    }
    if (!isJsonObject(entry['cachePoint'])) return [];
    return [`${Object.keys(objectOf(list[at - 1]))[0]} ${String(entry['cachePoint']['ttl'])}`];
  });
}
const contentOf = (sent: JsonObject, message: number): JsonValue | undefined => {
  const { messages } = sent;
  return Array.isArray(messages) ? objectOf(messages[message])['content'] : undefined;
};

const hour = { type: 'ephemeral', ttl: '1h' };
const short = { type: 'ephemeral' };

describe('cache_control', () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
  const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } };

  it.each<[string, string, unknown[], string[]]>([
    ['converse', 'a text', [{ type: 'text', text: 'a', cache_control: hour }], ['text 1h']],
    ['native', 'a text', [{ type: 'text', text: 'a', cache_control: hour }], ['text 1h']],
    ['converse', "a text of Converse's", [{ text: 'a', cache_control: short }], ['text undefined']],
    ['converse', 'an image', [{ ...image, cache_control: short }, { text: 'b' }], ['image undefined']],
    ['native', 'an image', [{ ...image, cache_control: short }, { text: 'b' }], ['image undefined']],
    ['converse', 'a document', [{ ...document, cache_control: short }, { text: 'b' }], ['text undefined']],
    ['converse', 'a PDF at the end', [{ text: 'b' }, { ...document, cache_control: hour }], ['document 1h']],
    ['native', 'a PDF at the end', [{ text: 'b' }, { ...document, cache_control: hour }], ['document 1h']],
    ['native', 'a document', [{ ...document, cache_control: hour }, { text: 'b' }], ['document 1h']],
  ])('over %s on %s is a cache point with its lifetime', async (api, _what, content, points) => {
    const { sent } = await ask(HAIKU, { api, messages: [{ role: 'user', content }] });
    expect(marked(contentOf(sent, 0))).toEqual(points);
  });

  it.each([
    ['converse', 'toolResult'],
    ['native', 'tool_result'],
  ])('over %s on a tool result, or inside it, stands behind the result', async (api, kind) => {
    const parts = [
      { content: [{ type: 'text', text: 'ok' }], cache_control: hour },
      { content: [{ type: 'text', text: 'ok', cache_control: hour }] },
      { content: [{ text: 'ok' }, { cachePoint: { type: 'default', ttl: '1h' } }] },
    ];
    for (const part of parts) {
      const messages = [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', ...part }] },
      ];
      const { sent } = await ask(HAIKU, { api, messages, tools: [TOOL] });
      expect(marked(contentOf(sent, 2))).toEqual([`${kind} 1h`]);
    }
  });

  it.each(['converse', 'native'])('over %s marks a tool, a system block and a whole message', async (api) => {
    const { sent } = await ask(HAIKU, {
      api,
      tools: [TOOL, { ...TOOL, name: 'g', cache_control: hour }],
      system: ['Be kind.', { type: 'text', text: 'Be brief.', cache_control: hour }],
      messages: [{ role: 'user', content: 'Hi', cache_control: hour }],
    });
    const tools = objectOf(sent['toolConfig'])['tools'] ?? sent['tools'];
    expect(marked(tools)).toEqual([api === 'native' ? 'g 1h' : 'toolSpec 1h']);
    expect(marked(sent['system'])).toEqual(['text 1h']);
    expect(marked(contentOf(sent, 0))).toEqual(['text 1h']);
  });

  it('is told where the model has no caching, and a lifetime that it does not offer', async () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: hour }] }];
    const llama = await ask('us.meta.llama3-3-70b-instruct-v1:0', { messages });
    expect(llama.warnings).toContain('Cache points in messages were left out');
    expect(JSON.stringify(llama.sent)).not.toContain('cachePoint');
    const nova = await ask('nova-lite', { messages });
    expect(marked(contentOf(nova.sent, 0))).toEqual(['text undefined']);
    expect(nova.warnings).toContain('cache lifetime 1h was left out');
  });

  it.each([
    [{ type: 'forever' }, 'messages[0].content[0].cache_control.type'],
    [{ type: 'ephemeral', ttl: '2h' }, 'messages[0].content[0].cache_control.ttl'],
  ])('%j is refused by its name', async (cache_control, field) => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control }] }];
    await expect(ask(HAIKU, { messages })).rejects.toMatchObject({ code: 'invalid_request', field });
  });
});

describe("members of Anthropic's tool definitions", () => {
  const toolsOf = ({ sent }: { sent: JsonObject }) => JSON.stringify(sent['tools'] ?? sent['toolConfig']);

  it.each<[string, string, object, string[], string]>([
    [OPUS_5, 'auto', { eager_input_streaming: true }, ['"eager_input_streaming":true'], ''],
    [
      OPUS_5,
      'native',
      { input_examples: [{ a: 1 }] },
      ['"input_examples":[{"a":1}]'],
      'tool-examples-2025-10-29',
    ],
    [OPUS_5, 'auto', { defer_loading: true }, ['"defer_loading":true'], 'tool-search-tool-2025-10-19'],
    [OPUS_5, 'auto', { defer_loading: false }, ['"defer_loading":false'], 'tool-search-tool-2025-10-19'],
    [HAIKU, 'auto', { eager_input_streaming: true }, [], 'fine-grained-tool-streaming-2025-05-14'],
  ])('go natively to %s (api %s): %j', async (model, api, fields, parts, beta) => {
    const answered = await ask(model, { api, prompt: 'Hi', tools: [{ ...TOOL, ...fields }] });
    expect(answered.api).toBe('native');
    for (const part of parts) expect(toolsOf(answered)).toContain(part);
    const betas = JSON.stringify(answered.sent['anthropic_beta'] ?? '');
    expect(betas).toContain(beta);
    if (beta !== '') expect(answered.warnings).toContain(beta);
  });

  it.each<[string, string, object]>([
    [OPUS_5, 'converse', { eager_input_streaming: true }],
    [OPUS_5, 'auto', { allowed_callers: ['direct'] }],
    [HAIKU, 'converse', { input_examples: [{ a: 1 }], defer_loading: true }],
    [
      'us.anthropic.claude-sonnet-4-20250514-v1:0',
      'native',
      { input_examples: [{ a: 1 }], defer_loading: true },
    ],
    ['nova-lite', 'auto', { eager_input_streaming: true, input_examples: [{ a: 1 }] }],
    ['nova-lite', 'native', { defer_loading: true }],
    ['gpt-oss-120b', 'native', { defer_loading: true }],
  ])('are told where %s (api %s) has no place for them: %j', async (model, api, fields) => {
    const answered = await ask(model, { api, prompt: 'Hi', tools: [{ ...TOOL, ...fields }] });
    for (const name of Object.keys(fields)) {
      expect(answered.warnings).toContain(name);
      expect(toolsOf(answered)).not.toContain(name);
    }
  });

  it('stay on Converse where the request needs it, and are told', async () => {
    const answered = await ask(OPUS_5, {
      tools: [{ ...TOOL, input_examples: [{}] }],
      messages: [{ role: 'user', content: [{ guardContent: { text: { text: 'Hi' } } }] }],
    });
    expect(answered.api).toBe('converse');
    expect(answered.warnings).toContain('input_examples');
  });

  it('live on in a thread', async () => {
    const first = await on.call(invokeModel, {
      model: OPUS_5,
      thread_id: 'new',
      prompt: 'Hi',
      tools: [{ ...TOOL, input_examples: [{ a: 1 }] }],
    });
    const thread_id = String(objectOf(first.structured['thread'])['thread_id']);
    const [called] = Array.isArray(first.structured['tool_calls']) ? first.structured['tool_calls'] : [];
    const toolUseId: unknown = objectOf(called)['toolUseId'];
    const messages = [{ role: 'user', content: [{ toolResult: { toolUseId, content: 'ok' } }] }];
    const next = await ask(OPUS_5, { thread_id, messages });
    expect(toolsOf(next)).toContain('"input_examples":[{"a":1}]');
    expect(next.api).toBe('native');
  });

  it("of MCP's for hosts are told", async () => {
    const tool = {
      ...TOOL,
      title: 'F',
      annotations: { readOnlyHint: true },
      outputSchema: { type: 'object' },
    };
    const { warnings } = await ask(HAIKU, { prompt: 'Hi', tools: [tool] });
    for (const name of ['tools[0].title', 'tools[0].annotations', 'tools[0].outputSchema'])
      expect(warnings).toContain(`${name} was left out`);
  });
});

describe("OpenAI's shape", () => {
  it.each([
    [
      [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'high' } }],
      'image/png',
      'detail',
    ],
    [[{ type: 'input_image', image_url: `data:image/jpg;base64,${PNG}` }], 'image/', ''],
    [[{ type: 'input_text', text: 'words' }], 'words', ''],
    [
      [
        { type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}`, filename: 'plan.pdf' } },
        'x',
      ],
      PDF,
      '',
    ],
    [[{ type: 'input_file', file_data: PDF, filename: 'plan.pdf' }, 'x'], 'plan', ''],
  ])('of a part is read: %j', async (content, part, told) => {
    for (const api of ['native', 'converse']) {
      const { sent, warnings } = await ask(HAIKU, { api, messages: [{ role: 'user', content }] });
      const found = part.startsWith('image/') && api === 'converse' ? '"image":{"format":"png"' : part;
      expect(JSON.stringify(sent)).toContain(found);
      expect(warnings).toContain(told);
    }
  });

  it('of a tool call is read, beside content of null and beside a list of parts', async () => {
    const tool_calls = [
      { id: 't', type: 'function', function: { name: 'f', arguments: '{"city":"Paris"}' } },
    ];
    for (const content of [null, [{ type: 'text', text: 'Let me look.' }]]) {
      const { sent } = await ask(HAIKU, {
        api: 'converse',
        tools: [TOOL],
        messages: [
          { role: 'user', content: 'Go.' },
          { role: 'assistant', content, tool_calls },
          { role: 'user', content: [{ toolResult: { toolUseId: 't', content: 'ok' } }] },
        ],
      });
      expect(JSON.stringify(contentOf(sent, 1))).toContain('"input":{"city":"Paris"}');
    }
  });

  it.each([
    [
      { type: 'image_url', image_url: { url: 'https://x.y/a.png' } },
      'messages[0].content[0].image_url.url',
      /files/,
    ],
    [{ type: 'input_image', file_id: 'file-1' }, 'messages[0].content[0].file_id', /known are/],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'messages[0].content[0].file.file_id', /file_data/],
    [{ type: 'refusal', refusal: 'No.' }, 'messages[0].content[0].type', /Converse blocks/],
  ])('of %j is refused with the right shape', async (part, field, words) => {
    const refused = ask(HAIKU, { messages: [{ role: 'user', content: [part] }] });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', field });
    await expect(refused).rejects.toThrow(words);
  });

  it('around a schema for the answer is taken off', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const response_schema = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };
    const { structured } = await on.call(invokeModel, { model: HAIKU, prompt: 'Hi', response_schema });
    expect(structured['parsed']).toHaveProperty('a');
  });
});

describe('what is about a block', () => {
  it('is left out and told, in a dry run too', async () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'a', annotations: { audience: ['user'] } }] },
    ];
    for (const dry_run of [false, true]) {
      const { structured } = await on.call(invokeModel, { model: HAIKU, messages, dry_run });
      expect(JSON.stringify(objectOf(structured['receipt'])['warnings'])).toContain(
        'messages[0].content[0].annotations was left out',
      );
    }
  });
});
