/** What goes wrong in the field, seen by a client: a code, the reason, what to do, and a connection that goes on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import {
  cleanEnvironment,
  type Environment,
  modelCalls,
  type ServerProcess,
  sandboxEnvironment,
  startServer,
  stopServers,
} from './server-process.ts';

const SECRET = 'a-secret-that-nobody-may-see';

interface Answer {
  readonly isError: boolean;
  readonly text: string;
}

async function callTool(server: ServerProcess, id: string, name: string, args: JsonObject): Promise<Answer> {
  server.call(id, name, args);
  const { result } = await server.answer(id);
  const content = isJsonObject(result) && Array.isArray(result['content']) ? result['content'] : [];
  const [first] = content;
  return {
    isError: isJsonObject(result) && result['isError'] === true,
    text: isJsonObject(first) ? String(first['text']) : '',
  };
}

interface Row {
  readonly what: string;
  readonly args: JsonObject;
  readonly code: string;
  /** What the reader is told, in the message or in what to do. */
  readonly says: readonly RegExp[];
  /** How many requests may reach Bedrock. */
  readonly sent: number;
}

function expectReadable(answer: Answer, { code, says }: Pick<Row, 'code' | 'says'>): void {
  expect(answer.isError, answer.text).toBe(true);
  expect(answer.text).toMatch(new RegExp(`^Error ${code}: \\S`));
  expect(answer.text).toMatch(/\nWhat to do: \S/);
  for (const words of says) expect(answer.text).toMatch(words);
  expect(Buffer.byteLength(answer.text)).toBeLessThan(2_000);
  expect(answer.text).not.toContain(SECRET);
  expect(answer.text).not.toMatch(/\n\s+at /);
}

describe('a call that Bedrock does not answer well', () => {
  const ROWS: readonly Row[] = [
    {
      what: 'an unknown model',
      args: { prompt: 'x', model: 'claude-haku-4-5' },
      code: 'unknown_model',
      says: [/claude-haiku-4-5/],
      sent: 0,
    },
    {
      what: 'throttling',
      args: { prompt: 'sandbox:throttle-after 1' },
      code: 'throttled',
      says: [/retry_after: 1 s/, /AWS request ID: /, /3 attempts/],
      sent: 3,
    },
    {
      what: 'a daily quota',
      args: { prompt: 'sandbox:throttle-daily' },
      code: 'quota_exceeded',
      says: [/day/],
      sent: 1,
    },
    {
      what: 'a connection that is cut in the middle of the answer',
      args: { prompt: 'sandbox:cut' },
      code: '(incomplete|network)',
      says: [/so far/],
      sent: 1,
    },
    {
      what: 'a stream without its end marker',
      args: { prompt: 'sandbox:no-stop' },
      code: 'incomplete',
      says: [/so far/],
      sent: 1,
    },
    {
      what: 'a frame with a wrong checksum',
      args: { prompt: 'sandbox:bad-crc' },
      code: '(incomplete|network)',
      says: [],
      sent: 1,
    },
    {
      what: 'an exception in the middle of the stream',
      args: { prompt: 'sandbox:stream-error' },
      code: '(model_error|service_error|model_timeout|throttled|overloaded)',
      says: [/so far/],
      sent: 1,
    },
    {
      what: 'silence',
      args: { prompt: 'sandbox:hang', timeout_ms: 300 },
      code: 'timeout',
      says: [/timeout_ms|BEDROCK_TIMEOUT/],
      sent: 1,
    },
    {
      what: 'silence after the first words',
      args: { prompt: 'sandbox:stall', timeout_ms: 700 },
      code: 'timeout',
      says: [/so far/],
      sent: 1,
    },
    {
      what: 'the HTML page of a proxy',
      args: { prompt: 'sandbox:html 403' },
      code: 'not_bedrock',
      says: [/HTML|proxy/i],
      sent: 1,
    },
    {
      what: 'an HTML page with status 200',
      args: { prompt: 'sandbox:html 200' },
      code: 'not_bedrock',
      says: [/HTML|proxy/i],
      sent: 1,
    },
    {
      what: 'no access to the model',
      args: { prompt: 'sandbox:no-access' },
      code: 'model_access',
      says: [/access/i],
      sent: 1,
    },
  ];
  let sandbox: Sandbox;
  let server: ServerProcess;

  beforeAll(async () => {
    sandbox = await startSandbox();
    server = startServer([], sandboxEnvironment(sandbox));
    await server.initialize();
  });
  afterAll(async () => {
    stopServers();
    await sandbox.close();
  });

  it.each(ROWS)('names $what and goes on', async ({ what, args, ...row }) => {
    const before = modelCalls(sandbox).length;
    expectReadable(await callTool(server, what, 'invoke_model', args), row);
    expect(modelCalls(sandbox)).toHaveLength(before + row.sent);
    const next = await callTool(server, `${what}, then`, 'invoke_model', { prompt: 'are you there?' });
    expect(next.isError, next.text).toBe(false);
    expect(sandbox.record.inFlight).toBe(0);
  });
});

