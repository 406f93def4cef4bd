import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBedrockRuntime, describeAuth } from '../../src/aws/clients.ts';
import { profileRegion } from '../../src/aws/profile-region.ts';
import type { AwsSettings, BedrockRuntime } from '../../src/aws/types.ts';
import {
  ASK,
  collect,
  failureOf,
  json,
  type Loopback,
  loopback,
  refuse,
  START,
  STOP,
  settingsFor,
  streamHead,
  WHOLE,
} from './loopback.ts';

let folder: string;
let server: Loopback;
let runtime: BedrockRuntime | undefined;

const { accessKeyId: _a, secretAccessKey: _s, ...NO_KEYS } = settingsFor('http://127.0.0.1:9');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(async () => {
  runtime?.close();
  runtime = undefined;
  await server?.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function write(file: 'credentials' | 'config', text: string): void {
  writeFileSync(join(folder, file), text);
}
const keys = (id: string): string => `aws_access_key_id = ${id}\naws_secret_access_key = secret-of-${id}\n`;

/** The access key ID that signed, or the bearer token. */
function signer(number = 0): string | undefined {
  const header = server.requests[number]?.headers.authorization;
  return header?.startsWith('Bearer ') === true ? header : /Credential=([^/]+)/.exec(header ?? '')?.[1];
}

async function call(settings: Partial<AwsSettings>): Promise<unknown> {
  server ??= await loopback((_, response) => json(response, 200, WHOLE));
  runtime = createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: server.url, ...settings });
  return runtime.converse(ASK, {});
}

describe('who signs', () => {
  beforeEach(async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
  });
  const explicit = { accessKeyId: 'AKIDEXPLICIT', secretAccessKey: 'secret-explicit' };
  const rows: readonly (readonly [string, Record<string, string>, Partial<AwsSettings>, string])[] = [
    ['a bearer token', {}, { bearerToken: 'token-1' }, 'Bearer token-1'],
    ['a bearer token before explicit keys', {}, { bearerToken: 'token-1', ...explicit }, 'Bearer token-1'],
    [
      'a bearer token before a broken profile',
      {},
      { bearerToken: 'token-1', profile: 'nowhere' },
      'Bearer token-1',
    ],
    [
      'a bearer token although the environment prefers sigv4',
      { AWS_AUTH_SCHEME_PREFERENCE: 'sigv4' },
      { bearerToken: 'token-1' },
      'Bearer token-1',
    ],
    [
      'the settings’ token, not the ambient one',
      { AWS_BEARER_TOKEN_BEDROCK: 'ambient' },
      { bearerToken: 'token-1' },
      'Bearer token-1',
    ],
    ['a token with white space around it', {}, { bearerToken: ' token-1\n' }, 'Bearer token-1'],
    ['explicit keys', {}, explicit, 'AKIDEXPLICIT'],
    [
      'explicit keys beside an ambient token',
      { AWS_BEARER_TOKEN_BEDROCK: 'ambient' },
      explicit,
      'AKIDEXPLICIT',
    ],
    [
      'explicit keys beside an empty ambient token',
      { AWS_BEARER_TOKEN_BEDROCK: '' },
      explicit,
      'AKIDEXPLICIT',
    ],
    [
      'explicit keys beside a blank ambient token',
      { AWS_BEARER_TOKEN_BEDROCK: ' \n' },
      explicit,
      'AKIDEXPLICIT',
    ],
    [
      'explicit keys with a blank token in the settings',
      {},
      { ...explicit, bearerToken: '  ' },
      'AKIDEXPLICIT',
    ],
    [
      'explicit keys although the environment prefers bearer',
      { AWS_AUTH_SCHEME_PREFERENCE: 'httpBearerAuth', AWS_BEARER_TOKEN_BEDROCK: 'ambient' },
      explicit,
      'AKIDEXPLICIT',
    ],
    ['explicit keys before a profile', {}, { ...explicit, profile: 'dev' }, 'AKIDEXPLICIT'],
    ['the profile', {}, { profile: 'dev' }, 'AKIDDEV'],
    ['the profile, with half a key pair', {}, { profile: 'dev', accessKeyId: 'AKIDHALF' }, 'AKIDDEV'],
    [
      'the profile beside an ambient token',
      { AWS_BEARER_TOKEN_BEDROCK: 'ambient' },
      { profile: 'dev' },
      'AKIDDEV',
    ],
    [
      'the profile beside ambient keys',
      { AWS_ACCESS_KEY_ID: 'AKIDAMBIENT', AWS_SECRET_ACCESS_KEY: 's' },
      { profile: 'dev' },
      'AKIDDEV',
    ],
    [
      'the default chain: environment',
      { AWS_ACCESS_KEY_ID: 'AKIDAMBIENT', AWS_SECRET_ACCESS_KEY: 's' },
      {},
      'AKIDAMBIENT',
    ],
  ];
  it.each(rows)('is %s', async (_name, environment, settings, expected) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    write('credentials', `[dev]\n${keys('AKIDDEV')}`);
    await call(settings);
    expect(signer()).toBe(expected);
  });

  it('never mixes explicit keys with an ambient session token', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'ambient-session');
    await call(explicit);
    expect(server.requests[0]?.headers['x-amz-security-token']).toBeUndefined();
  });

  it('sends the session token that belongs to the keys', async () => {
    await call({ ...explicit, sessionToken: 'own-session' });
    expect(server.requests[0]?.headers['x-amz-security-token']).toBe('own-session');
  });
});

