/** `bedrock-mcp cost` with the services it needs, made from the configuration. */
import { loadConfig } from '../config-load.ts';
import { createLogger, createRedact } from '../log.ts';
import { createServices } from '../tools/services.ts';
import type { Arguments } from './arguments.ts';
import { awsSettings } from './aws-settings.ts';
import { cost } from './cost.ts';

/** Runs on stdout; resolves with the exit code. @throws BedrockError. */
export async function runCost(args: Arguments): Promise<number> {
  const loaded = await loadConfig({
    flags: args.flags,
    environment: process.env,
    ...(args.configFile === undefined ? {} : { configFile: args.configFile }),
    ...(args.envFile === undefined ? {} : { envFile: args.envFile }),
  });
  const redact = createRedact(loaded.secrets);
  const log = createLogger(loaded.config.log, redact);
  const services = createServices({ config: loaded.config, aws: awsSettings(loaded), log, redact });
  try {
    return await cost(args.words, args.own, { services, write: (text) => void process.stdout.write(text) });
  } finally {
    services.close();
  }
}
