import { ListFoundationModelsCommand, ListInferenceProfilesCommand } from '@aws-sdk/client-bedrock';
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticate } from '../../../src/sandbox/server/auth.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { controlClient, refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const input = { modelId: HAIKU, messages: [{ role: 'user' as const, content: [{ text: 'Hi' }] }] };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

describe('credentials in the sandbox', () => {
  it.each([
    ['AKIAEXPIRED', '403 ExpiredTokenException: The security token included in the request is expired'],
    [
      'AKIAINVALID',
      '403 UnrecognizedClientException: The security token included in the request is invalid.',
    ],
    [
      'AKIADENIED',
      `403 AccessDeniedException: User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/${HAIKU} because no identity-based policy allows the bedrock:InvokeModel action`,
    ],
  ])('an access key with the word in %s is refused', async (accessKeyId, expected) => {
    const said = await refusalOf(
      runtimeClient(sandbox.url, { accessKeyId }).send(new ConverseCommand(input)),
    );
    expect(said).toBe(expected);
  });

  it('DENYSTREAM denies streams only', async () => {
    const client = runtimeClient(sandbox.url, { accessKeyId: 'AKIADENYSTREAM' });
    expect(await refusalOf(client.send(new ConverseStreamCommand(input)))).toContain(
      'is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource',
    );
    expect((await client.send(new ConverseCommand(input))).stopReason).toBe('end_turn');
  });

  it('DENYLIST denies the lists only', async () => {
    const options = { accessKeyId: 'AKIADENYLIST' };
    const control = controlClient(sandbox.url, options);
    expect(await refusalOf(control.send(new ListInferenceProfilesCommand({})))).toContain(
      'bedrock:ListInferenceProfiles on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/*',
    );
    expect(await refusalOf(control.send(new ListFoundationModelsCommand({})))).toContain(
      'bedrock:ListFoundationModels',
    );
    expect((await runtimeClient(sandbox.url, options).send(new ConverseCommand(input))).stopReason).toBe(
      'end_turn',
    );
  });

  it.each([
    ['an expired bearer token', 'bedrock-api-key-EXPIRED', 'AccessDeniedException: Bearer Token has expired'],
    ['a wrong bearer token', 'INVALID', 'AccessDeniedException: Invalid API Key format'],
  ])('%s is refused', async (_what, bearer, expected) => {
    expect(
      await refusalOf(runtimeClient(sandbox.url, { bearer }).send(new ConverseCommand(input))),
    ).toContain(expected);
  });

  it('a clock that is hours off is refused, and the SDK corrects itself from the Date header', async () => {
    const clockOffset = -3 * 3_600_000;
    const said = await refusalOf(
      runtimeClient(sandbox.url, { clockOffset }).send(new ConverseCommand(input)),
    );
    expect(said).toMatch(
      /^403 InvalidSignatureException: Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
    );
    const patient = runtimeClient(sandbox.url, { clockOffset, maxAttempts: 3 });
    expect((await patient.send(new ConverseCommand(input))).stopReason).toBe('end_turn');
  });

  it('the Region of a request is that of its signature', async () => {
    const client = runtimeClient(sandbox.url, { region: 'eu-west-1' });
    await client.send(new ConverseCommand({ ...input, modelId: HAIKU.replace('us.', 'eu.') }));
    expect(sandbox.record.requests.at(-1)).toMatchObject({ region: 'eu-west-1', auth: 'sigv4' });
  });
});

const REGIONS = ['us-east-1', 'us-east-2', 'eu-west-1'];
const NOW = Date.parse('2026-11-21T12:00:00Z');
const signature = '0'.repeat(64);
const signed = (
  scope: string,
  date = '20261121T120000Z',
  extra = `SignedHeaders=host, Signature=${signature}`,
) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${scope}, ${extra}`,
  'x-amz-date': date,
});

describe('authenticate', () => {
  it('reads the key and the Region of the scope', () => {
    expect(authenticate(signed('AKID/20261121/eu-west-1/bedrock/aws4_request'), NOW, REGIONS)).toEqual({
      kind: 'sigv4',
      key: 'AKID',
      region: 'eu-west-1',
    });
  });

  it.each([
    ['nothing at all', {}, 'Missing Authentication Token'],
    ['an empty bearer token', { authorization: 'Bearer ' }, 'Invalid API Key format'],
    ['another scheme', { authorization: 'Basic abc' }, 'Unsupported AWS algorithm'],
    [
      'no signature',
      signed('AKID/20261121/us-east-1/bedrock/aws4_request', '20261121T120000Z', 'SignedHeaders=host'),
      "requires 'Signature' parameter",
    ],
    ['another service', signed('AKID/20261121/us-east-1/s3/aws4_request'), "correct service: 'bedrock'"],
    ['a Region that is none', signed('AKID/20261121/evil.test/bedrock/aws4_request'), 'valid region'],
    ['a Region that does not exist', signed('AKID/20261121/us-east-3/bedrock/aws4_request'), 'valid region'],
    [
      'a scope of another day',
      signed('AKID/20261120/us-east-1/bedrock/aws4_request'),
      'Date in Credential scope does not match',
    ],
    [
      'a date in the future',
      signed('AKID/20261121/us-east-1/bedrock/aws4_request', '20261121T121000Z'),
      'Signature not yet current: 20261121T121000Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)',
    ],
    [
      'no date',
      { authorization: signed('AKID/20261121/us-east-1/bedrock/aws4_request').authorization },
      "'X-Amz-Date'",
    ],
  ])('refuses %s', (_what, headers, expected) => {
    expect(() => authenticate(headers, NOW, REGIONS)).toThrow(expected);
  });
});
