import { MARGINS, WrappingClock } from '../wrapping-clock.js';

const UNIT = 2 ** 12;
const VALUES = 2 ** 12;
const LAST = VALUES - 1;
/** How far from its end a clock may wrap without being called in disorder. */
const NEAR = 0xff;

/** In high bits. Order: steps of up to 65 ms. */
const RANGE = { period: VALUES, lowest: 0, near: 16, margin: VALUES / MARGINS, half: true, words: true };

/**
 * The clock of EVT3: 12 high bits and 12 low bits, each set by words of its own, by the vendor's rule: high bits that
 * are 2048 or more below those before them have wrapped, and new high bits set the low ones to 0. Where high bits return
 * to those before a leap they are of the same loop; see `WrappingClock`.
 */
export class Clock24 {
  /** False before the first high bits: nothing before them has a time. */
  known = false;
  /** Time of the high bits, µs. */
  base: number;
  /** High bits that stepped back without a wrap, or wrapped far from the clock's end. */
  nonMonotonic = 0;
  /** High bits that left some out. */
  nonContinuous = 0;
  readonly #clock = new WrappingClock(RANGE, 0, 0);
  readonly #t0: number;

  /** `t0`: time that the clock's zero stands for, µs. */
  constructor(t0: number) {
    this.#t0 = t0;
    this.base = t0;
  }

  /** Takes in high bits; true where they are not those before. `running`: whether leaving some out is counted. */
  set(high: number, running: boolean): boolean {
    const clock = this.#clock;
    const before = clock.stamp;
    if (high === before && this.known) return false;
    clock.next(high);
    if (this.known) {
      const wrapped = before === LAST && high === 0;
      if (high < before && high - before + LAST >= NEAR) this.nonMonotonic++;
      else if (running && high !== before + 1 && !wrapped) this.nonContinuous++;
    }
    this.known = true;
    this.base = this.#t0 + (clock.base + high) * UNIT;
    return true;
  }
}
