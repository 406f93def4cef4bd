import { describe, expect, it } from 'vitest';
import type { ContentBlock, DocumentBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import {
  ask,
  assistant,
  codec,
  image,
  model,
  PNG,
  PNG_BASE64,
  streamed,
  toolResult,
  toolUse,
  user,
  weatherTool,
} from '../requests.ts';

const claude = model('claude', { features: { reasoning: 'claude-budget' } });
function encode(request: InferenceRequest, of = claude) {
  return codec('claude').encode(request, of, false);
}
const decode = (body: Parameters<ReturnType<typeof codec>['decode']>[0]) => codec('claude').decode(body, {});

describe('a Messages request', () => {
  it('has only what the caller gave, the version and a maximum', () => {
    expect(encode(ask(user('Hi')))).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
  });

  it('asks for no more tokens than the model can write, unless the caller does', () => {
    const small = model('claude', { maxOutput: 2048 });
    expect(encode(ask(user('Hi')), small)['max_tokens']).toBe(2048);
    expect(encode({ ...ask(user('Hi')), inferenceConfig: { maxTokens: 9000 } }, small)['max_tokens']).toBe(
      9000,
    );
  });

  it('names the inference settings as Anthropic does', () => {
    const inferenceConfig = { maxTokens: 5, temperature: 0, topP: 0.5, topK: 7, stopSequences: ['|'] };
    expect(encode({ ...ask(user('Hi')), inferenceConfig })).toMatchObject({
      max_tokens: 5,
      temperature: 0,
      top_p: 0.5,
      top_k: 7,
      stop_sequences: ['|'],
    });
  });

  it('marks the block before a cache point, in system, messages and tools', () => {
    const cachePoint = { type: 'default' as const };
    const caching = model('claude', {
      features: { caching: { minimumTokens: 1024, ttl: ['5m', '1h'], fields: ['system'] } },
    });
    const body = encode(
      {
        messages: [user('a', { cachePoint: { ...cachePoint, ttl: '1h' } }, 'b')],
        system: [{ text: 's' }, { cachePoint }],
        toolConfig: { tools: [weatherTool, { cachePoint }] },
      },
      caching,
    );
    expect(body['system']).toEqual([{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }]);
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
    expect(body['tools']).toMatchObject([{ name: 'weather', cache_control: { type: 'ephemeral' } }]);
  });

  it('marks the text before the thinking, which Anthropic refuses to have marked', () => {
    const thinking = { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } };
    const request = ask(user('Hi'), assistant('so', thinking, { cachePoint: { type: 'default' } }));
    expect(encode(request)['messages']).toMatchObject([
      {},
      { content: [{ type: 'text', cache_control: { type: 'ephemeral' } }, { type: 'thinking' }] },
    ]);
  });

  it('raises a maximum that leaves no room beside the thinking budget', () => {
    const body = encode({
      ...ask(user('Hi')),
      reasoning: { effort: 'low', budgetTokens: 2000 },
      inferenceConfig: { maxTokens: 500 },
    });
    expect(body['max_tokens']).toBe(2500);
  });

  it('refuses a cache point with nothing before it', () => {
    expect(() => encode(ask(user({ cachePoint: { type: 'default' } }, 'a')))).toThrowError(
      expect.objectContaining({ code: 'invalid_request', field: 'messages[0].content[0].cachePoint' }),
    );
  });

  it('carries images, and documents as PDF, text and content', () => {
    const document = (format: 'pdf' | 'md', source: DocumentBlock['source']): ContentBlock => ({
      document: { format, name: 'Doc', source, citations: { enabled: true } },
    });
    const body = encode(
      ask(
        user(
          image,
          document('pdf', { bytes: PNG }),
          document('md', { bytes: new TextEncoder().encode('# é') }),
          document('md', { text: 'given' }),
          document('md', { content: [{ text: 'part' }] }),
        ),
      ),
    );
    const extras = { title: 'Doc', citations: { enabled: true } };
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG_BASE64 } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: PNG_BASE64 },
            ...extras,
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# é' }, ...extras },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'given' }, ...extras },
          {
            type: 'document',
            source: { type: 'content', content: [{ type: 'text', text: 'part' }] },
            ...extras,
          },
        ],
      },
    ]);
  });

  it('carries tools, a provider tool, the choice, a call and its failed result with an image', () => {
    const failed = {
      toolResult: {
        toolUseId: 't1',
        status: 'error' as const,
        content: [{ json: { why: 1 } }, { image: { format: 'png' as const, source: { bytes: PNG } } }],
      },
    };
    const body = encode({
      messages: [user('Hi'), assistant(toolUse), user(failed)],
      toolConfig: {
        tools: [weatherTool, { nativeTool: { type: 'bash_20250124', name: 'bash' } }],
        toolChoice: { tool: { name: 'weather' } },
      },
    });
    expect(body['tools']).toEqual([
      {
        name: 'weather',
        description: 'Weather of a city',
        input_schema: weatherTool.toolSpec.inputSchema,
      },
      { type: 'bash_20250124', name: 'bash' },
    ]);
    expect(body['tool_choice']).toEqual({ type: 'tool', name: 'weather' });
    expect(body['messages']).toMatchObject([
      {},
      { content: [{ type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } }] },
      {
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            is_error: true,
            content: [{ type: 'text', text: '{"why":1}' }, { type: 'image' }],
          },
        ],
      },
    ]);
  });

  it('makes room for the answer beside a thinking budget, and drops what Claude refuses beside it', () => {
    const body = encode({
      ...ask(user('Hi')),
      reasoning: { effort: 'low', budgetTokens: 2000 },
      inferenceConfig: { temperature: 0.5 },
    });
    expect(body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 6096 });
    expect(body).not.toHaveProperty('temperature');
  });

  it('joins the schema, the effort and the fields of the caller in output_config', () => {
    const adaptive = model('claude', { features: { reasoning: 'claude-adaptive' } });
    const body = encode(
      {
        ...ask(user('Hi')),
        reasoning: { effort: 'high' },
        outputSchema: { name: 'x', schema: { type: 'object' } },
        anthropicBeta: ['a', 'b'],
        additionalModelRequestFields: {
          output_config: { extra: 1 },
          anthropic_beta: ['a'],
          metadata: { user_id: 'u' },
        },
      },
      adaptive,
    );
    expect(body).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: {
        effort: 'high',
        format: { type: 'json_schema', schema: { type: 'object' } },
        extra: 1,
      },
      anthropic_beta: ['a', 'b'],
      metadata: { user_id: 'u' },
    });
  });

  it('sends signed and redacted thinking back byte for byte and leaves unsigned reasoning out', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'AQID' },
      { type: 'redacted_thinking', data: 'not_canonical-base64' },
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's1', content: [{ type: 'web_search_result' }] },
      { type: 'text', text: 'so', citations: [{ type: 'char_location', cited_text: 'x' }] },
      { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } },
    ];
    const answer = decode({ type: 'message', content, stop_reason: 'tool_use' });
    const unsigned = { reasoningContent: { reasoningText: { text: 'of another model' } } };
    const body = encode(ask(user('Hi'), assistant(unsigned, ...answer.content), user(toolResult)));
    expect(body['messages']).toMatchObject([{}, { role: 'assistant', content }, {}]);
  });
});

