/** Nothing that a caller gives is dropped without a word: a member that nobody knows is sent, told or refused, wherever it stands. */
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { readResponseSchema } from '../../../src/calls/structured/ask-for-json.ts';
import { readFileArgument } from '../../../src/files/file-argument.ts';
import { isJsonObject, type JsonValue } from '../../../src/json.ts';
import { toWireJson } from '../../../src/messages/wire-json.ts';
import type { Tell } from '../../../src/tools/input/fields.ts';
import { readMessages } from '../../../src/tools/input/messages.ts';
import { readOptions } from '../../../src/tools/input/options.ts';
import { unwrapSchema } from '../../../src/tools/input/response-format.ts';
import { readSystem } from '../../../src/tools/input/system.ts';
import { readTools } from '../../../src/tools/input/tool-definitions.ts';

const PNG = 'iVBORw0KGgo=';
const PDF = Buffer.from('%PDF-1.4').toString('base64');
const s3 = { s3Location: { uri: 's3://b/k', bucketOwner: '123456789012' } };
const schema = { type: 'object', properties: {} };
const control = { type: 'ephemeral', ttl: '1h' };

const CONVERSE: readonly JsonValue[] = [
  { text: 'a' },
  { image: { format: 'png', source: { bytes: PNG } } },
  { image: { format: 'png', source: s3 } },
  {
    document: {
      format: 'pdf',
      name: 'a',
      source: { bytes: PDF },
      context: 'c',
      citations: { enabled: true },
    },
  },
  { document: { format: 'pdf', name: 'a', source: s3 } },
  { document: { format: 'txt', name: 'a', source: { text: 'a' } } },
  { document: { format: 'txt', name: 'a', source: { content: [{ text: 'a' }] } } },
  { video: { format: 'mp4', source: { bytes: PNG } } },
  { audio: { format: 'mp3', source: s3 } },
  { toolUse: { toolUseId: 't', name: 'f', input: { a: 1 } } },
  { toolResult: { toolUseId: 't', content: [{ text: 'a' }, { json: { a: 1 } }], status: 'success' } },
  { toolResult: { toolUseId: 't', content: [{ image: { format: 'png', source: { bytes: PNG } } }] } },
  { reasoningContent: { reasoningText: { text: 'a', signature: 's' } } },
  { reasoningContent: { redactedContent: PNG } },
  { cachePoint: { type: 'default', ttl: '5m' } },
  { guardContent: { text: { text: 'a', qualifiers: ['query'] } } },
  { guardContent: { image: { format: 'png', source: { bytes: PNG } } } },
  { searchResult: { source: 's', title: 't', content: [{ text: 'a' }], citations: { enabled: true } } },
  { citationsContent: { content: [{ text: 'a' }], citations: [{ title: 't' }] } },
  { unknown: { name: 'x', value: { a: 1 } } },
];
const ANTHROPIC: readonly JsonValue[] = [
  { type: 'text', text: 'a', cache_control: control },
  { type: 'text', text: 'a', citations: [{ type: 'char_location', cited_text: 'a' }] },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG }, cache_control: control },
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF }, title: 'a' },
  {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'a' },
    citations: { enabled: true },
  },
  { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'a' }] }, context: 'c' },
  { type: 'tool_use', id: 't', name: 'f', input: {} },
  { type: 'server_tool_use', id: 't', name: 'f', input: {} },
  { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'a' }], is_error: false },
  { type: 'thinking', thinking: 'a', signature: 's' },
  { type: 'redacted_thinking', data: PNG },
  { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'a' }] },
  { type: 'image', data: PNG, mimeType: 'image/png' },
  { type: 'audio', data: PNG, mimeType: 'audio/mp3' },
];
const OPENAI: readonly JsonValue[] = [
  { type: 'input_text', text: 'a' },
  { type: 'output_text', text: 'a' },
  { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
  { type: 'input_image', image_url: `data:image/png;base64,${PNG}` },
  { type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}`, filename: 'a.pdf' } },
  { type: 'input_file', file_data: PDF, filename: 'a.pdf' },
  { type: 'input_audio', input_audio: { data: PNG, format: 'mp3' } },
];
const MESSAGES: readonly JsonValue[] = [
  ...[...CONVERSE, ...ANTHROPIC, ...OPENAI].map((block) => ({ role: 'user', content: [block] })),
  { role: 'user', content: 'a', cache_control: control },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
  },
  {
    role: 'assistant',
    content: [{ type: 'text', text: 'a' }],
    tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  {
    role: 'assistant',
    text: 'a',
    reasoning: [{ text: 'a', signature: 's' }, { redacted: PNG }],
    tool_calls: [],
  },
];
const TOOLS: readonly JsonValue[] = [
  { name: 'f', description: 'd', input_schema: schema, strict: true, cache_control: control },
  {
    name: 'f',
    input_schema: schema,
    eager_input_streaming: true,
    input_examples: [{ a: 1 }],
    defer_loading: true,
  },
  { type: 'custom', name: 'f', input_schema: schema, allowed_callers: ['direct'] },
  { name: 'f', inputSchema: schema, title: 't', annotations: { readOnlyHint: true }, outputSchema: schema },
  { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } },
  { type: 'function', name: 'f', parameters: schema },
  { toolSpec: { name: 'f', inputSchema: { json: schema }, strict: false } },
  { systemTool: { name: 'nova_grounding' } },
  { cachePoint: { type: 'default' } },
  { type: 'bash_20250124', name: 'bash' },
];
const OPTIONS: readonly JsonValue[] = [{ guardrail: { id: 'g', version: '1' }, service_tier: 'flex' }];
const FILES: readonly JsonValue[] = [
  { text: 'a', name: 'a.txt', format: 'txt' },
  { type: 'image', data: PNG, mimeType: 'image/png' },
];
const SYSTEMS: readonly JsonValue[] = [
  [
    { type: 'text', text: 'a', cache_control: control },
    { text: 'a' },
    { cachePoint: { type: 'default' } },
    'a',
  ],
];

const SCHEMAS: readonly JsonValue[] = [
  { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema, strict: true } },
  { type: 'json_schema', name: 'n', schema, strict: true },
  { type: 'json_schema', schema },
  { name: 'n', schema, strict: true },
];

const NAME = 'surprise';

/** The value once for each object in it, with a member that nobody knows in that one. */
function surprised(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) {
    return value.flatMap((each, at) => surprised(each).map((other) => value.with(at, other)));
  }
  if (!isJsonObject(value)) return [];
  const inside = Object.entries(value).flatMap(([name, member]) =>
    surprised(member).map((other) => ({ ...value, [name]: other })),
  );
  return [{ ...value, [NAME]: 1 }, ...inside];
}

async function outcomeOf(read: (tell: Tell) => unknown): Promise<string> {
  const told: string[] = [];
  try {
    const result = await read((sentence) => told.push(sentence));
    // What stands inside a member that is left out goes with it.
    if (told.some((sentence) => sentence.includes(NAME) || /annotations|outputSchema/.test(sentence)))
      return 'told';
    return JSON.stringify(toWireJson(JSON.parse(JSON.stringify(result)))).includes(NAME) ? 'sent' : 'dropped';
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return `${error.message} ${error.field}`.includes(NAME) ? 'refused' : `refused: ${error.message}`;
  }
}

const rows = (
  values: readonly JsonValue[],
  read: (value: JsonValue, tell: Tell) => unknown,
): [string, (tell: Tell) => unknown][] =>
  values.flatMap(surprised).map((value) => [JSON.stringify(value), (tell) => read(value, tell)]);

describe('a member that nobody knows', () => {
  it.each([
    ...rows(MESSAGES, (message, tell) => readMessages([message], tell)),
    ...rows(TOOLS, (tool, tell) => readTools([tool], tell)),
    ...rows(OPTIONS, (options) => readOptions(isJsonObject(options) ? options : {})),
    ...rows(FILES, (file) => readFileArgument(file, 'files[0]')),
    ...rows(SYSTEMS, (system, tell) => readSystem(Array.isArray(system) ? system : [], tell)),
    ...rows(SCHEMAS, (given, tell) => readResponseSchema(unwrapSchema(given, tell))),
  ])('is sent, told or refused by its name: %s', async (_what, read) => {
    expect(['sent', 'told', 'refused']).toContain(await outcomeOf(read));
  });

  it.each([...MESSAGES, ...SYSTEMS, ...TOOLS].map((value) => [JSON.stringify(value), value] as const))(
    'is the only reason for a refusal: %s',
    (_what, value) => {
      const told: string[] = [];
      const tell = (sentence: string) => told.push(sentence);
      if (Array.isArray(value)) readSystem(value, tell);
      else if (isJsonObject(value) && 'role' in value) readMessages([value], tell);
      else readTools([value], tell);
      expect(told.filter((sentence) => !/annotations|outputSchema|title/.test(sentence))).toEqual([]);
    },
  );
});
