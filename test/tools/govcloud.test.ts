/** GovCloud for an identity that may only invoke: its profiles begin with `us-gov.`, and the catalogue knows few of them. */
import { afterEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import type { ModelRecord } from '../../src/catalog/types.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { sentOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OMEGA = 'anthropic.claude-omega-9-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const OPUS = 'anthropic.claude-opus-5-5';

/** What AWS offers there, newer than the catalogue. */
async function offered(): Promise<readonly ModelRecord[]> {
  const catalog = await loadCatalog();
  const inGov = (id: string): ModelRecord => ({
    ...catalog.record(id),
    profiles: [
      ...catalog.record(id).profiles.filter(({ geo }) => geo !== 'us-gov'),
      { id: `us-gov.${id}`, geo: 'us-gov', sourceRegions: ['us-gov-west-1', 'us-gov-east-1'] },
    ],
    onDemandRegions: id === NOVA ? ['us-gov-west-1'] : [],
  });
  return [SONNET, OMEGA, NOVA, OPUS].map(inGov);
}

describe('a model in GovCloud, without the control plane', () => {
  let on: Bench;
  afterEach(() => on.close());

  it.each([
    ['claude-sonnet-4-5', `us-gov.${SONNET}`, 1],
    [SONNET, `us-gov.${SONNET}`, 1],
    [`us.${SONNET}`, `us-gov.${SONNET}`, 1],
    [`us-gov.${SONNET}`, `us-gov.${SONNET}`, 1],
    ['opus', `us-gov.${OPUS}`, 1],
    // Nobody knows how a new model is offered; the refusal of its bare ID tells.
    [OMEGA, `us-gov.${OMEGA}`, 2],
    [`us.${OMEGA}`, `us-gov.${OMEGA}`, 1],
    ['nova-pro', NOVA, 1],
    [`us.${NOVA}`, NOVA, 1],
  ])('is found for %s as %s, in %i requests', async (model, called, requests) => {
    on = await bench({
      sandbox: { models: await offered() },
      config: { region: 'us-gov-west-1' },
      accessKeyId: 'AKIADENYLIST',
    });
    const { structured } = await on.call(invokeModel, { model, prompt: 'Hi', region: 'us-gov-west-1' });
    expect(structured).toMatchObject({ receipt: { model_id: called, region: 'us-gov-west-1' } });
    expect(sentOf(on)).toHaveLength(requests);
    const isReplaced = model.startsWith('us.');
    expect(JSON.stringify(structured).includes(`${model} cannot be called from us-gov-west-1`)).toBe(
      isReplaced,
    );
  });
});
