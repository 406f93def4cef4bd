/**
 * Every setting of the product, once: flags, environment, config file and the MCPB form all read this schema,
 * and README's table is generated from it. `config-load.ts` reads the sources.
 */
import * as z from 'zod';
import { budget, userModel } from './config-entries.ts';
import { LOG_LEVELS } from './log.ts';

export interface SettingFacts {
  /** Environment names, the first one wins. */
  readonly env: readonly string[];
  readonly meaning: string;
  /** What is allowed, in words for the message and the table. */
  readonly allowed: string;
  /** Secrets are never printed, not even in part, and have no flag: flags show up in process lists. */
  readonly secret?: true;
  /** How a text from a flag or the environment becomes a value. */
  readonly from: 'text' | 'number' | 'boolean' | 'comma-list' | 'path-list';
  readonly shownDefault?: string;
}

/** Facts beside each field of the schema. */
export const settingFacts = z.registry<SettingFacts>();

const text = z.string().min(1).max(4096);
const line = z.stringFormat('one line', (value) => /^[\x20-\x7e]+$/.test(value));
const region = z.stringFormat('a Region', (value) => /^[a-z]{2,5}(-[a-z]{2,10}){1,3}-\d{1,2}$/.test(value));
const url = z.url({ protocol: /^https?$/ });
const milliseconds = z.int().min(100).max(86_400_000);
const usd = z.number().positive().max(1_000_000);
const names = z.array(z.string().min(1).max(2048)).max(1000);
const secret = z.stringFormat('one line', (value) => /^[\x21-\x7e]{1,16384}$/.test(value));

function setting<T extends z.ZodType>(schema: T, facts: SettingFacts): T {
  settingFacts.add(schema, facts);
  return schema;
}

