/** `--help`, made from the settings table so that it cannot drift. */
import { defaultOf, flagName, listSettings } from '../config/settings.ts';

export function helpText(commands: readonly (readonly [name: string, does: string])[]): string {
  const rows = listSettings()
    .filter(({ facts }) => facts.secret !== true)
    .map(({ name, facts }) => {
      const shown = defaultOf(facts);
      return `  ${`--${flagName(name)}`.padEnd(24)} ${facts.meaning}${shown === undefined ? '' : ` (default: ${shown.replaceAll('`', '')})`}\n  ${''.padEnd(24)} ${facts.env[0] ?? ''}`;
    });
  return [
    'bedrock-mcp: any agent can use any Amazon Bedrock model as a tool.',
    '',
    'Commands',
    ...commands.map(([name, does]) => `  ${name.padEnd(24)} ${does}`),
    '',
    'Flags (each with its environment variable; flags win)',
    `  ${'--config'.padEnd(24)} settings from a YAML or JSON file`,
    `  ${'--env-file'.padEnd(24)} environment variables from a file`,
    ...rows,
    `  ${'--help, --version'}`,
    '',
    'Secrets (AWS keys, Bedrock API key, tokens) come from the environment or a file, never from flags.',
    '',
  ].join('\n');
}
