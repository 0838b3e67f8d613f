import { BLOCK, EsDecoder, type DecodedBlock } from './es-decoder.js';
import { ATIS_OVERFLOW, ATIS_OVERFLOW_TIME, PIXEL_EVENT_BYTES } from './layout.js';

const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/**
 * ATIS events of Event Stream 2.0: time · 4 + polarity · 2 + kind, x and y (u16, little-endian). Threshold crossings,
 * by which the sensor measures grey levels, are counted.
 */
export class AtisDecoder extends EsDecoder {
  readonly #height: number | null;

  /** `height`: y is turned so that it grows downwards; null: left as stored. `offset`: of the first byte. */
  constructor(height: number | null, offset: number) {
    super(PIXEL_EVENT_BYTES, offset);
    this.#height = height;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): DecodedBlock {
    const base = this.time;
    const sign = this.#height === null ? 1 : -1;
    const top = this.#height === null ? 0 : this.#height - 1;
    const last = to - PIXEL_EVENT_BYTES;
    let n = 0;
    let i = from;
    let resets = 0;
    let crossings = 0;
    let dt = 0;
    while (i < to) {
      const lead = bytes[i];
      if (lead >= ATIS_OVERFLOW) {
        dt += ATIS_OVERFLOW_TIME * (lead & 3);
        if (lead === ATIS_OVERFLOW) resets++;
        i++;
        continue;
      }
      if (i > last) break;
      dt += lead >> 2;
      if ((lead & 1) === 0) {
        T[n] = base + dt;
        X[n] = bytes[i + 1] | (bytes[i + 2] << 8);
        Y[n] = top + sign * (bytes[i + 3] | (bytes[i + 4] << 8));
        P[n] = (lead >> 1) & 1;
        n++;
      } else {
        crossings++;
      }
      i += PIXEL_EVENT_BYTES;
    }
    this.time = base + dt;
    this.count('resets', resets);
    this.count('thresholdCrossings', crossings);
    return { at: i, batch: { t: T, x: X, y: Y, p: P, length: n } };
  }
}
