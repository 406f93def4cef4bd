/** `--help`, made from the tables of settings and commands so that it cannot drift. */
import { defaultOf, flagName, listSettings } from '../config/settings.ts';
import type { Command } from './command.ts';
import { COMMANDS, DEFAULT_COMMAND } from './commands.ts';

const row = (name: string, meaning: string) => `  ${name.padEnd(26)} ${meaning}`;

/** Help for one command: its words and flags. The settings' flags stand in the general help. */
export function commandHelp({ name, words, meaning, flags }: Command): string {
  const own = Object.entries(flags).map(([flag, each]) =>
    row(`--${flag}${each.type === 'string' ? ' VALUE' : ''}`, each.meaning),
  );
  return [
    `bedrock-mcp ${[name, words].filter((part) => part !== undefined).join(' ')}: ${meaning}.`,
    '',
    ...(own.length === 0 ? [] : ['Flags', ...own, '']),
    'bedrock-mcp --help lists the flags of the settings, which every command takes.',
    '',
  ].join('\n');
}

export function helpText(): string {
  const settings = listSettings()
    .filter(({ facts }) => facts.secret !== true)
    .flatMap(({ name, facts }) => {
      const initial = defaultOf(facts);
      const meaning = `${facts.meaning}${initial === undefined ? '' : ` (default: ${initial.replaceAll('`', '')})`}`;
      return [row(`--${flagName(name)}`, meaning), row('', facts.env[0] ?? '')];
    });
  return [
    'bedrock-mcp: any agent can use any Amazon Bedrock model as a tool.',
    '',
    `Commands (without one: ${DEFAULT_COMMAND}; bedrock-mcp COMMAND --help shows its flags)`,
    ...COMMANDS.flatMap(({ name, words = '', meaning }) =>
      `${name} ${words}`.length < 26
        ? [row(`${name} ${words}`, meaning)]
        : [row(`${name} ${words}`, ''), row('', meaning)],
    ),
    '',
    'Flags (each with its environment variable; flags win)',
    row('--config', 'settings from a YAML or JSON file'),
    row('--environment-file', 'environment variables from a file'),
    ...settings,
    row('--help, --version', ''),
    '',
    'Secrets (AWS keys, Bedrock API key, tokens) come from the environment or a file, never from flags.',
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}
