import { RxSpikeError } from '../../../src/index.js';

/** Bits of bytes, highest first. */
export class BitsFromTop {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next 0…24 bits. @throws `ERR_TRUNCATED` */
  read(count: number): number {
    while (this.#count < count) {
      if (this.#at === this.#bytes.length) throw new RxSpikeError('ERR_TRUNCATED', 'bzip2: ends in a block');
      // Bits that were read are pushed out at the top.
      this.#held = (this.#held << 8) | this.#bytes[this.#at++];
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }
}
