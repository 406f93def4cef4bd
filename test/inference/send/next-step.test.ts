/** The decision after a failure, code by code. */
import { describe, expect, it } from 'vitest';
import {
  BedrockError,
  type BedrockErrorDetails,
  ERROR_CODES,
  type ErrorCode,
} from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { backoff, sleep } from '../../../src/inference/send/backoff.ts';
import { nextStep, type Situation } from '../../../src/inference/send/next-step.ts';
import { asking, modelOf } from '../sample-model.ts';

const NOVA = 'amazon.nova-lite-v1:0';
const record = (await loadCatalog()).record(NOVA);

const failure = (code: ErrorCode, more: Partial<BedrockErrorDetails> = {}): BedrockError =>
  new BedrockError(code, { message: 'm', fix: 'f', ...more });

const situation = (more: Partial<Situation> = {}): Situation => ({
  request: asking(),
  model: modelOf('nova'),
  target: { modelId: NOVA, region: 'us-east-1', via: 'on-demand', model: record },
  route: { api: 'converse', stream: true },
  repaired: new Set(),
  produced: false,
  aborted: false,
  ...more,
});

/** Codes that may pass by themselves, and where the call goes on. Every other code fails at once. */
const PASSING: Partial<Record<ErrorCode, 'here' | 'elsewhere'>> = {
  throttled: 'elsewhere',
  overloaded: 'elsewhere',
  unreachable_region: 'elsewhere',
  model_not_ready: 'here',
  model_error: 'here',
  model_timeout: 'here',
  service_error: 'here',
  network: 'here',
};

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERROR_CODES, name);
}
const CODES = Object.keys(ERROR_CODES).filter(isCode);

describe('the next step', () => {
  it.each(CODES)('after %s is to try again only what may pass', (code) => {
    const step = nextStep(failure(code, { retryable: true }), situation());
    const where = PASSING[code];
    if (code === 'profile_required' || code === 'unknown_model') expect(step.kind).toBe('heal');
    else if (where === undefined) expect(step.kind).toBe('fail');
    else expect(step).toMatchObject({ kind: 'retry', patience: { where } });
  });

  it.each(CODES)('after %s never sends again what was accepted, produced output or was given up', (code) => {
    expect(nextStep(failure(code, { retryable: true, accepted: true }), situation())).toEqual({
      kind: 'fail',
    });
    for (const over of [{ produced: true }, { aborted: true }]) {
      expect(nextStep(failure(code, { retryable: true }), situation(over))).toEqual({ kind: 'fail' });
    }
  });

  it('believes a failure that says waiting does not help', () => {
    expect(nextStep(failure('throttled', { retryable: false }), situation()).kind).toBe('fail');
    expect(nextStep(failure('service_error', { retryable: false }), situation()).kind).toBe('fail');
  });

  it('lets only targets without capacity rest', () => {
    const rests = CODES.filter((code) => {
      const step = nextStep(failure(code, { retryable: true }), situation());
      return step.kind === 'retry' && step.patience.rests === true;
    });
    expect(rests).toEqual(['throttled', 'overloaded']);
  });

  it('finds another identifier once for each one that is refused, but never for an ARN', () => {
    const first = nextStep(failure('unknown_model'), situation());
    if (first.kind !== 'heal') throw new Error('no healing');
    const again = situation({ repaired: new Set([first.cause]) });
    expect(nextStep(failure('unknown_model'), again).kind).toBe('fail');
    const other = { ...again.target, modelId: `us.${NOVA}` };
    expect(nextStep(failure('unknown_model'), { ...again, target: other }).kind).toBe('heal');
    const arn = { ...again.target, via: 'arn' } as const;
    expect(nextStep(failure('unknown_model'), situation({ target: arn })).kind).toBe('fail');
  });

  it('takes a denied streaming action for a reason to ask for the whole answer, once for each target', () => {
    const denied = failure('access_denied', {
      httpStatus: 403,
      awsMessage: 'User is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: x',
    });
    const step = nextStep(denied, situation());
    expect(step).toMatchObject({ kind: 'whole', remember: expect.stringMatching(/^buffered:iam — /) });
    if (step.kind !== 'whole') throw new Error('not whole');
    expect(nextStep(denied, situation({ repaired: new Set([step.cause]) })).kind).toBe('fail');
    expect(nextStep(denied, situation({ route: { api: 'converse', stream: false } })).kind).toBe('fail');
  });

  it.each([
    ["This model doesn't support tool use in streaming mode.", { learned: { streamingTools: false } }],
    ["This model doesn't support streaming.", { remember: expect.stringMatching(/^buffered:learned — /) }],
  ])('asks for the whole answer after "%s"', (awsMessage, expected) => {
    const error = failure('unsupported_feature', { httpStatus: 400, awsMessage });
    expect(nextStep(error, situation())).toMatchObject({ kind: 'whole', ...expected });
  });

  it('repairs each cause once', () => {
    const error = failure('rejected_request', {
      httpStatus: 400,
      awsMessage: 'temperature is deprecated for this model.',
    });
    const request = asking({ inferenceConfig: { temperature: 0.5 } });
    const step = nextStep(error, situation({ request }));
    expect(step).toMatchObject({ kind: 'repair', cause: 'member temperature' });
    expect(nextStep(error, situation({ request, repaired: new Set(['member temperature']) })).kind).toBe(
      'fail',
    );
  });
});

describe('pauses', () => {
  it.each([
    [1, 400, 400, 800],
    [2, 400, 800, 1_600],
    [1, 1_000, 1_000, 2_000],
    [20, 1_000, 10_000, 20_000],
  ])('number %i on a base of %i ms takes from %i to %i ms', (pauses, base, least, most) => {
    for (let n = 0; n < 200; n += 1) {
      const wait = backoff(pauses, base, undefined);
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(most);
    }
  });

  it('are as long as the service said, and hardly longer', () => {
    for (let n = 0; n < 200; n += 1) {
      const wait = backoff(1, 400, 7_000);
      expect(wait).toBeGreaterThanOrEqual(7_000);
      expect(wait).toBeLessThan(7_100);
    }
  });

  it('end when the caller gives up, before or during them', async () => {
    const controller = new AbortController();
    const waiting = sleep(3_600_000, controller.signal);
    controller.abort();
    await waiting;
    await sleep(3_600_000, controller.signal);
  });
});
