/** argv -> command, flags and the paths of config and env file. Every setting that is no secret has a flag. */
import { parseArgs } from 'node:util';
import { BedrockError } from '../bedrock-error.ts';
import { flagName, listSettings } from '../config/settings.ts';
import { COST_FLAGS } from './commands/cost-flags.ts';
import { THREADS_FLAGS } from './commands/threads-flags.ts';
import { USAGE_FLAGS } from './commands/usage-flags.ts';

export interface Arguments {
  readonly command: (typeof COMMANDS)[number];
  /** Words after the command, such as models for `cost`. */
  readonly words: readonly string[];
  /** Flags of the command alone. */
  readonly own: Readonly<Record<string, string | boolean>>;
  /** By setting name. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly configFile?: string;
  readonly envFile?: string;
  readonly help: boolean;
  readonly version: boolean;
}

const COMMANDS = ['serve', 'demo', 'cost', 'usage', 'threads'] as const;
/** Commands that take words of their own: models, threads. */
const WITH_WORDS: readonly string[] = ['cost', 'threads'];
/** Flags that belong to one command; the settings' flags are everybody's. */
const OWN_FLAGS: Readonly<Record<string, Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>>> =
  {
    cost: COST_FLAGS,
    usage: USAGE_FLAGS,
    threads: THREADS_FLAGS,
  };

/** @throws BedrockError `config` for an unknown flag or command. */
export function readArguments(argv: readonly string[]): Arguments {
  const settings = listSettings().filter(({ facts }) => facts.secret !== true);
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    config: { type: 'string' },
    'env-file': { type: 'string' },
  };
  for (const { name, facts } of settings)
    options[flagName(name)] = { type: facts.from === 'boolean' ? 'boolean' : 'string' };
  // Those of every command, so that a flag's value before the command is not taken for the command.
  for (const commandFlags of Object.values(OWN_FLAGS))
    for (const [name, { type }] of Object.entries(commandFlags)) options[name] = { type };
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, allowNegative: true });
  } catch (cause) {
    throw new BedrockError('config', {
      message: cause instanceof Error ? (cause.message.split('. ')[0] ?? 'Unknown flag') : 'Unknown flag',
      fix: 'bedrock-mcp --help lists all flags.',
      cause,
    });
  }
  const { values, positionals } = parsed;
  const [word = 'serve', ...rest] = positionals;
  const command = COMMANDS.find((each) => each === word);
  if (command === undefined || (rest.length > 0 && !WITH_WORDS.includes(command))) {
    throw new BedrockError('config', {
      message: `"${positionals.join(' ').slice(0, 80)}" is no command.`,
      fix: 'bedrock-mcp --help lists all commands.',
    });
  }
  const flags: Record<string, string | boolean> = {};
  for (const { name } of settings) {
    const value = values[flagName(name)];
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value;
  }
  const own: Record<string, string | boolean> = {};
  for (const name of new Set(Object.values(OWN_FLAGS).flatMap(Object.keys))) {
    const value = values[name];
    if (typeof value !== 'string' && typeof value !== 'boolean') continue;
    if (OWN_FLAGS[command]?.[name] === undefined) throw ofAnother(name, command);
    own[name] = value;
  }
  const { config, 'env-file': envFile } = values;
  return {
    command,
    words: rest,
    own,
    flags,
    help: values['help'] === true,
    version: values['version'] === true,
    ...(typeof config === 'string' ? { configFile: config } : {}),
    ...(typeof envFile === 'string' ? { envFile } : {}),
  };
}

function ofAnother(flag: string, command: string): BedrockError {
  const owners = Object.keys(OWN_FLAGS).filter((each) => OWN_FLAGS[each]?.[flag] !== undefined);
  return new BedrockError('config', {
    message: `--${flag} belongs to the command${owners.length > 1 ? 's' : ''} ${owners.join(' and ')}, not to ${command}.`,
    fix: `Leave out --${flag}, or name the command: bedrock-mcp ${owners[0]} --${flag}.`,
  });
}
