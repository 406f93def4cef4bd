import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newPairState, pair } from '../../../src/spend/ledger/pairs.ts';
import type { IntentRecord, SettledRecord } from '../../../src/spend/record.ts';
import { settledRecord } from '../../../src/spend/record.ts';
import { type Fixture, fixture, outcome } from '../ledger-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

const intent = (id: string): IntentRecord => on.plan({ id });
const end = (id: string): SettledRecord => settledRecord(intent(id), outcome(), Date.now());

function counted(steps: readonly (IntentRecord | SettledRecord | 'damaged')[]) {
  const state = newPairState();
  const settled: string[] = [];
  for (const step of steps) {
    if (step === 'damaged') state.damaged += 1;
    else pair(state, step, { intent: () => undefined, settled: (record) => settled.push(record.id) });
  }
  return { settled, open: [...state.open.keys()], repeats: state.repeats };
}

describe('each call is counted once', () => {
  it('an intent without an end is open', () => {
    expect(counted([intent('a'), intent('b'), end('a')])).toEqual({
      settled: ['a'],
      open: ['b'],
      repeats: 0,
    });
  });

  it('an end that comes twice is counted once', () => {
    expect(counted([intent('a'), end('a'), intent('b'), end('a'), end('b')])).toEqual({
      settled: ['a', 'b'],
      open: [],
      repeats: 1,
    });
  });

  it('an intent that comes twice is open once', () => {
    expect(counted([intent('a'), intent('a')])).toEqual({ settled: [], open: ['a'], repeats: 1 });
  });

  it('an end whose intent could not be written is counted, once', () => {
    const alone = { ...end('a'), alone: true as const };
    expect(counted([alone, alone])).toEqual({ settled: ['a'], open: [], repeats: 1 });
  });

  it('an end whose intent a damaged line may have been is counted: real spend is never dropped', () => {
    expect(counted(['damaged', end('a'), end('a'), end('b')])).toEqual({
      settled: ['a'],
      open: [],
      repeats: 2,
    });
  });

  it('names of the language are only names', () => {
    expect(counted([intent('__proto__'), intent('constructor'), end('__proto__')])).toEqual({
      settled: ['__proto__'],
      open: ['constructor'],
      repeats: 0,
    });
  });
});
