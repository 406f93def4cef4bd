/** Throttling and other failures that may pass: where the call goes next, how long it waits, and what it never sends again. */
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamDelta } from '../../../src/messages/types.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxFault } from '../../../src/sandbox/types.ts';
import {
  type Answer,
  DELTA,
  exception,
  json,
  type Loopback,
  loopback,
  refuse,
  START,
  STOP,
  streamHead,
  WHOLE,
} from '../../aws/loopback.ts';
import { answered, asks, failed, modelCalls, type Rig, type RigOptions, rigOf, textOf } from '../rig.ts';

const MODEL = 'amazon.nova-lite-v1:0';
const PROFILE = `us.${MODEL}`;
const OTHER = 'amazon.nova-micro-v1:0';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function sandboxed(
  faults: readonly SandboxFault[],
  options: RigOptions = {},
): Promise<{ sandbox: Sandbox; rig: Rig }> {
  const sandbox = await startSandbox({ faults });
  open.push(sandbox);
  const rig = await rigOf(sandbox.url, options);
  open.push(rig);
  return { sandbox, rig };
}

/** A Bedrock that answers model calls as told and refuses the listings, so that the catalogue decides. */
async function scripted(
  answer: Answer,
  options: RigOptions = {},
): Promise<{ upstream: Loopback; rig: Rig; sent(): string[] }> {
  const upstream = await loopback((request, response, number, body) => {
    if (request.method === 'GET') return refuse(response, 403, 'AccessDeniedException', 'no listing');
    return answer(request, response, number, body);
  });
  open.push(upstream);
  const rig = await rigOf(upstream.url, options);
  open.push(rig);
  const sent = () =>
    upstream.requests
      .filter(({ method }) => method === 'POST')
      .map(({ url = '' }) => decodeURIComponent(url.split('/')[2] ?? ''));
  return { upstream, rig, sent };
}

const whole = { stream: false } as const;

