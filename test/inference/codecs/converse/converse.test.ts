import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../../src/bedrock-error.ts';
import { decodeConverse, encodeConverse } from '../../../../src/inference/codecs/converse/converse.ts';
import type { ContentBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import { asking, modelOf } from '../../sample-model.ts';

const bytes = new Uint8Array([0, 255, 7]);
const unknownModel = modelOf('unknown');

const BLOCKS: readonly [name: string, block: ContentBlock][] = [
  ['text', { text: 'hi' }],
  ['image', { image: { format: 'png', source: { bytes } } }],
  [
    'image in S3',
    { image: { format: 'png', source: { s3Location: { uri: 's3://b/k', bucketOwner: '1' } } } },
  ],
  [
    'document',
    {
      document: {
        format: 'pdf',
        name: 'a',
        source: { bytes },
        context: 'c',
        citations: { enabled: true },
      },
    },
  ],
  ['document of text', { document: { format: 'txt', name: 'a', source: { text: 't' } } }],
  ['document of parts', { document: { format: 'txt', name: 'a', source: { content: [{ text: 't' }] } } }],
  ['video', { video: { format: 'mp4', source: { bytes } } }],
  ['audio', { audio: { format: 'mp3', source: { bytes } } }],
  ['toolUse', { toolUse: { toolUseId: 't1', name: 'f', input: { a: [1, null, 'x'] } } }],
  ['server tool', { toolUse: { toolUseId: 't1', name: 'f', input: {}, type: 'server_tool_use' } }],
  [
    'toolResult',
    {
      toolResult: {
        toolUseId: 't1',
        status: 'error',
        content: [
          { text: 'x' },
          { json: { a: 1 } },
          { image: { format: 'gif', source: { bytes } } },
          { document: { format: 'md', name: 'n', source: { bytes } } },
          { video: { format: 'webm', source: { bytes } } },
        ],
      },
    },
  ],
  ['server result', { toolResult: { toolUseId: 't', content: [], type: 'nova_grounding_result' } }],
  ['reasoning', { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig==' } } }],
  ['reasoning without signature', { reasoningContent: { reasoningText: { text: 'hm' } } }],
  ['redacted reasoning', { reasoningContent: { redactedContent: bytes } }],
  ['cachePoint', { cachePoint: { type: 'default', ttl: '1h' } }],
  ['guarded text', { guardContent: { text: { text: 'g', qualifiers: ['query'] } } }],
  ['guarded image', { guardContent: { image: { format: 'png', source: { bytes } } } }],
  ['citations', { citationsContent: { content: [{ text: 'x' }], citations: [{ title: 'f' }] } }],
  ['citations alone', { citationsContent: { content: [], citations: [{ title: 'f' }] } }],
  ['searchResult', { searchResult: { source: 's', title: 't', content: [{ text: 'x' }] } }],
  ['a block of the future', { unknown: { name: 'hologram', value: { depth: 3 } } }],
];

function answerWith(content: unknown, more: object = {}): unknown {
  return { output: { message: { role: 'assistant', content } }, stopReason: 'end_turn', ...more };
}

describe('content blocks', () => {
  it.each(BLOCKS)('%s goes out and comes back the same', (_name, block) => {
    const request: InferenceRequest = { messages: [{ role: 'user', content: [block] }] };
    const sent = encodeConverse(request, unknownModel);
    const [message] = Array.isArray(sent['messages']) ? sent['messages'] : [];
    const result = decodeConverse(answerWith(message.content), {});
    expect(result.content).toEqual([block]);
    expect(encodeConverse({ messages: [{ role: 'user', content: result.content }] }, unknownModel)).toEqual(
      sent,
    );
  });

  it('does not send an empty list of cited text, because Nova sends none', () => {
    const block: ContentBlock = { citationsContent: { content: [], citations: [{ title: 'f' }] } };
    const sent = encodeConverse({ messages: [{ role: 'assistant', content: [block] }] }, unknownModel);
    expect(sent['messages']).toEqual([
      { role: 'assistant', content: [{ citationsContent: { citations: [{ title: 'f' }] } }] },
    ]);
  });

  it.each([
    ['a block known to the SDK but not to us', { toolAddition: { tool: { name: 'x' } } }, 'toolAddition'],
    ['a known block in an unknown shape', { image: { format: 'tiff', source: {} } }, 'image'],
    ['a block that even the SDK does not know', { $unknown: ['zork', { a: bytes }] }, 'zork'],
  ])('keeps %s', (_name, block, name) => {
    const [kept] = decodeConverse(answerWith([block]), {}).content;
    expect(kept).toMatchObject({ unknown: { name } });
    expect(() => JSON.stringify(kept)).not.toThrow();
  });

  it('drops empty text blocks and blocks with nothing in them', () => {
    expect(
      decodeConverse(answerWith([{ text: '' }, {}, null, { text: undefined }, { text: ' ' }]), {}).content,
    ).toEqual([{ text: ' ' }]);
  });
});

describe('encodeConverse', () => {
  it('sends nothing that the caller did not give', () => {
    expect(Object.keys(encodeConverse(asking(), modelOf('claude')))).toEqual(['messages']);
    const empty = asking({
      system: [],
      inferenceConfig: {},
      toolConfig: { tools: [] },
      additionalModelRequestFields: {},
      additionalModelResponseFieldPaths: [],
      anthropicBeta: [],
    });
    expect(Object.keys(encodeConverse(empty, modelOf('claude')))).toEqual(['messages']);
  });

  it('places every member where Converse wants it', () => {
    const sent = encodeConverse(
      asking({
        system: [{ text: 'be brief' }, { cachePoint: { type: 'default' } }],
        inferenceConfig: { maxTokens: 5, temperature: 0, topP: 0.5, stopSequences: ['x'] },
        toolConfig: {
          tools: [
            { toolSpec: { name: 'f', description: 'd', inputSchema: { type: 'object' }, strict: true } },
            { systemTool: { name: 'nova_grounding' } },
            { cachePoint: { type: 'default' } },
          ],
          toolChoice: { tool: { name: 'f' } },
        },
        guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' },
        requestMetadata: { team: 'a' },
        performanceConfig: { latency: 'optimized' },
        serviceTier: 'flex',
        promptVariables: { city: 'Bern' },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
        outputSchema: { name: 'City', description: 'd', schema: { type: 'object' } },
      }),
      unknownModel,
    );
    expect(sent).toMatchObject({
      system: [{ text: 'be brief' }, { cachePoint: { type: 'default' } }],
      inferenceConfig: { maxTokens: 5, temperature: 0, topP: 0.5, stopSequences: ['x'] },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'f',
              description: 'd',
              inputSchema: { json: { type: 'object' } },
              strict: true,
            },
          },
          { systemTool: { name: 'nova_grounding' } },
          { cachePoint: { type: 'default' } },
        ],
        toolChoice: { tool: { name: 'f' } },
      },
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' },
      requestMetadata: { team: 'a' },
      performanceConfig: { latency: 'optimized' },
      serviceTier: { type: 'flex' },
      promptVariables: { city: { text: 'Bern' } },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'City', description: 'd', schema: '{"type":"object"}' } },
        },
      },
    });
  });

  it.each([
    ['claude', { top_k: 9 }],
    ['nova', { inferenceConfig: { topK: 9 } }],
    ['command-r', { k: 9 }],
    ['mistral', { top_k: 9 }],
    ['unknown', { top_k: 9 }],
  ])('puts topK in the place of the family %s', (family, fields) => {
    const sent = encodeConverse(asking({ inferenceConfig: { topK: 9 } }), modelOf(family));
    expect(sent['additionalModelRequestFields']).toEqual(fields);
    expect(sent['inferenceConfig']).toBeUndefined();
  });

  it('merges reasoning, betas and the own fields of the caller, who wins', () => {
    const sent = encodeConverse(
      asking({
        reasoning: { effort: 'high' },
        anthropicBeta: ['b1', 'b2'],
        additionalModelRequestFields: {
          output_config: { format: { type: 'x' } },
          thinking: { type: 'disabled' },
          anthropic_beta: ['b0', 'b1'],
        },
      }),
      modelOf('claude', { reasoning: 'claude-adaptive' }),
    );
    expect(sent['additionalModelRequestFields']).toEqual({
      thinking: { type: 'disabled' },
      output_config: { effort: 'high', format: { type: 'x' } },
      anthropic_beta: ['b0', 'b1', 'b2'],
    });
  });

  it('does not let a field called __proto__ touch anything', () => {
    const fields = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"x":1}}');
    const sent = encodeConverse(
      asking({ additionalModelRequestFields: fields, inferenceConfig: { topK: 1 } }),
      unknownModel,
    );
    expect(JSON.stringify(sent['additionalModelRequestFields'])).toContain('"__proto__":{"polluted":true}');
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('leaves the tool choice none out, which Converse does not have', () => {
    const tools = [{ systemTool: { name: 'f' } }];
    const sent = encodeConverse(asking({ toolConfig: { tools, toolChoice: { none: {} } } }), unknownModel);
    expect(sent['toolConfig']).toEqual({ tools });
  });

  it("switches strict text on for GPT-6.1, which wants it beside Converse's own schema", () => {
    const schema = { outputSchema: { name: 'n', schema: { type: 'object' } } };
    const sent = encodeConverse(asking(schema), modelOf('gpt', {}, 'openai.gpt-6.1-sol'));
    expect(sent['additionalModelRequestFields']).toEqual({ text: { format: { strict: true } } });
  });

  it.each([
    ['a typed tool of a provider', { toolConfig: { tools: [{ nativeTool: { type: 'bash_20250124' } }] } }],
    ['a raw body', { rawBody: { prompt: 'x' } }],
  ])('refuses %s, which only InvokeModel carries', (_name, more) => {
    expect(() => encodeConverse(asking(more), unknownModel)).toThrow(
      expect.objectContaining({ code: 'unsupported_feature' }),
    );
  });
});

