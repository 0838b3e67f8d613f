import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { swapWords } from './byte-order.js';
import { Clock34 } from './clock-34.js';
import { EVT2_OTHERS, EVT2_TIME_HIGH, EVT2_TRIGGER, WORD_BYTES } from './layout.js';
import { RecordDecoder, type RecordOptions } from './record-decoder.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BYTES = new Uint8Array(4 * BLOCK);
const WORDS = new Int32Array(BYTES.buffer);
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** EVT2 words → events; see `Decoder`. */
export class Evt2Decoder extends RecordDecoder {
  readonly #clock: Clock34;
  /** Time of the high bits, µs. */
  #base = 0;

  constructor(options: RecordOptions) {
    super(options, WORD_BYTES.evt2);
    this.#clock = new Clock34(options.t0);
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    BYTES.set(bytes.subarray(from, to));
    if (this.swap) swapWords(BYTES, to - from, 4);
    const count = (to - from) >> 2;
    const length = this.#events(this.#clock.known ? 0 : this.#beforeTime(count), count);
    this.violation('nonMonotonicTimeHigh', this.#clock.stepsBack);
    this.#clock.stepsBack = 0;
    return { t: T, x: X, y: Y, p: P, length };
  }

  #events(first: number, count: number): number {
    let base = this.#base;
    let n = 0;
    for (let i = first; i < count; i++) {
      const word = WORDS[i];
      const type = word >>> 28;
      if (type <= 1) {
        T[n] = base + ((word >>> 22) & 0x3f);
        X[n] = (word >>> 11) & 0x7ff;
        Y[n] = word & 0x7ff;
        P[n] = type;
        n++;
      } else if (type === EVT2_TIME_HIGH) {
        base = this.#clock.set(word & 0xfffffff);
      } else if (type === EVT2_TRIGGER) {
        this.trigger(base + ((word >>> 22) & 0x3f), (word >>> 8) & 0x1f, (word & 1) === 1);
      } else {
        this.asideOrUnknown(EVT2_OTHERS[type]);
      }
    }
    this.#base = base;
    return n;
  }

  /** Passes over what has no time; returns where the first high bits stand. */
  #beforeTime(count: number): number {
    let i = 0;
    for (; i < count; i++) {
      const type = WORDS[i] >>> 28;
      if (type === EVT2_TIME_HIGH) break;
      if (type <= 1 || type === EVT2_TRIGGER) this.violation('missingTimeHigh', 1);
      else this.asideOrUnknown(EVT2_OTHERS[type]);
    }
    return i;
  }
}
