import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { readArguments } from '../../src/cli/arguments.ts';

const refusal = (...argv: string[]): BedrockError => {
  try {
    readArguments(argv);
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
  throw new Error('the arguments were accepted');
};

describe('the command line', () => {
  it.each([
    [['usage', '--csv', '--region', 'us-east-1'], 'usage', []],
    [['--region', 'us-east-1', 'usage', '--csv'], 'usage', []],
    [['--csv', '--region', 'us-east-1', 'usage'], 'usage', []],
    [['--region=us-east-1', '--csv', 'usage'], 'usage', []],
    [['--region', 'us-east-1'], 'serve', []],
    [['--region', 'us-east-1', 'cost', 'nova-lite', 'usage'], 'cost', ['nova-lite', 'usage']],
    [['--prompt', 'usage', '--region', 'us-east-1', 'cost'], 'cost', []],
    [['--no-allow-global', '--region', 'us-east-1', 'threads', 'list'], 'threads', ['list']],
  ])('%j is the command %s, wherever the flags stand', (argv, command, words) => {
    const parsed = readArguments(argv);
    expect(parsed).toMatchObject({ command: { name: command }, words });
    expect(parsed.flags['region']).toBe(
      argv.some((word) => word.startsWith('--region')) ? 'us-east-1' : undefined,
    );
    if (argv.includes('--csv')) expect(parsed.own).toEqual({ csv: true });
  });

  it.each([
    [['usagee'], '"usagee" is no command'],
    [['serve', 'more'], '"serve more" is no command'],
    [['--shoe-size', '44'], "Unknown option '--shoe-size'"],
    [['--csv'], '--csv belongs to the command usage, not to serve'],
    [['cost', '--csv'], '--csv belongs to the command usage, not to cost'],
    [['usage', '--json'], '--json belongs to the commands cost and threads, not to usage'],
    // A secret in a flag shows up in process lists.
    [['--secret-access-key', 'x'], "Unknown option '--secret-access-key'"],
  ])('%j is refused in words', (argv, words) => {
    expect(refusal(...argv)).toMatchObject({ code: 'config', message: expect.stringContaining(words) });
  });

  it('take an environment file under a name that Node does not take for itself, and under that one too', () => {
    for (const flag of ['--environment-file', '--env-file'])
      expect(readArguments([flag, 'a.env'])).toMatchObject({ envFile: 'a.env' });
  });
});
