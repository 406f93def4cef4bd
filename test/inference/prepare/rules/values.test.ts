import { describe, expect } from 'vitest';
import type { InferenceConfig, InferenceRequest } from '../../../../src/messages/types.ts';
import { asking, assistant, call, checkRows, type RuleRow, result, spec, user } from './rule-row.ts';

/** A source of text is for citations alone. */
const citations = { enabled: true };
const config = (inferenceConfig: InferenceConfig) => asking({ inferenceConfig });
const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

const REFUSED: readonly [number: InferenceConfig, field: string][] = [
  [{ temperature: -0.1 }, 'temperature'],
  [{ temperature: 2.1 }, 'temperature'],
  [{ temperature: Number.NaN }, 'temperature'],
  [{ topP: 1.01 }, 'top_p'],
  [{ topP: Number.POSITIVE_INFINITY }, 'top_p'],
  [{ maxTokens: 0 }, 'max_tokens'],
  [{ maxTokens: 1.5 }, 'max_tokens'],
  [{ topK: -1 }, 'top_k'],
];

const metadata = (requestMetadata: Record<string, string>) => asking({ requestMetadata });
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));

const REFUSED_METADATA: readonly [what: string, request: InferenceRequest][] = [
  ['the seventeenth entry', metadata(many(17))],
  ["it beside a provider's own body too", { ...metadata(many(17)), messages: [], rawBody: { a: 1 } }],
  ['an empty key', metadata({ '': 'v' })],
  ['a long key', metadata({ ['k'.repeat(257)]: 'v' })],
  ['a long value', metadata({ k: 'v'.repeat(257) })],
  ['other characters in a key', metadata({ 'a!': 'v' })],
  ['other characters in a value', metadata({ k: 'caf\u00e9' })],
];

const METADATA: readonly RuleRow[] = [
  {
    name: 'takes sixteen entries with every character that is allowed',
    request: metadata({ ...many(15), 'a Z9:_@$#=/+,-.': '' }),
    sends: 'same',
  },
  {
    name: 'takes keys and values of 256 characters',
    request: metadata({ ['k'.repeat(256)]: 'v'.repeat(256) }),
    sends: 'same',
  },
  ...REFUSED_METADATA.map(([what, request]) => ({
    name: `refuses ${what}`,
    request,
    refuses: { field: 'options.request_metadata' },
  })),
];

const rows: readonly RuleRow[] = [
  ...REFUSED.map(([inferenceConfig, field]) => ({
    name: `refuses ${Object.entries(inferenceConfig).flat().join(' ')}`,
    request: config(inferenceConfig),
    refuses: { field },
  })),
  {
    name: 'leaves values at the edges alone',
    request: config({ temperature: 0, topP: 1, maxTokens: 1, topK: 0 }),
    sends: 'same',
  },
  {
    name: 'leaves temperature 2 to the models that take it',
    request: config({ temperature: 2 }),
    sends: 'same',
  },
  {
    name: 'refuses a broken thinking budget',
    request: asking({ reasoning: { effort: 'low', budgetTokens: -5 } }),
    refuses: { field: 'reasoning.budgetTokens' },
  },
  {
    name: 'refuses NaN inside a tool input',
    request: {
      messages: [
        user({ text: 'x' }),
        assistant({ toolUse: { toolUseId: 'i', name: 'f', input: { a: [1, Number.NaN] } } }),
        user(result('i')),
      ],
    },
    refuses: { field: 'messages[1].content[0].toolUse.input.a[1]' },
  },
  {
    name: 'refuses Infinity in additional fields',
    request: asking({ additionalModelRequestFields: { a: { b: Number.NEGATIVE_INFINITY } } }),
    refuses: { field: 'options.additional_model_request_fields.a.b' },
  },
  {
    name: 'refuses nesting that would overflow a stack',
    request: asking({ toolConfig: { tools: [spec('f', { inputSchema: deep(1000) })] } }),
    refuses: { field: expect.stringContaining('tools[0].input_schema') },
  },
  {
    name: 'leaves nesting of real schemas alone',
    request: asking({ additionalModelRequestFields: deep(100) }),
    sends: 'same',
  },
  {
    name: 'replaces lone surrogates wherever they stand, and only them',
    request: {
      system: [{ text: 'a\ud800' }],
      messages: [
        user(
          { text: '😀\udc00' },
          { document: { format: 'txt', name: 'n', source: { text: '\ud800' }, citations } },
        ),
        assistant(
          { reasoningContent: { reasoningText: { text: 'kept \ud800', signature: 's' } } },
          { toolUse: { toolUseId: 'i', name: 'f', input: { k: ['\udfff'] } } },
        ),
        user({ toolResult: { toolUseId: 'i', content: [{ text: 'x\ud83d' }, { json: { y: '\ud83d' } }] } }),
      ],
      toolConfig: { tools: [spec('f', { description: '\ud800' })] },
    },
    sends: {
      system: [{ text: 'a\ufffd' }],
      messages: [
        user(
          { text: '😀\ufffd' },
          { document: { format: 'txt', name: 'n', source: { text: '\ufffd' }, citations } },
        ),
        assistant(
          { reasoningContent: { reasoningText: { text: 'kept \ud800', signature: 's' } } },
          { toolUse: { toolUseId: 'i', name: 'f', input: { k: ['\ufffd'] } } },
        ),
        user({ toolResult: { toolUseId: 'i', content: [{ text: 'x\ufffd' }, { json: { y: '\ufffd' } }] } }),
      ],
      toolConfig: { tools: [spec('f', { description: '\ufffd' })] },
    },
    warns: ['lone surrogates'],
  },
  {
    name: 'drops empty stop sequences',
    request: config({ stopSequences: ['', '\n', 'END'] }),
    sends: config({ stopSequences: ['\n', 'END'] }),
    warns: ['stop sequences'],
  },
  {
    name: 'drops blank stop sequences for Claude',
    family: 'claude',
    request: config({ stopSequences: ['\n', 'END'] }),
    sends: config({ stopSequences: ['END'] }),
    warns: ['stop sequences'],
  },
  {
    name: 'keeps a key called __proto__ as data',
    request: {
      messages: [
        user({ text: 'x' }),
        assistant({ toolUse: { toolUseId: 'i', name: 'f', input: JSON.parse('{"__proto__":{"a":"b"}}') } }),
        user(result('i')),
      ],
      toolConfig: { tools: [spec('f')] },
    },
    sends: 'same',
  },
  {
    name: 'leaves an ordinary conversation alone',
    request: {
      messages: [user({ text: 'x' }), assistant({ text: 'y' }, call('i')), user(result('i'), { text: 'z' })],
      toolConfig: { tools: [spec('f')], toolChoice: { auto: {} } },
      system: [{ text: 's' }],
      inferenceConfig: { maxTokens: 10, temperature: 0.5, topP: 0.9 },
    },
    sends: 'same',
  },
];

describe('plain values', () => checkRows(rows));
describe('request metadata', () => checkRows(METADATA));
