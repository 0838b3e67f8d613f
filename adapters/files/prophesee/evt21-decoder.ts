import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { LITTLE_HOST, swapWords } from './byte-order.js';
import { Clock34 } from './clock-34.js';
import { EVT2_OTHERS, EVT2_TIME_HIGH, EVT2_TRIGGER, WORD_BYTES } from './layout.js';
import { RecordDecoder, type RecordOptions } from './record-decoder.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BYTES = new Uint8Array(8 * BLOCK);
const WORDS = new Int32Array(BYTES.buffer);
const ROOM = 32 * BLOCK;
const T = new Float64Array(ROOM);
const X = new Uint16Array(ROOM);
const Y = new Uint16Array(ROOM);
const P = new Uint8Array(ROOM);

/** EVT2.1 words → events; see `Decoder`. An event word holds 32 pixels, the lowest bit is the leftmost of them. */
export class Evt21Decoder extends RecordDecoder {
  readonly #clock: Clock34;
  /** Which of the two halves of a word, in the file's order, has the type. */
  readonly #head: 0 | 1;
  /** Time of the high bits, µs. */
  #base = 0;

  /** `legacy`: the half with the type comes first, as from an IMX636. */
  constructor(options: RecordOptions, legacy: boolean) {
    super(options, WORD_BYTES['evt2.1']);
    this.#clock = new Clock34(options.t0);
    this.#head = legacy === LITTLE_HOST ? 0 : 1;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    BYTES.set(bytes.subarray(from, to));
    if (this.swap) swapWords(BYTES, to - from, 8);
    const count = (to - from) >> 2;
    const length = this.#events(this.#clock.known ? 0 : this.#beforeTime(count), count);
    this.violation('nonMonotonicTimeHigh', this.#clock.stepsBack);
    this.#clock.stepsBack = 0;
    return { t: T, x: X, y: Y, p: P, length };
  }

  /** `first` and `count` are in halves of a word. */
  #events(first: number, count: number): number {
    const head = this.#head;
    const tail = 1 - head;
    let base = this.#base;
    let n = 0;
    for (let i = first; i < count; i += 2) {
      const word = WORDS[i + head];
      const type = word >>> 28;
      if (type <= 1) {
        const t = base + ((word >>> 22) & 0x3f);
        const x = (word >>> 11) & 0x7ff;
        const y = word & 0x7ff;
        for (let mask = WORDS[i + tail]; mask !== 0; mask &= mask - 1) {
          T[n] = t;
          X[n] = x + 31 - Math.clz32(mask & -mask);
          Y[n] = y;
          P[n] = type;
          n++;
        }
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
    for (; i < count; i += 2) {
      const type = WORDS[i + this.#head] >>> 28;
      if (type === EVT2_TIME_HIGH) break;
      if (type <= 1) {
        for (let mask = WORDS[i + 1 - this.#head]; mask !== 0; mask &= mask - 1) this.violation('missingTimeHigh', 1);
      } else if (type === EVT2_TRIGGER) {
        this.violation('missingTimeHigh', 1);
      } else {
        this.asideOrUnknown(EVT2_OTHERS[type]);
      }
    }
    return i;
  }
}
