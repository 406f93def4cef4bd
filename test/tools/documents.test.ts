/** Documents, files in S3 and search results through the tool door: what AWS refuses is mended and told, or refused by its name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const PDF = Buffer.from('%PDF-1.4').toString('base64');
const text = Buffer.from('a,b').toString('base64');
const S3 = { s3Location: { uri: 's3://bucket/plan.pdf' } };
const citations = { enabled: true };
const search = { source: 'https://x.y', title: 'X', content: [{ text: 'words' }] };

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const modelCalls = () => on.sandbox.record.requests.filter(({ modelId }) => modelId !== undefined).length;
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const user = (...content: unknown[]) => [{ role: 'user', content: [{ text: 'Look.' }, ...content] }];
const inResult = (...content: unknown[]) => [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'f', input: {} } }] },
  { role: 'user', content: [{ toolResult: { toolUseId: 't', content } }] },
];

async function ask(model: string, messages: unknown[], more: object = {}) {
  const tools = [{ name: 'f', description: 'F', input_schema: { type: 'object', properties: {} } }];
  const { structured } = await on.call(invokeModel, { model, messages, tools, ...more });
  const { body } = on.sandbox.record.requests.at(-1) ?? {};
  return {
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
    sent: JSON.stringify(objectOf(body)['messages']),
  };
}

describe('files in S3', () => {
  const document = { document: { format: 'pdf', name: 'plan', source: S3 } };
  const image = { image: { format: 'png', source: S3 } };

  it.each<[string, string, string, unknown[], string]>([
    [
      'claude-haiku-4-5',
      'auto',
      'a document',
      user(document),
      'messages[0].content[1].document.source.s3Location',
    ],
    [
      'claude-haiku-4-5',
      'converse',
      'an image',
      user(image),
      'messages[0].content[1].image.source.s3Location',
    ],
    ['claude-haiku-4-5', 'native', 'an image', user(image), 'messages[0].content[1].image.source.s3Location'],
    [
      'claude-haiku-4-5',
      'native',
      'a document in a result',
      inResult(document),
      'messages[2].content[0].toolResult.content[0].document.source.s3Location',
    ],
    [
      'claude-haiku-4-5',
      'converse',
      'an image in a result',
      inResult(image),
      'messages[2].content[0].toolResult.content[0].image.source.s3Location',
    ],
    [
      'us.meta.llama4-scout-17b-instruct-v1:0',
      'auto',
      'an image',
      user(image),
      'messages[0].content[1].image.source.s3Location',
    ],
    [
      'mistral-large',
      'auto',
      'a document',
      user(document),
      'messages[0].content[1].document.source.s3Location',
    ],
  ])('are refused for %s over %s before the send: %s', async (model, api, _what, messages, field) => {
    const before = modelCalls();
    const refused = ask(model, messages, { api });
    await expect(refused).rejects.toMatchObject({ code: 'unsupported_feature', field });
    await expect(refused).rejects.toThrow(/S3.*s3:\/\/bucket\/plan\.pdf/);
    expect(modelCalls()).toBe(before);
  });

  it.each(['converse', 'native'])('are read by Nova over %s', async (api) => {
    const { sent, warnings } = await ask('nova-lite', user(document), { api });
    expect(sent).toContain('s3://bucket/plan.pdf');
    expect(warnings).toBe('[]');
  });
});

describe('citations', () => {
  const of = (format: string, source: object) => ({
    document: { format, name: 'plan', source, citations },
  });

  it.each<[string, string, unknown[], string | undefined, string[]]>([
    [
      'claude-haiku-4-5',
      'a PDF',
      user(of('pdf', { bytes: PDF })),
      undefined,
      ['"citations":{"enabled":true}', PDF],
    ],
    [
      'claude-haiku-4-5',
      'text as bytes',
      user(of('txt', { bytes: text })),
      undefined,
      ['"source":{"text":"a,b"}'],
    ],
    ['claude-haiku-4-5', 'a text', user(of('txt', { text: 'a,b' })), undefined, ['"source":{"text":"a,b"}']],
    [
      'claude-haiku-4-5',
      'a table',
      user(of('csv', { bytes: text })),
      'csv',
      ['"format":"txt"', '"source":{"text":"a,b"}', '"enabled":true'],
    ],
    [
      'claude-haiku-4-5',
      'a page as text',
      user(of('html', { text: 'a,b' })),
      'html',
      ['"format":"txt"', '"enabled":true'],
    ],
    [
      'claude-haiku-4-5',
      'a Word file',
      user(of('docx', { bytes: Buffer.from('PK\u0003\u0004word/x', 'latin1').toString('base64') })),
      'docx',
      ['"format":"docx"'],
    ],
    [
      'claude-haiku-4-5',
      'a result',
      inResult(of('txt', { text: 'a,b' })),
      'tool result',
      [`"bytes":"${text}"`],
    ],
    ['nova-lite', 'a text', user(of('txt', { text: 'a,b' })), 'citations', [`"bytes":"${text}"`]],
    ['claude-3-haiku', 'a PDF', user(of('pdf', { bytes: PDF })), 'citations', [PDF]],
  ])(
    'are asked of %s for %s over Converse where it cites that, and told otherwise',
    async (model, _what, messages, told, parts) => {
      const { sent, warnings } = await ask(model, messages, { api: 'converse' });
      for (const part of parts) expect(sent).toContain(part);
      if (told === undefined) expect(warnings).toBe('[]');
      else expect(warnings).toContain(told);
      expect(sent.includes('"citations"')).toBe(
        parts.some((part) => part.includes('enabled')) || told === undefined,
      );
    },
  );

  it('natively go with the text of a table, and are told where the model has none', async () => {
    const table = await ask('claude-haiku-4-5', user(of('csv', { bytes: text })), { api: 'native' });
    expect(table.sent).toContain('"citations":{"enabled":true}');
    expect(table.warnings).toBe('[]');
    const older = await ask('claude-3-haiku', user(of('pdf', { bytes: PDF })), { api: 'native' });
    expect(older.sent).not.toContain('citations');
    expect(older.warnings).toContain('citations');
  });
});

describe('documents given as text', () => {
  it.each<[string, string, unknown[]]>([
    [
      'claude-haiku-4-5',
      'converse',
      user({ document: { format: 'txt', name: 'a', source: { text: 'a,b' } } }),
    ],
    [
      'nova-lite',
      'converse',
      user({ document: { format: 'md', name: 'a', source: { content: [{ text: 'a,b' }] } } }),
    ],
    ['nova-lite', 'native', user({ document: { name: 'a', source: { text: 'a,b' } } })],
    [
      'claude-haiku-4-5',
      'converse',
      inResult({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,b' } }),
    ],
  ])('go to %s over %s as bytes where nothing is cited', async (model, api, messages) => {
    const { sent, warnings } = await ask(model, messages, { api });
    expect(sent).toContain(`"bytes":"${text}"`);
    expect(warnings).toBe('[]');
  });
});

describe('document names', () => {
  it.each([
    ['a\tb', 'a b'],
    ['a\nb', 'a b'],
    ['a\u00a0b', 'a b'],
    ['a \t b', 'a b'],
    ['report.v2.pdf', 'report-v2'],
    ['', 'document'],
    ['../x/ü', '-x-u'],
    ['n'.repeat(300), 'n'.repeat(192)],
  ])('%j goes as %j, told, at the top and inside a tool result', async (name, sentAs) => {
    const document = { document: { format: 'txt', name, source: { bytes: text } } };
    for (const messages of [user(document), inResult(document)]) {
      const { sent, warnings } = await ask('claude-haiku-4-5', messages, { api: 'converse' });
      expect(sent).toContain(`"name":${JSON.stringify(sentAs)}`);
      expect(warnings).toContain('under the name');
    }
  });
});

describe('search results', () => {
  const anthropic = {
    type: 'search_result',
    source: 'https://x.y',
    title: 'X',
    content: [{ type: 'text', text: 'words' }],
  };

  it.each<[string, unknown[]]>([
    ['at the top', user({ searchResult: search })],
    ["at the top in Anthropic's shape", user(anthropic)],
    ['inside a tool result', inResult({ searchResult: search })],
    ["inside a tool result in Anthropic's shape", inResult(anthropic)],
  ])('%s go to Claude on both APIs and to Nova in words, told', async (_what, messages) => {
    const converse = await ask('claude-haiku-4-5', messages, { api: 'converse' });
    expect(converse.sent).toContain(`{"searchResult":${JSON.stringify(search)}}`);
    expect(converse.warnings).toBe('[]');
    const native = await ask('claude-haiku-4-5', messages, { api: 'native' });
    expect(native.sent).toContain('"type":"search_result"');
    expect(native.sent).toContain('"content":[{"type":"text","text":"words"}]');
    expect(native.warnings).toBe('[]');
    for (const api of ['converse', 'native']) {
      const nova = await ask('nova-lite', messages, { api });
      expect(nova.sent).toContain('words');
      expect(nova.sent).not.toContain('searchResult');
      expect(nova.warnings).toContain('search results');
    }
  });
});
