const utf8 = new TextEncoder();

/** Puts records of MCAP together in a buffer that grows. */
export class McapBuilder {
  #bytes = new Uint8Array(1 << 10);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All that was put together; a view that is valid until more is. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  uint8(value: number): this {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
    return this;
  }

  uint16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  uint32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  uint64(value: bigint | number): this {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  string(text: string): this {
    const bytes = utf8.encode(text);
    return this.uint32(bytes.length).raw(bytes);
  }

  /** What `fill` puts in, after its length as 32 bits. */
  sized(fill: () => void): this {
    const at = this.#room(4);
    fill();
    this.#view.setUint32(at, this.#length - at - 4, true);
    return this;
  }

  /** A record of what `fill` puts in; `more` bytes of it are handed out apart. */
  record(op: number, fill: () => void, more = 0): this {
    this.uint8(op);
    const at = this.#room(8);
    fill();
    this.#view.setBigUint64(at, BigInt(this.#length - at - 8 + more), true);
    return this;
  }

  #room(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const bytes = new Uint8Array(2 * (at + size));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = at + size;
    return at;
  }
}
