import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBedrockRuntime } from '../../../src/aws/clients.ts';
import type { BedrockError } from '../../../src/bedrock-error.ts';
import { ROWS } from '../../recorded/corpus.ts';
import { expectedError } from '../../recorded/expected-errors.ts';
import { answerWith, REQUEST_ID } from '../../recorded/replay.ts';
import { hashOf, type Row } from '../../recorded/row.ts';
import { collect, failureOf, type Loopback, loopback, settingsFor } from '../loopback.ts';

describe('every recorded error', () => {
  let server: Loopback;
  let row: Row | undefined;

  beforeAll(async () => {
    server = await loopback((_request, response) => {
      if (row === undefined) response.destroy();
      else answerWith(row, response);
    });
  });
  afterAll(() => server.close());

  const failing = ROWS.filter(({ status, bytes }) => status >= 400 || bytes.includes(':exception-type'));

  it.each(failing.map((each) => [each.id, each] as const))('%s has its own code', async (_id, recorded) => {
    row = recorded;
    const runtime = createBedrockRuntime(settingsFor(server.url));
    const error = await provoke(runtime, recorded);
    runtime.close();
    expect(error.requestId).toBe(REQUEST_ID);
    expect(error.awsMessage).not.toBe('');
    expect(error.message.length + error.fix.length).toBeLessThan(1_900);
    expect(error.accepted).toBe(false);
    if (recorded.status >= 400) expect(error.httpStatus).toBe(recorded.status);
    expect(error.code).toBe(expectedError(hashOf(recorded)));
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
