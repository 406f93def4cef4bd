#!/usr/bin/env node
/** The bin: argv -> a command. Serving over stdio is the default; nothing touches the network before the first call. */
import './stdout-guard.ts';
import { BedrockError } from './bedrock-error.ts';
import type { App } from './calls/app.ts';
import { readArguments } from './cli/arguments.ts';
import { DEFAULT_COMMAND } from './cli/commands.ts';
import { mappedStack } from './mapped-stack.ts';
import { version } from './version.ts';

// The AWS SDK is bundled, so its note on coming Node versions is for the makers of this program; stderr holds JSON lines only.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

async function main(): Promise<number> {
  const { command, words, own, ...parsed } = readArguments(process.argv.slice(2));
  if (parsed.version) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (parsed.help) {
    const { commandHelp, helpText } = await import('./cli/help.ts');
    process.stdout.write(command.name === DEFAULT_COMMAND ? helpText() : commandHelp(command));
    return 0;
  }
  let app: Promise<App> | undefined;
  const run = await command.load();
  try {
    return await run({
      words,
      flags: own,
      open: (options) => {
        app ??= import('./cli/open-app.ts').then(({ openApp }) => openApp(parsed, options));
        return app;
      },
    });
  } finally {
    await (await app)?.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
    // What is still open (keep-alive sockets, a stuck file) must not hold the process.
    setTimeout(() => process.exit(code), 200).unref();
  },
  (error: unknown) => {
    const text = error instanceof BedrockError ? `${error.message}\n${error.fix}` : mappedStack(error);
    process.stderr.write(`bedrock-mcp: ${text}\n`);
    process.exitCode = error instanceof BedrockError && error.code === 'config' ? 2 : 1;
    setTimeout(() => process.exit(), 200).unref();
  },
);
