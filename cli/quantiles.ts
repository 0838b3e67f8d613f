/** Quantiles of the most recent `capacity` values: exact, in bounded memory. */
export class Quantiles {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity = 10_000) {
    this.#values = new Float64Array(capacity);
  }

  /** Values added so far, forgotten ones included. */
  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** Smallest value that at least the share `q` (0…1) of the kept values does not exceed; null where there is none. */
  at(q: number): number | null {
    const kept = Math.min(this.#count, this.#values.length);
    if (kept === 0) return null;
    const sorted = this.#values.slice(0, kept).sort();
    return sorted[Math.max(0, Math.ceil(q * kept) - 1)];
  }
}
