import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCachedPrices } from '../../../src/aws/price-list/cache.ts';
import type { OwnFlags } from '../../../src/cli/command.ts';
import { cost } from '../../../src/cli/commands/cost.ts';
import { documentOf, type PriceServer, servePrices, sku } from '../../aws/price-list/documents.ts';
import { type Bench, bench } from '../../tools/with-sandbox.ts';

let dataDir: string;
let on: Bench;
let server: PriceServer;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cost-'));
  on = await bench({ config: { data_dir: dataDir } });
  const novas = [
    sku('USE1-NovaLite-input-tokens', '1K tokens', '0.00007', { model: 'Nova Lite' }),
    ...Array.from({ length: 12 }, (_, index) =>
      sku(`USE1-Mystery${index}-input-tokens`, '1K tokens', '1', { model: `Mystery ${index}` }),
    ),
    sku('USE1-NovaLite-output-tokens', 'bananas', '1', { model: 'Nova Lite' }),
    sku('USE1-NovaLite-ProvisionedThroughput-ModelUnits', 'hour', '10', { model: 'Nova Lite' }),
  ];
  server = await servePrices({ AmazonBedrock: { json: documentOf('AmazonBedrock', novas) } });
});
afterEach(async () => {
  await Promise.all([on.close(), server.close()]);
  await rm(dataDir, { recursive: true, force: true });
});

async function run(models: readonly string[], flags: OwnFlags = {}) {
  let out = '';
  const code = await cost(models, flags, {
    services: on.services,
    write: (text) => {
      out += text;
    },
    priceListUrl: server.url,
  });
  return { code, out };
}

describe('bedrock-mcp cost', () => {
  it('tells what a call costs, as the tool does', async () => {
    const { code, out } = await run(['nova-lite'], { 'input-tokens': '1_000_000', 'output-tokens': '0' });
    expect(code).toBe(0);
    expect(out).toContain('0.06 USD = (1000000 × 0.06) / 1,000,000');
    expect(server.asked).toEqual([]);
  });

  it('prints JSON when asked', async () => {
    const { out } = await run(['nova-lite'], { json: true, 'input-tokens': '10', calls: '3' });
    expect(JSON.parse(out)).toMatchObject({ calls: 3, estimates: [{ model: 'nova-lite' }] });
  });

  it('shows what it can estimate, and beside it why not the rest', async () => {
    const { out } = await run(['nova-lite', 'nope'], { 'input-tokens': '1_000_000', 'output-tokens': '0' });
    expect(out).toContain('0.06 USD = ');
    expect(out).toContain('nope: unknown_model: No model is called "nope".');
  });

  it('refuses a flag that is no number', async () => {
    await expect(run([], { calls: 'many' })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'calls',
    });
  });

  it('--refresh fetches the Region of the configuration and says what was left out', async () => {
    const { code, out } = await run([], { refresh: true });
    expect(code).toBe(0);
    expect(out).toContain('us-east-1: 1 prices of 1 models from 15 products, published 2026-11-18.');
    expect(out).toContain('AWS has no list of AmazonBedrockFoundationModels, AmazonBedrockService there.');
    expect(out).toContain('No price of a call: 1 provisioned throughput.');
    expect(out).toContain('unknown unit "bananas"');
    expect(out).toContain('Not mapped (12):');
    expect(out).toContain('and 2 more (--all shows them)');
    expect((await readCachedPrices(dataDir))?.regions.map(({ region }) => region)).toEqual(['us-east-1']);
    expect((await run([], { refresh: true, all: true })).out).not.toContain('more (--all');
  });

  it('--refresh --regions fetches the named ones, as JSON with --json', async () => {
    const { out } = await run([], { refresh: true, regions: 'us-east-1, us-east-1', json: true });
    expect(JSON.parse(out)).toMatchObject({ regions: [{ region: 'us-east-1', rates: 1 }] });
    await expect(run([], { refresh: true, regions: 'mars' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
