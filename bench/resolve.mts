// Prints what it costs to resolve a name and to list 300 profiles, beyond the network: `npx tsx bench/resolve.mts`.
import { performance } from 'node:perf_hooks';
import type { BedrockControl, LiveCatalog, LiveProfile } from '../src/aws/types.ts';
import { createServices } from '../src/calls/services.ts';
import { loadCatalog } from '../src/catalog/models/catalog.ts';
import { configSchema } from '../src/config/schema.ts';
import { createLearned } from '../src/inference/resolve/learned-capabilities.ts';
import { resolveModel } from '../src/inference/resolve/resolve-model.ts';
import { createLogger, createRedact } from '../src/log.ts';
import { listInferenceProfiles } from '../src/tools/list-inference-profiles.ts';

const NAMES = [
  'claude-haiku-4-5',
  'nova-lite',
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'meta.llama3-3-70b-instruct-v1:0',
  'gpt-oss-120b',
];
const ROUNDS = 4_000;

const catalog = await loadCatalog();
const control: BedrockControl = {
  live: () => Promise.reject(new Error('not asked')),
  cached: () => undefined,
  modelsBehind: () => Promise.resolve([]),
  close: () => undefined,
};
const deps = {
  catalog,
  control,
  learned: createLearned(),
  policy: { allowGlobal: false, allowGeos: [], allowRegions: [], allowModels: [], denyModels: [] },
  today: () => '2026-11-21',
};

async function resolveAll(rounds: number, with_: typeof deps): Promise<number> {
  const started = performance.now();
  for (let round = 0; round < rounds; round += 1)
    for (const name of NAMES) await resolveModel(name, 'us-east-1', with_, { network: 'none' });
  return ((performance.now() - started) * 1_000) / (rounds * NAMES.length);
}

await resolveAll(200, deps);
print('resolve a name, warm, by the catalogue', await resolveAll(ROUNDS, deps), 'µs');

const live = liveCatalog(300);
const withLive = { ...deps, control: { ...control, cached: () => live } };
await resolveAll(200, withLive);
print('resolve a name, warm, by a live listing of 300 profiles', await resolveAll(ROUNDS, withLive), 'µs');

const redact = createRedact();
const config = configSchema.parse({ region: 'us-east-1', data_dir: '/nonexistent', prices: 'catalog' });
const made = createServices({
  config,
  aws: { region: 'us-east-1', connectTimeoutMs: 1_000, idleTimeoutMs: 1_000, maxSockets: 1 },
  log: createLogger('error', redact),
  redact,
});
const services = { ...made, control: { ...control, live: () => Promise.resolve(live), cached: () => live } };
const list = () =>
  listInferenceProfiles.call({ limit: 200 }, { services, signal: new AbortController().signal });
for (let round = 0; round < 20; round += 1) await list();
const started = performance.now();
for (let round = 0; round < 50; round += 1) await list();
print(
  'list_inference_profiles over 300 profiles, beyond the network',
  (performance.now() - started) / 50,
  'ms',
);
made.close();

function liveCatalog(count: number): LiveCatalog {
  const profiles: LiveProfile[] = catalog.models
    .flatMap((model) => model.profiles.map((profile) => ({ profile, model })))
    .slice(0, count)
    .map(({ profile, model }) => ({
      id: profile.id,
      arn: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${profile.id}`,
      name: profile.id,
      type: 'SYSTEM_DEFINED',
      status: 'ACTIVE',
      modelIds: [model.id],
      regions: ['us-east-1', 'us-west-2'],
    }));
  const models = catalog.models.map((model) => ({
    id: model.id,
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    inferenceTypes: ['ON_DEMAND'],
  }));
  return { region: 'us-east-1', profiles, models, errors: [], fetchedAt: Date.now() };
}

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(60)} ${value.toFixed(1).padStart(8)} ${unit}\n`);
}
