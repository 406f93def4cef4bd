/** From arguments and environment to the configured app: settings, redaction, log, credentials, embedded Bedrock. */
import type { AwsSettings } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import { type App, createApp } from '../calls/app.ts';
import { loadConfig } from '../config/load.ts';
import type { SettingName } from '../config/settings.ts';
import { createLogger, createRedact } from '../log.ts';
import { listedTools } from '../tools/tool-set.ts';
import type { Arguments } from './arguments.ts';
import { awsSettings } from './aws-settings.ts';

/** Of the variables that are no settings. */
const MOST_NAMED = 10;

/** What a server needs to be there at all, and to be where it is expected. */
const FOR_SERVING: readonly SettingName[] = ['http', 'host', 'port', 'log'];

type Sources = Pick<Arguments, 'flags' | 'configFile' | 'envFile'>;

/**
 * Reads the configuration for these arguments and this process's environment.
 * @param keepServing a wrong setting is told by every call, not by the end of the process: a host shows no more of a
 *   server that ends than that its connection was closed.
 * @throws BedrockError `config`.
 */
export async function openApp(args: Sources, { keepServing = false } = {}): Promise<App> {
  cleanAwsEnvironment(process.env);
  try {
    return await openConfigured(args, keepServing);
  } catch (error) {
    if (!keepServing || !(error instanceof BedrockError) || error.code !== 'config') throw error;
    return await openUnready(args, error);
  }
}

/** @throws the error itself where nobody would read it through the protocol: over HTTP, or with a wrong port. */
async function openUnready({ flags }: Sources, problem: BedrockError): Promise<App> {
  const loaded = await loadConfig({ flags, environment: process.env, only: FOR_SERVING }).catch(
    () => undefined,
  );
  if (loaded === undefined || loaded.config.http) throw problem;
  const { config } = loaded;
  const redact = createRedact(loaded.secrets);
  const log = createLogger(config.log, redact);
  const aws = awsSettings(loaded);
  return createApp({ config, aws, log, redact, problem });
}

async function openConfigured(args: Sources, keepServing: boolean): Promise<App> {
  const loaded = await loadConfig({ ...args, environment: process.env });
  const { config } = loaded;
  const redact = createRedact(loaded.secrets);
  const log = createLogger(config.log, redact);
  if (keepServing) listedTools(config.tools);
  for (const name of loaded.unknown.slice(0, MOST_NAMED))
    log.warn('An environment variable is no setting of this server and is ignored.', { name });
  if (!config.sandbox) return createApp({ config, aws: awsSettings(loaded), log, redact });
  const backend = await startSandbox();
  const aws = {
    ...awsSettings({ ...loaded, config: withoutCredentials(config) }),
    ...backend.settings(config.region),
  };
  return createApp({ config, aws, log, redact, backend });
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

/** The sandbox brings its own keys and endpoint: the caller's real ones must never reach it. */
function withoutCredentials<T extends object>(config: T): T {
  return {
    ...config,
    auth: 'auto',
    bearer_token: undefined,
    profile: undefined,
    access_key_id: undefined,
    secret_access_key: undefined,
    session_token: undefined,
  };
}

async function startSandbox() {
  const { startSandbox: start } = await import('../sandbox/server/server.ts');
  const sandbox = await start().catch((cause: unknown) => {
    throw new BedrockError('config', {
      message: `The embedded Bedrock cannot start: ${cause instanceof Error ? cause.message : String(cause)}.`,
      fix: 'Loopback networking must be allowed for --sandbox.',
      cause,
    });
  });
  return {
    settings: (region: string | undefined): Partial<AwsSettings> => ({
      region: region ?? 'us-east-1',
      runtimeEndpoint: sandbox.url,
      controlEndpoint: sandbox.url,
      accessKeyId: 'SANDBOXACCESSKEY',
      secretAccessKey: 'sandbox-secret-key',
    }),
    close: () => sandbox.close(),
  };
}
