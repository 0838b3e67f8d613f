import { BLOCK, EsDecoder, type DecodedBlock } from './es-decoder.js';
import type { EsType } from './layout.js';

const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Bytes of an event, and bits of time in its first one. */
const LAYOUTS: Readonly<Record<EsType, { readonly size: number; readonly timeBits: number }>> = {
  dvs: { size: 3, timeBits: 4 },
  atis: { size: 3, timeBits: 5 },
  display: { size: 3, timeBits: 5 },
  colour: { size: 6, timeBits: 7 },
  generic: { size: 9, timeBits: 7 },
};

/**
 * Event Stream 1.0. The low bits of the first byte hold the time; all ones, the high bits say how many times that many
 * µs have passed (0: a reset). After the time, from the low bits on: DVS x 10, y 9, polarity 1; ATIS x 9, y 8, kind 1,
 * polarity 1; colour x 9, y 8, red, green, blue; display x 3, y 3 of a module, which are no pixels of their own.
 */
export class PackedDecoder extends EsDecoder {
  readonly #type: EsType;

  /** `offset`: of the first byte. */
  constructor(type: EsType, offset: number) {
    super(LAYOUTS[type].size, offset);
    this.#type = type;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): DecodedBlock {
    const { size, timeBits } = LAYOUTS[this.#type];
    const ones = (1 << timeBits) - 1;
    const last = to - size;
    let n = 0;
    let i = from;
    let resets = 0;
    let others = 0;
    let time = this.time;
    while (i < to) {
      const lead = bytes[i];
      if ((lead & ones) === ones) {
        time += ones * (lead >> timeBits);
        if (lead === ones) resets++;
        i++;
        continue;
      }
      if (i > last) break;
      time += lead & ones;
      T[n] = time;
      if (this.#pixel(bytes, i, n)) n++;
      else others++;
      i += size;
    }
    this.time = time;
    this.count('resets', resets);
    if (this.#type === 'colour') this.count('colours', n);
    else this.count(this.#type === 'atis' ? 'thresholdCrossings' : this.#type, others);
    return { at: i, batch: { t: T, x: X, y: Y, p: P, length: n } };
  }

  /** Writes the event at `i` as number `n`; false where it is no camera event. */
  #pixel(bytes: Uint8Array, i: number, n: number): boolean {
    const [first, second, third] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    P[n] = third >> 7;
    if (this.#type === 'dvs') {
      X[n] = (first >> 4) | ((second & 0x3f) << 4);
      Y[n] = (second >> 6) | ((third & 0x7f) << 2);
      return true;
    }
    if (this.#type === 'atis') {
      X[n] = (first >> 5) | ((second & 0x3f) << 3);
      Y[n] = (second >> 6) | ((third & 0x3f) << 2);
      return (third & 0x40) === 0;
    }
    if (this.#type !== 'colour') return false;
    X[n] = (first >> 7) | (second << 1);
    Y[n] = third;
    P[n] = 0;
    return true;
  }
}
