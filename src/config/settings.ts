/**
 * Every setting of the product, once: flags, environment, config file and the MCPB form all read this table,
 * and README's is generated from it. `schema.ts` says what each may hold, `load.ts` reads the sources.
 */
import { LOG_LEVELS } from '../log.ts';

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
  /** What it is when nobody sets it; none = nothing. */
  readonly initial?: string | number | boolean | readonly string[];
  readonly shownDefault?: string;
  /** The ends of a whole number's range. */
  readonly lowest?: number;
  readonly highest?: number;
  /** The only words allowed. */
  readonly choices?: readonly string[];
}

/** The most that a limit in USD may be: more is a slip of the keyboard. */
export const MOST_USD = 1_000_000;

/** The words that README and messages show are made from the range that the schema checks. */
const wholeNumber = (lowest: number, highest: number) =>
  ({ from: 'number', allowed: `a whole number from ${lowest} to ${highest}`, lowest, highest }) as const;
const dollars = { from: 'number', allowed: `a number above 0, at most ${MOST_USD}` } as const;
const oneOf = <const T extends readonly string[]>(...choices: T) =>
  ({
    from: 'text',
    allowed: `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
    choices,
  }) as const;

export const settings = {
  region: {
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    meaning: 'AWS Region that calls go to',
    allowed: 'an AWS Region such as us-east-1',
    from: 'text',
    shownDefault: "the profile's Region",
  },
  profile: {
    env: ['AWS_PROFILE'],
    meaning: 'named profile of the shared AWS files',
    allowed: 'a profile name',
    from: 'text',
  },
  access_key_id: {
    env: ['AWS_ACCESS_KEY_ID'],
    meaning: 'AWS access key; used together with the secret key',
    allowed: 'an access key ID',
    from: 'text',
    secret: true,
  },
  secret_access_key: {
    env: ['AWS_SECRET_ACCESS_KEY'],
    meaning: 'AWS secret key',
    allowed: 'a secret access key',
    from: 'text',
    secret: true,
  },
  session_token: {
    env: ['AWS_SESSION_TOKEN'],
    meaning: 'session token of temporary keys',
    allowed: 'a session token',
    from: 'text',
    secret: true,
  },
  bearer_token: {
    env: ['AWS_BEARER_TOKEN_BEDROCK'],
    meaning: 'Bedrock API key, used in place of AWS keys',
    allowed: 'a Bedrock API key',
    from: 'text',
    secret: true,
  },
  auth: {
    env: ['BEDROCK_MCP_AUTH'],
    meaning: 'which credentials to use when several are present',
    ...oneOf('auto', 'bearer', 'keys', 'profile', 'chain'),
    initial: 'auto',
  },
  runtime_endpoint: {
    env: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ENDPOINT_URL'],
    meaning: 'URL used in place of the runtime endpoint',
    allowed: 'an http or https URL',
    from: 'text',
  },
  control_endpoint: {
    env: ['AWS_ENDPOINT_URL_BEDROCK', 'AWS_ENDPOINT_URL'],
    meaning: 'URL used in place of the control endpoint',
    allowed: 'an http or https URL',
    from: 'text',
  },
  default_model: {
    env: ['BEDROCK_DEFAULT_MODEL'],
    meaning: 'model used when a call names none',
    allowed: 'an alias, model ID, profile ID or ARN',
    from: 'text',
    shownDefault: 'claude-haiku-4-5',
  },
  fallback_models: {
    env: ['BEDROCK_MCP_FALLBACK_MODELS'],
    meaning: 'models tried in this order when the asked one is throttled or unavailable',
    allowed: 'a comma-separated list of models',
    from: 'comma-list',
    initial: [],
  },
  timeout: {
    env: ['BEDROCK_TIMEOUT'],
    meaning: 'total time for one call, ms',
    ...wholeNumber(100, 86_400_000),
    initial: 900_000,
  },
  idle_timeout: {
    env: ['BEDROCK_IDLE_TIMEOUT'],
    meaning: 'longest silence from Bedrock, before and between events, ms',
    ...wholeNumber(100, 86_400_000),
    initial: 300_000,
  },
  connect_timeout: {
    env: ['BEDROCK_CONNECT_TIMEOUT'],
    meaning: 'time to open a connection, ms',
    ...wholeNumber(100, 86_400_000),
    initial: 5_000,
  },
  max_retries: {
    env: ['BEDROCK_MAX_RETRIES'],
    meaning: 'extra attempts per target',
    ...wholeNumber(0, 10),
    initial: 2,
  },
  max_concurrency: {
    env: ['BEDROCK_MCP_MAX_CONCURRENCY'],
    meaning: 'calls to Bedrock at the same time; more wait in a queue',
    ...wholeNumber(1, 1024),
    initial: 256,
  },
  data_dir: {
    env: ['BEDROCK_MCP_DATA_DIR'],
    meaning: 'ledger, threads and cache',
    allowed: 'a folder',
    from: 'text',
    shownDefault: "the platform's data folder",
  },
  roots: {
    env: ['BEDROCK_MCP_ROOTS'],
    meaning: 'folders that file arguments may come from',
    allowed: `folders separated by ":" (";" on Windows)`,
    from: 'path-list',
    shownDefault: 'none',
    initial: [],
  },
  file_hosts: {
    env: ['BEDROCK_MCP_FILE_HOSTS'],
    meaning: 'hosts that file arguments may be fetched from, over https',
    allowed: 'a comma-separated list of host names',
    from: 'comma-list',
    shownDefault: 'none',
    initial: [],
  },
  keep_days: {
    env: ['BEDROCK_MCP_KEEP_DAYS'],
    meaning: 'days that threads and collected answers are kept after their last use',
    ...wholeNumber(1, 3650),
    initial: 30,
  },
  tools: {
    env: ['BEDROCK_MCP_TOOLS'],
    meaning: 'tools to offer',
    allowed: '`core`, `all` or a comma-separated list of tool names',
    from: 'comma-list',
    initial: ['all'],
  },
  allow_models: {
    env: ['BEDROCK_MCP_ALLOW_MODELS'],
    meaning: 'only these models may be called (`*` matches any characters)',
    allowed: 'a comma-separated list of models or patterns',
    from: 'comma-list',
    shownDefault: 'all',
    initial: [],
  },
  deny_models: {
    env: ['BEDROCK_MCP_DENY_MODELS'],
    meaning: 'these models may not be called',
    allowed: 'a comma-separated list of models or patterns',
    from: 'comma-list',
    shownDefault: 'none',
    initial: [],
  },
  allow_global: {
    env: ['BEDROCK_MCP_ALLOW_GLOBAL'],
    meaning: 'may `global.` profiles be chosen (data may leave the geography)',
    allowed: 'true or false',
    from: 'boolean',
    initial: false,
  },
  allow_geos: {
    env: ['BEDROCK_MCP_ALLOW_GEOS'],
    meaning: 'geographies whose profiles may be chosen',
    allowed: 'a comma-separated list such as us,eu',
    from: 'comma-list',
    shownDefault: "those offered in the caller's Region",
    initial: [],
  },
  allow_regions: {
    env: ['BEDROCK_MCP_ALLOW_REGIONS'],
    meaning: 'Regions that calls may be sent to when the asked one cannot serve them',
    allowed: 'a comma-separated list of Regions',
    from: 'comma-list',
    shownDefault: 'only the configured Region',
    initial: [],
  },
  budget_usd_per_call: {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_CALL'],
    meaning: 'hard limit for one call, USD',
    ...dollars,
    shownDefault: 'none',
  },
  budget_usd_per_hour: {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_HOUR', 'BEDROCK_MCP_BUDGET_USD_HOUR'],
    meaning: 'hard limit for an hour, USD',
    ...dollars,
    shownDefault: 'none',
  },
  budget_usd_per_day: {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_DAY', 'BEDROCK_MCP_BUDGET_USD_DAY'],
    meaning: 'hard limit for a day (UTC), USD',
    ...dollars,
    shownDefault: 'none',
  },
  budget_usd_per_month: {
    env: ['BEDROCK_MCP_BUDGET_USD_PER_MONTH', 'BEDROCK_MCP_BUDGET_USD_MONTH'],
    meaning: 'hard limit for a month (UTC), USD',
    ...dollars,
    shownDefault: 'none',
  },
  budget_unknown_price: {
    env: ['BEDROCK_MCP_BUDGET_UNKNOWN_PRICE'],
    meaning: 'what a USD budget does with a call whose price is unknown',
    ...oneOf('refuse', 'allow'),
    initial: 'refuse',
  },
  confirm_above_usd: {
    env: ['BEDROCK_MCP_CONFIRM_ABOVE_USD'],
    meaning: 'ask before a call that may cost more, USD',
    ...dollars,
    shownDefault: 'none',
  },
  prices: {
    env: ['BEDROCK_MCP_PRICES'],
    meaning:
      "which prices count: the dated catalogue, fetched ones where they are there, or AWS's list fetched once a day",
    ...oneOf('catalog', 'cached', 'live'),
    initial: 'cached',
  },
  http: {
    env: ['BEDROCK_MCP_HTTP'],
    meaning: 'serve over Streamable HTTP in place of stdio',
    allowed: 'true or false',
    from: 'boolean',
    initial: false,
  },
  host: {
    env: ['BEDROCK_MCP_HOST'],
    meaning: 'address that HTTP binds to',
    allowed: 'a loopback address: 127.0.0.1, ::1 or localhost',
    from: 'text',
    initial: '127.0.0.1',
  },
  port: {
    env: ['BEDROCK_MCP_PORT'],
    meaning: 'port that HTTP binds to (0 picks a free one)',
    ...wholeNumber(0, 65_535),
    initial: 8808,
  },
  log: {
    env: ['BEDROCK_MCP_LOG'],
    meaning: 'what is written to stderr',
    ...oneOf(...LOG_LEVELS),
    initial: 'info',
  },
  sandbox: {
    env: ['BEDROCK_MCP_SANDBOX'],
    meaning: 'use the embedded Bedrock: no AWS account, no cost',
    allowed: 'true or false',
    from: 'boolean',
    initial: false,
  },
} as const satisfies Readonly<Record<string, SettingFacts>>;

export type SettingName = keyof typeof settings;

/**
 * Variables that stand for something this version cannot do, with what the reader has to know. They are refused rather
 * than ignored: whoever sets a token believes that a door is locked.
 */
export const NOT_AVAILABLE: Readonly<Record<string, string>> = {
  BEDROCK_MCP_TOKEN: 'HTTP callers are not asked for a token; anybody who reaches the port can call',
  BEDROCK_MCP_TOKEN_FILE: 'HTTP callers are not asked for a token; anybody who reaches the port can call',
  BEDROCK_MCP_OUTPUT_DIR: 'no tool writes files',
};

/** One row of the README's table. */
export interface SettingRow {
  readonly name: SettingName;
  readonly facts: SettingFacts;
}

let rows: readonly SettingRow[] | undefined;

/** The settings in the order of the README's table. */
export function listSettings(): readonly SettingRow[] {
  rows ??= Object.entries(settings).flatMap(([name, facts]) =>
    isSettingName(name) ? [{ name, facts }] : [],
  );
  return rows;
}

/** What a setting is when nobody sets it, in words; undefined = nothing. */
export function defaultOf(facts: SettingFacts): string | undefined {
  const { initial, shownDefault } = facts;
  if (shownDefault !== undefined || initial === undefined) return shownDefault;
  const text = typeof initial === 'object' ? initial.join(',') : String(initial);
  return text === '' ? undefined : `\`${text}\``;
}

/** True for a setting that flags and the environment can carry. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** `idle_timeout` -> `idle-timeout`, the flag's name. */
export function flagName(name: string): string {
  return name.replaceAll('_', '-');
}
