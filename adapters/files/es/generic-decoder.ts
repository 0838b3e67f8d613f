import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { RESET } from './layout.js';

/** More bytes of size than any number needs that a file can mean. */
const MOST_SIZE_BYTES = 8;

type Place = 'idle' | 'size' | 'data';

/**
 * Generic events of Event Stream 2.0: time (8 bits), how many bytes follow (7 bits a byte, the lowest first, while the
 * lowest bit is set), and those, which are the user's own. They have no pixels, so they are counted; nothing of them is
 * kept.
 */
export class GenericDecoder implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #limit: number;
  #place: Place = 'idle';
  /** Bytes of data that are still to come, and bytes that said how many. */
  #left = 0;
  #sizeBytes = 0;
  /** Of the next byte, and of the event that it belongs to. */
  #offset: number;
  #start = 0;

  /** `offset`: of the first byte. `limit`: most bytes of an event. */
  constructor(offset: number, limit: number) {
    this.#offset = offset;
    this.#limit = limit;
  }

  push(chunk: Uint8Array): Iterable<EventBatch> {
    let at = 0;
    while (at < chunk.length) {
      const before = at;
      if (this.#place === 'data') {
        const take = Math.min(this.#left, chunk.length - at);
        this.#left -= take;
        at += take;
        if (this.#left === 0) this.#finish();
      } else if (this.#place === 'size') {
        this.#size(chunk[at++]);
      } else {
        this.#idle(chunk[at++]);
      }
      this.#offset += at - before;
    }
    return [];
  }

  end(): void {
    if (this.#place === 'idle') return;
    throw new RxSpikeError('ERR_TRUNCATED', `es: the generic event at byte ${this.#start} is not whole`, {
      details: { offset: this.#start },
    });
  }

  #idle(byte: number): void {
    if (byte === RESET) this.side.resets = (this.side.resets ?? 0) + 1;
    if (byte >= RESET) return;
    this.#start = this.#offset;
    this.#place = 'size';
    this.#left = 0;
    this.#sizeBytes = 0;
  }

  #size(byte: number): void {
    this.#left += (byte >> 1) * 2 ** (7 * this.#sizeBytes++);
    const details = { offset: this.#start };
    if (this.#left > this.#limit) {
      const message = `es: the generic event at byte ${this.#start} says ${this.#left} bytes, the limit is ${this.#limit}`;
      throw new RxSpikeError('ERR_LIMIT', message, { details: { ...details, limit: this.#limit } });
    }
    if ((byte & 1) === 0) {
      if (this.#left === 0) this.#finish();
      else this.#place = 'data';
    } else if (this.#sizeBytes === MOST_SIZE_BYTES) {
      const message = `es: the generic event at byte ${this.#start} takes more than ${MOST_SIZE_BYTES} bytes for its size`;
      throw new RxSpikeError('ERR_CORRUPT', message, { details });
    }
  }

  #finish(): void {
    this.#place = 'idle';
    this.side.generic = (this.side.generic ?? 0) + 1;
  }
}
