/** From a typed name to what is called where: the real catalogue, with and without AWS's listing, and no network. */
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { createLearned } from '../../../src/inference/resolve/learned-capabilities.ts';
import { ACCOUNT, HAIKU, model, NOVA, profile, refusal, resolve, sent } from '../resolving.ts';
import { SEED_NAMES, SEED_TITLES } from '../seed-names.ts';

describe('the order of targets, by the catalogue', () => {
  it.each<[asked: string, region: string, ...targets: string[]]>([
    ['claude-haiku-4-5', 'us-east-1', `us-east-1 us.${HAIKU}`],
    ['claude-haiku-4-5', 'eu-central-1', `eu-central-1 eu.${HAIKU}`],
    ['claude-haiku-4-5', 'ap-northeast-1', `ap-northeast-1 jp.${HAIKU}`],
    ['claude-haiku-4-5', 'ca-central-1', `ca-central-1 us.${HAIKU}`],
    ['nova-lite', 'us-east-1', `us-east-1 ${NOVA}`, `us-east-1 us.${NOVA}`],
    ['nova-lite', 'eu-central-1', `eu-central-1 eu.${NOVA}`],
    ['nova-lite', 'ap-northeast-1', `ap-northeast-1 ${NOVA}`, `ap-northeast-1 apac.${NOVA}`],
    ['nova-lite', 'ca-central-1', `ca-central-1 ca.${NOVA}`],
    ['nova-lite', 'us-gov-west-1', `us-gov-west-1 ${NOVA}`],
    [`us.${NOVA}`, 'us-east-1', `us-east-1 us.${NOVA}`, `us-east-1 ${NOVA}`],
    [`bedrock/us.${NOVA}`, 'us-east-1', `us-east-1 us.${NOVA}`, `us-east-1 ${NOVA}`],
    ['us.amazon/nova-lite', 'us-east-1', `us-east-1 us.${NOVA}`, `us-east-1 ${NOVA}`],
    [`bedrock/eu-west-1/${NOVA}`, 'us-east-1', `eu-west-1 eu.${NOVA}`],
    ['bedrock/eu-west-1/nova-lite', 'us-east-1', `eu-west-1 eu.${NOVA}`],
    [
      `bedrock/llama/arn:aws:bedrock:eu-west-1::foundation-model/${NOVA}`,
      'us-east-1',
      `eu-west-1 eu.${NOVA}`,
    ],
    [`arn:aws:bedrock:eu-west-1::foundation-model/${NOVA}`, 'us-east-1', `eu-west-1 eu.${NOVA}`],
    [`arn:aws:bedrock:::foundation-model/${NOVA}`, 'eu-central-1', `eu-central-1 eu.${NOVA}`],
    [
      `arn:aws:bedrock:us-west-2:${ACCOUNT}:inference-profile/us.${HAIKU}`,
      'eu-central-1',
      `us-west-2 arn:aws:bedrock:us-west-2:${ACCOUNT}:inference-profile/us.${HAIKU}`,
    ],
    [
      `arn:aws-us-gov:bedrock:us-gov-west-1:${ACCOUNT}:inference-profile/us-gov.anthropic.claude-opus-5-5`,
      'us-gov-west-1',
      `us-gov-west-1 arn:aws-us-gov:bedrock:us-gov-west-1:${ACCOUNT}:inference-profile/us-gov.anthropic.claude-opus-5-5`,
    ],
    ['openai.gpt-oss-20b', 'us-east-1', 'us-east-1 openai.gpt-oss-20b-1:0'],
    ['us.anthropic.claude-omega-9-v1:0', 'us-east-1', 'us-east-1 us.anthropic.claude-omega-9-v1:0'],
    ['anthropic.claude-omega-9-v1:0', 'us-east-1', 'us-east-1 anthropic.claude-omega-9-v1:0'],
  ])('is right for %s in %s', async (asked, region, ...targets) => {
    expect(sent(await resolve(asked, region))).toEqual(targets);
  });

  it.each([
    'application-inference-profile/abcdefghijkl',
    'provisioned-model/abcdefghijkl',
    'custom-model-deployment/abcdefghijkl',
    `custom-model/${NOVA}/abcdefghijkl`,
    'imported-model/abcdefghijkl',
    'prompt-router/abcdefghijkl',
    'default-prompt-router/anthropic.claude:1',
    'prompt/ABCDEFGHIJ:1',
  ])('sends the ARN of a %s as it is, to the Region that it names', async (resource) => {
    const arn = `arn:aws:bedrock:us-west-2:${ACCOUNT}:${resource}`;
    const found = await resolve(arn, 'eu-central-1');
    expect(sent(found)).toEqual([`us-west-2 ${arn}`]);
    expect(found.warnings.join('\n')).toContain('us-west-2');
    expect((await resolve(arn, 'us-west-2')).warnings).toEqual([]);
  });

  it('takes a SageMaker endpoint too', async () => {
    const arn = `arn:aws:sagemaker:us-west-2:${ACCOUNT}:endpoint/mine`;
    expect(sent(await resolve(arn, 'us-west-2'))).toEqual([`us-west-2 ${arn}`]);
  });

  it.each([
    [`us.${HAIKU}`, 'eu-central-1', `eu.${HAIKU}`],
    [`us.${HAIKU}`, 'ap-northeast-1', `jp.${HAIKU}`],
    [`eu.${NOVA}`, 'us-east-1', NOVA],
    [`apac.${NOVA}`, 'eu-central-1', `eu.${NOVA}`],
    [`us.${NOVA}`, 'us-gov-west-1', NOVA],
    [`sa.${NOVA}`, 'eu-central-1', `eu.${NOVA}`],
  ])('takes the own profile of the Region for %s in %s, with a warning', async (asked, region, instead) => {
    const found = await resolve(asked, region);
    expect(found.targets[0].modelId).toBe(instead);
    expect(found.warnings).toEqual([
      `${asked} cannot be called from ${region}, so ${instead} is called in its place.`,
    ]);
  });

  it.each([
    ['nova-pro:300k', 'amazon.nova-pro-v1:0', /suffix ":300k" names a provisioned variant/],
    ['amazon.nova-pro-v1:0:300k', 'amazon.nova-pro-v1:0', /suffix ":300k"/],
    ['claude-sonnet-4.6[1m]', 'us.anthropic.claude-sonnet-4-6', /"\[1m\]" is a mark of other clients/],
  ])('leaves the suffix of %s out and says so', async (asked, modelId, warning) => {
    const found = await resolve(asked, 'us-east-1');
    expect(found.targets[0].modelId).toBe(modelId);
    expect(found.warnings.join('\n')).toMatch(warning);
  });

  it('names the nearest models for a typo', async () => {
    const error = await refusal('claude-sonet-4-5', 'us-east-1');
    expect(error).toMatchObject({ code: 'unknown_model', field: 'model' });
    expect(error.fix).toMatch(/^Did you mean claude-sonnet-4-5(?:-\d+)?, .*\? /);
  });
});

