import { describe, expect, it } from 'vitest';
import { createTargetHealth } from '../../../src/inference/send/target-health.ts';

const KEY = 'us-east-1 some-model';
const never = () => new AbortController().signal;

/** A health whose clock stands still until it is moved. */
function still() {
  let now = 1_000;
  const pass = (ms: number) => {
    now += ms;
  };
  return { health: createTargetHealth(() => now), pass };
}

/** The results of admissions that have settled by now. */
async function settled(admissions: readonly Promise<{ resting: boolean }>[]): Promise<boolean[]> {
  const out: boolean[] = [];
  for (const admission of admissions)
    admission.then(({ resting }) => out.push(resting)).catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  return out;
}

describe('admission to a target', () => {
  it('lets four calls try one that has not answered lately, and the rest when one of them is answered', async () => {
    const { health } = still();
    const admissions = Array.from({ length: 50 }, () => health.admit(KEY, never()));
    expect(await settled(admissions)).toHaveLength(4);
    health.proven(KEY);
    const all = await settled(admissions);
    expect(all).toHaveLength(50);
    expect(all.filter((resting) => resting)).toEqual([]);
  });

  it('sends the waiting ones elsewhere when a probe is refused for lack of capacity', async () => {
    const { health } = still();
    const admissions = Array.from({ length: 50 }, () => health.admit(KEY, never()));
    health.rest(KEY);
    expect((await settled(admissions)).filter((resting) => resting)).toHaveLength(46);
  });

  it('lets the next one probe when a probe ended without either', async () => {
    const { health } = still();
    const admissions = Array.from({ length: 6 }, () => health.admit(KEY, never()));
    (await admissions[0])?.done();
    (await admissions[0])?.done();
    expect(await settled(admissions)).toHaveLength(5);
  });

  it('does not wait for ever for a probe that works on a long answer', async () => {
    const { health } = still();
    const admissions = Array.from({ length: 5 }, () => health.admit(KEY, never()));
    await Promise.all(admissions);
    expect(await settled(admissions)).toEqual([false, false, false, false, false]);
  });

  it('ends the wait of a call that is given up', async () => {
    const { health } = still();
    const controller = new AbortController();
    const probes = Array.from({ length: 4 }, () => health.admit(KEY, never()));
    const waiting = health.admit(KEY, controller.signal);
    expect(await settled([waiting])).toEqual([]);
    controller.abort();
    expect(await settled([...probes, waiting])).toHaveLength(5);
  });

  it('forgets after a minute that a target answered', async () => {
    const { health } = still();
    health.proven(KEY);
    expect(await settled(Array.from({ length: 50 }, () => health.admit(KEY, never())))).toHaveLength(50);
    const later = still();
    later.health.proven(KEY);
    later.pass(60_001);
    expect(await settled(Array.from({ length: 50 }, () => later.health.admit(KEY, never())))).toHaveLength(4);
  });
});

describe('rest', () => {
  it('lasts as long as the service said, or half a minute', () => {
    const { health, pass } = still();
    expect(health.restingFor(KEY)).toBe(0);
    health.rest(KEY, 5_000);
    expect(health.restingFor(KEY)).toBe(5_000);
    health.rest(KEY, 1_000);
    expect(health.restingFor(KEY)).toBe(5_000);
    pass(5_000);
    expect(health.restingFor(KEY)).toBe(0);
    health.rest(KEY);
    expect(health.restingFor(KEY)).toBe(30_000);
  });

  it('has to be followed by new probes, whatever the target did before', async () => {
    const { health, pass } = still();
    health.proven(KEY);
    health.rest(KEY, 5_000);
    pass(5_000);
    expect(await settled(Array.from({ length: 50 }, () => health.admit(KEY, never())))).toHaveLength(4);
  });

  it('is over when the target answers, and concerns no other target', () => {
    const { health } = still();
    health.rest(KEY);
    expect(health.restingFor('eu-west-1 some-model')).toBe(0);
    health.proven(KEY);
    expect(health.restingFor(KEY)).toBe(0);
  });

  it('is kept for a bounded number of targets, resting ones first', () => {
    const { health } = still();
    health.rest(KEY, 1_000_000);
    for (let n = 0; n < 5_000; n += 1) health.rest(`us-east-1 model-${n}`, 0);
    expect(health.restingFor(KEY)).toBe(1_000_000);
  });
});
