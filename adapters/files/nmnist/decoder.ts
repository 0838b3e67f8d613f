import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { NMNIST_EVENT_BYTES, NMNIST_OVERFLOW_TIME, NMNIST_OVERFLOW_Y } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 4096;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** N-MNIST bytes → events; see {@link Decoder}. */
export class NmnistDecoder implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  #base = 0;
  #offset = 0;
  #carried = 0;
  readonly #carry = new Uint8Array(NMNIST_EVENT_BYTES);

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    if (this.#carried > 0) {
      at = Math.min(NMNIST_EVENT_BYTES - this.#carried, chunk.length);
      this.#carry.set(chunk.subarray(0, at), this.#carried);
      this.#carried += at;
      if (this.#carried < NMNIST_EVENT_BYTES) return;
      this.#carried = 0;
      yield this.#block(this.#carry, 0, NMNIST_EVENT_BYTES);
    }
    const whole = chunk.length - ((chunk.length - at) % NMNIST_EVENT_BYTES);
    for (; at < whole; at += BLOCK * NMNIST_EVENT_BYTES) {
      yield this.#block(chunk, at, Math.min(at + BLOCK * NMNIST_EVENT_BYTES, whole));
    }
    this.#carry.set(chunk.subarray(whole));
    this.#carried = chunk.length - whole;
  }

  end(): void {
    if (this.#carried === 0) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      `nmnist: the event at byte ${this.#offset} has ${this.#carried} of ${NMNIST_EVENT_BYTES} bytes`,
      { details: { offset: this.#offset } },
    );
  }

  #block(bytes: Uint8Array, from: number, to: number): EventBatch {
    let n = 0;
    let base = this.#base;
    for (let i = from; i < to; i += NMNIST_EVENT_BYTES) {
      const y = bytes[i + 1];
      if (y === NMNIST_OVERFLOW_Y) {
        base += NMNIST_OVERFLOW_TIME;
        continue;
      }
      const high = bytes[i + 2];
      T[n] = base + (((high & 0x7f) << 16) | (bytes[i + 3] << 8) | bytes[i + 4]);
      X[n] = bytes[i];
      Y[n] = y;
      P[n] = high >> 7;
      n++;
    }
    this.#base = base;
    this.#offset += to - from;
    return { t: T, x: X, y: Y, p: P, length: n };
  }
}
