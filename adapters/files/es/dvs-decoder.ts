import { BLOCK, EsDecoder, type DecodedBlock } from './es-decoder.js';
import { DVS_OVERFLOW_TIME, OVERFLOW, PIXEL_EVENT_BYTES, RESET } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** DVS events of Event Stream 2.0: time · 2 + polarity, x and y (u16, little-endian). */
export class DvsDecoder extends EsDecoder {
  readonly #height: number | null;

  /** `height`: y is turned so that it grows downwards; null: left as stored. `offset`: of the first byte. */
  constructor(height: number | null, offset: number) {
    super(PIXEL_EVENT_BYTES, offset);
    this.#height = height;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): DecodedBlock {
    const base = this.time;
    // y as stored, or height − 1 − y: one and the same sum, so that the loop does not ask.
    const sign = this.#height === null ? 1 : -1;
    const top = this.#height === null ? 0 : this.#height - 1;
    const last = to - PIXEL_EVENT_BYTES;
    let n = 0;
    let i = from;
    let resets = 0;
    // Time since `base`: a block is short enough for small integers.
    let dt = 0;
    while (i < to) {
      const lead = bytes[i];
      if (lead >= RESET) {
        if (lead === OVERFLOW) dt += DVS_OVERFLOW_TIME;
        else resets++;
        i++;
        continue;
      }
      if (i > last) break;
      dt += lead >> 1;
      T[n] = base + dt;
      X[n] = bytes[i + 1] | (bytes[i + 2] << 8);
      Y[n] = top + sign * (bytes[i + 3] | (bytes[i + 4] << 8));
      P[n] = lead & 1;
      n++;
      i += PIXEL_EVENT_BYTES;
    }
    this.time = base + dt;
    this.count('resets', resets);
    return { at: i, batch: { t: T, x: X, y: Y, p: P, length: n } };
  }
}