describe('what is said about it', () => {
  it.each([
    [{ bearerToken: 'secret-token' }, 'bearer', 'Bedrock API key'],
    [{ accessKeyId: 'A', secretAccessKey: 'B' }, 'sigv4', 'explicit keys'],
    [{ profile: 'dev' }, 'sigv4', 'profile dev'],
    [{}, 'sigv4', 'default chain'],
  ])('names mode and source of %o', (settings, mode, source) => {
    expect(describeAuth({ ...NO_KEYS, ...settings })).toEqual({ mode, source });
  });

  it('tells the environment’s keys from others', () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'A');
    const settings = { ...NO_KEYS, accessKeyId: 'A', secretAccessKey: 'B' };
    expect(describeAuth(settings).source).toBe('environment keys');
  });

  it.each([
    [{ accessKeyId: 'A' }, 'AWS_SECRET_ACCESS_KEY'],
    [{ secretAccessKey: 'B' }, 'AWS_ACCESS_KEY_ID'],
    [{ bearerToken: 'to ken' }, 'AWS_BEARER_TOKEN_BEDROCK'],
    [{ bearerToken: '"quoted"' }, 'AWS_BEARER_TOKEN_BEDROCK'],
  ])('refuses %o before anything is sent', async (settings, named) => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    const error = await failureOf(call(settings));
    expect(error.code).toBe('invalid_credentials');
    expect(error.fix).toContain(named);
    expect(server.requests).toHaveLength(0);
  });

  it('names the profile that does not exist', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    const error = await failureOf(call({ profile: 'nowhere' }));
    expect(error.code).toBe('no_credentials');
    expect(error.fix).toContain('--profile nowhere');
  });

  it('lists what was tried when there is nothing', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    const error = await failureOf(call({}));
    expect(error.code).toBe('no_credentials');
    expect(error.fix).toContain('AWS_BEARER_TOKEN_BEDROCK');
    expect(server.requests).toHaveLength(0);
  });

  it('sends people with an SSO profile to aws sso login', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    write(
      'config',
      '[profile work]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\nregion = us-east-1\n',
    );
    const error = await failureOf(call({ profile: 'work' }));
    expect(error.code).toBe('expired_credentials');
    expect(error.fix).toContain('aws sso login --profile work');
  });

  it('blanks its own secrets in what AWS says', async () => {
    server = await loopback((_, response) =>
      refuse(response, 400, 'ValidationException', 'bad secret-explicit-value and AKIDEXPLICIT00'),
    );
    const error = await failureOf(
      call({ accessKeyId: 'AKIDEXPLICIT00', secretAccessKey: 'secret-explicit-value' }),
    );
    expect(error.message).not.toMatch(/secret-explicit-value|AKIDEXPLICIT00/);
  });
});

