/** Resolves the loops of a 32-bit clock: a time is taken to be less than 2³¹ µs (35.8 minutes) from the one before. */
export class Clock32 {
  #last: number | null = null;

  /** @param stamp an unsigned 32-bit time; the first one is taken as it is */
  unwrap(stamp: number): number {
    const last = this.#last;
    this.#last = last === null ? stamp : last + ((stamp - (last % 2 ** 32)) | 0);
    return this.#last;
  }
}
