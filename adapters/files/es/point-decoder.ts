import { BLOCK, EsDecoder, type DecodedBlock } from './es-decoder.js';
import { BYTE_OVERFLOW_TIME, OVERFLOW, RESET } from './layout.js';

const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Bytes of an event, and of each of its coordinates. */
const EVENT_BYTES = { colour: 8, display: 4 } as const;

/**
 * Events of Event Stream 2.0 that have a place and no polarity. Colour: time (8 bits), x, y (u16, little-endian), red,
 * green, blue. Display: time, x, y, stage (8 bits each).
 */
export class PointDecoder extends EsDecoder {
  readonly #type: 'colour' | 'display';

  /** `offset`: of the first byte. */
  constructor(type: 'colour' | 'display', offset: number) {
    super(EVENT_BYTES[type], offset);
    this.#type = type;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): DecodedBlock {
    const colour = this.#type === 'colour';
    const size = EVENT_BYTES[this.#type];
    const base = this.time;
    const last = to - size;
    let n = 0;
    let i = from;
    let resets = 0;
    let dt = 0;
    while (i < to) {
      const lead = bytes[i];
      if (lead >= RESET) {
        if (lead === OVERFLOW) dt += BYTE_OVERFLOW_TIME;
        else resets++;
        i++;
        continue;
      }
      if (i > last) break;
      dt += lead;
      T[n] = base + dt;
      X[n] = colour ? bytes[i + 1] | (bytes[i + 2] << 8) : bytes[i + 1];
      Y[n] = colour ? bytes[i + 3] | (bytes[i + 4] << 8) : bytes[i + 2];
      n++;
      i += size;
    }
    this.time = base + dt;
    this.count('resets', resets);
    if (colour) this.count('colours', n);
    return { at: i, batch: { t: T, x: X, y: Y, p: P, length: n } };
  }
}
