/**
 * What each setting may hold. The schemas are made when a setting is looked at: making all of them takes longer than the
 * rest of a start, and few are ever set.
 */
import * as z from 'zod';
import { budget, userModel } from './entries.ts';
import { MOST_USD, type SettingName, settings } from './settings.ts';

const text = () => z.string().min(1).max(4096);
const line = () => z.stringFormat('one line', (value) => /^[\x20-\x7e]+$/.test(value));
const region = () =>
  z.stringFormat('a Region', (value) => /^[a-z]{2,5}(-[a-z]{2,10}){1,3}-\d{1,2}$/.test(value));
const url = () => z.url({ protocol: /^https?$/ });
const usd = () => z.number().positive().max(MOST_USD);
const wholeNumber = ({ lowest, highest, initial }: { lowest: number; highest: number; initial: number }) =>
  z.int().min(lowest).max(highest).default(initial);
const names = () => z.array(z.string().min(1).max(2048)).max(1000);
const secret = () => z.stringFormat('one line', (value) => /^[\x21-\x7e]{1,16384}$/.test(value));

/** By setting; each look makes the schema. */
export const fields = {
  get region() {
    return region().optional();
  },
  get profile() {
    return line().max(256).optional();
  },
  get access_key_id() {
    return secret().optional();
  },
  get secret_access_key() {
    return secret().optional();
  },
  get session_token() {
    return secret().optional();
  },
  get bearer_token() {
    return secret().optional();
  },
  get auth() {
    return z.enum(settings.auth.choices).default(settings.auth.initial);
  },
  get runtime_endpoint() {
    return url().optional();
  },
  get control_endpoint() {
    return url().optional();
  },
  get default_model() {
    return line().max(2048).optional();
  },
  get fallback_models() {
    return names()
      .max(10)
      .default([...settings.fallback_models.initial]);
  },
  get timeout() {
    return wholeNumber(settings.timeout);
  },
  get idle_timeout() {
    return wholeNumber(settings.idle_timeout);
  },
  get connect_timeout() {
    return wholeNumber(settings.connect_timeout);
  },
  get max_retries() {
    return wholeNumber(settings.max_retries);
  },
  get max_concurrency() {
    return wholeNumber(settings.max_concurrency);
  },
  get data_dir() {
    return text().optional();
  },
  get roots() {
    return z
      .array(text())
      .max(100)
      .default([...settings.roots.initial]);
  },
  get file_hosts() {
    return z
      .array(line().max(255))
      .max(100)
      .default([...settings.file_hosts.initial]);
  },
  get keep_days() {
    return wholeNumber(settings.keep_days);
  },
  get tools() {
    return names()
      .max(50)
      .default([...settings.tools.initial]);
  },
  get allow_models() {
    return names().default([...settings.allow_models.initial]);
  },
  get deny_models() {
    return names().default([...settings.deny_models.initial]);
  },
  get allow_global() {
    return z.boolean().default(settings.allow_global.initial);
  },
  get allow_geos() {
    return names()
      .max(30)
      .default([...settings.allow_geos.initial]);
  },
  get allow_regions() {
    return z
      .array(region())
      .max(50)
      .default([...settings.allow_regions.initial]);
  },
  get budget_usd_per_call() {
    return usd().optional();
  },
  get budget_usd_per_hour() {
    return usd().optional();
  },
  get budget_usd_per_day() {
    return usd().optional();
  },
  get budget_usd_per_month() {
    return usd().optional();
  },
  get budget_unknown_price() {
    return z.enum(settings.budget_unknown_price.choices).default(settings.budget_unknown_price.initial);
  },
  get confirm_above_usd() {
    return usd().optional();
  },
  get prices() {
    return z.enum(settings.prices.choices).default(settings.prices.initial);
  },
  get http() {
    return z.boolean().default(settings.http.initial);
  },
  get host() {
    return line().max(255).default(settings.host.initial);
  },
  get port() {
    return wholeNumber(settings.port);
  },
  get log() {
    return z.enum(settings.log.choices).default(settings.log.initial);
  },
  get sandbox() {
    return z.boolean().default(settings.sandbox.initial);
  },
  /** Only in the config file. */
  get models() {
    return z.array(userModel()).max(1000).default([]);
  },
  /** Only in the config file. */
  get budgets() {
    return z.array(budget()).max(200).default([]);
  },
} satisfies Readonly<Record<SettingName | FileOnly, z.ZodType>>;

type FileOnly = 'models' | 'budgets';
/** Lists that only the config file can hold. */
export const FILE_ONLY: readonly FileOnly[] = ['models', 'budgets'];

export const configSchema = z.strictObject(fields);

export type Config = z.output<typeof configSchema>;
export type UserModelEntry = Config['models'][number];
