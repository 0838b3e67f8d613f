import { lookup3 } from './lookup3.js';

/** Builds the bytes of one structure, little-endian. */
export class StructureWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;

  /** What was written, a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  text(text: string): this {
    return this.append(new TextEncoder().encode(text));
  }

  /** An integer ≥ 0 of `size` bytes, exact below 2⁵³. */
  uint(value: number, size: number): this {
    this.#reserve(size);
    for (let k = 0, rest = value; k < size; k++, rest = Math.floor(rest / 256))
      this.#bytes[this.#length++] = rest % 256;
    return this;
  }

  u8(...values: readonly number[]): this {
    for (const value of values) this.uint(value, 1);
    return this;
  }

  u16(value: number): this {
    return this.uint(value, 2);
  }

  u32(value: number): this {
    return this.uint(value, 4);
  }

  u64(value: number): this {
    return this.uint(value, 8);
  }

  /** An address; null is the undefined one. */
  address(at: number | null): this {
    return at === null ? this.u8(...Array.from({ length: 8 }, () => 0xff)) : this.u64(at);
  }

  append(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Zeros up to `length` bytes in all. */
  fill(length: number): this {
    this.#reserve(length - this.#length);
    this.#length = length;
    return this;
  }

  /** The checksum of all before it. */
  checksum(): this {
    return this.u32(lookup3(this.#bytes, 0, this.#length));
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
