import type { EventBatch } from '../decoder.js';
import { BLOCK, FixedSizeDecoder } from '../fixed-size-decoder.js';
import { NMNIST_EVENT_BYTES, NMNIST_OVERFLOW_TIME, NMNIST_OVERFLOW_Y } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** N-MNIST bytes → events; see `Decoder`. */
export class NmnistDecoder extends FixedSizeDecoder {
  #base = 0;

  constructor() {
    super({ format: 'nmnist', record: 'event' }, NMNIST_EVENT_BYTES, 0);
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
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
    return { t: T, x: X, y: Y, p: P, length: n };
  }
}
