/** Throttling and other failures that may pass: where the call goes next, how long it waits, and what it never sends again. */
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamDelta } from '../../src/inference/types.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import type { Sandbox, SandboxFault } from '../../src/sandbox/types.ts';
import { type Answer, type Loopback, loopback, refuse } from '../aws/loopback.ts';
import { DELTA, exception, START, STOP, streamHead, WHOLE, json } from '../aws/loopback.ts';
import { answered, asks, failed, modelCalls, type Rig, type RigOptions, rigOf, textOf } from './rig.ts';

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
async function scripted(answer: Answer, options: RigOptions = {}): Promise<{ upstream: Loopback; rig: Rig; sent(): string[] }> {
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
  it('fifty parallel calls leave a throttled target alone and all succeed through the next', async () => {
    const { sandbox, rig } = await sandboxed([{ prompt: 'sandbox:throttle-after 30', modelId: MODEL, times: 1_000 }]);
    // Bare IDs only: the profile's own ID contains the bare one.
    sandbox.inject({ prompt: 'sandbox:long 3', modelId: PROFILE });
    const first = `^${MODEL.replaceAll('.', '\\.')}$`;
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => rig.run(MODEL)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(50);
    const calls = modelCalls(sandbox);
    const toFirst = calls.filter(({ modelId = '' }) => new RegExp(first).test(modelId));
    expect(toFirst.length).toBeLessThanOrEqual(5);
    expect(calls).toHaveLength(50 + toFirst.length);

    const before = sandbox.record.requests.length;
    answered(await rig.run(MODEL));
    expect(modelCalls(sandbox, before).map(({ modelId }) => modelId)).toEqual([PROFILE]);
  });
});
