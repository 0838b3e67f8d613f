import { LOOP_34 } from './layout.js';

const HALF = 2 ** 27;
const UNIT = 64;

/** The clock of EVT2, EVT2.1 and EVT4: 28 high bits that words of their own set, 6 low bits in each event. */
export class Clock34 {
  /** False before the first high bits: nothing before them has a time. */
  known = false;
  /** Times that the high bits stepped back without having wrapped. */
  stepsBack = 0;
  #high = 0;
  #loop: number;

  /** `t0`: time that the clock's zero stands for, µs. */
  constructor(t0: number) {
    this.#loop = t0;
  }

  /**
   * Takes in high bits and gives the time that they stand for, µs. A step back by half the range or more is a wrap; a
   * smaller one is taken as it is.
   */
  set(high: number): number {
    if (high < this.#high && this.known) {
      if (this.#high - high >= HALF) this.#loop += LOOP_34;
      else this.stepsBack++;
    }
    this.known = true;
    this.#high = high;
    return this.#loop + high * UNIT;
  }
}
