import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBedrockRuntime } from '../../../src/aws/clients.ts';
import type { BedrockError } from '../../../src/bedrock-error.ts';
import { ROWS } from '../../recorded/corpus.ts';
import { answerWith, REQUEST_ID } from '../../recorded/replay.ts';
import type { Row } from '../../recorded/row.ts';
import { collect, failureOf, type Loopback, loopback, settingsFor } from '../loopback.ts';

/** Fragment of AWS's words -> the code it must have. The first fragment that occurs decides. */
const EXPECTED: readonly (readonly [string, string])[] = [
  ['modelStreamErrorException', 'model_error'],
  ['Signature expired', 'clock_skew'],
  ['security token included in the request is invalid', 'invalid_credentials'],
  ['security token included in the request is expired', 'expired_credentials'],
  ['Bearer Token has expired', 'expired_credentials'],
  ['on-demand throughput isn', 'profile_required'],
  ['reached the end of its life', 'end_of_life'],
  ['Input Tokens Exceeded', 'content_too_long'],
  ['Input is too long', 'content_too_long'],
  ['too many total text bytes', 'content_too_long'],
  ['counting tokens', 'unsupported_feature'],
  ['Model is getting throttled', 'overloaded'],
  ['Service capacity limit', 'overloaded'],
  ['Too many requests', 'throttled'],
  ["don't have access to the model", 'model_access'],
  ['not authorized to perform', 'access_denied'],
  ['not authorized to invoke this API operation', 'access_denied'],
  ["doesn't support", 'unsupported_feature'],
  ['pre-filling', 'unsupported_feature'],
  ['unexpected error during processing', 'service_error'],
  ['model identifier is invalid', 'unknown_model'],
  // Of a message only the place may be wrong.
  ['#/messages/', 'rejected_request'],
  ['extraneous key [', 'unsupported_feature'],
  ['Extra inputs are not permitted', 'unsupported_feature'],
];

describe('every recorded error', () => {
  let server: Loopback;
  let row: Row | undefined;
  const table: string[] = [];

  beforeAll(async () => {
    server = await loopback((_request, response) => {
      if (row === undefined) response.destroy();
      else answerWith(row, response);
    });
  });
  afterAll(async () => {
    await server.close();
    if (process.env['PRINT_TABLE'] !== undefined) process.stdout.write(`${table.join('\n')}\n`);
  });

  const failing = ROWS.filter(({ status, bytes }) => status >= 400 || bytes.includes(':exception-type'));

  it.each(failing)('$id', async (recorded) => {
    row = recorded;
    const runtime = createBedrockRuntime(settingsFor(server.url));
    const error = await provoke(runtime, recorded);
    runtime.close();
    const said = recorded.bytes.toString().replaceAll('\u2019', "'");
    table.push(`${recorded.status} ${error.code} | ${error.message} | ${error.fix}`);

    expect(error.code).not.toBe('internal');
    expect(error.requestId).toBe(REQUEST_ID);
    expect(error.awsMessage).not.toBe('');
    expect(error.message.length + error.fix.length).toBeLessThan(1_900);
    expect(error.accepted).toBe(false);
    if (recorded.status >= 400) expect(error.httpStatus).toBe(recorded.status);
    const expected = EXPECTED.find(([fragment]) => said.includes(fragment.replaceAll('\u2019', "'")));
    expect(error.code).toBe(expected?.[1] ?? 'rejected_request');
  });

  it('covers the recordings', () => {
    expect(failing.length).toBeGreaterThan(50);
  });
});

async function provoke(runtime: ReturnType<typeof createBedrockRuntime>, row: Row): Promise<BedrockError> {
  const at = { region: 'us-east-1', modelId: row.model_id };
  switch (row.operation) {
    case 'Converse':
      return failureOf(runtime.converse({ ...at, input: { messages: [] } }, {}));
    case 'ConverseStream':
      return failureOf(
        runtime.converseStream({ ...at, input: { messages: [] } }, {}).then(({ events }) => collect(events)),
      );
    case 'InvokeModel':
      return failureOf(runtime.invoke({ ...at, body: {} }, {}));
    case 'InvokeModelWithResponseStream':
      return failureOf(runtime.invokeStream({ ...at, body: {} }, {}).then(({ events }) => collect(events)));
    case 'CountTokens':
      return failureOf(runtime.countTokens({ ...at, input: { converse: {} } }, {}));
    default:
      throw new Error(`no way to provoke ${row.operation}`);
  }
}