describe('a setup that is not ready', () => {
  const SETUPS: readonly (Pick<Row, 'code' | 'says'> & {
    what: string;
    env: (sandbox: Sandbox) => Environment;
  })[] = [
    {
      what: 'no Region',
      env: () => cleanEnvironment({ AWS_ACCESS_KEY_ID: 'AKIDSANDBOX', AWS_SECRET_ACCESS_KEY: SECRET }),
      code: 'missing_region',
      says: [/AWS_REGION/],
    },
    {
      what: 'no credentials',
      env: (sandbox) => cleanEnvironment({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: sandbox.url }),
      code: 'no_credentials',
      says: [/AWS_PROFILE|aws configure|AWS_ACCESS_KEY_ID/],
    },
    {
      what: 'a profile that does not exist',
      env: (sandbox) =>
        cleanEnvironment({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: sandbox.url, AWS_PROFILE: 'nowhere' }),
      code: '(no_credentials|invalid_credentials|config)',
      says: [/nowhere/],
    },
    {
      what: 'an expired token',
      env: (sandbox) =>
        sandboxEnvironment(sandbox, { AWS_ACCESS_KEY_ID: 'ASIAEXPIRED', AWS_SESSION_TOKEN: SECRET }),
      code: 'expired_credentials',
      says: [/expired/],
    },
    {
      what: 'keys that AWS does not know',
      env: (sandbox) => sandboxEnvironment(sandbox, { AWS_ACCESS_KEY_ID: 'AKIDINVALID' }),
      code: 'invalid_credentials',
      says: [/AWS_ACCESS_KEY_ID|aws /],
    },
    {
      what: 'a policy that denies',
      env: (sandbox) => sandboxEnvironment(sandbox, { AWS_ACCESS_KEY_ID: 'AKIDDENIED' }),
      code: 'access_denied',
      says: [/bedrock:InvokeModel/],
    },
    {
      what: 'an endpoint where nobody listens',
      env: (sandbox) => sandboxEnvironment(sandbox, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }),
      code: 'network',
      says: [/127\.0\.0\.1:9|endpoint/],
    },
  ];
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterEach(stopServers);
  afterAll(() => sandbox.close());

  it.each(SETUPS)('$what: the call says what to do, and lists and estimates still work', async (setup) => {
    const server = startServer([], setup.env(sandbox));
    await server.initialize();
    expectReadable(await callTool(server, 'call', 'invoke_model', { prompt: 'hello' }), setup);
    const estimate = await callTool(server, 'free', 'estimate_cost', {
      models: ['nova-lite'],
      input_tokens: 10,
    });
    expect(estimate.isError, estimate.text).toBe(false);
    server.send({ id: 'list', method: 'tools/list' });
    expect((await server.answer('list'))['result']).toHaveProperty('tools');
    expect(server.stderr()).not.toContain(SECRET);
    expect(server.stdout().toString()).not.toContain(SECRET);
  });
});
