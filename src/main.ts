#!/usr/bin/env node
/** The bin: argv -> a command. Serving over stdio is the default; nothing touches the network before the first call. */
import './stdout-guard.ts';
import { BedrockError } from './bedrock-error.ts';
import { readArguments } from './cli/arguments.ts';
import { version } from './version.ts';

// The AWS SDK is bundled, so its note on coming Node versions is for the makers of this program; stderr holds JSON lines only.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const HELP_COMMANDS = [
  ['(none)', 'serve MCP over stdio; with --http over Streamable HTTP'],
  ['demo', 'run every tool once against the embedded Bedrock and show what comes back'],
  ['cost [models]', "estimate costs; --refresh fetches AWS's own prices first (--regions a,b)"],
  ['threads [list]', 'kept conversations; threads show ID, threads delete ID...; --json'],
  ['usage', 'what was spent: tables and bars, or --csv / --jsonl; --since, --until, --by'],
] as const;

async function main(): Promise<number> {
  const parsed = readArguments(process.argv.slice(2));
  if (parsed.version) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (parsed.help) {
    const { helpText } = await import('./cli/help.ts');
    process.stdout.write(helpText(HELP_COMMANDS));
    return 0;
  }
  switch (parsed.command) {
    case 'serve': {
      const { serve } = await import('./cli/commands/serve.ts');
      return serve(parsed);
    }
    case 'demo': {
      const { demo } = await import('./cli/commands/demo.ts');
      return demo();
    }
    case 'usage': {
      const { usage, usageOptions } = await import('./cli/commands/usage.ts');
      return usage(parsed, usageOptions(parsed.own));
    }
    case 'threads': {
      const { threads } = await import('./cli/commands/threads.ts');
      return threads(parsed);
    }
    case 'cost': {
      const { runCost } = await import('./cli/commands/run-cost.ts');
      return runCost(parsed);
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