describe('a Messages answer', () => {
  it('gives counts with the part that was cached for one hour', () => {
    const usage = {
      input_tokens: 3,
      output_tokens: 4,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 6,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 5 },
    };
    expect(decode({ content: [], stop_reason: 'stop_sequence', stop_sequence: '|', usage })).toEqual({
      content: [],
      stopReason: 'stop_sequence',
      stopSequence: '|',
      usage: {
        inputTokens: 3,
        outputTokens: 4,
        cacheReadInputTokens: 5,
        cacheWriteInputTokens: 6,
        cacheWrite1hInputTokens: 5,
      },
    });
  });

  it.each([
    ['refusal', 'content_filtered'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
    ['pause_turn', 'other'],
  ])('that stopped for %s is %s', (raw, expected) => {
    expect(decode({ content: [], stop_reason: raw }).stopReason).toBe(expected);
  });

  it('without content is incomplete, and an error inside a 200 is thrown', () => {
    expect(() => decode({ id: 'x' })).toThrowError(expect.objectContaining({ code: 'incomplete' }));
    expect(() =>
      decode({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }),
    ).toThrowError(expect.objectContaining({ code: 'overloaded', retryable: true, accepted: true }));
  });
});

describe('a Messages stream', () => {
  const start = {
    type: 'message_start',
    message: { usage: { input_tokens: 9, output_tokens: 1, cache_read_input_tokens: 2 } },
  };
  const delta = (index: number, change: object) => ({ type: 'content_block_delta', index, delta: change });
  const open = (index: number, content_block: object) => ({
    type: 'content_block_start',
    index,
    content_block,
  });
  const end = [
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
    {
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 9, outputTokenCount: 5, invocationLatency: 12 },
    },
  ];

  it('says the same as the whole answer, whatever the blocks', () => {
    const result = streamed('claude', [
      start,
      { type: 'ping' },
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 'c2ln' }),
      { type: 'content_block_stop', index: 0 },
      open(1, { type: 'redacted_thinking', data: 'AQID' }),
      open(2, { type: 'text', text: '' }),
      delta(2, { type: 'text_delta', text: 'so' }),
      delta(2, { type: 'citations_delta', citation: { type: 'char_location' } }),
      open(3, { type: 'tool_use', id: 't1', name: 'weather', input: {} }),
      delta(3, { type: 'input_json_delta', partial_json: '{"city":' }),
      delta(3, { type: 'input_json_delta', partial_json: '"Rome"}' }),
      open(4, { type: 'tool_use', id: 't2', name: 'whole', input: { a: 1 } }),
      { type: 'content_block_stop', index: 4 },
      open(5, { type: 'compaction', content: 'x' }),
      delta(5, { type: 'compaction_delta', content: 'y' }),
      { type: 'content_block_stop', index: 5 },
      open(6, { type: 'mcp_tool_use', id: 'm', server_name: 's' }),
      delta(6, { type: 'input_json_delta', partial_json: '{"b":2}' }),
      ...end,
    ]);
    expect(result.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: new Uint8Array([1, 2, 3]) } },
      { citationsContent: { content: [{ text: 'so' }], citations: [{ type: 'char_location' }] } },
      { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } },
      { toolUse: { toolUseId: 't2', name: 'whole', input: { a: 1 } } },
      { unknown: { name: 'compaction', value: { type: 'compaction', content: 'xy' } } },
      {
        unknown: {
          name: 'mcp_tool_use',
          value: { type: 'mcp_tool_use', id: 'm', server_name: 's', input: { b: 2 } },
        },
      },
    ]);
    expect(result).toMatchObject({
      stopReason: 'tool_use',
      usage: { inputTokens: 9, outputTokens: 7, cacheReadInputTokens: 2 },
      latencyMs: 12,
    });
  });

  it('tells its input tokens at once, so that a cancelled call is known to have cost them', () => {
    expect(codec('claude').stream().push(start)).toEqual([
      { type: 'metadata', usage: { inputTokens: 9, outputTokens: 1, cacheReadInputTokens: 2 } },
    ]);
  });

  it('takes a streamed input in place of what the start gave', () => {
    const result = streamed('claude', [
      start,
      open(0, { type: 'tool_use', id: 't', name: 'n', input: { stale: 1 } }),
      delta(0, { type: 'input_json_delta', partial_json: '{"a":1}' }),
      { type: 'content_block_stop', index: 0 },
      ...end,
    ]);
    expect(result.content).toEqual([{ toolUse: { toolUseId: 't', name: 'n', input: { a: 1 } } }]);
  });

  it('has one stop, however often the end marker comes', () => {
    const decoder = codec('claude').stream();
    const deltas = [start, ...end, { type: 'message_stop' }].flatMap((event) => decoder.push(event));
    expect(deltas.filter(({ type }) => type === 'stop')).toHaveLength(1);
  });

  it('has no stop without message_stop', () => {
    expect(() => streamed('claude', [start, end[0]])).toThrowError(
      expect.objectContaining({ code: 'incomplete' }),
    );
  });

  it('throws an error event', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(() => streamed('claude', [start, error])).toThrowError(
      expect.objectContaining({ code: 'overloaded', awsMessage: 'Overloaded' }),
    );
  });

  it('takes a guardrail action that comes after the end marker', () => {
    const late = {
      type: 'ping',
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { a: 1 },
    };
    expect(streamed('claude', [start, ...end, late])).toMatchObject({
      stopReason: 'guardrail_intervened',
      stopReasonRaw: 'tool_use',
      trace: { a: 1 },
    });
  });
});
