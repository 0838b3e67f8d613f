import { LOOP_24 } from './layout.js';

const HALF = 2 ** 11;
const UNIT = 2 ** 12;
const LAST = 2 ** 12 - 1;
/** How far from its end a clock may wrap without being called in disorder. */
const NEAR = 0xff;

/**
 * The clock of EVT3: 12 high bits and 12 low bits, each set by words of its own, by the vendor's rule: high bits that
 * are 2048 or more below those before them have wrapped, and new high bits set the low ones to 0.
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
  #high = 0;
  #loop: number;

  /** `t0`: time that the clock's zero stands for, µs. */
  constructor(t0: number) {
    this.#loop = t0;
    this.base = t0;
  }

  /** Takes in high bits; true where they are not those before. `running`: whether leaving some out is counted. */
  set(high: number, running: boolean): boolean {
    const before = this.#high;
    if (high === before && this.known) return false;
    if (this.known) {
      if (before >= high + HALF) this.#loop += LOOP_24;
      const wrapped = before === LAST && high === 0;
      if (high < before && high - before + LAST >= NEAR) this.nonMonotonic++;
      else if (running && high !== before + 1 && !wrapped) this.nonContinuous++;
    }
    this.known = true;
    this.#high = high;
    this.base = this.#loop + high * UNIT;
    return true;
  }
}
