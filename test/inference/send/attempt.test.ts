/** What one request looks like on the wire, and how its answer comes back, through the real AWS SDK. */
import { afterEach, describe, expect, it } from 'vitest';
import { previewRequest } from '../../../src/inference/send/attempt.ts';
import { planInference } from '../../../src/inference/send/plan-call.ts';
import type { InferenceRequest, StreamDelta } from '../../../src/messages/types.ts';
import {
  type Answer,
  chunk,
  event,
  json,
  type Loopback,
  loopback,
  refuse,
  START,
  STOP,
  streamHead,
  WHOLE,
} from '../../aws/loopback.ts';
import { answered, asks, type Rig, rigOf } from '../rig.ts';

const CLAUDE = 'anthropic.claude-3-5-haiku-20241022-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const MESSAGE = {
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 1 },
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function scripted(answer: Answer): Promise<{
  rig: Rig;
  upstream: Loopback;
  last(): { path: string; headers: Record<string, unknown>; body: unknown };
}> {
  const upstream = await loopback((request, response, number, body) => {
    if (request.method === 'GET') return refuse(response, 403, 'AccessDeniedException', 'no listing');
    return answer(request, response, number, body);
  });
  open.push(upstream);
  const rig = await rigOf(upstream.url);
  open.push(rig);
  const last = () => {
    const at = upstream.requests.length - 1;
    const request = upstream.requests[at];
    return {
      path: decodeURIComponent(request?.url ?? ''),
      headers: { ...request?.headers },
      body: JSON.parse(upstream.bodies[at] ?? 'null'),
    };
  };
  return { rig, upstream, last };
}

const GOVERNED: Partial<InferenceRequest> = {
  guardrailConfig: { guardrailIdentifier: 'gr-1', guardrailVersion: '2', trace: 'enabled_full' },
  performanceConfig: { latency: 'optimized' },
  serviceTier: 'flex',
  requestMetadata: { team: 'a' },
};

describe('guardrail, latency, tier and metadata', () => {
  it('travel beside the body of InvokeModel', async () => {
    const { rig, last } = await scripted((_request, response) => json(response, 200, MESSAGE));
    const request = { ...asks('Hi').request, ...GOVERNED };
    answered(await rig.run(CLAUDE, { request, api: 'native', stream: false }));
    expect(last().path).toMatch(/\/invoke$/);
    expect(last().headers).toMatchObject({
      'x-amzn-bedrock-guardrailidentifier': 'gr-1',
      'x-amzn-bedrock-guardrailversion': '2',
      'x-amzn-bedrock-trace': 'ENABLED_FULL',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-service-tier': 'flex',
    });
    expect(JSON.stringify(last().body)).not.toContain('gr-1');
  });

  it('travel inside the body of Converse', async () => {
    const { rig, last } = await scripted((_request, response) => json(response, 200, WHOLE));
    const request = { ...asks('Hi').request, ...GOVERNED };
    answered(await rig.run(NOVA, { request, stream: false }));
    expect(last().body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'gr-1', guardrailVersion: '2', trace: 'enabled_full' },
      performanceConfig: { latency: 'optimized' },
      requestMetadata: { team: 'a' },
    });
  });
});

describe('tool names that Bedrock does not take', () => {
  const name = 'files.read/v2';
  const request: InferenceRequest = {
    ...asks('Read it').request,
    toolConfig: { tools: [{ toolSpec: { name, inputSchema: { type: 'object' } } }] },
  };
  const sentName = (body: unknown): string => {
    const found = /"toolSpec":\{[^}]*"name":"([^"]+)"/.exec(JSON.stringify(body))?.[1];
    return found ?? '';
  };

  it('are mapped on the way out and restored in a whole answer', async () => {
    const { rig, last } = await scripted((_request, response, _number, body) =>
      json(response, 200, {
        ...WHOLE,
        stopReason: 'tool_use',
        output: {
          message: {
            role: 'assistant',
            content: [{ toolUse: { toolUseId: 't1', name: sentName(JSON.parse(body)), input: { a: 1 } } }],
          },
        },
      }),
    );
    const { result } = answered(await rig.run(NOVA, { request, stream: false }));
    expect(sentName(last().body)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(result.content).toEqual([{ toolUse: { toolUseId: 't1', name, input: { a: 1 } } }]);
  });

  it('are restored in a stream, before the caller sees them', async () => {
    const { rig } = await scripted((_request, response, _number, body) => {
      const toolUse = { toolUseId: 't1', name: sentName(JSON.parse(body)) };
      streamHead(response);
      response.write(START);
      response.write(event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse } }));
      response.write(
        event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"a":1}' } } }),
      );
      response.write(event('contentBlockStop', { contentBlockIndex: 0 }));
      response.end(STOP);
    });
    const seen: StreamDelta[] = [];
    const { result } = answered(await rig.run(NOVA, { request, onDelta: (delta) => seen.push(delta) }));
    expect(result.content).toEqual([{ toolUse: { toolUseId: 't1', name, input: { a: 1 } } }]);
    expect(seen.find((delta) => delta.type === 'toolUse')).toMatchObject({ name });
  });
});