describe('throttling', () => {
  it('leaves a throttled target alone: fifty parallel calls succeed through the next with at most five to the first', async () => {
    const { sandbox, rig } = await sandboxed([{ prompt: 'sandbox:throttle-after 30', modelId: 'us.' }]);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => rig.run(PROFILE)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(50);
    const calls = modelCalls(sandbox);
    const toFirst = calls.filter(({ modelId }) => modelId === PROFILE);
    const [told] = outcomes.filter(({ attempts }) => attempts.length > 1);
    expect(told?.warnings).toEqual([
      `${MODEL} in us-east-1 answered after ${PROFILE} in us-east-1 (throttled).`,
    ]);
    expect(toFirst.length).toBeGreaterThan(0);
    expect(toFirst.length).toBeLessThanOrEqual(5);
    expect(calls).toHaveLength(50 + toFirst.length);

    const before = sandbox.record.requests.length;
    answered(await rig.run(PROFILE));
    expect(modelCalls(sandbox, before).map(({ modelId }) => modelId)).toEqual([MODEL]);
  });

  it('lets every call go to a target that has begun to stream an answer lately', async () => {
    const { rig } = await sandboxed([]);
    answered(await rig.run(MODEL));
    const signal = new AbortController().signal;
    const admitted: boolean[] = [];
    for (let n = 0; n < 10; n += 1)
      void rig.deps.health.admit(`us-east-1 ${MODEL}`, signal).then(({ resting }) => admitted.push(resting));
    await new Promise((resolve) => setImmediate(resolve));
    expect(admitted).toHaveLength(10);
  });

  it('does so for fallback models too', async () => {
    const { sandbox, rig } = await sandboxed([{ prompt: 'sandbox:throttle', modelId: 'nova-lite' }], {
      fallbackModels: ['nova-micro'],
    });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => rig.run(MODEL, whole)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(50);
    const toFirst = modelCalls(sandbox).filter(({ modelId = '' }) => modelId.includes('nova-lite'));
    // Two targets of the asked model, the bare ID and its profile.
    expect(toFirst.length).toBeLessThanOrEqual(10);
    expect(answered(await rig.run(MODEL)).warnings.join('\n')).toContain(
      'the fallback model nova-micro was tried',
    );
  });

  it('goes to the other profile, then the other Region, then the fallback model, and records every attempt', async () => {
    const { sandbox, rig } = await sandboxed([{ prompt: 'sandbox:503', modelId: 'nova-lite' }], {
      policy: { allowRegions: ['eu-north-1', 'us-west-2'] },
      fallbackModels: ['no-such-model', 'nova-micro'],
    });
    const outcome = answered(await rig.run(MODEL));
    const trail = outcome.attempts.map(
      ({ region, modelId, error }) => `${region} ${modelId} ${error?.code ?? 'ok'}`,
    );
    expect(trail).toEqual([
      `us-east-1 ${MODEL} overloaded`,
      `us-east-1 ${PROFILE} overloaded`,
      `us-west-2 ${MODEL} overloaded`,
      `us-west-2 ${PROFILE} overloaded`,
      `eu-north-1 ${MODEL} overloaded`,
      `eu-north-1 eu.${MODEL} overloaded`,
      `us-east-1 ${OTHER} ok`,
    ]);
    expect(outcome.planned.target.model.id).toBe(OTHER);
    expect(outcome.warnings.join('\n')).toContain('The fallback model no-such-model was passed over');
    expect(modelCalls(sandbox)).toHaveLength(7);
  });

  it('passes over a fallback model that cannot carry the request, and says so', async () => {
    const { rig } = await sandboxed([{ prompt: 'sandbox:503', modelId: 'claude' }], {
      fallbackModels: ['titan-embed', 'nova-micro'],
    });
    const outcome = answered(await rig.run('claude-haiku-4-5'));
    expect(outcome.planned.target.model.id).toBe(OTHER);
    expect(outcome.warnings.join('\n')).toMatch(/titan-embed.* was passed over: .*embedding model/);
  });

  it.each([
    ['throttled', 'sandbox:throttle', 'throttled'],
    ['overloaded with 529, which the SDK leaves alone', 'sandbox:overloaded', 'overloaded'],
    ['failing inside', 'sandbox:error-500', 'service_error'],
  ])('makes one attempt and max_retries more when the only target is %s', async (_, prompt, code) => {
    const { sandbox, rig } = await sandboxed([], { maxRetries: 1 });
    const { error, attempts } = failed(await rig.run('gpt-oss-20b', asks(prompt)));
    expect(error).toMatchObject({ code, retryable: true });
    expect(attempts).toHaveLength(2);
    expect(modelCalls(sandbox)).toHaveLength(2);
  });

  it('makes one attempt per target and max_retries more in all when every target is throttled', async () => {
    const { sandbox, rig } = await sandboxed([{ prompt: 'sandbox:throttle' }], { maxRetries: 1 });
    const { error, attempts } = failed(await rig.run(MODEL));
    expect(attempts.map(({ modelId }) => modelId)).toEqual([MODEL, PROFILE, MODEL]);
    expect(modelCalls(sandbox)).toHaveLength(3);
    expect(error.message).toContain(`Tried before it: ${PROFILE} in us-east-1 (throttled).`);
  });

  it.each([
    ['the model failed (424)', 'sandbox:model-error', 'model_error'],
    ['the model timed out (408)', 'sandbox:model-timeout', 'model_timeout'],
  ])('tries once more when %s, whatever max_retries says', async (_, prompt, code) => {
    const { sandbox, rig } = await sandboxed([], { maxRetries: 5 });
    expect(failed(await rig.run('gpt-oss-20b', asks(prompt))).error.code).toBe(code);
    expect(modelCalls(sandbox)).toHaveLength(2);
  });

  it('does not repeat or move a call whose daily quota is used up', async () => {
    const { sandbox, rig } = await sandboxed([]);
    expect(failed(await rig.run(MODEL, asks('sandbox:throttle-daily'))).error.code).toBe('quota_exceeded');
    expect(modelCalls(sandbox)).toHaveLength(1);
  });

  it.each([
    ['no access', 'sandbox:no-access'],
    ['a closed legacy model', 'sandbox:legacy'],
    ['an input that is too long', 'sandbox:too-long'],
    ['a data retention setting', 'sandbox:data-retention'],
  ])('does not move a call that was refused because of %s', async (_, prompt) => {
    const { sandbox, rig } = await sandboxed([], { fallbackModels: ['nova-micro'] });
    failed(await rig.run(MODEL, asks(prompt)));
    expect(modelCalls(sandbox)).toHaveLength(1);
  });

  it('succeeds on the second attempt after a passing throttle, waiting as long as the service said', async () => {
    let refusedAt = 0;
    let servedAt = 0;
    const { rig } = await scripted((_request, response) => {
      if (refusedAt === 0) {
        refusedAt = performance.now();
        return refuse(response, 429, 'ThrottlingException', 'Too many requests', {
          'x-amz-retry-after': '700',
        });
      }
      servedAt = performance.now();
      return json(response, 200, WHOLE);
    });
    const { attempts } = answered(await rig.run('openai.gpt-oss-20b-1:0', { ...whole, api: 'converse' }));
    expect(attempts).toHaveLength(2);
    // Not a race: the earliest moment that the service allowed.
    expect(servedAt - refusedAt).toBeGreaterThanOrEqual(700);
  });

  it('gives up at once, naming the wait, when the service asks for more time than the call has', async () => {
    const { sandbox, rig } = await sandboxed([]);
    const asked = { ...asks('sandbox:throttle-after 50'), timeoutMs: 20_000 };
    const { error } = failed(await rig.run('gpt-oss-20b', asked));
    expect(error).toMatchObject({ code: 'throttled', retryAfterMs: 50_000 });
    expect(modelCalls(sandbox)).toHaveLength(1);
  });
});

