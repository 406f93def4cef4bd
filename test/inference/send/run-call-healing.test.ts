/** Identifiers that Bedrock refuses: bare IDs that need a profile, wrong Regions, and what is remembered. */
import { afterEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import type { ModelRecord } from '../../../src/catalog/types.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/types.ts';
import { answered, failed, modelCalls, type Rig, type RigOptions, rigOf, textOf } from '../rig.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  sandboxOptions: SandboxOptions,
  rigOptions: RigOptions = {},
): Promise<{ sandbox: Sandbox; rig: Rig }> {
  const sandbox = await startSandbox(sandboxOptions);
  open.push(sandbox);
  const rig = await rigOf(sandbox.url, rigOptions);
  open.push(rig);
  return { sandbox, rig };
}

/** A living text model of every family, with a Region that offers it and whether a profile is offered there. */
async function oneOfEachFamily(): Promise<{ model: ModelRecord; region: string; profiled: boolean }[]> {
  const catalog = await loadCatalog();
  const found = new Map<string, { model: ModelRecord; region: string; profiled: boolean }>();
  for (const model of catalog.models) {
    if (model.kind !== 'text' || model.family === 'pegasus') continue;
    if (model.apis.converse === false && model.apis.invoke === false) continue;
    if (model.lifecycle.status !== 'active' && model.lifecycle.status !== 'legacy') continue;
    const profile = model.profiles.find((each) => each.geo !== 'global' && each.sourceRegions !== undefined);
    const region = profile?.sourceRegions?.[0] ?? model.onDemandRegions?.[0];
    if (region === undefined) continue;
    const profiled = profile !== undefined;
    const before = found.get(model.family);
    if (before === undefined || (profiled && !before.profiled))
      found.set(model.family, { model, region, profiled });
  }
  return [...found.values()];
}

const FAMILIES = await oneOfEachFamily();

describe('a bare ID that Bedrock takes only through a profile', () => {
  it('covers the families that live today', () => {
    expect(FAMILIES.length).toBeGreaterThanOrEqual(17);
    expect(FAMILIES.filter(({ profiled }) => profiled).length).toBeGreaterThanOrEqual(9);
  });

  describe.each([
    ['with a listing', 'AKIDSANDBOX'],
    ['without permission to list', 'AKIDDENYLIST'],
  ])('%s', (_, key) => {
    it.each(
      FAMILIES.map(({ model, region, profiled }) => [model.family, model.id, region, profiled] as const),
    )('answers the first call for %s (%s in %s)', async (_family, id, region, profiled) => {
      const { sandbox, rig } = await start({ onDemandRefused: 'all' }, { key });
      const { result, planned, attempts } = answered(await rig.run(id, { region }));
      expect(textOf(result)).not.toBe('');
      expect(planned.target.model.id).toBe(id);
      if (profiled)
        expect(planned.target.modelId).toMatch(new RegExp(`^[a-z-]+\\.${id.replaceAll('.', '\\.')}$`));
      expect(attempts.length).toBeLessThanOrEqual(2);

      const before = sandbox.record.requests.length;
      const again = answered(await rig.run(id, { region }));
      expect(again.attempts).toHaveLength(1);
      expect(modelCalls(sandbox, before).map(({ modelId }) => modelId)).toEqual([planned.target.modelId]);
    });
  });

  it('says in a warning what was called in its place, once', async () => {
    const { rig } = await start({ onDemandRefused: 'all' });
    const first = answered(await rig.run('amazon.nova-lite-v1:0'));
    expect(first.attempts.map(({ modelId, error }) => [modelId, error?.code])).toEqual([
      ['amazon.nova-lite-v1:0', 'profile_required'],
      ['us.amazon.nova-lite-v1:0', undefined],
    ]);
    expect(first.warnings.join('\n')).toContain('us.amazon.nova-lite-v1:0 was called in its place');
    expect(answered(await rig.run('amazon.nova-lite-v1:0')).warnings).toEqual([]);
  });

  it('finds the profile of a model that the catalogue does not know, with and without a listing', async () => {
    const catalog = await loadCatalog();
    const known = catalog.record('anthropic.claude-haiku-4-5-20251001-v1:0');
    const id = 'anthropic.claude-haiku-9-v1:0';
    const model: ModelRecord = {
      ...known,
      id,
      profiles: known.profiles.map((profile) => ({ ...profile, id: `${profile.geo}.${id}` })),
    };
    for (const key of ['AKIDSANDBOX', 'AKIDDENYLIST']) {
      const { rig } = await start({ models: [model], onDemandRefused: 'all' }, { key });
      const { planned } = answered(await rig.run(id, { region: 'eu-central-1' }));
      expect(planned.target.modelId).toBe(`eu.${id}`);
    }
  });

  it('does not choose a global profile that the policy forbids', async () => {
    const catalog = await loadCatalog();
    const known = catalog.record('anthropic.claude-haiku-4-5-20251001-v1:0');
    const model = { ...known, profiles: known.profiles.filter(({ geo }) => geo === 'global') };
    const { sandbox, rig } = await start({ models: [model] });
    await expect(rig.run(model.id, { region: 'sa-east-1' })).rejects.toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('only through the global profile'),
    });
    expect(modelCalls(sandbox)).toEqual([]);
    const { rig: allowed } = await start({ models: [model] }, { policy: { allowGlobal: true } });
    const { planned } = answered(await allowed.run(model.id, { region: 'sa-east-1' }));
    expect(planned.target).toMatchObject({ modelId: `global.${model.id}` });
    expect(planned.target.servedBy).toContain('*');
  });
});

