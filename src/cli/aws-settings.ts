/** Which credentials the AWS floor gets: one kind, chosen here and said aloud. A bearer token in the environment would otherwise beat everything. */

import type { AwsSettings } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { LoadedConfig, SettingSource } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { SettingName } from '../config/settings.ts';
import { defined } from '../defined.ts';

/** HTTP/1.1 sockets per client; the handler's default of 50 makes the 51st stream wait for two seconds. */
const MAX_SOCKETS = 512;

type Kind = 'bearer' | 'profile' | 'keys' | 'chain';

const SOURCE_RANK: Readonly<Record<SettingSource, number>> = {
  flag: 3,
  environment: 2,
  'config file': 1,
  default: 0,
};
const NEEDS: Readonly<Record<Exclude<Kind, 'chain'>, readonly SettingName[]>> = {
  bearer: ['bearer_token'],
  profile: ['profile'],
  keys: ['access_key_id', 'secret_access_key'],
};

/**
 * Chooses the credentials: what was set closest to the command (flag, then environment, then file) wins; within one
 * source a Bedrock API key, then a profile (as the AWS SDK does), then keys.
 * @throws BedrockError `config` when `auth` asks for what is not there, or only half of the keys is.
 */
export function awsSettings(loaded: LoadedConfig): AwsSettings {
  const { config } = loaded;
  const kind = chooseKind(loaded);
  if (kind === 'keys' && (config.access_key_id === undefined || config.secret_access_key === undefined)) {
    throw new BedrockError('config', {
      message: `${config.access_key_id === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'} is missing beside its other half.`,
      fix: 'Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.',
    });
  }
  return {
    connectTimeoutMs: config.connect_timeout,
    idleTimeoutMs: config.idle_timeout,
    maxSockets: MAX_SOCKETS,
    ...defined({
      region: config.region,
      runtimeEndpoint: config.runtime_endpoint,
      controlEndpoint: config.control_endpoint,
    }),
    ...(kind === 'bearer' && config.bearer_token !== undefined ? { bearerToken: config.bearer_token } : {}),
    ...(kind === 'profile' && config.profile !== undefined ? { profile: config.profile } : {}),
    ...(kind === 'keys' ? keysOf(config) : {}),
  };
}

function keysOf(config: Config): Pick<AwsSettings, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'> {
  return {
    ...defined({
      accessKeyId: config.access_key_id,
      secretAccessKey: config.secret_access_key,
      sessionToken: config.session_token,
    }),
  };
}

function chooseKind({ config, sources }: LoadedConfig): Kind {
  const rank = (kind: Exclude<Kind, 'chain'>) =>
    Math.max(
      -1,
      ...NEEDS[kind].map((name) =>
        config[name] === undefined ? -1 : SOURCE_RANK[sources.get(name) ?? 'default'],
      ),
    );
  if (config.auth !== 'auto') {
    if (config.auth !== 'chain' && rank(config.auth) < 0) {
      throw new BedrockError('config', {
        message: `BEDROCK_MCP_AUTH is ${config.auth}, but there is nothing of that kind.`,
        fix: {
          bearer: 'Set AWS_BEARER_TOKEN_BEDROCK.',
          profile: 'Set AWS_PROFILE.',
          keys: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
        }[config.auth],
      });
    }
    return config.auth;
  }
  const kinds = (['bearer', 'profile', 'keys'] as const).filter((kind) => rank(kind) >= 0);
  return kinds.sort((a, b) => rank(b) - rank(a))[0] ?? 'chain';
}