describe('credentials that change', () => {
  const rotated = async (name: string, message: string, streaming = false): Promise<void> => {
    server = await loopback((request, response) => {
      if (request.headers.authorization?.includes('AKIDOLD') === true)
        return refuse(response, 403, name, message);
      if (!streaming) return json(response, 200, WHOLE);
      streamHead(response);
      response.end(Buffer.concat([START, STOP]));
    });
    write('credentials', `[dev]\n${keys('AKIDOLD')}`);
    runtime = createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: server.url, profile: 'dev' });
  };

  it.each([
    ['ExpiredTokenException', 'The security token included in the request is expired'],
    ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  ])('a rotated file is picked up by the call that failed with %s, and it says so', async (name, message) => {
    await rotated(name, message);
    // The first read is cached by the SDK for the whole process.
    expect((await failureOf(runtimeCall())).code).toMatch(/expired|invalid/);
    const sent = server.requests.length;
    expect(sent).toBe(2);
    write('credentials', `[dev]\n${keys('AKIDNEW')}`);
    const answer = await runtimeCall();
    expect(signer(server.requests.length - 1)).toBe('AKIDNEW');
    // Later calls use the new keys at once.
    const before = server.requests.length;
    await runtimeCall();
    expect(server.requests).toHaveLength(before + 1);
    expect(answer).toMatchObject({ output: { stopReason: 'end_turn' } });
  });

  it('a file rotated between two calls costs one refused request and is reported', async () => {
    await rotated('ExpiredTokenException', 'The security token included in the request is expired', true);
    const control = await loopback((_, response) => json(response, 200, WHOLE));
    await createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: control.url, profile: 'dev' }).converse(
      ASK,
      {},
    );
    await control.close();
    write('credentials', `[dev]\n${keys('AKIDNEW')}`);
    const answer = await runtime?.converseStream(ASK, {});
    expect(answer?.warnings?.join()).toContain('read again');
    expect(await collect(answer?.events ?? emptyEvents())).toHaveLength(2);
    expect(server.requests.map((_, n) => signer(n))).toEqual(['AKIDOLD', 'AKIDNEW']);
  });

  it('parallel calls share one renewal and all succeed', async () => {
    await rotated('ExpiredTokenException', 'The security token included in the request is expired');
    const control = await loopback((_, response) => json(response, 200, WHOLE));
    await createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: control.url, profile: 'dev' }).converse(
      ASK,
      {},
    );
    await control.close();
    write('credentials', `[dev]\n${keys('AKIDNEW')}`);
    await Promise.all(Array.from({ length: 10 }, runtimeCall));
    expect(server.requests.map((_, n) => signer(n)).filter((id) => id === 'AKIDNEW')).toHaveLength(10);
  });

  it('explicit keys have nothing to be read again: one request', async () => {
    server = await loopback((_, response) => refuse(response, 403, 'ExpiredTokenException', 'expired'));
    const error = await failureOf(call({ accessKeyId: 'AKIDFIXED', secretAccessKey: 's' }));
    expect(error.code).toBe('expired_credentials');
    expect(server.requests).toHaveLength(1);
  });

  it('an expired Bedrock API key asks for a new one', async () => {
    server = await loopback((_, response) =>
      refuse(response, 403, 'AccessDeniedException', 'Bearer Token has expired'),
    );
    const error = await failureOf(call({ bearerToken: 'token-1' }));
    expect(error).toMatchObject({ code: 'expired_credentials' });
    expect(error.fix).toContain('AWS_BEARER_TOKEN_BEDROCK');
    expect(server.requests).toHaveLength(1);
  });

  it('a wrong clock is corrected from the answer, with one more request', async () => {
    const ahead = new Date(Date.now() + 2 * 3_600_000);
    server = await loopback((request, response, number) => {
      response.setHeader('date', ahead.toUTCString());
      if (number === 0)
        return refuse(
          response,
          403,
          'InvalidSignatureException',
          'Signature expired: a is now earlier than b',
        );
      const signedAt = String(request.headers['x-amz-date']);
      json(response, 200, { ...WHOLE, stopReason: signedAt.slice(0, 8) });
    });
    const answer = await call({ accessKeyId: 'AKIDCLOCK', secretAccessKey: 's' });
    expect(server.requests).toHaveLength(2);
    expect(answer).toMatchObject({ warnings: [expect.stringContaining('clock')] });
    const stamp = String(server.requests[1]?.headers['x-amz-date']);
    expect(stamp.slice(0, 11)).toBe(ahead.toISOString().replace(/[-:]/g, '').slice(0, 11));
  });
});

