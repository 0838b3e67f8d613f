/** Steps that are written one by one: up to so many no high bits are left out, as cameras do. */
const FINE = 65_536;

/**
 * The words of high bits that lead a reader's clock from one time to another: wherever it stands, the next one. Counted
 * from the clock's zero on, loops included; of a word the file holds the remainder by `period`.
 *
 * Readers take high bits that are far below those before them for a wrap. So a wrap is always from the last value to 0,
 * a step back never more than half the period less one, and a step ahead never more than half of it.
 */
export class HighBits {
  /** Where the reader's clock stands; NaN before the first word. */
  now: number = Number.NaN;
  readonly #period: number;
  readonly #fine: number;
  readonly #mostLoops: number;
  /** True on the way to a far time; one and the same until it is reached. */
  #coarse: boolean | null = null;

  /**
   * @param period values before the bits wrap
   * @param fine whether high bits may be left out only where the gap is long
   */
  constructor(period: number, fine: boolean, mostLoops: number) {
    this.#period = period;
    this.#fine = fine ? FINE : 0;
    this.#mostLoops = mostLoops;
  }

  /** Loops of the clock that are left to a header for a first time of `target`: none where words can lead there. */
  loopsBefore(target: number): number {
    const loops = Math.floor(target / this.#period);
    return loops > this.#mostLoops ? loops : 0;
  }

  /** The next high bits on the way to `target`, which is not `now`. */
  next(target: number): number {
    const now = this.now;
    if (Number.isNaN(now)) {
      this.#coarse = true;
      this.now = this.#first(target);
    } else {
      this.#coarse ??= target < now || target - now > this.#fine;
      this.now = this.#coarse ? this.#stride(now, target) : now + 1;
    }
    if (this.now === target) this.#coarse = null;
    return this.now;
  }

  #first(target: number): number {
    if (target >= this.#period) return 0;
    // Readers that look for the end of the header at its lines' first byte only must not find it here again.
    return target % 256 === 0x25 ? target - 1 : target;
  }

  #stride(now: number, target: number): number {
    const half = this.#period / 2;
    if (target < now) return Math.max(target, now - half + 1);
    const last = now - (now % this.#period) + this.#period - 1;
    if (now === last) return now + 1;
    return Math.min(target, last, now + half);
  }
}
