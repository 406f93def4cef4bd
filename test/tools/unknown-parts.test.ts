/** Answers with parts that are newer than this server: they are carried, told once, and take no known part along. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunk, event, json, streamHead } from '../aws/loopback.ts';
import type { Raw } from '../inference/codecs/recorded-rows.ts';
import { type Answering, answering } from './answering.ts';

const USAGE = {
  inputTokens: 3,
  outputTokens: 2,
  totalTokens: 5,
  serverToolUsage: { searches: 1 },
  newCount: 9,
};
const call = { toolUseId: 't1', name: 'look', input: { a: 1 } };

const converse = (content: Raw[], more: object = {}) => ({
  output: { message: { role: 'assistant', newMember: 1, content } },
  stopReason: 'end_turn',
  usage: USAGE,
  metrics: { latencyMs: 5, newMetric: 1 },
  newTop: { a: 1 },
  ...more,
});
const claude = (content: Raw[], more: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content,
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2, new_count: { a: 1 } },
  new_top: 1,
  ...more,
});
const chat = (message: Raw, more: object = {}) => ({
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
  usage: { prompt_tokens: 3, completion_tokens: 2, new_details: { a: 1 } },
  new_top: 1,
});

type Frames = readonly (readonly [name: string, payload: Raw])[];
const streamed = (...middle: Frames): Frames => [
  ['messageStart', { role: 'assistant', p: 'abc', newMember: 1 }],
  ...middle,
  ['messageStop', { stopReason: 'end_turn', newMember: 1 }],
  ['metadata', { usage: USAGE, metrics: { latencyMs: 5 }, newMember: 1 }],
];
const messages = (...middle: Raw[]): Raw[] => [
  {
    type: 'message_start',
    message: { id: 'm', usage: { input_tokens: 3, output_tokens: 1 }, new_member: 1 },
  },
  ...middle,
  { type: 'message_delta', delta: { stop_reason: 'end_turn', new_member: 1 }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];
const textBlock = (index: number, text: string): Raw[] => [
  { type: 'content_block_start', index, content_block: { type: 'text', text: '', new_member: 1 } },
  { type: 'content_block_delta', index, delta: { type: 'text_delta', text, new_member: 1 } },
  { type: 'content_block_stop', index },
];

interface Case {
  readonly model: string;
  readonly api: 'converse' | 'native';
  readonly answer:
    | { readonly whole: Raw }
    | { readonly events: Frames }
    | { readonly chunks: readonly Raw[] };
  readonly text?: string;
  readonly calls?: readonly Raw[];
  readonly reasoning?: string;
  /** Names of the parts that nobody knows; each with something of its value. */
  readonly unknown: Readonly<Record<string, string>>;
  readonly stop?: string;
}

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';