describe('a source that hangs', () => {
  it('can be cancelled', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    write('config', '[profile slow]\ncredential_process = sleep 5\n');
    runtime = createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: server.url, profile: 'slow' });
    const signal = AbortSignal.timeout(100);
    expect((await failureOf(runtime.converse(ASK, { signal }))).code).toBe('cancelled');
  });

  it('ends at the call’s own limit, and nothing was accepted', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    write('config', '[profile slow]\ncredential_process = sleep 5\n');
    runtime = createBedrockRuntime({ ...NO_KEYS, runtimeEndpoint: server.url, profile: 'slow' });
    const error = await failureOf(runtime.converse(ASK, { totalTimeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'timeout', accepted: false });
    expect(server.requests).toHaveLength(0);
  });
});

describe('the Region', () => {
  it('comes from the profile when the settings name none', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    write('config', `[profile north]\nregion = eu-north-1\n${keys('AKIDNORTH')}`);
    const { region: _, ...settings } = NO_KEYS;
    runtime = createBedrockRuntime({ ...settings, runtimeEndpoint: server.url, profile: 'north' });
    await runtime.converse({ ...ASK, region: '' }, {});
    expect(server.requests[0]?.headers.authorization).toContain('/eu-north-1/bedrock/');
    expect(await profileRegion({ ...settings, profile: 'north' })).toBe('eu-north-1');
  });

  it('is not what is missing when the profile itself does not exist', async () => {
    write('config', '[profile north]\noutput = json\n');
    const { region: _, ...settings } = NO_KEYS;
    runtime = createBedrockRuntime({ ...settings, profile: 'norht' });
    const expected = {
      code: 'config',
      message: expect.stringMatching(/profile "norht" does not exist/),
      fix: expect.stringContaining('one of: north'),
    };
    expect(await failureOf(runtime.converse({ ...ASK, region: '' }, {}))).toMatchObject(expected);
    await expect(profileRegion({ ...settings, profile: 'norht' })).rejects.toMatchObject(expected);
    expect(await profileRegion({ ...settings, profile: 'north' })).toBeUndefined();
    write('config', `[profile norht]\nregion = eu-north-1\n${keys('AKIDNORTH')}`);
    expect((await failureOf(runtime.converse({ ...ASK, region: '' }, { totalTimeoutMs: 1 }))).code).not.toBe(
      'config',
    );
  });

  it('is missing when nobody names one', async () => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    const { region: _, ...settings } = NO_KEYS;
    runtime = createBedrockRuntime({
      ...settings,
      runtimeEndpoint: server.url,
      accessKeyId: 'A',
      secretAccessKey: 'B',
    });
    const error = await failureOf(runtime.converse({ ...ASK, region: '' }, {}));
    expect(error.code).toBe('missing_region');
    for (const word of ['AWS_REGION', 'AWS_DEFAULT_REGION', '--region']) expect(error.fix).toContain(word);
    expect(await profileRegion(settings)).toBeUndefined();
  });
});

function runtimeCall(): Promise<unknown> {
  return runtime?.converse(ASK, {}) ?? Promise.reject(new Error('no runtime'));
}
async function* emptyEvents(): AsyncGenerator<unknown> {}

describe('what a service repeats of the credentials', () => {
  it.each<[string, Record<string, string>, Partial<AwsSettings>, string]>([
    ['a Bedrock API key', {}, { bearerToken: 'token-that-nobody-sees' }, 'token-that-nobody-sees'],
    ['explicit keys', {}, { accessKeyId: 'AKIDONE', secretAccessKey: 'secret-explicit' }, 'secret-explicit'],
    ['a profile', {}, { profile: 'dev' }, 'secret-of-AKIDDEV'],
    ['the default chain', { AWS_PROFILE: 'dev' }, {}, 'secret-of-AKIDDEV'],
  ])('is blanked in the error, with %s', async (_what, env, settings, secret) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    write('credentials', `[dev]\n${keys('AKIDDEV')}`);
    server = await loopback((_, response) =>
      refuse(response, 400, 'ValidationException', `The value ${secret} is malformed`),
    );
    const error = await failureOf(call(settings));
    expect(error.message).toContain('[redacted] is malformed');
    expect(`${error.message} ${error.fix}`).not.toContain(secret);
  });
});
