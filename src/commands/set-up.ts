/** What every command starts with: the checked configuration, the redaction gate and the log. */
import { type LoadedConfig, loadConfig } from '../config-load.ts';
import { createLogger, createRedact, type Logger, type Redact } from '../log.ts';
import type { Arguments } from './arguments.ts';

export interface SetUp {
  readonly loaded: LoadedConfig;
  readonly redact: Redact;
  readonly log: Logger;
}

/** Reads the configuration for these arguments and this process's environment. @throws BedrockError `config`. */
export async function setUp(args: Arguments): Promise<SetUp> {
  cleanAwsEnvironment(process.env);
  const loaded = await loadConfig({
    flags: args.flags,
    environment: process.env,
    ...(args.configFile === undefined ? {} : { configFile: args.configFile }),
    ...(args.envFile === undefined ? {} : { envFile: args.envFile }),
  });
  const redact = createRedact(loaded.secrets);
  return { loaded, redact, log: createLogger(loaded.config.log, redact) };
}

/** The SDK reads some AWS_* variables itself; blanks around them, or empty ones, break its calls. */
function cleanAwsEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('AWS_') || value === undefined) continue;
    const clean = value.trim();
    if (clean === '') delete environment[name];
    else if (clean !== value) environment[name] = clean;
  }
}
