/** Service tiers that a model has not: the default one where that breaks no promise, told and remembered. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { refuse } from '../aws/loopback.ts';
import { answering } from './answering.ts';
import { sentOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

const CASES = [
  ['flex', 'converse'],
  ['flex', 'native'],
  ['priority', 'converse'],
  ['priority', 'native'],
] as const;

describe('a service tier', () => {
  let on: Bench;
  beforeEach(async () => {
    on = await bench();
  });
  afterEach(() => on.close());

  const ask = (model: string, service_tier: string | undefined, api: string) =>
    on.call(invokeModel, {
      model,
      prompt: 'Hi',
      options: { api, ...(service_tier === undefined ? {} : { service_tier }) },
    });
  const costOf = ({ structured: { receipt } }: Awaited<ReturnType<typeof ask>>) =>
    JSON.stringify(receipt).match(/"cost_usd":"[^"]+"/)?.[0];

  it.each(CASES)('%s that the model has not becomes the default one over %s', async (tier, api) => {
    const first = await ask('haiku', tier, api);
    expect(JSON.stringify(first.structured)).toContain(`The model has no ${tier} tier here`);
    expect(sentOf(on)).toHaveLength(2);
    // Remembered: the second call sends one request, and says it again.
    const second = await ask('haiku', tier, api);
    expect(sentOf(on)).toHaveLength(3);
    expect(JSON.stringify(second.structured)).toContain(`The model has no ${tier} tier here`);
    // Paid is what the tier costs that was used.
    expect(costOf(first)).toBe(costOf(await ask('haiku', undefined, api)));
  });

  it.each(['converse', 'native'])('reserved is never given up over %s', async (api) => {
    await expect(ask('haiku', 'reserved', api)).rejects.toMatchObject({
      code: 'unsupported_feature',
      message: expect.stringContaining('options.service_tier'),
    });
    expect(sentOf(on)).toHaveLength(1);
  });

  it('that the model has is kept', async () => {
    await ask('nova-pro', 'flex', 'converse');
    expect(sentOf(on).map(({ body }) => body)).toMatchObject([{ serviceTier: { type: 'flex' } }]);
  });
});

it('a reservation that is not found is told as that, and not as a model that is not found', async () => {
  let requests = 0;
  const door = await answering((_path, _body, response) => {
    requests += 1;
    refuse(response, 404, 'ResourceNotFoundException', 'Reservation not found');
  });
  await expect(
    door.ask({ model: 'nova-pro', prompt: 'Hi', options: { service_tier: 'reserved' } }),
  ).rejects.toMatchObject({ code: 'unsupported_feature', field: 'options.service_tier' });
  expect(requests).toBe(1);
  await door.close();
});
