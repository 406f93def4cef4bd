/** The store of spend and the budgets of this process, from the configuration. */
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { type Budgets, createBudgets } from './budget/budget.ts';
import { type NamesOf, readRules, type SpendRules } from './budget/limits.ts';
import type { SpendStore } from './store.ts';

export interface Spending {
  readonly store: SpendStore;
  readonly budgets: Budgets;
}

/**
 * Touches no store yet.
 * @param openStore makes the adapter: the store keeps balances, so it has to know what is limited.
 * @param namesOf aliases of a bare model ID, so that limits may name them.
 */
export function openSpending(
  config: Config,
  log: Logger,
  openStore: (rules: SpendRules) => SpendStore,
  namesOf?: NamesOf,
): Spending {
  const rules = readRules(config, namesOf);
  const store = openStore(rules);
  return { store, budgets: createBudgets(rules, store, log) };
}

/** The data folder. What the sandbox pretends to cost does not mix with real spend unless a folder was named. */
export function dataFolder(config: Pick<Config, 'data_dir' | 'sandbox'>): string {
  if (config.data_dir !== undefined) return config.data_dir;
  const { data } = envPaths('bedrock-mcp', { suffix: '' });
  return config.sandbox ? join(data, 'sandbox') : data;
}
