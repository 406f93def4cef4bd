import { afterEach, describe, expect, it } from 'vitest';
import { createBedrockRuntime } from '../../src/aws/clients.ts';
import type { BedrockRuntime } from '../../src/aws/types.ts';
import {
  type Answer,
  ASK,
  CALL,
  failureOf,
  json,
  type Loopback,
  loopback,
  refuse,
  settingsFor,
  WHOLE,
} from './loopback.ts';

let server: Loopback;
let runtime: BedrockRuntime;

async function start(answer: Answer, more: Parameters<typeof settingsFor>[1] = {}): Promise<void> {
  server = await loopback(answer);
  runtime = createBedrockRuntime(settingsFor(server.url, more));
}

afterEach(async () => {
  runtime.close();
  await server.close();
});

describe('whole answers', () => {
  it('sends Converse as given and brings back output and headers', async () => {
    await start((_, response) => json(response, 200, WHOLE));
    const answer = await runtime.converse(ASK, {});
    expect(server.requests[0]?.url).toBe('/model/amazon.nova-lite-v1%3A0/converse');
    expect(JSON.parse(server.bodies[0] ?? '')).toEqual({ messages: ASK.input.messages });
    expect(answer.output).toMatchObject(WHOLE);
    expect(answer.headers).toEqual({ requestId: 'req-1' });
    expect(answer.warnings).toBeUndefined();
  });

  it('sends a native body as JSON with its headers and parses the answer', async () => {
    await start((_, response) =>
      json(
        response,
        200,
        { ok: true },
        {
          'x-amzn-bedrock-input-token-count': '12',
          'x-amzn-bedrock-output-token-count': '34',
          'x-amzn-bedrock-cache-read-input-token-count': '5',
          'x-amzn-bedrock-cache-write-input-token-count': '6',
          'x-amzn-bedrock-invocation-latency': '789',
        },
      ),
    );
    const answer = await runtime.invoke(
      {
        ...CALL,
        body: { prompt: 'Grüße' },
        guardrailIdentifier: 'g1',
        guardrailVersion: '2',
        trace: 'ENABLED',
        performanceConfigLatency: 'optimized',
        serviceTier: 'flex',
        requestMetadata: { team: 'a' },
      },
      {},
    );
    expect(server.bodies[0]).toBe('{"prompt":"Grüße"}');
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-amzn-bedrock-guardrailidentifier': 'g1',
      'x-amzn-bedrock-guardrailversion': '2',
      'x-amzn-bedrock-trace': 'ENABLED',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-service-tier': 'flex',
    });
    expect(answer.output).toEqual({ ok: true });
    expect(answer.headers).toEqual({
      requestId: 'req-1',
      inputTokens: 12,
      outputTokens: 34,
      cacheReadInputTokens: 5,
      cacheWriteInputTokens: 6,
      latencyMs: 789,
    });
  });

  it('keeps the headers of parallel calls apart', async () => {
    await start((_request, response, _number, body) => {
      const { n } = JSON.parse(body);
      setTimeout(
        () => json(response, 200, { n }, { 'x-amzn-bedrock-input-token-count': `${n}` }),
        (n * 7) % 13,
      );
    });
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    const answers = await Promise.all(numbers.map((n) => runtime.invoke({ ...CALL, body: { n } }, {})));
    expect(answers.map((a) => [a.output, a.headers.inputTokens])).toEqual(numbers.map((n) => [{ n }, n]));
  });

  it('ignores token headers that are not whole numbers', async () => {
    await start((_, response) =>
      json(
        response,
        200,
        {},
        { 'x-amzn-bedrock-input-token-count': '1e9', 'x-amzn-bedrock-output-token-count': '-3' },
      ),
    );
    const { headers } = await runtime.invoke({ ...CALL, body: {} }, {});
    expect(headers).toEqual({ requestId: 'req-1' });
  });

  it('counts tokens, of a native body too', async () => {
    await start((_, response) => json(response, 200, { inputTokens: 42 }));
    const input = { invokeModel: { body: { messages: [] } } };
    expect(await runtime.countTokens({ ...CALL, input }, {})).toBe(42);
    const sent = JSON.parse(server.bodies[0] ?? '');
    expect(Buffer.from(sent.input.invokeModel.body, 'base64').toString()).toBe('{"messages":[]}');
    expect((await failureOf(runtime.countTokens({ ...CALL, input: {} }, {}))).code).toBe('invalid_request');
  });

  it('refuses a token count that is none', async () => {
    await start((_, response) => json(response, 200, {}));
    const error = await failureOf(runtime.countTokens({ ...CALL, input: { converse: {} } }, {}));
    expect(error.code).toBe('incomplete');
  });

  it.each(['/corp/bedrock', '/corp/bedrock/'])('keeps the path of an endpoint override: %s', async (path) => {
    server = await loopback((_, response) => json(response, 200, WHOLE));
    runtime = createBedrockRuntime(settingsFor(`${server.url}${path}`));
    await runtime.converse(ASK, {});
    expect(server.requests[0]?.url).toBe('/corp/bedrock/model/amazon.nova-lite-v1%3A0/converse');
  });
});

