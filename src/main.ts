#!/usr/bin/env node
/** The bin: argv -> a command. Serving over stdio is the default; nothing touches the network before the first call. */
import './stdout-guard.ts';
import { BedrockError } from './bedrock-error.ts';
import { readArguments } from './commands/arguments.ts';
import { version } from './version.ts';

const HELP_COMMANDS = [
  ['(none)', 'serve MCP over stdio; with --http over Streamable HTTP'],
  ['demo', 'run every tool once against the embedded Bedrock and show what comes back'],
] as const;

async function main(): Promise<number> {
  const parsed = readArguments(process.argv.slice(2));
  if (parsed.version) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (parsed.help) {
    const { helpText } = await import('./commands/help.ts');
    process.stdout.write(helpText(HELP_COMMANDS));
    return 0;
  }
  switch (parsed.command) {
    case 'serve': {
      const { serve } = await import('./commands/serve.ts');
      return serve(parsed);
    }
    case 'demo': {
      const { demo } = await import('./commands/demo.ts');
      return demo();
    }
  }
}

main().then(
  (code) => {
    process.exitCode = code;
    // What is still open (keep-alive sockets, a stuck file) must not hold the process.
    setTimeout(() => process.exit(code), 200).unref();
  },
  (error: unknown) => {
    const text =
      error instanceof BedrockError
        ? `${error.message}\n${error.fix}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`bedrock-mcp: ${text}\n`);
    process.exitCode = error instanceof BedrockError && error.code === 'config' ? 2 : 1;
    setTimeout(() => process.exit(), 200).unref();
  },
);
