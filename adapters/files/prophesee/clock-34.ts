import { MARGINS, WrappingClock } from '../wrapping-clock.js';

const UNIT = 64;
const VALUES = 2 ** 28;

/** In high bits. Order: steps of up to 4.2 s. */
const RANGE = { period: VALUES, lowest: 0, near: 2 ** 16, margin: VALUES / MARGINS, half: false, words: true };

/** The clock of EVT2, EVT2.1 and EVT4: 28 high bits that words of their own set, 6 low bits in each event. */
export class Clock34 {
  /** False before the first high bits: nothing before them has a time. */
  known = false;
  /** Times that the high bits stepped back, those that wrapped apart. */
  stepsBack = 0;
  readonly #clock = new WrappingClock(RANGE, 0, 0);
  readonly #t0: number;

  /** `t0`: time that the clock's zero stands for, µs. */
  constructor(t0: number) {
    this.#t0 = t0;
  }

  /** Takes in high bits and gives the time that they stand for, µs; see `WrappingClock`. */
  set(high: number): number {
    const clock = this.#clock;
    const before = clock.base + clock.stamp;
    clock.next(high);
    const now = clock.base + high;
    if (now < before && this.known) this.stepsBack++;
    this.known = true;
    return this.#t0 + now * UNIT;
  }
}
