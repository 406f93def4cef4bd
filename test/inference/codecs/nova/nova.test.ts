import { describe, expect, it } from 'vitest';
import {
  ask,
  assistant,
  codec,
  image,
  model,
  PNG,
  PNG_BASE64,
  streamed,
  toolUse,
  user,
  weatherTool,
} from '../requests.ts';

const caching = { minimumTokens: 1024, ttl: ['5m' as const], fields: ['system' as const] };
const nova = model('nova', { features: { reasoning: 'nova', caching } });

describe('a Nova request', () => {
  it('has Converse shapes with base64 for bytes', () => {
    const body = codec('nova').encode(
      {
        messages: [
          user('Hi', image, { video: { format: 'mp4', source: { s3Location: { uri: 's3://b/v' } } } }),
          assistant(toolUse),
          user({
            toolResult: {
              toolUseId: 't1',
              status: 'error',
              content: [{ json: { a: 1 } }, { image: { format: 'png', source: { bytes: PNG } } }],
            },
          }),
        ],
        system: [{ text: 's' }, { cachePoint: { type: 'default', ttl: '5m' } }],
        toolConfig: {
          tools: [weatherTool, { systemTool: { name: 'nova_grounding' } }],
          toolChoice: { any: {} },
        },
        inferenceConfig: { maxTokens: 9, topK: 2 },
        reasoning: { effort: 'low' },
        additionalModelRequestFields: { inferenceConfig: { seed: 1 } },
      },
      nova,
      false,
    );
    const png = { format: 'png', source: { bytes: PNG_BASE64 } };
    expect(body).toEqual({
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Hi' },
            { image: png },
            { video: { format: 'mp4', source: { s3Location: { uri: 's3://b/v' } } } },
          ],
        },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } }],
        },
        {
          role: 'user',
          content: [
            {
              toolResult: { toolUseId: 't1', status: 'error', content: [{ json: { a: 1 } }, { image: png }] },
            },
          ],
        },
      ],
      system: [{ text: 's' }, { cachePoint: { type: 'default' } }],
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'weather',
              description: 'Weather of a city',
              inputSchema: { json: weatherTool.toolSpec.inputSchema },
            },
          },
          { systemTool: { name: 'nova_grounding' } },
        ],
        toolChoice: { any: {} },
      },
      inferenceConfig: { maxTokens: 9, topK: 2, seed: 1 },
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' },
    });
  });

  it('refuses a cache point of one hour, strict tools and a schema', () => {
    const refused = (request: Partial<Parameters<ReturnType<typeof codec>['encode']>[0]>, field: string) =>
      expect(() => codec('nova').encode({ ...ask(user('Hi')), ...request }, nova, false)).toThrowError(
        expect.objectContaining({ code: 'unsupported_feature', field }),
      );
    refused({ system: [{ cachePoint: { type: 'default', ttl: '1h' } }] }, 'system[0].cachePoint.ttl');
    refused(
      { toolConfig: { tools: [{ toolSpec: { ...weatherTool.toolSpec, strict: true } }] } },
      'tools[0].strict',
    );
    refused({ outputSchema: { name: 'x', schema: {} } }, 'response_schema');
  });
});

describe('a Nova answer', () => {
  it('keeps reasoning, tool uses and unknown blocks apart', () => {
    const content = [
      { reasoningContent: { reasoningText: { text: '[REDACTED]' } } },
      { text: 'so' },
      { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } },
      { hologram: { x: 1 } },
    ];
    const result = codec('nova').decode(
      {
        output: { message: { role: 'assistant', content } },
        stopReason: 'tool_use',
        usage: { inputTokens: 30 },
      },
      { usage: { inputTokens: 29, outputTokens: 51 } },
    );
    expect(result).toEqual({
      content: [...content.slice(0, 3), { unknown: { name: 'hologram', value: { x: 1 } } }],
      stopReason: 'tool_use',
      usage: { inputTokens: 30, outputTokens: 51 },
    });
  });

  it('streamed is one text block, whatever its indexes say', () => {
    const result = streamed('nova', [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { delta: { reasoningContent: { text: 'hm' } }, contentBlockIndex: 0 } },
      { contentBlockDelta: { delta: { text: 'a' }, contentBlockIndex: 0 } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { contentBlockDelta: { delta: { text: 'b' }, contentBlockIndex: 1 } },
      { contentBlockStart: { start: { toolUse: { toolUseId: 't', name: 'n' } }, contentBlockIndex: 1 } },
      { contentBlockDelta: { delta: { toolUse: { input: { x: 1 } } }, contentBlockIndex: 1 } },
      { messageStop: { stopReason: 'tool_use' } },
      { metadata: { usage: { inputTokens: 1, outputTokens: 2 }, trace: { guardrail: {} } } },
    ]);
    expect(result).toEqual({
      content: [
        { reasoningContent: { reasoningText: { text: 'hm' } } },
        { text: 'ab' },
        { toolUse: { toolUseId: 't', name: 'n', input: { x: 1 } } },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 1, outputTokens: 2 },
      trace: { guardrail: {} },
    });
  });
});