describe('the deadline and the caller', () => {
  it('never waits beyond the deadline, however many attempts are left', async () => {
    const { sandbox, rig } = await sandboxed([], { maxRetries: 10 });
    const timeoutMs = 1_500;
    const started = performance.now();
    const outcome = failed(await rig.run('gpt-oss-20b', { ...asks('sandbox:error-500'), timeoutMs }));
    expect(outcome.error.code).toBe('service_error');
    expect(modelCalls(sandbox).length).toBeLessThan(11);
    // All eleven attempts would wait for half a minute and more: a multiple of the deadline is far from both.
    expect(performance.now() - started).toBeLessThan(6 * timeoutMs);
  });

  it('ends an answer that goes on for longer than the whole call may take', async () => {
    const { sandbox, rig } = await sandboxed([]);
    const { error } = failed(await rig.run(MODEL, { ...asks('sandbox:slow 20'), timeoutMs: 1_200 }));
    expect(error).toMatchObject({ code: 'timeout', accepted: true });
    expect(error.partialText).toBeTruthy();
    expect(modelCalls(sandbox)).toHaveLength(1);
  });

  it('returns at once when it is cancelled during a pause, and sends nothing more', async () => {
    const controller = new AbortController();
    const { rig, sent } = await scripted((_request, response) =>
      refuse(response, 429, 'ThrottlingException', 'Too many requests', { 'retry-after': '20' }),
    );
    const running = rig.run('openai.gpt-oss-20b-1:0', { signal: controller.signal });
    const pausing = () => rig.deps.health.restingFor('us-east-1 openai.gpt-oss-20b-1:0') > 0;
    while (!pausing()) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    const { error, attempts } = failed(await running);
    expect(error.code).toBe('cancelled');
    expect(attempts.map((each) => each.error?.code)).toEqual(['throttled']);
    expect(sent()).toHaveLength(1);
  });

  it('closes the upstream connection when it is cancelled in the middle of the answer', async () => {
    const { sandbox, rig } = await sandboxed([]);
    const controller = new AbortController();
    const outcome = await rig.run(MODEL, {
      ...asks('sandbox:slow 20'),
      signal: controller.signal,
      onDelta: (delta) => {
        if (delta.type === 'text') controller.abort();
      },
    });
    const { error, attempts } = failed(outcome);
    expect(error.code).toBe('cancelled');
    expect(error.partialText).toBeTruthy();
    expect(attempts).toHaveLength(1);
    while (sandbox.record.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(modelCalls(sandbox).map(({ state }) => state)).toEqual(['aborted']);
  });

  it.each([['sandbox:hang'], ['sandbox:stall']])(
    'ends %s with a time-out that is never sent again',
    async (prompt) => {
      const { sandbox, rig } = await sandboxed([], { fallbackModels: ['nova-micro'] });
      const { error, attempts } = failed(await rig.run(MODEL, { ...asks(prompt), idleTimeoutMs: 300 }));
      expect(error).toMatchObject({ code: 'timeout', accepted: true, retryable: false });
      expect(attempts).toHaveLength(1);
      expect(modelCalls(sandbox)).toHaveLength(1);
      while (sandbox.record.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(sandbox.record.aborted).toBe(1);
    },
  );
});

describe('answers that break', () => {
  it.each([['sandbox:no-stop'], ['sandbox:cut'], ['sandbox:bad-crc'], ['sandbox:stream-error']])(
    '%s: keeps the text so far and is not sent again',
    async (prompt) => {
      const { sandbox, rig } = await sandboxed([], { fallbackModels: ['nova-micro'] });
      const deltas: StreamDelta[] = [];
      const outcome = await rig.run(MODEL, { ...asks(prompt), onDelta: (delta) => deltas.push(delta) });
      const { error, attempts } = failed(outcome);
      const seen = deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
      expect(seen).not.toBe('');
      expect(error.partialText).toBe(seen);
      expect(attempts).toHaveLength(1);
      expect(modelCalls(sandbox)).toHaveLength(1);
    },
  );

  it('calls a stream without its end marker incomplete', async () => {
    const { rig } = await sandboxed([]);
    expect(failed(await rig.run(MODEL, asks('sandbox:no-stop'))).error.code).toBe('incomplete');
  });

  it('sends again when the stream refuses in its first frame, before any output', async () => {
    let asked = 0;
    const { rig, sent } = await scripted((_request, response) => {
      asked += 1;
      streamHead(response);
      if (asked === 1)
        return void response.end(exception('throttlingException', { message: 'Too many requests' }));
      response.write(START);
      response.write(DELTA);
      response.end(STOP);
    });
    const outcome = answered(await rig.run('amazon.nova-micro-v1:0'));
    expect(textOf(outcome.result)).toBe('Hi');
    expect(outcome.attempts.map(({ error }) => error?.code)).toEqual(['throttled', undefined]);
    expect(sent()).toEqual(['amazon.nova-micro-v1:0', 'us.amazon.nova-micro-v1:0']);
  });

  it('does not send again when the stream refuses after the first words', async () => {
    const { rig, sent } = await scripted((_request, response) => {
      streamHead(response);
      response.write(START);
      response.write(DELTA);
      response.end(exception('throttlingException', { message: 'Too many requests' }));
    });
    const { error } = failed(await rig.run('amazon.nova-micro-v1:0'));
    expect(error).toMatchObject({ code: 'throttled', partialText: 'Hi' });
    expect(sent()).toHaveLength(1);
  });

  it('sends again when the connection breaks before the answer began', async () => {
    const { rig, sent } = await scripted((_request, response) => {
      if (sent().length === 1) return void response.socket?.destroy();
      return json(response, 200, WHOLE);
    });
    const outcome = answered(await rig.run('openai.gpt-oss-20b-1:0', { ...whole, api: 'converse' }));
    expect(outcome.attempts.map(({ error }) => error?.code)).toEqual(['network', undefined]);
    expect(sent()).toHaveLength(2);
  });

  it('reports what a consumer throws as a bug here, and closes the stream', async () => {
    const { sandbox, rig } = await sandboxed([]);
    const { error } = failed(
      await rig.run(MODEL, {
        ...asks('sandbox:slow 20'),
        onDelta: () => {
          throw new Error('consumer');
        },
      }),
    );
    expect(error.code).toBe('internal');
    while (sandbox.record.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sandbox.record.aborted).toBe(1);
  });
});