describe('an identifier that Bedrock does not know in the Region', () => {
  it('moves to an allowed Region that serves it', async () => {
    const { rig } = await start(
      {},
      { key: 'AKIDDENYLIST', policy: { allowRegions: ['us-west-2', 'eu-north-1'] } },
    );
    const model = 'mistral.mistral-large-2407-v1:0';
    const outcome = answered(await rig.run(model, { region: 'eu-central-1' }));
    expect(outcome.planned.target.region).toBe('us-west-2');
    expect(outcome.warnings.join('\n')).toContain('us-west-2');
  });

  it('learns from the refusal that the catalogue is wrong about a Region, and goes to the allowed one', async () => {
    const known = (await loadCatalog()).record('amazon.nova-lite-v1:0');
    const model = { ...known, profiles: [], onDemandRegions: ['us-west-2'] };
    const options = { key: 'AKIDDENYLIST', policy: { allowRegions: ['us-west-2'] } };
    const { rig } = await start({ models: [model] }, options);
    const tried = async () =>
      answered(await rig.run(model.id)).attempts.map(({ modelId, region }) => `${region} ${modelId}`);
    expect((await tried()).at(-1)).toBe('us-west-2 amazon.nova-lite-v1:0');
    expect(await tried()).toEqual(['us-west-2 amazon.nova-lite-v1:0']);
  });

  it('does not leave the Region when no other one is allowed, and names the Regions', async () => {
    const { rig } = await start({});
    await expect(
      rig.run('mistral.mistral-large-2407-v1:0', { region: 'eu-central-1' }),
    ).rejects.toMatchObject({
      code: 'not_in_region',
      fix: expect.stringContaining('us-west-2'),
    });
  });

  it('sends an ARN to the Region that it names', async () => {
    const { sandbox, rig } = await start({});
    const arn =
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0';
    const { planned } = answered(await rig.run(arn, { region: 'eu-central-1' }));
    expect(planned.target).toMatchObject({ modelId: arn, region: 'us-east-1' });
    expect(modelCalls(sandbox).map(({ region, modelId }) => [region, modelId])).toEqual([['us-east-1', arn]]);
  });

  it('names the nearest models when nothing is known under the ID', async () => {
    const { rig } = await start({});
    const { error } = failed(await rig.run('anthropic.claude-haiku-4-6-v1:0'));
    expect(error.code).toBe('unknown_model');
    expect(error.fix).toMatch(/Did you mean .*haiku/);
  });

  it('takes nothing for refused when all alternatives fail too', async () => {
    const { sandbox, rig } = await start({});
    for (const _ of [1, 2]) {
      const before = sandbox.record.requests.length;
      failed(await rig.run('anthropic.claude-haiku-4-6-v1:0'));
      expect(modelCalls(sandbox, before)[0]?.modelId).toBe('anthropic.claude-haiku-4-6-v1:0');
    }
  });
});

describe('an application profile', () => {
  it('is called as it is, with the features of the model behind it, which is asked for once', async () => {
    const { sandbox, rig } = await start({
      applicationProfiles: { abcdefghijkl: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
    });
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
    for (const _ of [1, 2]) {
      const { planned } = answered(await rig.run(arn, { region: 'eu-west-1' }));
      expect(planned.target).toMatchObject({ modelId: arn, region: 'us-east-1' });
      expect(planned.route.rule).toBe('native:simple');
    }
    const operations = sandbox.record.requests.map(({ operation }) => operation);
    expect(operations.filter((name) => name === 'GetInferenceProfile')).toHaveLength(1);
  });
});