describe('a raw body', () => {
  it('goes out as it is and comes back as it is, read as far as its keys allow', async () => {
    const body = {
      generation: 'Hello',
      stop_reason: 'stop',
      prompt_token_count: 2,
      generation_token_count: 1,
      extra: [1],
    };
    const { rig, last } = await scripted((_request, response) => json(response, 200, body));
    const rawBody = { prompt: 'Hi', anything: { at: ['all'] } };
    for (const asked of ['meta.llama3-8b-instruct-v1:0', 'acme.unheard-of-v1:0']) {
      const { result, planned } = answered(await rig.run(asked, { request: { messages: [], rawBody } }));
      expect(last().path).toMatch(/\/invoke$/);
      expect(last().body).toEqual(rawBody);
      expect(planned.route.rule).toBe('native:raw-body');
      expect(result.rawResponse).toEqual(body);
      expect(result.content).toEqual([{ text: 'Hello' }]);
    }
  });
});

describe('usage', () => {
  it('comes from the headers when the body has none', async () => {
    const { rig } = await scripted((_request, response) =>
      json(
        response,
        200,
        { outputs: [{ text: 'Hello', stop_reason: 'stop' }] },
        { 'x-amzn-bedrock-input-token-count': '7', 'x-amzn-bedrock-output-token-count': '2' },
      ),
    );
    const { result } = answered(
      await rig.run('mistral.mistral-7b-instruct-v0:2', { ...asks('Hi'), api: 'native', stream: false }),
    );
    expect(result.usage).toMatchObject({ inputTokens: 7, outputTokens: 2 });
  });

  it('comes from the metrics of the last chunk of a native stream', async () => {
    const { rig } = await scripted((_request, response) => {
      streamHead(response);
      response.write(chunk({ outputs: [{ text: 'Hello', stop_reason: null }] }));
      response.end(
        chunk({
          outputs: [{ text: '', stop_reason: 'stop' }],
          'amazon-bedrock-invocationMetrics': { inputTokenCount: 7, outputTokenCount: 2 },
        }),
      );
    });
    const asked = { ...asks('Hi'), api: 'native' } as const;
    const { result } = answered(await rig.run('mistral.mistral-7b-instruct-v0:2', asked));
    expect(result).toMatchObject({
      content: [{ text: 'Hello' }],
      usage: { inputTokens: 7, outputTokens: 2 },
    });
  });
});

describe('the preview of a dry run', () => {
  it('is the body that would be sent, with bytes and long texts cut short', async () => {
    const { rig, last } = await scripted((_request, response) => json(response, 200, WHOLE));
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const request: InferenceRequest = {
      messages: [
        {
          role: 'user',
          content: [
            { text: 'x'.repeat(2_000) },
            { image: { format: 'png', source: { bytes: new Uint8Array(png) } } },
          ],
        },
      ],
      inferenceConfig: { temperature: 0.5 },
    };
    const call = rig.call(NOVA, { request, stream: false });
    const shown = JSON.stringify(previewRequest(await planInference(call, rig.deps, 'none')));
    expect(shown).toContain(`<${png.length} bytes>`);
    expect(shown).toContain('<2000 characters>');
    expect(shown.length).toBeLessThan(1_200);

    answered(await rig.run(NOVA, { ...asks('Hi'), stream: false }));
    const plain = rig.call(NOVA, { ...asks('Hi'), stream: false });
    expect(previewRequest(await planInference(plain, rig.deps, 'none'))).toEqual(last().body);
  });
});
