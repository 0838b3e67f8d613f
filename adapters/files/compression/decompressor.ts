import { RxSpikeError } from '../../../src/index.js';

/** Expands one compressed body at a time into memory of its own. */
export interface Decompressor {
  /**
   * The content of a whole frame; valid until the next call.
   * @throws `ERR_TRUNCATED` where the frame ends early, `ERR_CORRUPT`, `ERR_LIMIT` where the content is above the
   * limit, `ERR_UNSUPPORTED` for parts of the format that are not read.
   */
  expand(frame: Uint8Array): Uint8Array;
  /** Bytes of the frame that was expanded last, where it is known; what lies behind them is not looked at. */
  readonly frameBytes?: number;
}

/** Room for output that grows as it is filled, up to a limit. */
export class BoundedOutput {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Makes room for `size` bytes in all, of which `used` are kept. `beyond`: room above the limit for a caller that
   * checks what it wrote. @throws `ERR_LIMIT`
   */
  reserve(size: number, used: number, beyond = 0): void {
    const most = this.#limit + beyond;
    if (size > most) throw this.tooLarge();
    if (size <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.min(most, Math.max(size, 2 * this.bytes.length)));
    bytes.set(this.bytes.subarray(0, used));
    this.bytes = bytes;
  }

  /** Most bytes that there is ever room for. */
  get limit(): number {
    return this.#limit;
  }

  tooLarge(): RxSpikeError {
    return new RxSpikeError('ERR_LIMIT', `compressed content is larger than ${this.#limit} bytes`, {
      details: { limit: this.#limit },
    });
  }
}
