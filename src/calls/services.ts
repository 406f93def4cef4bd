/** What the tools share: configuration, catalogue, prices, the AWS side. Made once per process; the costly parts on first use. */
import { createBedrockControl, createBedrockRuntime, warm } from '../aws/clients.ts';
import { pricesFor } from '../aws/price-list/cache.ts';
import { profileRegion } from '../aws/profile-region.ts';
import { missingRegion } from '../aws/regions.ts';
import type { AwsSettings, BedrockControl, BedrockRuntime } from '../aws/types.ts';
import { type Catalog, DEFAULT_MODEL_ALIAS, loadCatalog } from '../catalog/models/catalog.ts';
import { loadPrices, type PriceBook } from '../catalog/prices/price-book.ts';
import type { Config } from '../config/schema.ts';
import { createLearned } from '../inference/resolve/learned-capabilities.ts';
import type { InferenceDeps } from '../inference/send/plan-call.ts';
import { createTargetHealth } from '../inference/send/target-health.ts';
import type { Logger, Redact } from '../log.ts';
import { once, onceDone } from '../once.ts';
import { withKnownModels } from '../spend/budget/models.ts';
import { spendFiles } from '../spend/ledger/file-store.ts';
import { dataFolder, openSpending, type Spending } from '../spend/spending.ts';
import { openThreads } from '../threads/file/file-store.ts';
import type { ThreadStore } from '../threads/store.ts';
import { regionOrCommon } from './call-region.ts';
import { createGate, type Gate } from './concurrency-limit.ts';
import { type Calls, createCalls } from './detached/call-registry.ts';
import { openResults } from './detached/file-results.ts';
import { userModels } from './user-models.ts';

export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly redact: Redact;
  readonly runtime: BedrockRuntime;
  readonly control: BedrockControl;
  /** Bounds the calls in flight. */
  readonly gate: Gate;
  /** Alias or ID used when a call names no model. */
  readonly defaultModel: string;
  /** The configured Region, else the profile's. @throws BedrockError `missing_region`. */
  region(): Promise<string>;
  catalog(): Promise<Catalog>;
  prices(): Promise<PriceBook>;
  inference(): Promise<InferenceDeps>;
  /** The ledger and the budgets. */
  spending(): Promise<Spending>;
  /** Calls that may outlive the request which began them. */
  calls(): Calls;
  /** Stored conversations. */
  threads(): ThreadStore;
  /** ISO date, UTC. */
  today(): string;
  /** Loads the AWS SDK and the catalogue ahead of the first call. No network. */
  warm(): Promise<void>;
  /** Resolves when no call is running any more; the process's stop has to be under way. */
  settled(): Promise<void>;
  close(): void;
}

/** What the cost of a call is computed with. */
export type PriceServices = Pick<Services, 'config' | 'catalog' | 'prices'>;
/** What a call is reserved and settled with. */
export type BillingServices = PriceServices & Pick<Services, 'inference' | 'spending' | 'today'>;
/** What a model is asked with. */
export type ModelServices = BillingServices & Pick<Services, 'gate'>;

export interface ServiceOptions {
  readonly config: Config;
  readonly aws: AwsSettings;
  readonly log: Logger;
  readonly redact: Redact;
  /** Aborted when the process stops. */
  readonly stopping?: AbortSignal;
}

/** Nothing costly is made here. The one place that chooses the adapters of the stores. */
export function createServices(options: ServiceOptions): Services {
  const { config, aws, log, redact, stopping = new AbortController().signal } = options;
  const runtime = createBedrockRuntime(aws, { log });
  const control = createBedrockControl(aws, { log });
  const catalog = once(() => loadCatalog(userModels(config.models)));
  const region = onceDone(() => findRegion(aws));
  const prices = once(() => readPrices(options, region));
  const spending = once(() => openBudgets(options, catalog));
  const stored = { dir: dataFolder(config), keepDays: config.keep_days };
  const threads = once(() => openThreads(stored));
  const calls = once(() => createCalls({ store: openResults(stored), stopping, log }));
  const known = { learned: createLearned(), health: createTargetHealth(() => performance.now()) };
  return {
    ...{ config, log, redact, runtime, control, today },
    gate: createGate(config.max_concurrency),
    defaultModel: config.default_model ?? DEFAULT_MODEL_ALIAS,
    ...{ catalog, prices, region, spending, calls, threads },
    inference: async () => ({
      catalog: await catalog(),
      ...{ control, runtime, ...known, today },
      ...rulesOf(config),
    }),
    warm: async () => {
      await Promise.all([warm(), catalog(), prices()]);
    },
    settled: async () => calls.made()?.settled(),
    close: () => {
      runtime.close();
      control.close();
      // Whatever is being written is finished first; nobody waits for it, and a file that cannot be closed is told in the log.
      spending
        .made()
        ?.then(({ store }) => store.close())
        .catch((error: unknown) => log.debug('The ledger was not closed.', { error: String(error) }));
    },
  };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** What the operator allows a call. */
function rulesOf(config: Config): Pick<InferenceDeps, 'maxRetries' | 'fallbackModels' | 'policy'> {
  return {
    maxRetries: config.max_retries,
    fallbackModels: config.fallback_models,
    policy: {
      allowGlobal: config.allow_global,
      allowGeos: config.allow_geos,
      allowRegions: config.allow_regions,
      allowModels: config.allow_models,
      denyModels: config.deny_models,
    },
  };
}

async function readPrices({ config, log }: ServiceOptions, region: Services['region']): Promise<PriceBook> {
  const regions = [await regionOrCommon({ region }), ...config.allow_regions];
  const refreshed = await pricesFor(
    config.prices,
    { dataDir: dataFolder(config), regions, today: today() },
    (message) => log.warn(message),
  );
  return loadPrices(userModels(config.models), refreshed);
}

async function openBudgets(
  { config, log, redact }: ServiceOptions,
  catalog: Services['catalog'],
): Promise<Spending> {
  const known = await catalog();
  const budgets = withKnownModels(config.budgets, known);
  const store = spendFiles({ dir: dataFolder(config), redact }, log);
  return openSpending({ ...config, budgets }, log, store, (modelId) => [known.aliasOf(modelId) ?? modelId]);
}

async function findRegion(aws: AwsSettings): Promise<string> {
  const region = aws.region ?? (await profileRegion(aws));
  if (region === undefined) throw missingRegion();
  return region;
}
