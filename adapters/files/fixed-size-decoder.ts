import { RxSpikeError } from '../../src/index.js';
import type { Counts, Decoder, EventBatch } from './decoder.js';

/** Most records that are decoded at once. */
export const BLOCK = 4096;

/**
 * The frame of a decoder whose events are records of one size: cuts chunks into blocks of whole records, and carries the
 * beginning of a record over from one chunk to the next.
 */
export abstract class FixedSizeDecoder implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #format: string;
  readonly #record: string;
  readonly #size: number;
  #offset: number;
  #carried = 0;
  readonly #carry: Uint8Array;

  /**
   * @param names of the format and of a record, for messages
   * @param size bytes of a record
   * @param offset where the first record lies, for messages
   */
  constructor(names: { readonly format: string; readonly record: string }, size: number, offset: number) {
    this.#format = names.format;
    this.#record = names.record;
    this.#size = size;
    this.#offset = offset;
    this.#carry = new Uint8Array(size);
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    if (this.#carried > 0) {
      at = Math.min(this.#size - this.#carried, chunk.length);
      this.#carry.set(chunk.subarray(0, at), this.#carried);
      this.#carried += at;
      if (this.#carried < this.#size) return;
      this.#carried = 0;
      yield this.#decode(this.#carry, 0, this.#size);
    }
    const whole = chunk.length - ((chunk.length - at) % this.#size);
    for (; at < whole; at += BLOCK * this.#size) {
      yield this.#decode(chunk, at, Math.min(at + BLOCK * this.#size, whole));
    }
    this.#carry.set(chunk.subarray(whole));
    this.#carried = chunk.length - whole;
  }

  end(): void {
    if (this.#carried === 0) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      `${this.#format}: the ${this.#record} at byte ${this.#offset} has ${this.#carried} of ${this.#size} bytes`,
      { details: { offset: this.#offset } },
    );
  }

  /** Decodes the whole records, at most {@link BLOCK}, in `bytes[from…to)`. */
  protected abstract block(bytes: Uint8Array, from: number, to: number): EventBatch;

  #decode(bytes: Uint8Array, from: number, to: number): EventBatch {
    const batch = this.block(bytes, from, to);
    this.#offset += to - from;
    return batch;
  }
}
