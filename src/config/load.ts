/**
 * Reads the settings from flags, environment, env file and config file into one checked configuration.
 * Nothing is read from the working directory by itself: a config or env file must be named.
 */
import { delimiter } from 'node:path';
import type * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import { isJsonObject } from '../json.ts';
import { type Config, FILE_ONLY, fields } from './schema.ts';
import {
  flagName,
  isSettingName,
  listSettings,
  NOT_AVAILABLE,
  type SettingFacts,
  type SettingName,
  settings,
} from './settings.ts';

/** Where a value came from; the credential choice needs it. */
export type SettingSource = 'flag' | 'environment' | 'config file' | 'default';

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: ReadonlyMap<SettingName, SettingSource>;
  /** All secret values, for the redaction gate. */
  readonly secrets: readonly string[];
  /** Variables that look like settings of this server and are none. */
  readonly unknown: readonly string[];
}

export interface ConfigInput {
  /** Flag values by setting name (`idle_timeout`), already parsed from argv. */
  readonly flags?: Readonly<Record<string, string | boolean>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of the config file, YAML or JSON. */
  readonly configFile?: string;
  readonly envFile?: string;
  /** Reads these alone, whatever else is set: for a server that has to tell what is wrong with the rest. */
  readonly only?: readonly SettingName[];
}

/**
 * Reads all sources and checks them.
 * @throws BedrockError `config`: names the variable, flag or key, what it holds (never a secret) and what is allowed.
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const fromEnvFile = input.envFile === undefined ? {} : await readEnvFile(input.envFile);
  const fromFile = input.configFile === undefined ? {} : await readConfigFile(input.configFile);
  const environment = { ...fromEnvFile, ...definedOnly(input.environment ?? {}) };
  const values: Record<string, unknown> = {};
  const sources = new Map<SettingName, SettingSource>();
  const spoken = new Map<string, string>();
  const { only } = input;
  if (only === undefined) refuseNotAvailable(environment);

  for (const { name, facts } of listSettings()) {
    if (only !== undefined && !only.includes(name)) continue;
    const { configFile } = input;
    const nearest =
      flagValue(name, facts, input.flags) ??
      environmentValue(facts, environment) ??
      fileValue(name, facts, fromFile, configFile);
    if (nearest === undefined || nearest.value === undefined) continue;
    values[name] = nearest.value;
    sources.set(name, nearest.source);
    spoken.set(name, nearest.label);
  }
  for (const key of only === undefined ? FILE_ONLY : [])
    if (Object.hasOwn(fromFile, key)) values[key] = fromFile[key];
  for (const key of only === undefined ? Object.keys(fromFile) : []) {
    if (!Object.hasOwn(fields, key)) {
      throw wrongConfig(
        `${input.configFile ?? 'The config file'} has the key "${key}", which is no setting.`,
        knownKeys(),
      );
    }
  }

  const config = checked(values, spoken);
  return {
    config,
    sources,
    secrets: secretsOf([fromFile, fromEnvFile, environment]),
    unknown: unknownIn(environment),
  };
}

/** What one source holds for a setting. An empty flag has no value, and hides the other sources all the same. */
interface Found {
  readonly value: unknown;
  readonly source: SettingSource;
  readonly label: string;
}

function flagValue(
  name: SettingName,
  facts: SettingFacts,
  flags: ConfigInput['flags'] = {},
): Found | undefined {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) return undefined;
  const label = `--${flagName(name)}`;
  return { value: typeof flag === 'boolean' ? flag : fromText(label, flag, facts), source: 'flag', label };
}

function environmentValue(
  facts: SettingFacts,
  environment: Readonly<Record<string, string>>,
): Found | undefined {
  const found = firstSet(facts.env, environment);
  if (found === undefined) return undefined;
  const { name: label } = found;
  return { value: fromText(label, found.value, facts), source: 'environment', label };
}

function fileValue(
  name: SettingName,
  facts: SettingFacts,
  fromFile: Readonly<Record<string, unknown>>,
  configFile = 'the config file',
): Found | undefined {
  if (!Object.hasOwn(fromFile, name)) return undefined;
  const value = fromFile[name];
  const label = `"${name}" in ${configFile}`;
  const isText = facts.from === 'text' || facts.from === 'comma-list' || facts.from === 'path-list';
  const read = typeof value === 'string' && isText ? fromText(label, value, facts) : value;
  return { value: read ?? undefined, source: 'config file', label };
}

const OWN_PREFIX = 'BEDROCK_MCP_';

/** A misspelt limit is no limit, so somebody should say so. */
function unknownIn(environment: Readonly<Record<string, string>>): string[] {
  const known = new Set(listSettings().flatMap(({ facts }) => facts.env));
  return Object.keys(environment).filter((name) => name.startsWith(OWN_PREFIX) && !known.has(name));
}