describe('what the seed documents name', () => {
  const REGIONS = ['us-east-1', 'eu-central-1', 'ap-northeast-1', 'ca-central-1', 'us-gov-west-1'];

  it.each(REGIONS)(
    'resolves in %s, or says since when it is gone, or where it is offered',
    async (region) => {
      for (const asked of [...SEED_NAMES, ...SEED_TITLES]) {
        const outcome = await resolve(asked, region).catch((error: unknown) => {
          if (error instanceof BedrockError) return error;
          throw error;
        });
        if (outcome instanceof BedrockError) {
          expect({ asked, code: outcome.code }).toEqual({ asked, code: 'not_allowed' });
          expect(outcome.fix).toContain('BEDROCK_MCP_ALLOW_GLOBAL');
          continue;
        }
        const { model: record, warnings, targets } = outcome;
        const said = warnings.join('\n');
        expect(record.source).toBe('catalog');
        if (record.lifecycle.status === 'end-of-life') {
          expect(said).toMatch(/end of life on \d{4}-\d\d-\d\d/);
          expect(said).toContain(`Use ${record.lifecycle.successor}`);
        } else if (record.lifecycle.status === 'unlisted') {
          expect(said).toMatch(/AWS does not list .*Use \S+ instead/);
        } else if (targets[0].via === 'as given') {
          expect(said).toMatch(/does not list .* in [a-z-]+-\d \(it lists .+\)/);
        }
      }
    },
  );

  it.each(REGIONS)(
    'is refused with date and successor when AWS no longer lists it either (%s)',
    async (region) => {
      const live = { [region]: { models: [], profiles: [] } };
      const retired = new Map<string, BedrockError>();
      for (const asked of SEED_NAMES.filter((name) => !name.includes('arn:'))) {
        const offline = await resolve(asked, region).catch(() => undefined);
        if (!['end-of-life', 'unlisted'].includes(offline?.model.lifecycle.status ?? '')) continue;
        retired.set(asked, await refusal(asked, region, { live }));
      }
      expect(retired.size).toBeGreaterThan(15);
      for (const [asked, error] of retired) {
        expect({ asked, code: error.code }).toEqual({ asked, code: 'end_of_life' });
        expect(error.message).toMatch(/on \d{4}-\d\d-\d\d|AWS does not list/);
        expect(error.fix).toMatch(/^Use [a-z]/);
      }
    },
  );

  it('works in sa-east-1 only through global profiles', async () => {
    const error = await refusal('claude-sonnet-4-5', 'sa-east-1');
    expect(error).toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('only through the global profile'),
    });
    const allowed = await resolve('claude-sonnet-4-5', 'sa-east-1', { policy: { allowGlobal: true } });
    expect(sent(allowed)).toEqual(['sa-east-1 global.anthropic.claude-sonnet-4-5-20250929-v1:0']);
    expect(allowed.targets[0].servedBy).toEqual(['*']);
  });
});