export const configSchema = z.strictObject({
  region: setting(region.optional(), {
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    meaning: 'AWS Region that calls go to',
    allowed: 'an AWS Region such as us-east-1',
    from: 'text',
    shownDefault: "the profile's Region",
  }),
  profile: setting(line.max(256).optional(), {
    env: ['AWS_PROFILE'],
    meaning: 'named profile of the shared AWS files',
    allowed: 'a profile name',
    from: 'text',
  }),
  access_key_id: setting(secret.optional(), {
    env: ['AWS_ACCESS_KEY_ID'],
    meaning: 'AWS access key; used together with the secret key',
    allowed: 'an access key ID',
    from: 'text',
    secret: true,
  }),
  secret_access_key: setting(secret.optional(), {
    env: ['AWS_SECRET_ACCESS_KEY'],
    meaning: 'AWS secret key',
    allowed: 'a secret access key',
    from: 'text',
    secret: true,
  }),
  session_token: setting(secret.optional(), {
    env: ['AWS_SESSION_TOKEN'],
    meaning: 'session token of temporary keys',
    allowed: 'a session token',
    from: 'text',
    secret: true,
  }),
  bearer_token: setting(secret.optional(), {
    env: ['AWS_BEARER_TOKEN_BEDROCK'],
    meaning: 'Bedrock API key, used in place of AWS keys',
    allowed: 'a Bedrock API key',
    from: 'text',
    secret: true,
  }),
  auth: setting(z.enum(['auto', 'bearer', 'keys', 'profile', 'chain']).default('auto'), {
    env: ['BEDROCK_MCP_AUTH'],
    meaning: 'which credentials to use when several are present',
    allowed: 'auto, bearer, keys, profile or chain',
    from: 'text',
  }),
  runtime_endpoint: setting(url.optional(), {
    env: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ENDPOINT_URL'],
    meaning: 'URL used in place of the runtime endpoint',
    allowed: 'an http or https URL',
    from: 'text',
  }),
  control_endpoint: setting(url.optional(), {
    env: ['AWS_ENDPOINT_URL_BEDROCK', 'AWS_ENDPOINT_URL'],
    meaning: 'URL used in place of the control endpoint',
    allowed: 'an http or https URL',
    from: 'text',
  }),
  default_model: setting(line.max(2048).optional(), {
    env: ['BEDROCK_DEFAULT_MODEL'],
    meaning: 'model used when a call names none',
    allowed: 'an alias, model ID, profile ID or ARN',
    from: 'text',
    shownDefault: 'claude-haiku-4-5',
  }),
  fallback_models: setting(names.max(10).default([]), {
    env: ['BEDROCK_MCP_FALLBACK_MODELS'],
    meaning: 'models tried in this order when the asked one is throttled or unavailable',
    allowed: 'a comma-separated list of models',
    from: 'comma-list',
  }),
  timeout: setting(milliseconds.default(900_000), {
    env: ['BEDROCK_TIMEOUT'],
    meaning: 'total time for one call, ms',
    allowed: 'a whole number from 100 to 86400000',
    from: 'number',
  }),
  idle_timeout: setting(milliseconds.default(300_000), {
    env: ['BEDROCK_IDLE_TIMEOUT'],
    meaning: 'longest silence from Bedrock, before and between events, ms',
    allowed: 'a whole number from 100 to 86400000',
    from: 'number',
  }),
  connect_timeout: setting(milliseconds.default(5_000), {
    env: ['BEDROCK_CONNECT_TIMEOUT'],
    meaning: 'time to open a connection, ms',
    allowed: 'a whole number from 100 to 86400000',
    from: 'number',
  }),
  max_retries: setting(z.int().min(0).max(10).default(2), {
    env: ['BEDROCK_MAX_RETRIES'],
    meaning: 'extra attempts per target',
    allowed: 'a whole number from 0 to 10',
    from: 'number',
  }),
  max_concurrency: setting(z.int().min(1).max(1024).default(256), {
    env: ['BEDROCK_MCP_MAX_CONCURRENCY'],
    meaning: 'calls to Bedrock at the same time; more wait in a queue',
    allowed: 'a whole number from 1 to 1024',
    from: 'number',
  }),
  data_dir: setting(text.optional(), {
    env: ['BEDROCK_MCP_DATA_DIR'],
    meaning: 'ledger, threads and cache',
    allowed: 'a folder',
    from: 'text',
    shownDefault: "the platform's data folder",
  }),
  roots: setting(z.array(text).max(100).default([]), {
    env: ['BEDROCK_MCP_ROOTS'],
    meaning: 'folders that file arguments may come from',
    allowed: `folders separated by ":" (";" on Windows)`,
    from: 'path-list',
    shownDefault: 'none',
  }),
  file_hosts: setting(z.array(line.max(255)).max(100).default([]), {
    env: ['BEDROCK_MCP_FILE_HOSTS'],
    meaning: 'hosts that file arguments may be fetched from, over https',
    allowed: 'a comma-separated list of host names',
    from: 'comma-list',
    shownDefault: 'none',
  }),
  keep_days: setting(z.int().min(1).max(3650).default(30), {
    env: ['BEDROCK_MCP_KEEP_DAYS'],
    meaning: 'days that threads and collected answers are kept after their last use',
    allowed: 'a whole number from 1 to 3650',
    from: 'number',
  }),
  output_dir: setting(text.optional(), {
    env: ['BEDROCK_MCP_OUTPUT_DIR'],
    meaning: 'where files are written',
    allowed: 'a folder',
    from: 'text',
    shownDefault: '`<data dir>/output`',
  }),
  tools: setting(names.max(50).default(['all']), {
    env: ['BEDROCK_MCP_TOOLS'],
    meaning: 'tools to offer',
    allowed: '`core`, `all` or a comma-separated list of tool names',
    from: 'comma-list',
  }),
  allow_models: setting(names.default([]), {
    env: ['BEDROCK_MCP_ALLOW_MODELS'],
    meaning: 'only these models may be called (`*` matches any characters)',
    allowed: 'a comma-separated list of models or patterns',
    from: 'comma-list',
    shownDefault: 'all',
  }),
  deny_models: setting(names.default([]), {
    env: ['BEDROCK_MCP_DENY_MODELS'],
    meaning: 'these models may not be called',
    allowed: 'a comma-separated list of models or patterns',
    from: 'comma-list',
    shownDefault: 'none',
  }),
  allow_global: setting(z.boolean().default(false), {
    env: ['BEDROCK_MCP_ALLOW_GLOBAL'],
    meaning: 'may `global.` profiles be chosen (data may leave the geography)',
    allowed: 'true or false',
    from: 'boolean',
  }),
  allow_geos: setting(names.max(30).default([]), {
    env: ['BEDROCK_MCP_ALLOW_GEOS'],
    meaning: 'geographies whose profiles may be chosen',
    allowed: 'a comma-separated list such as us,eu',
    from: 'comma-list',
    shownDefault: "those offered in the caller's Region",
  }),
  allow_regions: setting(z.array(region).max(50).default([]), {
    env: ['BEDROCK_MCP_ALLOW_REGIONS'],
    meaning: 'Regions that calls may be sent to when the asked one cannot serve them',
    allowed: 'a comma-separated list of Regions',
    from: 'comma-list',
    shownDefault: 'only the configured Region',
  }),
  budget_usd_per_call: setting(usd.optional(), {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_CALL'],
    meaning: 'hard limit for one call, USD',
    allowed: 'a number above 0',
    from: 'number',
    shownDefault: 'none',
  }),
  budget_usd_per_hour: setting(usd.optional(), {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_HOUR', 'BEDROCK_MCP_BUDGET_USD_HOUR'],
    meaning: 'hard limit for an hour, USD',
    allowed: 'a number above 0',
    from: 'number',
    shownDefault: 'none',
  }),
  budget_usd_per_day: setting(usd.optional(), {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_DAY', 'BEDROCK_MCP_BUDGET_USD_DAY'],
    meaning: 'hard limit for a day (UTC), USD',
    allowed: 'a number above 0',
    from: 'number',
    shownDefault: 'none',
  }),
  budget_usd_per_month: setting(usd.optional(), {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_MONTH', 'BEDROCK_MCP_BUDGET_USD_MONTH'],
    meaning: 'hard limit for a month (UTC), USD',
    allowed: 'a number above 0',
    from: 'number',
    shownDefault: 'none',
  }),
  budget_unknown_price: setting(z.enum(['refuse', 'allow']).default('refuse'), {
    env: ['BEDROCK_MCP_BUDGET_UNKNOWN_PRICE'],
    meaning: 'what a USD budget does with a call whose price is unknown',
    allowed: 'refuse or allow',
    from: 'text',
  }),
  confirm_above_usd: setting(usd.optional(), {
    env: ['BEDROCK_MCP_CONFIRM_ABOVE_USD'],
    meaning: 'ask before a call that may cost more, USD',
    allowed: 'a number above 0',
    from: 'number',
    shownDefault: 'none',
  }),
  prices: setting(z.enum(['catalog', 'cached', 'live']).default('cached'), {
    env: ['BEDROCK_MCP_PRICES'],
    meaning:
      "which prices count: the dated catalogue, fetched ones where they are there, or AWS's list fetched once a day",
    allowed: 'catalog, cached or live',
    from: 'text',
  }),
  http: setting(z.boolean().default(false), {
    env: ['BEDROCK_MCP_HTTP'],
    meaning: 'serve over Streamable HTTP in place of stdio',
    allowed: 'true or false',
    from: 'boolean',
  }),
  host: setting(line.max(255).default('127.0.0.1'), {
    env: ['BEDROCK_MCP_HOST'],
    meaning: 'address that HTTP binds to',
    allowed: 'a loopback address: 127.0.0.1, ::1 or localhost',
    from: 'text',
  }),
  port: setting(z.int().min(0).max(65_535).default(8808), {
    env: ['BEDROCK_MCP_PORT'],
    meaning: 'port that HTTP binds to (0 picks a free one)',
    allowed: 'a whole number from 0 to 65535',
    from: 'number',
  }),
  token: setting(secret.min(16).optional(), {
    env: ['BEDROCK_MCP_TOKEN'],
    meaning: 'bearer token that HTTP callers must send',
    allowed: 'at least 16 printable characters',
    from: 'text',
    secret: true,
  }),
  token_file: setting(text.optional(), {
    env: ['BEDROCK_MCP_TOKEN_FILE'],
    meaning: 'file that holds the bearer token',
    allowed: 'a file',
    from: 'text',
  }),
  log: setting(z.enum(LOG_LEVELS).default('info'), {
    env: ['BEDROCK_MCP_LOG'],
    meaning: 'what is written to stderr',
    allowed: LOG_LEVELS.join(', '),
    from: 'text',
  }),
  sandbox: setting(z.boolean().default(false), {
    env: ['BEDROCK_MCP_SANDBOX'],
    meaning: 'use the embedded Bedrock: no AWS account, no cost',
    allowed: 'true or false',
    from: 'boolean',
  }),
  /** Only in the config file. */
  models: z.array(userModel).max(1000).default([]),
  /** Only in the config file. */
  budgets: z.array(budget).max(200).default([]),
});

