/** `bedrock-mcp cost` with the services it needs, made from the configuration. */
import { createServices } from '../../calls/services.ts';
import type { Arguments } from '../arguments.ts';
import { awsSettings } from '../aws-settings.ts';
import { setUp } from '../set-up.ts';
import { cost } from './cost.ts';

/** Runs on stdout; resolves with the exit code. @throws BedrockError. */
export async function runCost(args: Arguments): Promise<number> {
  const { loaded, redact, log } = await setUp(args);
  const services = createServices({ config: loaded.config, aws: awsSettings(loaded), log, redact });
  try {
    return await cost(args.words, args.own, { services, write: (text) => void process.stdout.write(text) });
  } finally {
    services.close();
  }
}
