import { describe, expect, it } from 'vitest';
import { assembler } from '../../../../src/inference/codecs/assemble-stream.ts';
import { converseStream } from '../../../../src/inference/codecs/converse/converse.ts';
import type { InferenceResult, StreamDelta } from '../../../../src/messages/types.ts';

const start = (contentBlockIndex: number, start: object) => ({
  contentBlockStart: { contentBlockIndex, start },
});
const delta = (contentBlockIndex: number, delta: object) => ({
  contentBlockDelta: { contentBlockIndex, delta },
});
const stop = (contentBlockIndex: number) => ({ contentBlockStop: { contentBlockIndex } });
const end = (stopReason = 'end_turn', more: object = {}) => ({ messageStop: { stopReason, ...more } });
const text = (index: number, text: string) => delta(index, { text });
const reasoning = (index: number, part: object) => delta(index, { reasoningContent: part });
const tool = (index: number, toolUseId: string, name: string) =>
  start(index, { toolUse: { toolUseId, name } });
const input = (index: number, input: string) => delta(index, { toolUse: { input } });

function deltasOf(events: readonly unknown[]): StreamDelta[] {
  const decoder = converseStream();
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

function resultOf(events: readonly unknown[]): InferenceResult {
  const assembled = assembler();
  for (const each of deltasOf(events)) assembled.push(each);
  return assembled.result();
}

const bytes = (...values: number[]) => new Uint8Array(values);

const STREAMS: readonly [name: string, events: readonly unknown[], content: InferenceResult['content']][] = [
  ['text blocks have no start event', [text(0, 'Hel'), text(0, 'lo'), stop(0), end()], [{ text: 'Hello' }]],
  [
    'one stop per delta under changing indexes does not cut text into pieces',
    [text(0, 'a'), stop(0), text(1, 'b'), stop(1), text(2, 'c'), stop(2), end()],
    [{ text: 'abc' }],
  ],
  [
    'one stop per delta under the same index does not either',
    [text(0, 'a'), stop(0), text(0, 'b'), stop(0), end()],
    [{ text: 'ab' }],
  ],
  [
    'an index reused for another kind is another block (LibreChat#10647)',
    [
      reasoning(0, { text: 'hm' }),
      reasoning(0, { signature: 's' }),
      text(0, 'yes'),
      tool(0, 'i', 'f'),
      input(0, '{"a":1}'),
      stop(0),
      text(0, 'done'),
      end(),
    ],
    [
      { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
      { text: 'yes' },
      { toolUse: { toolUseId: 'i', name: 'f', input: { a: 1 } } },
      { text: 'done' },
    ],
  ],
  [
    'text that ended before a tool call does not go on behind it under the same index',
    [text(0, 'a'), stop(0), tool(1, 'i', 'f'), stop(1), text(0, 'b'), stop(0), end()],
    [{ text: 'a' }, { toolUse: { toolUseId: 'i', name: 'f', input: {} } }, { text: 'b' }],
  ],
  [
    'an index reused for the next call is the next call',
    [
      tool(0, 'i', 'f'),
      input(0, '{}'),
      stop(0),
      tool(0, 'j', 'g'),
      input(0, '{"b":2}'),
      stop(0),
      end('tool_use'),
    ],
    [
      { toolUse: { toolUseId: 'i', name: 'f', input: {} } },
      { toolUse: { toolUseId: 'j', name: 'g', input: { b: 2 } } },
    ],
  ],
  [
    'parallel calls whose inputs are interleaved',
    [
      tool(1, 'i', 'f'),
      tool(2, 'j', 'g'),
      input(1, '{"a"'),
      input(2, '{"b":'),
      input(1, ':1}'),
      input(2, '2}'),
      stop(1),
      stop(2),
      end('tool_use'),
    ],
    [
      { toolUse: { toolUseId: 'i', name: 'f', input: { a: 1 } } },
      { toolUse: { toolUseId: 'j', name: 'g', input: { b: 2 } } },
    ],
  ],
  [
    'two thinking blocks stay two, each with its signature',
    [
      reasoning(0, { text: 'a' }),
      reasoning(0, { signature: 's1' }),
      stop(0),
      reasoning(1, { text: 'b' }),
      reasoning(1, { signature: 's2' }),
      stop(1),
      end(),
    ],
    [
      { reasoningContent: { reasoningText: { text: 'a', signature: 's1' } } },
      { reasoningContent: { reasoningText: { text: 'b', signature: 's2' } } },
    ],
  ],
  [
    'a signature without text is kept (thinking that is not displayed)',
    [reasoning(0, { signature: 's' }), stop(0), text(1, 'x'), end()],
    [{ reasoningContent: { reasoningText: { text: '', signature: 's' } } }, { text: 'x' }],
  ],
  [
    'encrypted reasoning is kept byte for byte, block by block',
    [
      reasoning(0, { redactedContent: bytes(0, 255) }),
      stop(0),
      reasoning(1, { redactedContent: bytes(1) }),
      stop(1),
      end(),
    ],
    [
      { reasoningContent: { redactedContent: bytes(0, 255) } },
      { reasoningContent: { redactedContent: bytes(1) } },
    ],
  ],
  [
    "Claude's citations belong to the text of their index",
    [
      delta(0, { citation: { title: 'f' } }),
      text(0, 'Ruby '),
      text(0, 'is old.'),
      stop(0),
      text(1, ' Yes.'),
      stop(1),
      text(2, 'And'),
      delta(2, { citation: { title: 'g' } }),
      end(),
    ],
    [
      { citationsContent: { content: [{ text: 'Ruby is old.' }], citations: [{ title: 'f' }] } },
      { citationsContent: { content: [{ text: ' Yes.And' }], citations: [{ title: 'g' }] } },
    ],
  ],
  [
    "Nova's citations stand alone",
    [text(2, 'a'), stop(2), delta(3, { citation: { title: 'f' } }), stop(3), text(4, 'b'), stop(4), end()],
    [{ text: 'a' }, { citationsContent: { content: [], citations: [{ title: 'f' }] } }, { text: 'b' }],
  ],
  [
    'the result of a server tool arrives in parts and is given on whole',
    [
      start(0, { toolResult: { toolUseId: 'i', type: 'nova_grounding_result', status: 'success' } }),
      delta(0, { toolResult: [{ text: 'a' }] }),
      delta(0, { toolResult: [{ json: { b: 1 } }] }),
      stop(0),
      end(),
    ],
    [
      {
        toolResult: {
          toolUseId: 'i',
          type: 'nova_grounding_result',
          status: 'success',
          content: [{ text: 'a' }, { json: { b: 1 } }],
        },
      },
    ],
  ],
  [
    'an image arrives in parts, and its end may be missing',
    [
      start(0, { image: { format: 'png' } }),
      delta(0, { image: { source: { bytes: bytes(1) } } }),
      delta(0, { image: { source: { bytes: bytes(2) } } }),
      end(),
    ],
    [{ image: { format: 'png', source: { bytes: bytes(1, 2) } } }],
  ],
  [
    'a delta of unknown kind is kept',
    [delta(0, { $unknown: ['hologram', { depth: 3 }] }), end()],
    [{ unknown: { name: 'hologram', value: { depth: 3 } } }],
  ],
  [
    'an unknown kind of start keeps what follows it',
    [start(0, { $unknown: ['x', {}] }), text(0, 'a'), end()],
    [{ text: 'a' }],
  ],
];

describe('converseStream', () => {
  it.each(STREAMS)('%s', (_name, events, content) => {
    expect(resultOf(events).content).toEqual(content);
  });

  it('gives every block an index of its own', () => {
    const deltas = deltasOf([
      reasoning(0, { text: 'hm' }),
      text(0, 'a'),
      tool(0, 'i', 'f'),
      input(0, '{}'),
      text(0, 'b'),
      end(),
    ]);
    expect(deltas.map((each) => ('index' in each ? `${each.type} ${each.index}` : each.type))).toEqual([
      'reasoning 0',
      'text 1',
      'toolUse 2',
      'toolUseInput 2',
      'text 3',
      'stop',
    ]);
  });

  it('says when a tool call is complete', () => {
    expect(deltasOf([tool(0, 'i', 'f'), stop(0), stop(0), stop(9)])).toEqual([
      { type: 'toolUse', index: 0, toolUseId: 'i', name: 'f' },
      { type: 'blockStop', index: 0 },
    ]);
  });

  it.each([
    ['before the end marker', [end()], ['block', 'stop']],
    ['when the stream just ends', [], ['block']],
  ])('gives back what it held %s', (_name, ending, types) => {
    const image = [
      start(0, { image: { format: 'png' } }),
      delta(0, { image: { source: { bytes: bytes(1) } } }),
    ];
    expect(deltasOf([...image, ...ending]).map((each) => each.type)).toEqual(types);
  });

  it('reads the end marker and the metadata', () => {
    const result = resultOf([
      text(0, 'a'),
      end('odd', { additionalModelResponseFields: { delta: { stop_sequence: 'X' } } }),
      {
        metadata: {
          usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, cacheReadInputTokens: 4 },
          metrics: { latencyMs: 5 },
          trace: { guardrail: {} },
          serviceTier: { type: 'flex' },
        },
      },
    ]);
    expect(result).toEqual({
      content: [{ text: 'a' }],
      stopReason: 'other',
      stopReasonRaw: 'odd',
      stopSequence: 'X',
      additionalModelResponseFields: { delta: { stop_sequence: 'X' } },
      usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 4 },
      latencyMs: 5,
      trace: { guardrail: {} },
      serviceTier: 'flex',
    });
  });

  it.each([
    ['no end marker', [text(0, 'half')]],
    ['an end marker without stop reason', [text(0, 'half'), { messageStop: {} }]],
  ])('never invents an end marker: %s', (_name, events) => {
    expect(deltasOf(events).filter((each) => each.type === 'stop')).toEqual([]);
    expect(() => resultOf(events)).toThrow(
      expect.objectContaining({ code: 'incomplete', partialText: 'half' }),
    );
  });

  it.each([
    [null],
    ['text'],
    [{}],
    [{ $unknown: ['newEvent', {}] }],
    [{ contentBlockDelta: {} }],
    [{ contentBlockStart: null }],
    [{ contentBlockStop: {} }],
    [{ messageStart: { role: 'assistant' } }],
  ])('skips %j', (event) => {
    expect(deltasOf([event])).toEqual([]);
  });
});