export type Config = z.output<typeof configSchema>;
type FileOnly = 'models' | 'budgets';
export type SettingName = Exclude<keyof Config, FileOnly>;
export type UserModelEntry = z.output<typeof userModel>;
export type BudgetEntry = z.output<typeof budget>;
/** Lists that only the config file can hold. */
export const FILE_ONLY: readonly FileOnly[] = ['models', 'budgets'];

/** One row of the README's table. */
export interface SettingRow {
  readonly name: SettingName;
  readonly facts: SettingFacts;
}

let rows: readonly SettingRow[] | undefined;

/** The settings in the order of the README's table. */
export function listSettings(): readonly SettingRow[] {
  rows ??= Object.entries(configSchema.shape).flatMap(([name, schema]) => {
    const facts = settingFacts.get(schema);
    return facts !== undefined && isSettingName(name) ? [{ name, facts }] : [];
  });
  return rows;
}

/** What a setting is when nobody sets it; undefined = nothing. */
export function defaultOf(name: SettingName): unknown {
  const parsed = configSchema.shape[name].safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}

/** True for a setting that flags and the environment can carry. */
export function isSettingName(name: string): name is SettingName {
  return !FILE_ONLY.some((each) => each === name) && Object.hasOwn(configSchema.shape, name);
}

/** `idle_timeout` -> `idle-timeout`, the flag's name. */
export function flagName(name: string): string {
  return name.replaceAll('_', '-');
}