describe('AWS’s own listing', () => {
  const listed = {
    'us-east-1': {
      models: [model(NOVA, 'INFERENCE_PROFILE'), model('acme.fresh-v1:0', 'INFERENCE_PROFILE')],
      profiles: [
        profile(`global.${NOVA}`, ['*']),
        profile(`us.${NOVA}`, ['us-east-1', 'us-west-2']),
        profile('us.acme.fresh-v1:0', ['us-east-1']),
        profile(`zz.${NOVA}`, ['zz-west-1']),
        profile(`eu.${NOVA}`, ['eu-west-1'], { status: 'CREATING' }),
        profile(`mine.${NOVA}`, ['us-east-1'], { type: 'APPLICATION' }),
      ],
    },
  };

  it('wins over the catalogue: profiles, destinations, and what is no longer on demand', async () => {
    const found = await resolve(NOVA, 'us-east-1', { live: listed });
    expect(sent(found)).toEqual([`us-east-1 us.${NOVA}`, `us-east-1 zz.${NOVA}`]);
    expect(found.targets[0].servedBy).toEqual(['us-east-1', 'us-west-2']);
    expect(found.basis).toBe('live');
  });

  it('knows models that the catalogue does not', async () => {
    expect(sent(await resolve('acme.fresh-v1:0', 'us-east-1', { live: listed }))).toEqual([
      'us-east-1 us.acme.fresh-v1:0',
    ]);
  });

  it('puts the global profile last, and only where it is allowed', async () => {
    const found = await resolve(NOVA, 'us-east-1', { live: listed, policy: { allowGlobal: true } });
    expect(found.targets.at(-1)?.modelId).toBe(`global.${NOVA}`);
  });

  it('refuses what it does not list, naming where the catalogue knows it', async () => {
    const error = await refusal('llama3-3-70b', 'us-east-1', { live: listed });
    expect(error).toMatchObject({ code: 'not_in_region', fix: expect.stringContaining('us-east-2') });
  });

  it('ends what has ended, unless an allowed Region still has it', async () => {
    const policy = { allowRegions: ['eu-central-1'] };
    const error = await refusal('cohere.command-r-v1:0', 'us-east-1', { live: listed, policy });
    expect(error).toMatchObject({
      code: 'end_of_life',
      message: expect.stringMatching(/end of life on 2026-08-19.*no longer lists it in us-east-1/),
    });
    const live = {
      ...listed,
      'eu-central-1': { models: [model('cohere.command-r-v1:0', 'ON_DEMAND')], profiles: [] },
    };
    const found = await resolve('cohere.command-r-v1:0', 'us-east-1', { live, policy });
    expect(found.targets.map(({ region }) => region)).toContain('eu-central-1');
  });

  it('decides by the half that was listed when the other was denied', async () => {
    const found = await resolve(HAIKU, 'us-east-1', { live: { 'us-east-1': { models: [] } } });
    expect(sent(found)).toEqual([`us-east-1 us.${HAIKU}`]);
    const profiles = await resolve(HAIKU, 'us-east-1', { live: { 'us-east-1': { profiles: [] } } });
    expect(profiles.warnings.join('\n')).toContain('does not list');
  });

  it('does not send a profile that it does not list', async () => {
    const found = await resolve(`apac.${NOVA}`, 'us-east-1', { live: listed });
    expect(found.targets[0].modelId).toBe(`us.${NOVA}`);
  });

  it('finds the model behind an application profile without asking again, and says when it is global', async () => {
    const arn = `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abcdefghijkl`;
    const mine = profile('abcdefghijkl', ['*', 'us-east-1'], { arn, type: 'APPLICATION', modelIds: [HAIKU] });
    const found = await resolve(arn, 'us-east-1', {
      live: { 'us-east-1': { profiles: [mine], models: [] } },
    });
    expect(found.model.family).toBe('claude');
    expect(found.targets[0].servedBy).toEqual(['*', 'us-east-1']);
    expect(found.warnings.join('\n')).toContain('any commercial Region');
  });
});

