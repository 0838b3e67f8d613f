import { describe, expect, it } from 'vitest';
import { WrappingClock } from '../../../adapters/files/wrapping-clock.js';

const P = 2 ** 32;
const MIN = 60e6;
const ranges = [0, -P / 2].map((lowest) => ({
  period: P,
  lowest,
  near: 2 ** 20,
  margin: P / 16,
  half: false,
  words: false,
}));

describe.each(ranges)('a clock of 32 bits from $lowest on', (range) => {
  const end = range.lowest + P;
  const read = (times: readonly number[]): number[] => {
    const clock = new WrappingClock(range, 0, 0);
    return times.map((t) => {
      const stamp = range.lowest + ((t - range.lowest) % P);
      clock.next(stamp);
      return clock.base + stamp;
    });
  };

  it.each([
    ['begins just before a wrap', [end - 1, end, end + 5]],
    ['is silent over a wrap', [end - 4 * MIN, end + 4 * MIN, end + 4 * MIN + 1]],
    ['has some of before the wrap after it', [end - 9, end + 3, end - 2, end + 4, end - 1, end + 9]],
    ['wraps again and again', Array.from({ length: 9_000 }, (_, k) => end - 100 + k * 1e6)],
    ['wraps again and again, with pauses', Array.from({ length: 400 }, (_, k) => end - 100 + k * 264e6)],
    ['steps far back', [end - 30 * MIN, end - 60 * MIN, end - 60 * MIN + 1, end - 30 * MIN]],
    ['leaps ahead by 50 min', [end - 60 * MIN, end - 10 * MIN, end - 10 * MIN + 5]],
  ])('%s', (_, times) => {
    expect(read(times)).toEqual(times);
  });

  it('a stamp near the end among those near the beginning, and the other way round', () => {
    const begin = range.lowest;
    expect(read([begin + 5, end - 3, begin + 6])).toEqual([begin + 5, end - 3, begin + 6]);
    expect(read([end - 9, begin + 7, end - 8, end - 7])).toEqual([end - 9, end + 7, end - 8, end - 7]);
    expect(read([0, end - 3, 1e9, end - 7, begin, 5, 6])).toEqual([0, end - 3, 1e9, end - 7, expect.any(Number), 5, 6]);
  });

  it('a new beginning is a step back, and what follows it is in order', () => {
    const stamps = [1e9, ...Array.from({ length: 40 }, (_, k) => 1e6 + k), 1e9 + 5];
    expect(read(stamps)).toEqual(stamps);
  });
});
