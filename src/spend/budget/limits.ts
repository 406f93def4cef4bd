/** The limits of the configuration, and which of them a call falls under. Hours, days and months are UTC. */
import { Big } from 'big.js';
import { matches } from '../../catalog/models/name-pattern.ts';
import type { Config } from '../../config/schema.ts';
import { settings } from '../../config/settings.ts';
import { defined } from '../../defined.ts';
import { toUnits } from '../amount.ts';

export type Scope = 'call' | 'hour' | 'day' | 'month';

export interface Limit {
  readonly scope: Scope;
  /** What the reader has to change to lift it. */
  readonly setting: string;
  /** Model ID, alias or pattern; `*` = each model by itself. */
  readonly model?: string;
  /** Thread or pattern; `*` = each thread by itself. */
  readonly thread?: string;
  /** Units of 1e-24 USD. */
  readonly usd?: bigint;
  /** Input and output together. */
  readonly tokens?: number;
  /** Warns in place of refusing. */
  readonly soft: boolean;
}

/** The part of a call that limits look at. */
export interface Limited {
  readonly model: string;
  readonly model_id: string;
  readonly thread?: string;
}

/** Other names of a model, such as its alias. */
export type NamesOf = (modelId: string) => readonly string[];

/** What a limit is counted in: one sum for each of these. */
export interface Bucket {
  readonly key: string;
  /** ISO prefix of the window, such as `2026-11-21T15` for an hour. */
  readonly window: string;
  readonly model?: string;
  readonly thread?: string;
}

/** What counts in a bucket: spent and reserved. */
export interface Balance {
  /** Units of 1e-24 USD. */
  readonly usd: bigint;
  readonly tokens: number;
}

export interface Spent extends Balance {
  readonly bucket: Bucket;
  readonly limit: Limit;
}

/** All that a store has to know to admit a call or to refuse it. */
export interface SpendRules {
  readonly limits: readonly Limit[];
  /** A call without a known price passes USD limits. */
  readonly allowUnknown: boolean;
  readonly namesOf?: NamesOf | undefined;
}

/** @param namesOf aliases of a bare model ID, so that limits may name them. */
export function readRules(config: Config, namesOf?: NamesOf): SpendRules {
  return { limits: readLimits(config), allowUnknown: config.budget_unknown_price === 'allow', namesOf };
}

const PREFIX_LENGTH = { hour: 13, day: 10, month: 7 } as const;

function readLimits(config: Config): Limit[] {
  const limits: Limit[] = [];
  const plain = [
    ['call', settings.budget_usd_per_call, config.budget_usd_per_call],
    ['hour', settings.budget_usd_per_hour, config.budget_usd_per_hour],
    ['day', settings.budget_usd_per_day, config.budget_usd_per_day],
    ['month', settings.budget_usd_per_month, config.budget_usd_per_month],
  ] as const;
  for (const [scope, { env }, usd] of plain)
    if (usd !== undefined) limits.push({ scope, setting: env[0] ?? '', usd: unitsOf(usd), soft: false });
  for (const [at, entry] of config.budgets.entries()) {
    const { scope, model, thread, usd, tokens, soft } = entry;
    limits.push({
      scope,
      setting: `budgets[${at}] in the config file`,
      soft,
      ...defined({ model, thread, tokens, usd: usd === undefined ? undefined : unitsOf(usd) }),
    });
  }
  return limits;
}

function unitsOf(usd: number): bigint {
  return toUnits(new Big(usd).toFixed());
}

/** `2026-11-21T15:05:16.123Z` and `hour` -> `2026-11-21T15`. A call's own window is the call. */
export function windowOf(scope: Scope, time: string): string {
  return scope === 'call' ? time : time.slice(0, PREFIX_LENGTH[scope]);
}

/** When the window of `time` ends, ISO. */
export function windowEnd(scope: Exclude<Scope, 'call'>, time: string): string {
  const date = new Date(time);
  const [year, month, day, hour] = [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
  ];
  const end =
    scope === 'hour'
      ? Date.UTC(year, month, day, hour + 1)
      : scope === 'day'
        ? Date.UTC(year, month, day + 1)
        : Date.UTC(year, month + 1);
  return new Date(end).toISOString();
}

/** The bucket of a limit that a call of this time counts in; undefined when the limit is not about such calls. */
export function bucketOf(limit: Limit, call: Limited, time: string, namesOf?: NamesOf): Bucket | undefined {
  const { scope, model, thread } = limit;
  if (model !== undefined && model !== '*') {
    const names = [call.model, call.model_id, ...(namesOf?.(call.model) ?? [])];
    if (!names.some((name) => matches(model, name))) return undefined;
  }
  if (thread !== undefined) {
    if (call.thread === undefined) return undefined;
    if (thread !== '*' && !matches(thread, call.thread)) return undefined;
  }
  const window = windowOf(scope, time);
  const each = {
    ...(model === '*' ? { model: call.model } : {}),
    ...(thread === '*' && call.thread !== undefined ? { thread: call.thread } : {}),
  };
  return { key: JSON.stringify([limit.setting, window, each.model, each.thread]), window, ...each };
}

/** "The day budget of 5 USD for nova-lite", for messages. */
export function nameOf(limit: Limit, amount: string, bucket: Bucket): string {
  const model = bucket.model ?? limit.model;
  const thread = bucket.thread ?? limit.thread;
  const about = [
    ...(model === undefined ? [] : [` for ${model.slice(0, 100)}`]),
    ...(thread === undefined ? [] : [` in thread ${thread.slice(0, 100)}`]),
  ];
  return `${limit.scope === 'call' ? 'budget per call' : `${limit.scope} budget`} of ${amount}${about.join('')}`;
}
