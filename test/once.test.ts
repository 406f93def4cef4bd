import { describe, expect, it } from 'vitest';
import { once, onceDone } from '../src/once.ts';

describe('what is made once', () => {
  it('is made with its first use and not again, also when it is undefined', () => {
    let made = 0;
    const get = once(() => {
      made += 1;
    });
    expect(get.made()).toBeUndefined();
    expect(made).toBe(0);
    get();
    get();
    expect(made).toBe(1);
  });

  it('may fail: it is made again after a failure, and shared by those who wait', async () => {
    let made = 0;
    const get = onceDone(async () => {
      made += 1;
      if (made === 1) throw new Error('not yet');
      return made;
    });
    await expect(Promise.all([get(), get()])).rejects.toThrow('not yet');
    expect(await Promise.all([get(), get()])).toEqual([2, 2]);
  });
});
