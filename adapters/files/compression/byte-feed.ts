/** Bytes that have arrived and are not consumed, in one piece; copied only where a part is not whole at a chunk's end. */
export class ByteFeed {
  /** Bytes consumed so far. */
  offset = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Memory of its own; `#bytes` is this or a borrowed chunk. */
  #own: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Bytes there are. */
  get length(): number {
    return this.#end - this.#at;
  }

  /** Takes a chunk in, borrowed until `keep`. */
  add(chunk: Uint8Array): void {
    const { length } = this;
    if (length === 0) {
      this.#bytes = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    this.#reserve(length + chunk.length);
    this.#own.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Lets go of the chunk: what is left of it is copied. */
  keep(): void {
    if (this.length === 0) {
      this.#bytes = this.#own;
      this.#at = this.#end = 0;
    } else if (this.#bytes !== this.#own) {
      this.#reserve(this.length);
    }
  }

  /** The next `size` bytes, of those that are there, left in place; valid until the next call of `add` or `keep`. */
  view(size: number): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#at + size);
  }

  /** Consumes bytes, of those that are there. */
  skip(size: number): void {
    this.#at += size;
    this.offset += size;
  }

  /** Moves what there is to memory of its own with room for `size` bytes. */
  #reserve(size: number): void {
    const here = this.#bytes === this.#own;
    if (here && this.#at + size <= this.#own.length) return;
    const rest = this.#bytes.subarray(this.#at, this.#end);
    // Twice the room, so that bytes that come one by one are not moved one by one.
    if (size > this.#own.length >> 1) {
      const own = new Uint8Array(2 * size);
      own.set(rest);
      this.#own = own;
    } else if (here) {
      this.#own.copyWithin(0, this.#at, this.#end);
    } else {
      this.#own.set(rest);
    }
    this.#bytes = this.#own;
    this.#at = 0;
    this.#end = rest.length;
  }
}
