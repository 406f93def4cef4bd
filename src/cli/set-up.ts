/** What every command starts with: the checked configuration, the redaction gate and the log. */
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { createLogger, createRedact, type Logger, type Redact } from '../log.ts';
import type { Arguments } from './arguments.ts';

/** Of the variables that are no settings. */
const MOST_NAMED = 10;

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
  const log = createLogger(loaded.config.log, redact);
  for (const name of loaded.unknown.slice(0, MOST_NAMED))
    log.warn('An environment variable is no setting of this server and is ignored.', { name });
  return { loaded, redact, log };
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