const CASES: Readonly<Record<string, Case>> = {
  // The AWS SDK leaves out members and events of Converse that it does not know beside known ones.
  'Converse: a block with two members': {
    model: CLAUDE,
    api: 'converse',
    answer: { whole: converse([{ newPart: { z: 1 }, text: 'yes' }]) },
    text: 'yes',
    unknown: {},
  },
  'Converse: a block of a new kind between words': {
    model: CLAUDE,
    api: 'converse',
    answer: { whole: converse([{ text: 'a' }, { newPart: { z: 'zed' } }, { text: 'b' }]) },
    text: 'ab',
    unknown: { newPart: 'zed' },
  },
  'Converse: a tool call with a type and a member of its own': {
    model: CLAUDE,
    api: 'converse',
    answer: {
      whole: converse([{ toolUse: { ...call, type: 'new_tool_use', caller: { type: 'direct' } } }], {
        stopReason: 'tool_use',
      }),
    },
    calls: [call],
    unknown: {},
    stop: 'tool_use',
  },
  'Converse: reasoning of a new kind': {
    model: CLAUDE,
    api: 'converse',
    answer: { whole: converse([{ reasoningContent: { newReasoning: { z: 'zed' } } }, { text: 'yes' }]) },
    text: 'yes',
    unknown: { reasoningContent: '{"newReasoning":{"z":"zed"}}' },
  },
  'Converse: citations of something that is not text': {
    model: CLAUDE,
    api: 'converse',
    answer: {
      whole: converse([
        {
          citationsContent: {
            content: [{ text: 'yes' }, { newContent: { z: 'zed' } }],
            citations: [{ title: 't', location: { newLocation: { at: 'there' } } }],
          },
        },
      ]),
    },
    text: 'yes',
    unknown: { citationsContent: 'zed' },
  },
  'Converse: a stop reason that nobody knows': {
    model: CLAUDE,
    api: 'converse',
    answer: { whole: converse([{ text: 'yes' }], { stopReason: 'new_reason' }) },
    text: 'yes',
    unknown: {},
    stop: 'new_reason',
  },
  'ConverseStream: deltas, starts and events of new kinds': {
    model: CLAUDE,
    api: 'converse',
    answer: {
      events: streamed(
        ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'a', newPart: { z: 1 } } }],
        ['newEvent', { contentBlockIndex: 0, value: 1 }],
        ['contentBlockDelta', { contentBlockIndex: 0, delta: { newDelta: { z: 'zed' } } }],
        ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'b' } }],
        ['contentBlockStop', { contentBlockIndex: 0 }],
        ['contentBlockStart', { contentBlockIndex: 1, start: { newStart: { y: 'why' } } }],
        ['contentBlockStop', { contentBlockIndex: 1 }],
        [
          'contentBlockStart',
          { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't1', name: 'look', type: 'new' } } },
        ],
        [
          'contentBlockDelta',
          { contentBlockIndex: 2, delta: { toolUse: { input: '{"a":1}', newMember: 1 } } },
        ],
        ['contentBlockStop', { contentBlockIndex: 2 }],
      ),
    },
    text: 'ab',
    calls: [call],
    unknown: { newDelta: 'zed', newStart: 'why' },
  },
  'Claude natively: a new block, and new members of known ones': {
    model: CLAUDE,
    api: 'native',
    answer: {
      whole: claude([
        { type: 'thinking', thinking: 'hm', signature: 's', new_member: 1 },
        { type: 'text', text: 'yes', new_member: 1 },
        { type: 'new_block', z: 'zed' },
        { type: 'tool_use', id: 't1', name: 'look', input: { a: 1 }, caller: { type: 'direct' } },
      ]),
    },
    text: 'yes',
    reasoning: 'hm',
    calls: [call],
    unknown: { new_block: 'zed' },
  },
  'Claude streamed natively: new blocks, deltas and events': {
    model: CLAUDE,
    api: 'native',
    answer: {
      chunks: messages(
        { type: 'ping' },
        ...textBlock(0, 'yes').slice(0, 2),
        { type: 'content_block_delta', index: 0, delta: { type: 'new_delta', z: 'zed' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'new_event', y: 'why' },
        { type: 'content_block_start', index: 1, content_block: { type: 'new_block', x: 'ex' } },
        { type: 'content_block_stop', index: 1 },
        ...textBlock(2, '!'),
      ),
    },
    text: 'yes!',
    unknown: { new_delta: 'zed', new_event: 'why', new_block: 'ex' },
  },
  'Nova natively: a block with two members, and a new one': {
    model: NOVA,
    api: 'native',
    answer: { whole: converse([{ newPart: { z: 'zed' }, text: 'yes' }, { newBlock: { y: 'why' } }]) },
    text: 'yes',
    unknown: { newPart: 'zed', newBlock: 'why' },
  },
  'Nova streamed natively: new deltas and starts': {
    model: NOVA,
    api: 'native',
    answer: {
      chunks: streamed(
        ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'yes', newPart: { x: 'ex' } } }],
        ['contentBlockDelta', { contentBlockIndex: 0, delta: { newDelta: { z: 'zed' } } }],
        ['contentBlockStart', { contentBlockIndex: 1, start: { newStart: { y: 'why' } } }],
      ).map(([name, payload]) => ({ [name]: payload })),
    },
    text: 'yes',
    unknown: { newPart: 'ex', newDelta: 'zed', newStart: 'why' },
  },
  'gpt-oss natively: new members of a message, and parts of a new type': {
    model: GPT_OSS,
    api: 'native',
    answer: {
      whole: chat({
        content: [
          { type: 'text', text: 'yes' },
          { type: 'new_part', z: 'zed' },
        ],
        refusal: null,
        audio: null,
        annotations: [{ y: 'why' }],
      }),
    },
    text: 'yes',
    unknown: { new_part: 'zed', annotations: 'why' },
  },
  'gpt-oss streamed natively: new members of a delta': {
    model: GPT_OSS,
    api: 'native',
    answer: {
      chunks: [
        {
          choices: [{ index: 0, delta: { role: 'assistant', content: 'yes', annotations: [{ y: 'why' }] } }],
        },
        {
          choices: [],
          usage: { prompt_tokens: 3, completion_tokens: 2, new_details: { a: 1 } },
          new_member: 1,
        },
        { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      ],
    },
    text: 'yes',
    unknown: { annotations: 'why' },
  },
};

describe('parts of an answer that nobody knows', () => {
  let tool: Answering;
  let answer: Case['answer'];
  beforeAll(async () => {
    tool = await answering(
      (_path, _body, response) => {
        if ('whole' in answer) return json(response, 200, answer.whole);
        streamHead(response);
        if ('events' in answer)
          for (const [name, payload] of answer.events) response.write(event(name, payload));
        else for (const each of answer.chunks) response.write(chunk(each));
        response.end();
      },
      (deps) => ({
        ...deps,
        learned: {
          ...deps.learned,
          wholeBecause: () => ('whole' in answer ? 'buffered:test — the answer is whole' : undefined),
        },
      }),
    );
  });
  afterAll(async () => {
    await tool.close();
  });

  it.each(Object.entries(CASES))('%s', async (_name, wanted) => {
    answer = wanted.answer;
    const { structured, text } = await tool.ask({ model: wanted.model, api: wanted.api, prompt: 'Hello' });
    expect(structured.text).toBe(wanted.text ?? '');
    expect(text).toContain(wanted.text ?? '');
    expect(structured.tool_calls ?? []).toEqual(wanted.calls ?? []);
    expect(structured.stop_reason).toBe(wanted.stop ?? structured.stop_reason);
    expect(structured.receipt.usage).toEqual({ input_tokens: 3, output_tokens: 2 });
    const blocks: Raw[] = structured.content ?? [];
    const reasoning = blocks.flatMap(({ reasoningContent }) => reasoningContent?.reasoningText?.text ?? []);
    expect(reasoning.join('')).toBe(wanted.reasoning ?? '');
    const unknown = Object.entries(wanted.unknown);
    for (const [name, value] of unknown) {
      const found = blocks.filter((block) => block.unknown?.name === name);
      expect(found).toHaveLength(1);
      expect(JSON.stringify(found)).toContain(value);
    }
    const notes: string[] = (structured.receipt.warnings ?? []).filter((each: string) =>
      each.includes('parts of a kind'),
    );
    expect(notes).toHaveLength(unknown.length === 0 ? 0 : 1);
    for (const [name] of unknown) expect(notes[0]).toContain(name);
  });
});
