/** Refusals that say what to change: streaming, parameters, and what the next call has learned from them. */
import { afterEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import type { ModelFeatures, ModelRecord } from '../../../src/catalog/types.ts';
import type { InferenceCall } from '../../../src/inference/send/plan-call.ts';
import { planInference } from '../../../src/inference/send/plan-call.ts';
import type { ContentBlock, InferenceRequest, Message, Tool } from '../../../src/messages/types.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/types.ts';
import { type Answer, json, loopback, refuse, WHOLE } from '../../aws/loopback.ts';
import { answered, asks, failed, modelCalls, type Rig, type RigOptions, rigOf, textOf } from '../rig.ts';

const MODEL = 'amazon.nova-lite-v1:0';
const TOOLS: readonly Tool[] = [
  {
    toolSpec: {
      name: 'get_weather',
      description: 'Weather of a city',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const QUESTION: Message = { role: 'user', content: [{ text: 'What is the weather in Paris?' }] };
const withTools: Pick<InferenceCall, 'request'> = {
  request: { messages: [QUESTION], toolConfig: { tools: TOOLS } },
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  options: SandboxOptions = {},
  rigOptions: RigOptions = {},
): Promise<{ sandbox: Sandbox; rig: Rig }> {
  const sandbox = await startSandbox(options);
  open.push(sandbox);
  const rig = await rigOf(sandbox.url, rigOptions);
  open.push(rig);
  return { sandbox, rig };
}

/** The model as the rig believes it to be, without the features named: Bedrock knows better and refuses. */
async function unknowing(rig: Rig, id: string, ...features: (keyof ModelFeatures)[]): Promise<ModelRecord> {
  const { catalog } = rig.deps;
  const known = catalog.record(id);
  const kept = Object.entries(known.features).filter(
    ([name]) => !features.some((feature) => feature === name),
  );
  return { ...known, features: Object.fromEntries(kept) };
}

function believing(rig: Rig, model: ModelRecord): void {
  const { catalog } = rig.deps;
  Object.assign(rig.deps, {
    catalog: { ...catalog, record: (id: string) => (id === model.id ? model : catalog.record(id)) },
  });
}

describe('streaming that IAM denies', () => {
  it('takes the whole answer, says so, and goes straight to it the next time', async () => {
    const { sandbox, rig } = await start({}, { key: 'AKIDDENYSTREAM' });
    const first = answered(await rig.run(MODEL));
    expect(textOf(first.result)).not.toBe('');
    expect(first.attempts.map(({ streamed, error }) => [streamed, error?.code])).toEqual([
      [true, 'access_denied'],
      [false, undefined],
    ]);
    expect(first.warnings.join('\n')).toContain('bedrock:InvokeModelWithResponseStream');

    const before = sandbox.record.requests.length;
    const second = answered(await rig.run(MODEL));
    expect(second.warnings).toEqual([]);
    expect(second.planned.route.streamReason).toContain('buffered:iam');
    expect(modelCalls(sandbox, before).map(({ operation }) => operation)).toEqual(['Converse']);
  });

  it('does so on InvokeModel, and for a fallback model again', async () => {
    const { rig } = await start(
      { faults: [{ prompt: 'sandbox:503', operation: 'InvokeModel' }] },
      { key: 'AKIDDENYSTREAM', fallbackModels: ['nova-lite'], maxRetries: 0 },
    );
    const { attempts, planned } = answered(await rig.run('gpt-oss-20b'));
    expect(planned.target.model.id).toBe(MODEL);
    expect(attempts.map(({ api, streamed, error }) => [api, streamed, error?.code])).toEqual([
      ['native', true, 'access_denied'],
      ['native', false, 'overloaded'],
      ['converse', true, 'access_denied'],
      ['converse', false, undefined],
    ]);
  });

  it('is not remembered when the whole answer is denied as well', async () => {
    const { sandbox, rig } = await start({}, { key: 'AKIDDENIED' });
    for (const _ of [1, 2]) {
      const before = sandbox.record.requests.length;
      const { error } = failed(await rig.run(MODEL));
      expect(error).toMatchObject({
        code: 'access_denied',
        fix: expect.stringContaining('bedrock:InvokeModel'),
      });
      const operations = modelCalls(sandbox, before).map(({ operation }) => operation);
      expect(operations).toEqual(['ConverseStream', 'Converse']);
    }
  });
});

describe('tools that the model refuses in streaming mode', () => {
  it('come back whole, with a warning, and whole at once from then on', async () => {
    const { sandbox, rig } = await start();
    const llama = 'meta.llama3-3-70b-instruct-v1:0';
    believing(rig, await unknowing(rig, llama, 'streamingTools'));
    const first = answered(await rig.run(llama, withTools));
    expect(first.attempts.map(({ streamed }) => streamed)).toEqual([true, false]);
    expect(first.warnings.join('\n')).toContain('does not stream when it has tools');
    expect(first.result.stopReason).toBe('tool_use');

    const before = sandbox.record.requests.length;
    const second = answered(await rig.run(llama, withTools));
    expect(modelCalls(sandbox, before).map(({ operation }) => operation)).toEqual(['Converse']);
    expect(second.planned.route.streamReason).toContain('buffered:no-streaming-tools');
    // Without tools the model still streams.
    expect(answered(await rig.run(llama)).attempts.map(({ streamed }) => streamed)).toEqual([true]);
  });
});

describe('repairs', () => {
  it('leaves out what the model refuses, once per cause, and remembers it', async () => {
    const { sandbox, rig } = await start();
    const opus = 'anthropic.claude-opus-4-8';
    const id = rig.deps.catalog.get(opus)?.id ?? 'anthropic.claude-opus-4-7';
    believing(rig, await unknowing(rig, id, 'sampling', 'prefill'));
    const request: InferenceRequest = {
      messages: [QUESTION, { role: 'assistant', content: [{ text: 'It is' }] }],
      inferenceConfig: { temperature: 0.2 },
    };
    const first = answered(await rig.run(id, { request }));
    expect(first.attempts).toHaveLength(3);
    expect(first.warnings.join('\n')).toMatch(
      /temperature was left out[\s\S]*user turn was added|user turn was added[\s\S]*temperature/,
    );

    const before = sandbox.record.requests.length;
    answered(await rig.run(id, { request }));
    expect(modelCalls(sandbox, before)).toHaveLength(1);
  });

  it('does not repeat a repair that did not help', async () => {
    const { rig, sent } = await scripted((_request, response) =>
      refuse(response, 400, 'ValidationException', 'temperature is deprecated for this model.'),
    );
    const request = { ...asks('Hello').request, inferenceConfig: { temperature: 0.2 } };
    const { error } = failed(await rig.run(MODEL, { request, stream: false }));
    expect(error.awsMessage).toContain('deprecated');
    expect(sent()).toBe(2);
  });

  it('repairs the same cause only once, even when Bedrock asks for more each time', async () => {
    let limit = 900;
    const { rig, sent } = await scripted((_request, response) => {
      limit -= 100;
      const message = `The maximum tokens you requested exceeds the model limit of ${limit}. Try again with a maximum tokens value that is lower.`;
      refuse(response, 400, 'ValidationException', message);
    });
    expect(failed(await rig.run(MODEL, { stream: false })).error.awsMessage).toContain('limit of 700');
    expect(sent()).toBe(2);
  });

  it('does not ask twice for a whole answer that is refused like a stream', async () => {
    const { rig, sent } = await scripted((_request, response) =>
      refuse(response, 400, 'ValidationException', "This model doesn't support tool use in streaming mode."),
    );
    failed(await rig.run(MODEL));
    expect(sent()).toBe(2);
    failed(await rig.run(MODEL, { stream: false }));
    expect(sent()).toBe(3);
  });

  it('caches on without a lifetime that was refused, and asks for none from then on', async () => {
    const bodies: string[] = [];
    const { rig } = await scripted((_request, response, _number, body) => {
      bodies.push(body);
      if (!body.includes('"ttl"')) return json(response, 200, WHOLE);
      const message =
        "This model doesn't support the cachePoint.ttl field. Remove cachePoint.ttl and try again.";
      return refuse(response, 400, 'ValidationException', message);
    });
    const request: InferenceRequest = { ...asks('Hello').request, cache: { ttl: '1h' } };
    const sent = (asked: string) => rig.run(asked, { request, stream: false, api: 'converse' });
    for (const asked of ['claude-haiku-4-5', 'kimi-k3']) {
      bodies.length = 0;
      const first = answered(await sent(asked));
      expect(first.attempts).toHaveLength(2);
      expect(first.warnings).toEqual([expect.stringContaining('lifetime was left out')]);
      const second = answered(await sent(asked));
      expect(second.attempts).toHaveLength(1);
      expect(second.warnings).toEqual([expect.stringContaining('lifetime 1h was left out')]);
      expect(bodies.map((body) => body.includes('"cachePoint"'))).toEqual([true, true, true]);
    }
  });

  it.each([
    // Fewer tokens than Claude thinks with at least: more were sent than the caller asked for.
    [1_500, 2_000, [2_524, 1_024], [2_000, 1_024]],
    [undefined, 20_000, [33_000, 32_000], [20_000, 10_000]],
  ])(
    'lowers what was sent for %s tokens to %i, and leaves room to answer',
    async (asked, most, ...expected) => {
      const sent: [limit: number, budget: number][] = [];
      const { rig } = await scripted((_request, response, _number, body) => {
        const { inferenceConfig, additionalModelRequestFields: fields } = JSON.parse(body);
        sent.push([inferenceConfig.maxTokens, fields.thinking.budget_tokens]);
        if (inferenceConfig.maxTokens <= most) return json(response, 200, WHOLE);
        const message = `The maximum tokens you requested exceed the model limit of ${most}. Try again with a maximum tokens value lower than ${most}.`;
        return refuse(response, 400, 'ValidationException', message);
      });
      const request: InferenceRequest = {
        ...asks('Hello').request,
        reasoning: { effort: 'max' },
        ...(asked === undefined ? {} : { inferenceConfig: { maxTokens: asked } }),
      };
      answered(await rig.run('claude-sonnet-4-5', { request, stream: false, api: 'converse' }));
      expect(sent).toEqual(expected);
    },
  );

  it('does not repair after the caller gave up', async () => {
    const controller = new AbortController();
    const { rig, sent } = await scripted((_request, response) => {
      refuse(response, 400, 'ValidationException', 'temperature is deprecated for this model.');
      controller.abort();
    });
    const request = { ...asks('Hello').request, inferenceConfig: { temperature: 0.2 } };
    const { error } = failed(await rig.run(MODEL, { request, stream: false, signal: controller.signal }));
    expect(error.code).toBe('cancelled');
    expect(sent()).toBe(1);
  });
});

async function scripted(answer: Answer): Promise<{ rig: Rig; sent(): number }> {
  const upstream = await loopback((request, response, number, body) => {
    if (request.method === 'GET') return refuse(response, 403, 'AccessDeniedException', 'no listing');
    return answer(request, response, number, body);
  });
  open.push(upstream);
  const rig = await rigOf(upstream.url);
  open.push(rig);
  return { rig, sent: () => upstream.requests.filter(({ method }) => method === 'POST').length };
}

describe('a dry run', () => {
  it.each([
    ['an alias', 'claude-haiku-4-5'],
    ['a bare ID', MODEL],
    ['a profile', `us.${MODEL}`],
    [
      'an application profile',
      'arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/abcdefghijkl',
    ],
    ['an imported model', 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl'],
  ])('plans %s without any network', async (_, asked) => {
    const { sandbox, rig } = await start();
    const planned = await planInference(rig.call(asked), rig.deps, 'none');
    expect(planned.route.reason).toMatch(/^(?:native|converse):/);
    expect(sandbox.record.requests).toEqual([]);
  });

  it('says that nothing is cached where the form asked for has no cache points', async () => {
    const { rig } = await start();
    const request: InferenceRequest = { ...asks('Hello').request, cache: {} };
    for (const asked of ['grok-4.6', 'kimi-k3']) {
      const native = await planInference(rig.call(asked, { request, api: 'native' }), rig.deps, 'none');
      expect(native.warnings).toEqual([expect.stringContaining('cache was left out')]);
      const converse = await planInference(rig.call(asked, { request }), rig.deps, 'none');
      expect(converse.warnings).toEqual([]);
      expect(JSON.stringify(converse.prepared.request)).toContain('cachePoint');
    }
    const claude = await planInference(
      rig.call('claude-haiku-4-5', { request, api: 'native' }),
      rig.deps,
      'none',
    );
    expect(claude.warnings).toEqual([]);
  });

  it('plans what the call then does', async () => {
    const { sandbox, rig } = await start();
    for (const asked of ['claude-haiku-4-5', 'gpt-oss-20b', 'llama3-3-70b', MODEL]) {
      const planned = await planInference(rig.call(asked, withTools), rig.deps, 'none');
      const before = sandbox.record.requests.length;
      const outcome = answered(await rig.run(asked, withTools));
      expect(outcome.planned.route).toEqual(planned.route);
      expect(modelCalls(sandbox, before).map(({ modelId }) => modelId)).toEqual([planned.target.modelId]);
    }
  });
});

describe('a conversation with tools on both APIs', () => {
  const toolUses = (content: readonly ContentBlock[]) =>
    content.flatMap((block) =>
      'toolUse' in block ? [{ name: block.toolUse.name, input: block.toolUse.input }] : [],
    );

  it('gives the same tool calls on Converse and on native Anthropic, and goes on with either', async () => {
    const { rig } = await start();
    const on = (api: 'converse' | 'native', messages: readonly Message[], stream: boolean) =>
      rig.run('claude-sonnet-4-5', { api, stream, request: { messages, toolConfig: { tools: TOOLS } } });
    const answers = new Map<string, readonly ContentBlock[]>();
    for (const api of ['converse', 'native'] as const) {
      for (const stream of [true, false]) {
        const { result, planned } = answered(await on(api, [QUESTION], stream));
        expect(planned.route).toMatchObject({ api, stream });
        expect(result.stopReason).toBe('tool_use');
        answers.set(`${api} ${stream}`, result.content);
      }
    }
    const [first, ...others] = [...answers.values()].map(toolUses);
    expect(first).toHaveLength(1);
    expect(first?.[0]?.name).toBe('get_weather');
    for (const other of others) expect(other).toEqual(first);

    for (const content of answers.values()) {
      const results: ContentBlock[] = content.flatMap((block) =>
        'toolUse' in block
          ? [{ toolResult: { toolUseId: block.toolUse.toolUseId, content: [{ text: '21 degrees' }] } }]
          : [],
      );
      const messages: Message[] = [
        QUESTION,
        { role: 'assistant', content },
        { role: 'user', content: results },
      ];
      const texts = new Set<string>();
      for (const api of ['converse', 'native'] as const) {
        for (const stream of [true, false]) {
          const { result } = answered(await on(api, messages, stream));
          expect(result.stopReason).toBe('end_turn');
          texts.add(textOf(result));
        }
      }
      expect(texts.size).toBe(1);
    }
  });
});

describe('models under the ID of another endpoint', () => {
  it('are called under the ID that the runtime serves', async () => {
    const { rig } = await start();
    const { planned, warnings } = answered(await rig.run('openai.gpt-oss-20b'));
    expect(planned.target.modelId).toBe('openai.gpt-oss-20b-1:0');
    expect(warnings.join('\n')).toContain('bedrock-mantle');
  });

  it('are refused before anything is sent when only that endpoint has them', async () => {
    const { sandbox, rig } = await start();
    const only = (await loadCatalog()).models.filter(
      ({ kind, apis, runtimeId, lifecycle }) =>
        kind === 'text' &&
        apis.mantle === true &&
        apis.converse === false &&
        apis.invoke === false &&
        runtimeId === undefined &&
        lifecycle.status === 'active',
    );
    expect(only.length).toBeGreaterThan(5);
    for (const { id } of only) {
      await expect(planInference(rig.call(id), rig.deps, 'none')).rejects.toMatchObject({
        code: 'unsupported_model',
        message: expect.stringContaining('bedrock-mantle'),
      });
    }
    expect(modelCalls(sandbox)).toEqual([]);
  });
});

describe('credentials that had to be read again', () => {
  it('are told in the warnings', async () => {
    let asked = 0;
    const { rig } = await scripted((_request, response) => {
      asked += 1;
      if (asked > 1) return json(response, 200, WHOLE);
      return refuse(
        response,
        403,
        'InvalidSignatureException',
        'Signature expired: 20200101T000000Z is now earlier than 20260101T000000Z',
        {
          date: new Date(Date.now() + 3_600_000).toUTCString(),
        },
      );
    });
    const { warnings } = answered(await rig.run(MODEL, { stream: false }));
    expect(warnings.join('\n')).toContain('clock');
  });
});
