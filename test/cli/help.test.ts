import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { commandHelp, helpText } from '../../src/cli/help.ts';
import { defaultOf, flagName, listSettings } from '../../src/config/settings.ts';

describe('the help text', () => {
  const lines = helpText().split('\n');

  it('shows for every flag what it is when nobody sets it', () => {
    for (const { name, facts } of listSettings().filter((row) => row.facts.secret !== true)) {
      const line = lines.find((each) => each.startsWith(`  --${flagName(name)} `)) ?? '';
      const shown = defaultOf(facts)?.replaceAll('`', '');
      expect(line).toContain(shown === undefined ? facts.meaning : `(default: ${shown})`);
    }
    expect(lines.find((line) => line.includes('--port '))).toContain('(default: 8808)');
    expect(lines.find((line) => line.includes('--tools '))).toContain('(default: all)');
    expect(lines.find((line) => line.includes('--allow-global '))).toContain('(default: false)');
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'names the command %s, whose own help names all its flags',
    (name, command) => {
      expect(helpText()).toContain(`  ${name} `);
      for (const flag of Object.keys(command.flags)) expect(commandHelp(command)).toContain(`--${flag}`);
    },
  );
});
