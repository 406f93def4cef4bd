/** Where a call may go: geographies, Regions and lists of models that the operator permits. */
import { describe, expect, it } from 'vitest';
import { matches } from '../../../src/catalog/models/name-pattern.ts';
import type { ModelPolicy } from '../../../src/inference/resolve/resolve-model.ts';
import { HAIKU, NOVA, refusal, resolve, sent } from '../resolving.ts';

describe('residency', () => {
  it.each([
    [`global.${HAIKU}`, 'eu-central-1', `eu.${HAIKU}`],
    [`global.${HAIKU}`, 'us-east-1', `us.${HAIKU}`],
  ])('%s becomes the own geography of %s while global is not allowed', async (asked, region, instead) => {
    const found = await resolve(asked, region);
    expect(sent(found)).toEqual([`${region} ${instead}`]);
    expect(found.warnings.join('\n')).toContain('any commercial Region');
    const allowed = await resolve(asked, region, { policy: { allowGlobal: true } });
    expect(sent(allowed)).toEqual([`${region} ${asked}`, `${region} ${instead}`]);
  });

  it('keeps to the allowed geographies', async () => {
    const policy = { allowGeos: ['jp'] };
    expect(sent(await resolve(HAIKU, 'ap-northeast-1', { policy }))).toEqual([`ap-northeast-1 jp.${HAIKU}`]);
    expect(await refusal(HAIKU, 'eu-central-1', { policy })).toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('geography eu'),
    });
    expect(await refusal(`eu.${HAIKU}`, 'eu-central-1', { policy })).toMatchObject({ code: 'not_allowed' });
    // A geography's list is no licence for the world.
    const found = await resolve(HAIKU, 'ap-northeast-1', { policy: { allowGeos: ['jp', 'global'] } });
    expect(sent(found)).toEqual([`ap-northeast-1 jp.${HAIKU}`]);
  });

  it('goes to other Regions only where the operator allowed it, the nearest first', async () => {
    const asked = 'mistral.mistral-large-2407-v1:0';
    expect(sent(await resolve(asked, 'eu-central-1'))).toEqual([`eu-central-1 ${asked}`]);
    const found = await resolve(asked, 'eu-central-1', { policy: { allowRegions: ['us-west-2'] } });
    expect(sent(found)).toEqual([`us-west-2 ${asked}`]);
    expect(found.warnings.join('\n')).toContain('the call goes to us-west-2');

    const near = await resolve(NOVA, 'eu-central-1', {
      policy: { allowRegions: ['us-east-1', 'eu-north-1'] },
    });
    expect(sent(near)).toEqual([
      `eu-central-1 eu.${NOVA}`,
      `eu-north-1 ${NOVA}`,
      `eu-north-1 eu.${NOVA}`,
      `us-east-1 ${NOVA}`,
      `us-east-1 us.${NOVA}`,
    ]);
  });

  it('calls a typed profile from the allowed Region that offers it', async () => {
    const found = await resolve(`us.${NOVA}`, 'eu-central-1', { policy: { allowRegions: ['us-west-2'] } });
    expect(found.targets[0]).toMatchObject({ region: 'us-west-2', modelId: `us.${NOVA}` });
  });

  it('says which Regions may serve a profile, also when nobody recorded them', async () => {
    expect((await resolve(`us.${NOVA}`, 'us-east-1')).targets[0].servedBy).toContain('us-west-2');
    expect((await resolve('us.zai.glm-5.3', 'us-east-1')).targets[0].servedBy).toEqual(['the us geography']);
    expect((await resolve(NOVA, 'us-east-1')).targets[0].servedBy).toBeUndefined();
  });
});

describe('lists of models', () => {
  it.each<[string, Partial<ModelPolicy>, string[]]>([
    [NOVA, { denyModels: ['amazon.*'] }, []],
    ['nova-lite', { denyModels: [NOVA] }, []],
    ['Nova Lite', { denyModels: ['nova-lite'] }, []],
    [NOVA, { denyModels: ['NOVA_LITE'] }, []],
    [NOVA, { denyModels: [`us.${NOVA}`] }, [NOVA]],
    [NOVA, { denyModels: ['us.*'] }, [NOVA]],
    [`us.${NOVA}`, { denyModels: ['us.*'] }, []],
    [NOVA, { allowModels: ['claude-*'] }, []],
    [NOVA, { allowModels: ['*nova*'] }, [NOVA, `us.${NOVA}`]],
    [NOVA, { allowModels: ['nova-lite'] }, [NOVA, `us.${NOVA}`]],
    [NOVA, { allowModels: ['us.*'] }, [`us.${NOVA}`]],
    [NOVA, { allowModels: ['*'], denyModels: ['nova-lite'] }, []],
  ])('%s under %o', async (asked, policy, allowed) => {
    if (allowed.length === 0) {
      expect(await refusal(asked, 'us-east-1', { policy })).toMatchObject({
        code: 'not_allowed',
        field: 'model',
      });
    } else {
      const found = await resolve(asked, 'us-east-1', { policy });
      expect(found.targets.map(({ modelId }) => modelId)).toEqual(allowed);
    }
  });

  it.each([
    ['*', 'anything', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'acb', false],
    ['a*b*a', 'aba', true],
    ['a*a', 'a', false],
    ['abc', 'ABC', true],
    ['', '', true],
    ['', 'a', false],
    [`${'*a'.repeat(200)}b`, 'a'.repeat(2_000), false],
  ])('the pattern %s and %s', (pattern, name, match) => {
    expect(matches(pattern, name)).toBe(match);
  });
});
