/** Recorded answers that were cut on their way: never a short success, and what had arrived is kept. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS } from './corpus.ts';
import { answerOf, errorOf } from './product.ts';
import { type Replayed, startReplay } from './replay.ts';
import { asksForStream, isRefused, kindOf, type Row } from './row.ts';
import { framesBeforeEnd, framesWithin, recorded, textOfFrames, told } from './said.ts';

const text = ROWS.filter((row) => kindOf(row) === 'text' && row.status === 200);
const streams = text.filter(asksForStream);
const whole = text.filter((row) => !asksForStream(row) && !isRefused(row));
const cases = (rows: readonly Row[]) => rows.map((row) => [row.id, row] as const);

const MOST_CUTS = 10;

/** At most ten numbers from 0 to `last`, evenly spread, both ends among them. */
function spread(last: number): number[] {
  const steps = Math.min(last, MOST_CUTS - 1);
  const numbers = Array.from({ length: steps + 1 }, (_, at) => Math.round((at * last) / Math.max(steps, 1)));
  return [...new Set(numbers)];
}

describe('recorded answers that are cut', () => {
  let replayed: Replayed;
  let chunked: Replayed;
  beforeAll(async () => {
    [replayed, chunked] = await Promise.all([startReplay(), startReplay(61)]);
  });
  afterAll(async () => {
    await Promise.all([replayed?.close(), chunked?.close()]);
  });

  it.each(cases(streams))('are incomplete without their end marker: %s', async (_id, row) => {
    const cuts = spread(framesBeforeEnd(row));
    const texts = textOfFrames(row);
    expect(texts.join('')).toBe(recorded(row).text);
    const errors = await Promise.all(
      cuts.map((size) => errorOf(answerOf(row, replayed, { by: 'frames', size }))),
    );
    expect(errors.map(({ code, accepted, partialText = '' }) => ({ code, accepted, partialText }))).toEqual(
      cuts.map((size) => ({
        code: 'incomplete',
        accepted: true,
        partialText: texts.slice(0, size).join(''),
      })),
    );
  });

  it.each(cases(streams))(
    'are an error with what had arrived when reset in the middle of a frame: %s',
    async (_id, row) => {
      const size = Math.floor(row.bytes.length / 2);
      const error = await errorOf(answerOf(row, replayed, { by: 'truncate', size }));
      expect(['network', 'incomplete']).toContain(error.code);
      expect(error).toMatchObject({ accepted: true, retryable: false });
      const frames = framesWithin(row, size);
      expect(error.partialText ?? '').toBe(textOfFrames(row).slice(0, frames).join(''));
    },
  );

  it.each(cases(whole))('are an error when reset before their last byte: %s', async (_id, row) => {
    const { length } = row.bytes;
    const cuts = [1, Math.floor(length / 2), length - 1];
    const errors = await Promise.all(
      cuts.map((size) => errorOf(answerOf(row, replayed, { by: 'truncate', size }))),
    );
    for (const error of errors) {
      expect(['network', 'incomplete']).toContain(error.code);
      // Bedrock had answered 200: sending it again would be billed twice.
      expect(error).toMatchObject({ accepted: true, retryable: false });
    }
  });

  it.each(cases(streams.filter((row) => !isRefused(row))))(
    'say the same in pieces of 61 bytes: %s',
    async (_id, row) => {
      const { result } = await answerOf(row, chunked);
      expect(told(result)).toEqual(recorded(row));
    },
  );
});
