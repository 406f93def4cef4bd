/** argv -> command, flags and the paths of config and env file. Every setting that is no secret has a flag. */
import { parseArgs } from 'node:util';
import { BedrockError } from '../bedrock-error.ts';
import { flagName, listSettings } from '../config/settings.ts';
import { defined } from '../defined.ts';
import type { Command, OwnFlags } from './command.ts';
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts';

export interface Arguments {
  readonly command: Command;
  readonly words: readonly string[];
  readonly own: OwnFlags;
  /** By setting name. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly configFile?: string;
  readonly envFile?: string;
  readonly help: boolean;
  readonly version: boolean;
}

/** @throws BedrockError `config` for an unknown flag or command. */
export function readArguments(argv: readonly string[]): Arguments {
  const settings = listSettings().filter(({ facts }) => facts.secret !== true);
  const { values, positionals } = parse(argv, settings);
  const [word = DEFAULT_COMMAND, ...words] = positionals;
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined || (words.length > 0 && command.words === undefined)) {
    throw new BedrockError('config', {
      message: `"${positionals.join(' ').slice(0, 80)}" is no command.`,
      fix: 'bedrock-mcp --help lists all commands.',
    });
  }
  const flags: Record<string, string | boolean> = {};
  for (const { name } of settings) {
    const value = values[flagName(name)];
    if (value !== undefined) flags[name] = value;
  }
  const { config: configFile } = values;
  const envFile = values['environment-file'] ?? values['env-file'];
  return {
    command,
    words,
    own: ownFlags(command, values),
    flags,
    help: values['help'] === true,
    version: values['version'] === true,
    ...defined({
      configFile: typeof configFile === 'string' ? configFile : undefined,
      envFile: typeof envFile === 'string' ? envFile : undefined,
    }),
  };
}

type Options = Record<string, { type: 'string' | 'boolean'; short?: string }>;

function parse(argv: readonly string[], settings: ReturnType<typeof listSettings>) {
  const options: Options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    config: { type: 'string' },
    'environment-file': { type: 'string' },
    // Node 20 takes this one for itself, and ends when there is no such file; it stays for those who have it.
    'env-file': { type: 'string' },
  };
  for (const { name, facts } of settings)
    options[flagName(name)] = { type: facts.from === 'boolean' ? 'boolean' : 'string' };
  // Those of every command, so that a flag's value before the command is not taken for the command.
  for (const { flags } of COMMANDS)
    for (const [name, { type }] of Object.entries(flags)) options[name] = { type };
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const single: Record<string, string | boolean | undefined> = {};
    for (const [name, value] of Object.entries(values)) if (!Array.isArray(value)) single[name] = value;
    return { values: single, positionals };
  } catch (cause) {
    throw new BedrockError('config', {
      message: cause instanceof Error ? (cause.message.split('. ')[0] ?? 'Unknown flag') : 'Unknown flag',
      fix: 'bedrock-mcp --help lists all flags.',
      cause,
    });
  }
}

function ownFlags(command: Command, values: OwnFlags): OwnFlags {
  const own: Record<string, string | boolean> = {};
  for (const name of new Set(COMMANDS.flatMap(({ flags }) => Object.keys(flags)))) {
    const value = values[name];
    if (value === undefined) continue;
    if (command.flags[name] === undefined) throw ofAnother(name, command.name);
    own[name] = value;
  }
  return own;
}

function ofAnother(flag: string, command: string): BedrockError {
  const owners = COMMANDS.filter(({ flags }) => flags[flag] !== undefined).map(({ name }) => name);
  return new BedrockError('config', {
    message: `--${flag} belongs to the command${owners.length > 1 ? 's' : ''} ${owners.join(' and ')}, not to ${command}.`,
    fix: `Leave out --${flag}, or name the command: bedrock-mcp ${owners[0]} --${flag}.`,
  });
}