/** Checks what was set, one by one: making the schemas of all settings takes longer than the rest of a start. */
function checked(values: Readonly<Record<string, unknown>>, spoken: ReadonlyMap<string, string>): Config {
  const whole: Record<string, unknown> = { models: [], budgets: [] };
  for (const { name, facts } of listSettings()) {
    if (facts.initial !== undefined)
      whole[name] = typeof facts.initial === 'object' ? [...facts.initial] : facts.initial;
  }
  for (const name of [...listSettings().map((row) => row.name), ...FILE_ONLY]) {
    if (!Object.hasOwn(values, name)) continue;
    const parsed = fields[name].safeParse(values[name]);
    if (!parsed.success) throw problemOf(name, parsed.error.issues[0], values[name], spoken);
    if (parsed.data !== undefined) whole[name] = parsed.data;
  }
  if (!isWhole(whole)) throw wrongConfig('A setting has no value.', 'Report this as a bug.');
  return whole;
}

/** Each value was checked by its own schema; what is left to see is that none is missing. */
function isWhole(values: Readonly<Record<string, unknown>>): values is Config {
  return listSettings().every(({ name, facts }) => facts.initial === undefined || values[name] !== undefined);
}

/** The secret values of all sources: one that lost to a nearer source is a secret all the same. */
function secretsOf(sources: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = listSettings().flatMap(({ name, facts }) => (facts.secret ? [name, ...facts.env] : []));
  const values = sources.flatMap((source) =>
    names.map((name) => (Object.hasOwn(source, name) ? source[name] : undefined)),
  );
  return values.flatMap((value) => (typeof value === 'string' && value.trim() !== '' ? [value.trim()] : []));
}

/** @throws BedrockError `config` for what somebody counts on and this version does not have. */
function refuseNotAvailable(environment: Readonly<Record<string, string>>): void {
  for (const [name, why] of Object.entries(NOT_AVAILABLE)) {
    if (!Object.hasOwn(environment, name)) continue;
    throw wrongConfig(`${name} is set, but is not available yet: ${why}.`, `Unset ${name}.`);
  }
}

function definedOnly(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && value.trim() !== '') out[name] = value;
  return out;
}

function firstSet(
  names: readonly string[],
  environment: Readonly<Record<string, string>>,
): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && value.trim() !== '') return { name, value };
  }
  return undefined;
}

/** A trimmed value of the right kind; undefined for an empty one. Wrong kinds stay text: the schema's message then names them. */
function fromText(label: string, raw: string, facts: SettingFacts): unknown {
  const value = raw.trim();
  if (value === '') return undefined;
  if (/\$\{[^}]*\}/.test(value)) {
    const shown = facts.secret
      ? 'an unresolved placeholder'
      : `the unresolved placeholder ${value.slice(0, 80)}`;
    throw wrongConfig(
      `${label} holds ${shown}.`,
      `Set ${label} to ${facts.allowed}, or leave it empty. Hosts that do not expand placeholders pass them on as they are.`,
    );
  }
  switch (facts.from) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    case 'boolean':
      if (/^(true|1|yes|on)$/i.test(value)) return true;
      if (/^(false|0|no|off)$/i.test(value)) return false;
      return value;
    case 'comma-list':
      return value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'path-list':
      return value
        .split(delimiter)
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'text':
      return value;
  }
}

function problemOf(
  name: string,
  issue: z.core.$ZodIssue | undefined,
  value: unknown,
  spoken: ReadonlyMap<string, string>,
): BedrockError {
  if (!isSettingName(name)) {
    const where = [name, ...(issue?.path ?? [])].map(String).join('.');
    return wrongConfig(
      `"${where}" in the config file is wrong: ${issue?.message ?? 'unknown problem'}.`,
      'See the README for the shape of its entries.',
    );
  }
  const facts: SettingFacts = settings[name];
  const label = spoken.get(name) ?? name;
  const held = facts.secret
    ? `a value of ${typeof value === 'string' ? value.length : 0} characters that cannot be one`
    : JSON.stringify(value)?.slice(0, 120);
  return wrongConfig(`${label} holds ${held}.`, `Allowed: ${facts.allowed}.`);
}

function wrongConfig(message: string, fix: string): BedrockError {
  return new BedrockError('config', { message, fix });
}

function knownKeys(): string {
  return `Settings are: ${Object.keys(fields).join(', ')}.`;
}

async function readNamed(path: string, what: 'env file' | 'config file'): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new BedrockError('config', {
      message: `The ${what} ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      fix: `Give the path of a readable file to --${what === 'env file' ? 'environment-file' : 'config'}.`,
      cause,
    });
  }
}

async function readEnvFile(path: string): Promise<Record<string, string>> {
  const content = await readNamed(path, 'env file');
  const { parseEnv } = await import('./formats.ts');
  return definedOnly(parseEnv(content));
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const content = await readNamed(path, 'config file');
  const { parseYaml } = await import('./formats.ts');
  let parsed: unknown;
  try {
    // JSON is YAML, so one parser reads both.
    parsed = parseYaml(content);
  } catch (cause) {
    throw wrongConfig(
      `${path} is neither YAML nor JSON: ${cause instanceof Error ? cause.message.split('\n')[0] : ''}`,
      'Correct the line it names.',
    );
  }
  if (parsed === null || parsed === undefined) return {};
  if (!isJsonObject(parsed)) throw wrongConfig(`${path} must hold settings by name.`, knownKeys());
  return parsed;
}
