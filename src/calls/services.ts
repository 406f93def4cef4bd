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
import { withKnownModels } from '../spend/budget/models.ts';
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

export interface ServiceOptions {
  readonly config: Config;
  readonly aws: AwsSettings;
  readonly log: Logger;
  readonly redact: Redact;
  /** Aborted when the process stops. */
  readonly stopping?: AbortSignal;
}

export function createServices({ config, aws, log, redact, stopping }: ServiceOptions): Services {
  const runtime = createBedrockRuntime(aws, { log });
  const control = createBedrockControl(aws, { log });
  const learned = createLearned();
  const health = createTargetHealth(() => performance.now());
  const gate = createGate(config.max_concurrency);
  const today = () => new Date().toISOString().slice(0, 10);
  let catalog: Promise<Catalog> | undefined;
  let prices: Promise<PriceBook> | undefined;
  let region: Promise<string> | undefined;

  let spending: Promise<Spending> | undefined;
  let calls: Calls | undefined;
  let threads: ThreadStore | undefined;
  const kept = { dir: dataFolder(config), keepDays: config.keep_days };
  const readPrices = async () => {
    const regions = [await regionOrCommon(services), ...config.allow_regions];
    const refreshed = await pricesFor(
      config.prices,
      { dataDir: dataFolder(config), regions, today: today() },
      (message) => log.warn(message),
    );
    return loadPrices(userModels(config.models), refreshed);
  };
  const openLedger = async () => {
    const known = await services.catalog();
    const budgets = withKnownModels(config.budgets, known);
    return openSpending({ ...config, budgets }, log, {
      redact,
      namesOf: (modelId) => [known.aliasOf(modelId) ?? modelId],
    });
  };

  const services: Services = {
    config,
    log,
    redact,
    runtime,
    control,
    gate,
    defaultModel: config.default_model ?? DEFAULT_MODEL_ALIAS,
    today,
    catalog: () => {
      catalog ??= loadCatalog(userModels(config.models));
      return catalog;
    },
    prices: () => {
      prices ??= readPrices();
      return prices;
    },
    region: () => {
      region ??= findRegion(aws).catch((error: unknown) => {
        // The shared files may be mended while the server runs, so a failure is not kept.
        region = undefined;
        throw error;
      });
      return region;
    },
    spending: () => {
      spending ??= openLedger();
      return spending;
    },
    calls: () => {
      calls ??= createCalls({
        store: openResults(kept),
        stopping: stopping ?? new AbortController().signal,
        log,
      });
      return calls;
    },
    threads: () => {
      threads ??= openThreads(kept);
      return threads;
    },
    inference: async () => ({
      catalog: await services.catalog(),
      control,
      runtime,
      learned,
      health,
      today,
      maxRetries: config.max_retries,
      fallbackModels: config.fallback_models,
      policy: {
        allowGlobal: config.allow_global,
        allowGeos: config.allow_geos,
        allowRegions: config.allow_regions,
        allowModels: config.allow_models,
        denyModels: config.deny_models,
      },
    }),
    warm: async () => {
      await Promise.all([warm(), services.catalog(), services.prices()]);
    },
    settled: async () => calls?.settled(),
    close: () => {
      runtime.close();
      control.close();
      // Whatever is being written is finished first; nobody waits for it, and a file that cannot be closed is told in the log.
      spending
        ?.then(({ store }) => store.close())
        .catch((error: unknown) => log.debug('The ledger was not closed.', { error: String(error) }));
    },
  };
  return services;
}

async function findRegion(aws: AwsSettings): Promise<string> {
  const region = aws.region ?? (await profileRegion(aws));
  if (region === undefined) throw missingRegion();
  return region;
}
