import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { createLearned } from '../../../src/inference/resolve/learned-capabilities.ts';

const NOVA = 'amazon.nova-lite-v1:0';

describe('what refusals taught', () => {
  it('is laid over the record of that model, one capability at a time', async () => {
    const record = (await loadCatalog()).record(NOVA);
    const learned = createLearned();
    expect(learned.apply(record)).toBe(record);
    learned.feature(NOVA, { streamingTools: false });
    learned.feature(NOVA, { system: false });
    learned.feature('amazon.nova-pro-v1:0', { images: false });
    expect(learned.apply(record).features).toEqual({
      ...record.features,
      streamingTools: false,
      system: false,
    });
    expect(record.features.system).toBe(true);
  });

  it('holds for one identifier in one Region, until it is taken back', () => {
    const learned = createLearned();
    learned.refuse(NOVA, 'us-east-1');
    learned.takeWhole(NOVA, 'because');
    expect(learned.isRefused(NOVA, 'us-east-1')).toBe(true);
    expect(learned.isRefused(NOVA, 'us-west-2')).toBe(false);
    expect(learned.isRefused(`us.${NOVA}`, 'us-east-1')).toBe(false);
    expect(learned.wholeBecause(NOVA)).toBe('because');
    learned.forgive(NOVA, 'us-east-1');
    expect(learned.isRefused(NOVA, 'us-east-1')).toBe(false);
    expect(learned.wholeBecause(NOVA)).toBeUndefined();
  });

  it('does not grow for ever, and forgets the oldest first', () => {
    const learned = createLearned();
    for (let n = 0; n <= 2_000; n += 1) learned.refuse(`arn-${n}`, 'us-east-1');
    expect(learned.isRefused('arn-0', 'us-east-1')).toBe(false);
    expect(learned.isRefused('arn-1', 'us-east-1')).toBe(true);
    expect(learned.isRefused('arn-2000', 'us-east-1')).toBe(true);
  });

  it('takes hostile names for names', async () => {
    const learned = createLearned();
    expect(learned.isRefused('__proto__', 'us-east-1')).toBe(false);
    expect(learned.wholeBecause('constructor')).toBeUndefined();
    const record = (await loadCatalog()).record('__proto__');
    expect(learned.apply(record)).toBe(record);
  });
});
