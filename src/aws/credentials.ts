/**
 * Which credentials are used and why, decided here and said aloud. The SDK would decide by itself that any
 * AWS_BEARER_TOKEN_BEDROCK beats explicit keys, even an empty one (which then breaks every call), so the scheme is
 * always passed in code.
 */

import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import type { AuthMode, AwsSettings } from './types.ts';

/** The longest wait for a credential source, ms: instance metadata, SSO and credential processes may hang. */
const CREDENTIAL_TIMEOUT_MS = 30_000;

export interface AuthPlan {
  readonly mode: AuthMode;
  /** A name for people: `Bedrock API key`, `environment keys`, `explicit keys`, `profile dev`, `default chain`. Never a value. */
  readonly source: string;
  /** The named profile whose files are read; absent when no profile is used. */
  readonly profile?: string;
  /** True when reading the source again may give other credentials (files, SSO, roles; not settings). */
  readonly rereadable: boolean;
  /** Exact values for the redaction gate. */
  readonly secrets: readonly string[];
}

/** What the SDK client is built with. */
export interface AuthConfig {
  readonly authSchemePreference: string[];
  readonly token?: { readonly token: string };
  readonly credentials?: AwsCredentialIdentityProvider;
}

/** Trimmed text; blank is absent. The settings should be clean already, but a blank token breaks every call. */
function clean(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function unsendable(name: string): BedrockError {
  return new BedrockError('invalid_credentials', {
    message: `${name} contains a blank, a quote or a character that cannot be sent in a header.`,
    fix: `Set ${name} again as one line without blanks or quotes.`,
  });
}

/**
 * Decides how requests are signed: Bedrock API key, else explicit keys as a whole triple, else the named profile,
 * else the SDK's default chain. No I/O. Throws `invalid_credentials` for half a key pair or an unsendable token.
 */
export function planAuth(settings: AwsSettings): AuthPlan {
  const token = clean(settings.bearerToken);
  if (token !== undefined) {
    if (!/^[\x21\x23-\x26\x28-\x7e]{1,16384}$/.test(token)) throw unsendable('AWS_BEARER_TOKEN_BEDROCK');
    return { mode: 'bearer', source: 'Bedrock API key', rereadable: false, secrets: [token] };
  }
  const accessKeyId = clean(settings.accessKeyId);
  const secretAccessKey = clean(settings.secretAccessKey);
  const profile = clean(settings.profile);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const sessionToken = clean(settings.sessionToken);
    const secrets = [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), accessKeyId];
    const ambient = process.env['AWS_ACCESS_KEY_ID']?.trim() === accessKeyId;
    const source = ambient ? 'environment keys' : 'explicit keys';
    return { mode: 'sigv4', source, rereadable: false, secrets };
  }
  if (profile !== undefined) {
    return { mode: 'sigv4', source: `profile ${profile}`, profile, rereadable: true, secrets: [] };
  }
  if (accessKeyId !== undefined || secretAccessKey !== undefined) {
    const [there, missing] =
      accessKeyId === undefined
        ? ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID']
        : ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    throw new BedrockError('invalid_credentials', {
      message: `${there} is set, but ${missing} is not.`,
      fix: `Set ${missing} too, or unset ${there} and use AWS_PROFILE.`,
    });
  }
  return { mode: 'sigv4', source: 'default chain', rereadable: true, secrets: [] };
}

/** Told the secret values of each identity that a file or role gave, for the redaction gate. */
type OnSecrets = (secrets: readonly string[]) => void;

/** Ends the wait for a source that hangs; the answer of the source, if it ever comes, is dropped. */
function bounded(
  provider: AwsCredentialIdentityProvider,
  source: string,
  onSecrets: OnSecrets,
): AwsCredentialIdentityProvider {
  return async (properties) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new BedrockError('no_credentials', {
            message: `The credential source (${source}) did not answer within ${CREDENTIAL_TIMEOUT_MS / 1000} s.`,
            fix: 'Outside AWS set AWS_PROFILE, access keys or AWS_BEARER_TOKEN_BEDROCK; AWS_EC2_METADATA_DISABLED=true skips the instance metadata service.',
          }),
        );
      }, CREDENTIAL_TIMEOUT_MS);
    });
    try {
      const identity = await Promise.race([provider(properties), late]);
      const { secretAccessKey, sessionToken, accessKeyId } = identity;
      onSecrets([secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), accessKeyId]);
      return identity;
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * The part of the SDK client's configuration that says who signs. `fresh` reads the shared files again: the SDK
 * caches them for the whole process, so a rotated file is otherwise never seen (openclaw#77551, Roo-Code#2530).
 * Loads the credential providers on first use; for bearer the SigV4 chain is not even loaded.
 */
export async function authConfig(
  plan: AuthPlan,
  settings: AwsSettings,
  fresh: boolean,
  onSecrets: OnSecrets,
): Promise<AuthConfig> {
  if (plan.mode === 'bearer') {
    return { authSchemePreference: ['httpBearerAuth'], token: { token: clean(settings.bearerToken) ?? '' } };
  }
  const sigv4 = { authSchemePreference: ['sigv4'] };
  if (plan.profile !== undefined) {
    const { fromIni } = await import('@aws-sdk/credential-provider-ini');
    const provider = fromIni({ profile: plan.profile, ignoreCache: fresh });
    return { ...sigv4, credentials: bounded(provider, plan.source, onSecrets) };
  }
  if (plan.rereadable) {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    return {
      ...sigv4,
      credentials: bounded(defaultProvider({ ignoreCache: fresh }), plan.source, onSecrets),
    };
  }
  const sessionToken = clean(settings.sessionToken);
  const keys: AwsCredentialIdentity = {
    accessKeyId: clean(settings.accessKeyId) ?? '',
    secretAccessKey: clean(settings.secretAccessKey) ?? '',
    ...defined({ sessionToken }),
  };
  return { ...sigv4, credentials: async () => keys };
}