describe('the registry of the configuration', () => {
  it('follows an alias to its ARN, with the facts of its base', async () => {
    const arn = `arn:aws:bedrock:eu-west-1:${ACCOUNT}:application-inference-profile/abcdefghijkl`;
    const users = [{ alias: 'house-model', arn, base: HAIKU }];
    const found = await resolve('house-model', 'us-east-1', { users });
    expect(sent(found)).toEqual([`eu-west-1 ${arn}`]);
    expect(found.model.family).toBe('claude');
  });

  it('is under the same policy', async () => {
    const users = [{ alias: 'house-model', id: `us.${HAIKU}` }];
    expect(
      await refusal('house-model', 'us-east-1', { users, policy: { denyModels: ['*haiku*'] } }),
    ).toMatchObject({
      code: 'not_allowed',
    });
  });
});

describe('identifiers that Bedrock refused before', () => {
  it('are left out while something else is offered', async () => {
    const learned = createLearned();
    learned.refuse(NOVA, 'us-east-1');
    expect(sent(await resolve(NOVA, 'us-east-1', { learned }))).toEqual([`us-east-1 us.${NOVA}`]);
    expect(sent(await resolve(NOVA, 'us-west-2', { learned }))).toEqual([
      `us-west-2 ${NOVA}`,
      `us-west-2 us.${NOVA}`,
    ]);
    const typed = createLearned();
    typed.refuse(`us.${NOVA}`, 'us-east-1');
    const found = await resolve(`us.${NOVA}`, 'us-east-1', { learned: typed });
    expect(sent(found)).toEqual([`us-east-1 ${NOVA}`]);
    expect(found.warnings.join('\n')).toContain('in its place');
  });

  it('are tried all the same when there is nothing else', async () => {
    const learned = createLearned();
    learned.refuse(HAIKU, 'us-gov-west-1');
    learned.refuse(`us-gov.${HAIKU}`, 'us-gov-west-1');
    expect(sent(await resolve(HAIKU, 'us-gov-west-1', { learned }))).toEqual([`us-gov-west-1 ${HAIKU}`]);
  });

  it('send an unknown model to the profiles that the Region has prefixes for', async () => {
    const learned = createLearned();
    const fresh = 'anthropic.claude-omega-9-v1:0';
    learned.refuse(fresh, 'ap-northeast-1');
    expect(sent(await resolve(fresh, 'ap-northeast-1', { learned }))).toEqual([
      `ap-northeast-1 jp.${fresh}`,
      `ap-northeast-1 apac.${fresh}`,
    ]);
  });
});

describe('a model that a refusal proposes', () => {
  const nearby = async (given: Parameters<typeof refusal>[2]) =>
    (await refusal('nova-lit', 'us-east-1', given)).fix;

  it('is none that the operator denies, by name, pattern or ID', async () => {
    expect(await nearby({})).toMatch(/Did you mean .*nova-lite/);
    for (const denied of ['nova-lite', NOVA, '*nova-lite*'])
      expect(await nearby({ policy: { denyModels: [denied] } })).not.toMatch(/mean (?:.*, )?nova-lite[,?]/);
  });

  it('is one that the operator allows, where there is a list', async () => {
    expect(await nearby({ policy: { allowModels: ['*claude*'] } })).not.toMatch(/nova/);
    expect(await nearby({ policy: { allowModels: ['nova-lite'] } })).toContain('Did you mean nova-lite? ');
    expect(await nearby({ policy: { allowModels: [`us.${NOVA}`] } })).toContain('Did you mean nova-lite? ');
  });

  it('is a successor only where that may be called', async () => {
    const gone = { live: { 'us-east-1': { models: [], profiles: [] } } };
    const asked = 'anthropic.claude-3-sonnet-20240229-v1:0';
    const { fix } = await refusal(asked, 'us-east-1', gone);
    const successor = /^Use (\S+)\.$/.exec(fix)?.[1] ?? '';
    expect(successor).not.toBe('');
    const policy = { denyModels: [successor] };
    expect((await refusal(asked, 'us-east-1', { ...gone, policy })).fix).toBe(
      'Choose another model: list_models shows the current ones.',
    );
  });
});
