/** The store of spend and the budgets of this process, from the configuration. */
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { Config } from '../config/schema.ts';
import { defined } from '../defined.ts';
import type { Logger, Redact } from '../log.ts';
import { type Budgets, createBudgets } from './budget/budget.ts';
import { type NamesOf, readRules } from './budget/limits.ts';
import { createFileSpendStore } from './ledger/file-store.ts';
import { openLedger } from './ledger/ledger.ts';
import type { SpendStore } from './store.ts';

export interface Spending {
  readonly store: SpendStore;
  readonly budgets: Budgets;
}

export interface SpendingOptions {
  readonly redact?: Redact;
  /** Aliases of a bare model ID, so that limits may name them. */
  readonly namesOf?: NamesOf;
}

/** Touches no file yet. */
export function openSpending(config: Config, log: Logger, options: SpendingOptions = {}): Spending {
  const rules = readRules(config, options.namesOf);
  const ledger = openLedger({ dir: dataFolder(config), ...defined({ redact: options.redact }) });
  const store = createFileSpendStore(ledger, rules, log);
  return { store, budgets: createBudgets(rules, store, log) };
}

/** The data folder. What the sandbox pretends to cost does not mix with real spend unless a folder was named. */
export function dataFolder(config: Pick<Config, 'data_dir' | 'sandbox'>): string {
  if (config.data_dir !== undefined) return config.data_dir;
  const { data } = envPaths('bedrock-mcp', { suffix: '' });
  return config.sandbox ? join(data, 'sandbox') : data;
}
