import { RxSpikeError } from '../../../src/index.js';

/** An error for Zstandard content that contradicts its format. */
export function zstdCorrupt(what: string): RxSpikeError {
  return new RxSpikeError('ERR_CORRUPT', `zstd frame: ${what}`);
}

/** Number of the highest bit that is set; −1 for 0. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

/**
 * Bits that are read from the end of `bytes[from…to)` to its beginning; the highest bit set of the last byte marks the
 * end (RFC 8878, section 4.1). Bits before the beginning are 0, and `left` is negative once they have been read.
 */
export class BackwardBits {
  /** Bits that have not been read. */
  left: number;
  readonly #bytes: Uint8Array;
  readonly #from: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    const last = to > from ? bytes[to - 1] : 0;
    if (last === 0) throw zstdCorrupt('a bit stream has no end mark');
    this.#bytes = bytes;
    this.#from = from;
    this.left = 8 * (to - from - 1) + highestBit(last);
  }

  /** The next `count` ≤ 24 bits, left in place. */
  peek(count: number): number {
    const start = this.left - count;
    if (start < 0) return this.left <= 0 ? 0 : (this.#at(0) & ((1 << this.left) - 1)) << -start;
    return this.#at(start) & ((1 << count) - 1);
  }

  /** The next `count` ≤ 31 bits. */
  read(count: number): number {
    const start = this.left - count;
    if (start >= 0 && count <= 24) {
      this.left = start;
      return this.#at(start) & ((1 << count) - 1);
    }
    if (count > 24) {
      const high = this.read(count - 16);
      return high * 65536 + this.read(16);
    }
    const value = this.peek(count);
    this.left = start;
    return value;
  }

  /** At least 24 bits from bit `start` on. */
  #at(start: number): number {
    const bytes = this.#bytes;
    const i = this.#from + (start >> 3);
    return (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)) >>> (start & 7);
  }
}
