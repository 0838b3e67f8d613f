import { MARGINS, WrappingClock } from '../wrapping-clock.js';

const PERIOD = 2 ** 32;

/** Longest step of a clock that is in order, µs. */
export const NEAR: number = 2 ** 20;

/** The clock of AEDAT 1.0 and 2.0: signed, 32 bits, µs. Time may run below that of its first loop, `base`, too. */
export function clock32(base: number): WrappingClock {
  const range = {
    period: PERIOD,
    lowest: -PERIOD / 2,
    near: NEAR,
    margin: PERIOD / MARGINS,
    half: false,
    words: false,
  };
  return new WrappingClock(range, base, -Infinity);
}
