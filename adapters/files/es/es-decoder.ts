import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';

/** Most events that are decoded at once. */
export const BLOCK = 4096;

/** How far a block was decoded. */
export interface DecodedBlock {
  /** Offset of the first byte that was not decoded. */
  readonly at: number;
  readonly batch: EventBatch;
}

/**
 * The frame of a decoder for streams of events of one size between which single bytes stand that are none: cuts chunks
 * into blocks, and carries the beginning of an event over from one chunk to the next.
 */
export abstract class EsDecoder implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  /** Time of the last event or overflow, µs. */
  protected time = 0;
  readonly #size: number;
  readonly #carry: Uint8Array;
  #carried = 0;
  /** Bytes decoded, carried ones not counted in. */
  #offset: number;

  /**
   * @param size bytes of an event
   * @param offset where the first byte lies, for messages
   */
  constructor(size: number, offset: number) {
    this.#size = size;
    this.#carry = new Uint8Array(size);
    this.#offset = offset;
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    if (this.#carried > 0) {
      at = Math.min(this.#size - this.#carried, chunk.length);
      this.#carry.set(chunk.subarray(0, at), this.#carried);
      this.#carried += at;
      if (this.#carried < this.#size) return;
      this.#carried = 0;
      const { batch } = this.block(this.#carry, 0, this.#size);
      this.#offset += this.#size;
      yield batch;
    }
    while (at < chunk.length) {
      const to = Math.min(at + BLOCK * this.#size, chunk.length);
      const { at: end, batch } = this.block(chunk, at, to);
      this.#offset += end - at;
      at = end;
      yield batch;
      if (to === chunk.length) break;
    }
    this.#carry.set(chunk.subarray(at));
    this.#carried = chunk.length - at;
  }

  end(): void {
    if (this.#carried === 0) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      `es: the event at byte ${this.#offset} has ${this.#carried} of ${this.#size} bytes`,
      { details: { offset: this.#offset } },
    );
  }

  /** Decodes `bytes[from…to)`, at most {@link BLOCK} events long, up to the beginning of an event that is not whole. */
  protected abstract block(bytes: Uint8Array, from: number, to: number): DecodedBlock;

  /** Counts what is not an event. */
  protected count(name: string, times: number): void {
    if (times > 0) this.side[name] = (this.side[name] ?? 0) + times;
  }
}