describe('connections', () => {
  it('uses one socket for calls one after the other, refusals included', async () => {
    await start((_, response, number) =>
      number % 5 === 4 ? refuse(response, 400, 'ValidationException', 'no') : json(response, 200, WHOLE),
    );
    for (let n = 0; n < 20; n += 1) await runtime.converse(ASK, {}).catch(() => {});
    expect(server.requests).toHaveLength(20);
    expect(server.opened()).toBe(1);
  });

  it('opens no more than maxSockets and finishes the rest, without taking the queue for a dead network', async () => {
    await start((_, response) => void setTimeout(() => json(response, 200, WHOLE), 120), {
      maxSockets: 3,
      connectTimeoutMs: 200,
    });
    await Promise.all(Array.from({ length: 12 }, () => runtime.converse(ASK, {})));
    expect(server.opened()).toBe(3);
  });
});

describe('answers that are none', () => {
  const cases: readonly (readonly [string, Answer, string])[] = [
    ['an empty 200', (_, r) => json(r, 200, ''), 'incomplete'],
    ['half a JSON', (_, r) => json(r, 200, '{"output":{"message":'), 'incomplete'],
    [
      'a page',
      (_, r) => json(r, 200, '<html>Sign in</html>', { 'content-type': 'text/html' }),
      'not_bedrock',
    ],
    ['a page called JSON', (_, r) => json(r, 200, ' <!doctype html>'), 'not_bedrock'],
    [
      'a page with 403',
      (_, r) => json(r, 403, '<html>No</html>', { 'content-type': 'text/html' }),
      'not_bedrock',
    ],
    [
      'a page with 502',
      (_, r) => json(r, 502, '<html>Bad</html>', { 'content-type': 'text/html' }),
      'not_bedrock',
    ],
    ['a redirect', (_, r) => json(r, 302, '', { location: 'https://login.example' }), 'not_bedrock'],
    ['something that is not HTTP', (q) => void q.socket.end('SSH-2.0-OpenSSH_9\r\n\r\n'), 'not_bedrock'],
    [
      'a body that is cut',
      (_, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        r.write('{"output":', () => r.destroy());
      },
      'network',
    ],
    ['no answer at all', (q) => void q.socket.destroy(), 'network'],
  ];

  it.each(cases)('Converse, %s', async (_name, answer, code) => {
    await start(answer);
    const error = await failureOf(runtime.converse(ASK, {}));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('Deserialization');
  });

  it.each(cases)('InvokeModel, %s', async (_name, answer, code) => {
    await start(answer);
    expect((await failureOf(runtime.invoke({ ...CALL, body: {} }, {}))).code).toBe(code);
  });

  /** Recorded with Converse: AWS's framework answers 200 in a form of its own where it knows no such operation. */
  const UNKNOWN =
    '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}';
  const OPERATIONS: readonly (readonly [string, (to: BedrockRuntime) => Promise<unknown>])[] = [
    ['Converse', (to) => to.converse(ASK, {})],
    ['ConverseStream', (to) => to.converseStream(ASK, {})],
    ['InvokeModel', (to) => to.invoke({ ...CALL, body: {} }, {})],
    ['InvokeModelWithResponseStream', (to) => to.invokeStream({ ...CALL, body: {} }, {})],
  ];

  it.each(OPERATIONS)(
    '%s that the endpoint does not know is the same with 200 as with 404',
    async (operation, call) => {
      await start((_, response, number) =>
        number === 0
          ? json(response, 200, UNKNOWN)
          : refuse(response, 404, 'UnknownOperationException', 'The operation is not known.'),
      );
      for (const status of [200, 404]) {
        const error = await failureOf(call(runtime));
        expect([status, error.code, error.message]).toEqual([
          status,
          'unsupported_feature',
          `The endpoint does not know the operation ${operation}.`,
        ]);
        expect(error).toMatchObject({ awsName: 'UnknownOperationException', accepted: false });
      }
    },
  );

  it('says that a break before the answer may be sent again, and one inside it may not', async () => {
    await start((request, response) => {
      if (request.url?.endsWith('/converse') === true) return void request.socket.destroy();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{', () => response.destroy());
    });
    const before = await failureOf(runtime.converse(ASK, {}));
    expect([before.retryable, before.accepted]).toEqual([true, false]);
    const inside = await failureOf(runtime.invoke({ ...CALL, body: {} }, {}));
    expect([inside.retryable, inside.accepted]).toEqual([false, true]);
  });
});

describe('one attempt', () => {
  const refusals: readonly (readonly [number, string, string])[] = [
    [429, 'ThrottlingException', 'throttled'],
    [429, 'ModelNotReadyException', 'model_not_ready'],
    [500, 'InternalServerException', 'service_error'],
    [503, 'ServiceUnavailableException', 'overloaded'],
    [529, 'overloaded_error', 'overloaded'],
    [408, 'ModelTimeoutException', 'model_timeout'],
    [424, 'ModelErrorException', 'model_error'],
  ];
  it.each(refusals)('%i %s is sent once', async (status, name, code) => {
    await start((_, response) => refuse(response, status, name, 'Try again.'));
    const error = await failureOf(runtime.converse(ASK, {}));
    expect(error).toMatchObject({
      code,
      retryable: true,
      accepted: false,
      httpStatus: status,
      awsName: name,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'x-amz-retry-after': '1500' }, 1_500],
    [{ 'retry-after': 'soon' }, undefined],
  ])('reads the wait that AWS asks for: %o', async (headers, expected) => {
    await start((_, response) => refuse(response, 429, 'ThrottlingException', 'Too many requests', headers));
    const error = await failureOf(runtime.converse(ASK, {}));
    expect(error.retryAfterMs).toBe(expected);
    expect(server.requests).toHaveLength(1);
  });

  it('a broken connection is not sent again either', async () => {
    await start((request) => void request.socket.destroy());
    await failureOf(runtime.converse(ASK, {}));
    expect(server.requests).toHaveLength(1);
  });
});

describe('where to', () => {
  it.each(['x.evil.test/#', 'us-east-1@evil', 'us-east-1.evil.test', '127.0.0.1:9/#', 'US-EAST-1', '../x'])(
    'refuses the Region %s before anything is dialled',
    async (region) => {
      await start((_, response) => json(response, 200, WHOLE));
      expect((await failureOf(runtime.converse({ ...ASK, region }, {}))).code).toBe('unreachable_region');
      expect(server.requests).toHaveLength(0);
    },
  );

  it('signs for the Region of the call', async () => {
    await start((_, response) => json(response, 200, WHOLE));
    await runtime.converse({ ...ASK, region: 'eu-west-1' }, {});
    await runtime.converse({ ...ASK, region: 'us-gov-west-1' }, {});
    expect(server.requests.map((r) => r.headers.authorization?.split('/')[2])).toEqual([
      'eu-west-1',
      'us-gov-west-1',
    ]);
  });

  it('explains a refused connection with the endpoint override', async () => {
    await start((_, response) => json(response, 200, WHOLE));
    await server.close();
    const error = await failureOf(runtime.converse(ASK, {}));
    expect(error.code).toBe('network');
    expect(error.fix).toContain('AWS_ENDPOINT_URL_BEDROCK_RUNTIME');
  });

  it('refuses an endpoint override that is no URL', async () => {
    await start((_, response) => json(response, 200, WHOLE), { runtimeEndpoint: 'bedrock.local' });
    expect((await failureOf(runtime.converse(ASK, {}))).code).toBe('config');
  });
});
