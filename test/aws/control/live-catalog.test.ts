import { afterEach, describe, expect, it } from 'vitest';
import { createBedrockControl } from '../../../src/aws/clients.ts';
import type { BedrockControl } from '../../../src/aws/types.ts';
import { type Answer, failureOf, json, type Loopback, loopback, refuse, settingsFor } from '../loopback.ts';

let server: Loopback;
let control: BedrockControl;
let clock = 1_000_000;

async function start(answer: Answer, ttlMs = 3_600_000): Promise<void> {
  server = await loopback(answer);
  control = createBedrockControl(settingsFor(server.url), { now: () => clock, ttlMs });
}

afterEach(async () => {
  control.close();
  await server.close();
  clock = 1_000_000;
});

const REGION = 'us-east-1';
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const SYSTEM = {
  inferenceProfileName: 'Global Haiku',
  description: 'Routes',
  createdAt: '2026-03-13T17:49:52.429944Z',
  inferenceProfileArn: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${HAIKU}`,
  models: [
    { modelArn: `arn:aws:bedrock:::foundation-model/${HAIKU}` },
    { modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}` },
  ],
  inferenceProfileId: `global.${HAIKU}`,
  status: 'ACTIVE',
  type: 'SYSTEM_DEFINED',
};
const OWN = {
  ...SYSTEM,
  inferenceProfileArn: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr',
  inferenceProfileId: '1arbu5hu2sjr',
  type: 'APPLICATION',
};
const MODEL = {
  modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`,
  modelId: HAIKU,
  modelName: 'Claude Haiku 4.5',
  providerName: 'Anthropic',
  inputModalities: ['TEXT', 'IMAGE'],
  outputModalities: ['TEXT'],
  responseStreamingSupported: true,
  inferenceTypesSupported: ['INFERENCE_PROFILE'],
  modelLifecycle: { status: 'LEGACY', endOfLifeTime: '2026-12-01T00:00:00Z' },
};

/** A control plane with one profile of each type and one model. */
const healthy: Answer = (request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/foundation-models')) return json(response, 200, { modelSummaries: [MODEL] });
  const summary = url.includes('type=APPLICATION') ? OWN : SYSTEM;
  return json(response, 200, { inferenceProfileSummaries: [summary] });
};

describe('the live catalogue', () => {
  it('merges both kinds of profiles and the models', async () => {
    await start(healthy);
    expect(await control.live(REGION)).toEqual({
      region: REGION,
      errors: [],
      fetchedAt: clock,
      profiles: [
        {
          id: `global.${HAIKU}`,
          arn: SYSTEM.inferenceProfileArn,
          name: 'Global Haiku',
          type: 'SYSTEM_DEFINED',
          status: 'ACTIVE',
          description: 'Routes',
          modelIds: [HAIKU],
          regions: ['*', 'us-east-1'],
          createdAt: '2026-03-13T17:49:52.429Z',
        },
        expect.objectContaining({ id: '1arbu5hu2sjr', type: 'APPLICATION', modelIds: [HAIKU] }),
      ],
      models: [
        {
          id: HAIKU,
          name: 'Claude Haiku 4.5',
          provider: 'Anthropic',
          inputModalities: ['TEXT', 'IMAGE'],
          outputModalities: ['TEXT'],
          streaming: true,
          inferenceTypes: ['INFERENCE_PROFILE'],
          lifecycle: 'LEGACY',
          endOfLifeDate: '2026-12-01T00:00:00.000Z',
        },
      ],
    });
  });

  it('survives summaries without their parts', async () => {
    await start((request, response) =>
      json(
        response,
        200,
        request.url?.startsWith('/foundation') === true
          ? { modelSummaries: [{}, { modelId: 'a.b' }] }
          : { inferenceProfileSummaries: [{}, { ...SYSTEM, models: [{ modelArn: 'nonsense' }, {}] }] },
      ),
    );
    const live = await control.live(REGION);
    expect(live.profiles?.map((p) => [p.id, p.modelIds, p.regions])).toEqual([[`global.${HAIKU}`, [], []]]);
    expect(live.models?.map((m) => m.id)).toEqual(['a.b']);
    expect(live.errors).toEqual([]);
  });

  it('is asked for once by many callers, and then kept', async () => {
    await start(healthy);
    expect(control.cached(REGION)).toBeUndefined();
    const answers = await Promise.all(Array.from({ length: 10 }, () => control.live(REGION)));
    expect(new Set(answers).size).toBe(1);
    await control.live(REGION);
    expect(server.requests).toHaveLength(3);
    expect(control.cached(REGION)).toBe(answers[0]);
  });

  it('is kept per Region', async () => {
    await start(healthy);
    await control.live(REGION);
    await control.live('eu-west-1');
    expect(server.requests).toHaveLength(6);
    expect(control.cached('eu-west-1')?.region).toBe('eu-west-1');
  });

  it('answers with the stale one at once and refreshes behind', async () => {
    await start(healthy);
    const first = await control.live(REGION);
    clock += 3_600_001;
    expect(await control.live(REGION)).toBe(first);
    await server.arrived(5);
    const fresh = await control.live(REGION, { fresh: true });
    expect(fresh.fetchedAt).toBe(clock);
    expect(server.requests).toHaveLength(6);
  });

  it('fresh asks again', async () => {
    await start(healthy);
    await control.live(REGION);
    await control.live(REGION, { fresh: true });
    expect(server.requests).toHaveLength(6);
  });
});

describe('a half that is denied', () => {
  const denied =
    (path: string): Answer =>
    (request, response, number, body) => {
      if (request.url?.startsWith(path) !== true) return healthy(request, response, number, body);
      const action =
        path === '/foundation-models' ? 'bedrock:ListFoundationModels' : 'bedrock:ListInferenceProfiles';
      return refuse(
        response,
        403,
        'AccessDeniedException',
        `User: arn:aws:iam::1:user/x is not authorized to perform: ${action} on resource: *`,
      );
    };

  it('is reported, the other half is used', async () => {
    await start(denied('/inference-profiles'));
    const live = await control.live(REGION);
    expect(live.profiles).toBeUndefined();
    expect(live.models).toHaveLength(1);
    expect(live.errors.map((error) => [error.code, error.fix])).toEqual([
      ['access_denied', expect.stringContaining('bedrock:ListInferenceProfiles')],
    ]);
  });

  it('is asked for again soon, and the rest not before', async () => {
    await start(denied('/foundation-models'));
    const live = await control.live(REGION);
    expect(live.profiles).toHaveLength(2);
    expect(live.models).toBeUndefined();
    clock += 59_000;
    expect(await control.live(REGION)).toBe(live);
    expect(server.requests).toHaveLength(3);
  });

  it('keeps what was known before', async () => {
    let broken = false;
    await start((request, response, number, body) =>
      broken
        ? refuse(response, 500, 'InternalServerException', 'x')
        : healthy(request, response, number, body),
    );
    await control.live(REGION);
    broken = true;
    const later = await control.live(REGION, { fresh: true });
    expect(later.profiles).toHaveLength(2);
    expect(later.models).toHaveLength(1);
    expect(later.errors.map((error) => error.code)).toContain('service_error');
  });
});

describe('pages', () => {
  it('are followed', async () => {
    await start((request, response) => {
      if (request.url?.startsWith('/foundation') === true) return json(response, 200, { modelSummaries: [] });
      const page = Number(/nextToken=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
      const type = request.url?.includes('APPLICATION') === true ? 'app' : 'sys';
      const profile = {
        ...SYSTEM,
        inferenceProfileArn: `arn:${type}:${page}`,
        inferenceProfileId: `${type}${page}`,
      };
      return json(response, 200, {
        inferenceProfileSummaries: [profile],
        ...(page < 3 ? { nextToken: `${page + 1}` } : {}),
      });
    });
    expect((await control.live(REGION)).profiles).toHaveLength(8);
  });

  it('stop at a repeated token', async () => {
    await start((_, response) =>
      json(response, 200, { inferenceProfileSummaries: [SYSTEM], modelSummaries: [], nextToken: 'again' }),
    );
    expect((await control.live(REGION)).profiles).toHaveLength(1);
    expect(server.requests).toHaveLength(5);
  });

  it('stop after twenty', async () => {
    await start((_, response, number) =>
      json(response, 200, {
        inferenceProfileSummaries: [SYSTEM],
        modelSummaries: [],
        nextToken: `${number}`,
      }),
    );
    await control.live(REGION);
    expect(server.requests).toHaveLength(41);
  });
});

describe('cancelling a listing', () => {
  it('frees its caller; the request ends when nobody waits for it', async () => {
    await start(() => {});
    const [one, two] = [new AbortController(), new AbortController()];
    const first = failureOf(control.live(REGION, { signal: one.signal }));
    const second = failureOf(control.live(REGION, { signal: two.signal }));
    await server.arrived(2);
    one.abort();
    expect((await first).code).toBe('cancelled');
    expect(server.sockets.size).toBe(3);
    two.abort();
    expect((await second).code).toBe('cancelled');
    await Promise.all([server.closed(0), server.closed(1), server.closed(2)]);
  });
});

describe('the models behind an identifier', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:';
  const answers: Readonly<Record<string, unknown>> = {
    [`/inference-profiles/${ARN}application-inference-profile/1arbu5hu2sjr`]: OWN,
    '/inference-profiles/1arbu5hu2sjr': OWN,
    [`/provisioned-model-throughput/${ARN}provisioned-model/abc123abc123`]: {
      foundationModelArn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k',
    },
    [`/model-customization/custom-model-deployments/${ARN}custom-model-deployment/abc123abc123`]: {
      modelArn: `${ARN}custom-model/amazon.nova-micro-v1:0/abc123abc123`,
    },
    [`/imported-models/${ARN}imported-model/abc123abc123`]: { modelArchitecture: 'llama' },
    [`/prompt-routers/${ARN}default-prompt-router/anthropic.claude:1`]: {
      models: [
        {
          modelArn:
            'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0',
        },
        { modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20240620-v1:0' },
      ],
      fallbackModel: {
        modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0',
      },
    },
  };
  const known: Answer = (request, response) => {
    const found = answers[decodeURIComponent(request.url ?? '')];
    if (found === undefined) return refuse(response, 404, 'ResourceNotFoundException', 'no such thing');
    return json(response, 200, found);
  };

  it.each([
    [`${ARN}application-inference-profile/1arbu5hu2sjr`, [HAIKU], 1],
    ['1arbu5hu2sjr', [HAIKU], 1],
    [`${ARN}provisioned-model/abc123abc123`, ['amazon.nova-lite-v1:0'], 1],
    [`${ARN}custom-model-deployment/abc123abc123`, ['amazon.nova-micro-v1:0'], 1],
    [`${ARN}imported-model/abc123abc123`, ['llama'], 1],
    [
      `${ARN}default-prompt-router/anthropic.claude:1`,
      ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic.claude-3-5-sonnet-20240620-v1:0'],
      1,
    ],
    [`arn:aws:bedrock:::foundation-model/${HAIKU}`, [HAIKU], 0],
    [`${ARN}inference-profile/us.${HAIKU}`, [HAIKU], 0],
    [`us.${HAIKU}`, [HAIKU], 0],
    [`${ARN}custom-model/amazon.nova-micro-v1:0/abc123abc123`, ['amazon.nova-micro-v1:0'], 0],
  ])('are looked up once for %s', async (identifier, models, requests) => {
    await start(known);
    expect(await control.modelsBehind(identifier, REGION)).toEqual(models);
    expect(await control.modelsBehind(identifier, REGION)).toEqual(models);
    expect(server.requests).toHaveLength(requests);
  });

  it('asks in the Region of the ARN', async () => {
    await start((_, response) => json(response, 200, OWN));
    await control.modelsBehind(
      'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/1arbu5hu2sjr',
      REGION,
    );
    expect(server.requests[0]?.headers.authorization).toContain('/eu-west-1/bedrock/');
  });

  it('keeps answers a day and refusals a minute', async () => {
    await start(known);
    const absent = `${ARN}application-inference-profile/zzzzzzzzzzzz`;
    expect((await failureOf(control.modelsBehind(absent, REGION))).code).toBe('unknown_model');
    await failureOf(control.modelsBehind(absent, REGION));
    expect(server.requests).toHaveLength(1);
    clock += 60_001;
    await failureOf(control.modelsBehind(absent, REGION));
    expect(server.requests).toHaveLength(2);
    await control.modelsBehind('1arbu5hu2sjr', REGION);
    clock += 86_399_000;
    await control.modelsBehind('1arbu5hu2sjr', REGION);
    expect(server.requests).toHaveLength(3);
    clock += 2_000;
    await control.modelsBehind('1arbu5hu2sjr', REGION);
    expect(server.requests).toHaveLength(4);
  });

  it('a fault is not kept', async () => {
    await start((_, response, number) =>
      number === 0 ? refuse(response, 500, 'InternalServerException', 'x') : json(response, 200, OWN),
    );
    expect((await failureOf(control.modelsBehind('1arbu5hu2sjr', REGION))).code).toBe('service_error');
    expect(await control.modelsBehind('1arbu5hu2sjr', REGION)).toEqual([HAIKU]);
  });

  it('says so when there is nothing to ask', async () => {
    await start(known);
    const endpoint = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine';
    expect((await failureOf(control.modelsBehind(endpoint, REGION))).code).toBe('unknown_model');
    expect((await failureOf(control.modelsBehind('nonsense', REGION))).code).toBe('unknown_model');
    expect(server.requests).toHaveLength(0);
  });
});
