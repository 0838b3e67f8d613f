/** What may be spent at a steady rate, with a reserve for bursts; starts full. Times are ms of any one clock. */
export class Budget {
  readonly #perMs: number;
  readonly #reserve: number;
  #left: number;
  #at: number;

  /** @param perSecond above 0; Infinity: there is always enough */
  constructor(perSecond: number, reserve: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#reserve = reserve;
    this.#left = reserve;
    this.#at = now;
  }

  /** Spends `cost` if there is so much. */
  spend(cost: number, now: number): boolean {
    this.#fill(now);
    if (this.#left < cost) return false;
    this.#left -= cost;
    return true;
  }

  /** Spends `cost` in any case. @returns how long to wait until the debt is paid, ms */
  owe(cost: number, now: number): number {
    this.#fill(now);
    this.#left -= cost;
    return this.#left >= 0 ? 0 : -this.#left / this.#perMs;
  }

  /** Whether nothing has been spent that is not made up for. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#left >= this.#reserve;
  }

  #fill(now: number): void {
    const earned = this.#perMs === Infinity ? Infinity : (now - this.#at) * this.#perMs;
    this.#left = Math.min(this.#reserve, this.#left + earned);
    this.#at = now;
  }
}
