/** A clock that counts up and begins anew after `period` units. */
export interface ClockRange {
  /** Units from one beginning to the next. */
  readonly period: number;
  /** Its first stamp: 0, or below zero where stamps are signed. */
  readonly lowest: number;
  /** Largest step, ahead or back, of a clock that is in order, units. */
  readonly near: number;
  /** How far from its end, and from its beginning, a clock may wrap, units. */
  readonly margin: number;
  /** Whether a step back by half the period or more is a wrap wherever it begins. */
  readonly half: boolean;
  /** Whether it has words of its own, which lead through its last stamp and its first. */
  readonly words: boolean;
}

/** A period is 16 of what a wrap may leap over on either side: fewer of such steps than {@link STEPS} do not go round. */
export const MARGINS = 16;
/** So many steps without a far one back are believed. Noise takes them once in millions of words. */
const STEPS = 15;

/**
 * Resolves the wraps of a clock, in such a way that noise between good stamps does not wind it.
 *
 * A wrap is from near the clock's end to near its beginning; from there to near the end is a step back over the wrap.
 * Any other step back is one. After a leap the stamp before it is remembered: where stamps return to it, its loop is
 * theirs, whatever was between. A leap is believed, and what was before it forgotten, after some steps without a far one
 * back, or when the clock goes from its last stamp to its first; where all steps went ahead, two stamps next to each
 * other are enough to follow the clock over its end.
 */
export class WrappingClock {
  /** False before the first stamp. */
  known = false;
  /** Last stamp. */
  stamp = 0;
  /** What is added to the last stamp: loops, in units. */
  base: number;
  /** True where a step of at most `near` without a wrap needs no more than to be set as {@link stamp}. */
  steady = false;
  readonly #range: ClockRange;
  readonly #least: number;
  /** Of the last stamp before the leap. */
  #anchor = 0;
  #anchorBase = 0;
  /** Steps since the leap, those to the same stamp apart. */
  #steps = 0;
  /** Whether there was a far step back since the leap, with which it began perhaps. */
  #disorder = false;
  /** Whether there were two stamps next to each other. */
  #runs = false;

  /** `base`: of the first loop. `least`: of the first loop that there is. */
  constructor(range: ClockRange, base: number, least: number) {
    this.#range = range;
    this.base = base;
    this.#least = least;
  }

  /** Takes in a stamp; then `base + stamp` is its time, units. */
  next(stamp: number): void {
    const { near, margin } = this.#range;
    const base = this.#baseOf(stamp, this.stamp, this.base);
    const step = base + stamp - this.base - this.stamp;
    if (!this.known) {
      this.known = true;
      this.steady = true;
    } else if (this.steady) {
      if (step > near || step < -near) this.#leap(base, step);
      else this.base = base;
    } else {
      const there = this.#baseOf(stamp, this.#anchor, this.#anchorBase);
      const fromThere = there + stamp - this.#anchorBase - this.#anchor;
      const far = step < -margin || (this.#disorder && this.#strange(stamp, base));
      // Near the clock's end it need not have gone back over its beginning.
      const returned = fromThere <= near && fromThere >= -near && there >= this.#anchorBase;
      if (this.#fromLastToFirst(stamp) && (this.#steps > 1 || !returned)) {
        this.steady = true;
        this.base = base;
      } else if (returned && (far || this.#disorder || !this.#runs)) {
        this.steady = true;
        this.base = there;
      } else if (far) {
        this.#disorder = true;
        this.#steps = 1;
        this.base = this.#anchorBase;
      } else {
        this.base = base;
        if (step !== 0) this.#follow(step);
      }
    }
    this.stamp = stamp;
  }

  #leap(base: number, step: number): void {
    this.#anchor = this.stamp;
    this.#anchorBase = this.base;
    this.#steps = 1;
    this.#disorder = step < -this.#range.margin;
    this.#runs = false;
    this.steady = false;
    this.base = base;
  }

  #follow(step: number): void {
    if (Math.abs(step) <= this.#range.near) this.#runs = true;
    if (++this.#steps >= STEPS) this.steady = true;
  }

  /** Whether it is a wrap that lies far from the clock's ends, from the last stamp on. */
  #strange(stamp: number, base: number): boolean {
    return this.#range.half && base > this.base && !this.#overEnd(this.stamp, stamp);
  }

  /** What is to be added to a stamp that follows `before`, to which `base` is added. */
  #baseOf(stamp: number, before: number, base: number): number {
    if (!this.known || Math.abs(stamp - before) < this.#range.period / 2) return base;
    const { period, half } = this.#range;
    if (stamp < before) return half || this.#overEnd(before, stamp) ? base + period : base;
    return !half && base > this.#least && this.#overEnd(stamp, before) ? base - period : base;
  }

  #fromLastToFirst(stamp: number): boolean {
    const { lowest, period, words } = this.#range;
    return words && stamp === lowest && this.stamp === lowest + period - 1;
  }

  #overEnd(before: number, stamp: number): boolean {
    const { lowest, period, margin } = this.#range;
    return before >= lowest + period - margin && stamp < lowest + margin;
  }
}