describe('decodeConverse', () => {
  it('reads usage with cache details, metrics, trace, tier, extra fields and the stop sequence', () => {
    const result = decodeConverse(
      answerWith([{ text: 'a' }], {
        stopReason: 'stop_sequence',
        usage: {
          inputTokens: 1,
          outputTokens: 2,
          totalTokens: 99,
          cacheReadInputTokens: 3,
          cacheWriteInputTokens: 10,
          cacheDetails: [
            { ttl: '1h', inputTokens: 4 },
            { ttl: '5m', inputTokens: 6 },
          ],
        },
        metrics: { latencyMs: 7 },
        trace: { guardrail: { modelOutput: ['x'] } },
        serviceTier: { type: 'priority' },
        additionalModelResponseFields: { stop_sequence: 'END' },
      }),
      { usage: { inputTokens: 77 }, latencyMs: 88 },
    );
    expect(result).toEqual({
      content: [{ text: 'a' }],
      stopReason: 'stop_sequence',
      stopSequence: 'END',
      additionalModelResponseFields: { stop_sequence: 'END' },
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        cacheReadInputTokens: 3,
        cacheWriteInputTokens: 10,
        cacheWrite1hInputTokens: 4,
      },
      latencyMs: 7,
      trace: { guardrail: { modelOutput: ['x'] } },
      serviceTier: 'priority',
    });
  });

  it('fills in from the headers what the answer does not say, and invents nothing', () => {
    const facts = { usage: { inputTokens: 5 }, latencyMs: 6 };
    expect(decodeConverse(answerWith([]), facts)).toMatchObject({ usage: { inputTokens: 5 }, latencyMs: 6 });
    expect(
      decodeConverse(answerWith([], { usage: { inputTokens: -1, outputTokens: 'x' } }), {}).usage,
    ).toEqual({});
  });

  it('passes an unknown stop reason on as other', () => {
    const result = decodeConverse(answerWith([], { stopReason: 'bored' }), {});
    expect(result).toMatchObject({ stopReason: 'other', stopReasonRaw: 'bored' });
    expect(decodeConverse(answerWith([]), {})).not.toHaveProperty('stopReasonRaw');
  });

  it.each([
    ['nothing', undefined],
    ['an empty answer', {}],
    ['an answer without output', { $metadata: { httpStatusCode: 200 }, stopReason: 'end_turn' }],
    ['an output without message', { output: {}, stopReason: 'end_turn' }],
    [
      'a message without stop reason',
      { output: { message: { role: 'assistant', content: [{ text: 'half' }] } } },
    ],
  ])('refuses %s as incomplete', (_name, output) => {
    expect(() => decodeConverse(output, { requestId: 'r1' })).toThrow(
      expect.objectContaining({ code: 'incomplete', accepted: true, requestId: 'r1' }),
    );
  });

  it('hands over the text of an incomplete answer', () => {
    try {
      decodeConverse({ output: { message: { content: [{ text: 'ha' }, { text: 'lf' }] } } }, {});
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BedrockError);
      expect(error).toMatchObject({ partialText: 'half' });
    }
  });
});
