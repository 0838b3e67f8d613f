/** Puts something together that arrives in pieces, without copying what arrives in one. */
export class Gathering {
  #buffer = new Uint8Array(0);
  #length = 0;

  /** Bytes gathered so far. */
  get length(): number {
    return this.#length;
  }

  /** Keeps a copy of a piece. Memory grows with what has arrived, not with what was announced. */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length, 256));
      buffer.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = buffer;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  /** All pieces with the last one; valid until the next call of `add`. Begins anew. */
  finish(last: Uint8Array): Uint8Array {
    if (this.#length === 0) return last;
    this.add(last);
    const whole = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    return whole;
  }
}
