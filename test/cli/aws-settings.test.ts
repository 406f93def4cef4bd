import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { awsSettings } from '../../src/cli/aws-settings.ts';
import { loadConfig } from '../../src/config/load.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-example' };
const BEARER = { AWS_BEARER_TOKEN_BEDROCK: 'bedrock-token-example' };
const PROFILE = { AWS_PROFILE: 'dev' };
const chosen = async (input: Parameters<typeof loadConfig>[0]) => {
  const settings = awsSettings(await loadConfig(input));
  const kinds = [
    settings.bearerToken && 'bearer',
    settings.profile && 'profile',
    settings.accessKeyId && 'keys',
  ].filter(Boolean);
  return kinds.length === 0 ? 'chain' : kinds.join('+');
};

describe('the credentials that are used', () => {
  it.each([
    ['nothing', {}, 'chain'],
    ['keys', { environment: KEYS }, 'keys'],
    [
      'a profile and keys: the profile, as the AWS SDK does',
      { environment: { ...PROFILE, ...KEYS } },
      'profile',
    ],
    ['a Bedrock API key beside the rest', { environment: { ...BEARER, ...PROFILE, ...KEYS } }, 'bearer'],
    [
      'a profile by flag beats an ambient API key',
      { flags: { profile: 'prod' }, environment: { ...BEARER, ...KEYS } },
      'profile',
    ],
    ['auth: keys', { flags: { auth: 'keys' }, environment: { ...BEARER, ...PROFILE, ...KEYS } }, 'keys'],
    ['auth: chain', { flags: { auth: 'chain' }, environment: { ...BEARER, ...KEYS } }, 'chain'],
  ])('are of the kind that was set: %s', async (_what, input, kind) => {
    expect(await chosen(input)).toBe(kind);
  });

  it('are only ever of one kind, and keys keep their own session token', async () => {
    const settings = awsSettings(
      await loadConfig({ environment: { ...KEYS, AWS_SESSION_TOKEN: 'session-example' } }),
    );
    expect(settings).toMatchObject({ accessKeyId: 'AKIDEXAMPLE', sessionToken: 'session-example' });
    const profile = awsSettings(
      await loadConfig({
        flags: { profile: 'dev' },
        environment: { ...KEYS, AWS_SESSION_TOKEN: 'session-example' },
      }),
    );
    expect(profile.sessionToken).toBeUndefined();
  });

  it.each([
    [
      'half of the keys',
      { environment: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' }, flags: { auth: 'keys' } },
      'AWS_SECRET_ACCESS_KEY is missing',
    ],
    ['auth: bearer without a key', { flags: { auth: 'bearer' } }, 'nothing of that kind'],
  ])('%s is refused', async (_what, input, message) => {
    const error = await chosen(input).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BedrockError);
    expect(String(error)).toContain(message);
  });
});
