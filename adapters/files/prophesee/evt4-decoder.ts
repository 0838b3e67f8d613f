import { RxSpikeError } from '../../../src/index.js';
import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { swapWords } from './byte-order.js';
import { Clock34 } from './clock-34.js';
import {
  EVT4_CONTINUED,
  EVT4_OFF,
  EVT4_ON,
  EVT4_OTHERS,
  EVT4_TIME_HIGH,
  EVT4_TRIGGER,
  EVT4_VECTOR_OFF,
  EVT4_VECTOR_ON,
  WORD_BYTES,
} from './layout.js';
import { RecordDecoder, type RecordOptions } from './record-decoder.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BYTES = new Uint8Array(4 * BLOCK);
const WORDS = new Int32Array(BYTES.buffer);
// Every second word may be a mask of 32 pixels, and the first may belong to a word of the block before.
const ROOM = 16 * BLOCK + 32;
const T = new Float64Array(ROOM);
const X = new Uint16Array(ROOM);
const Y = new Uint16Array(ROOM);
const P = new Uint8Array(ROOM);

/** EVT4 words → events; see `Decoder`. A vector is two words: what it is, then a mask of 32 pixels, the lowest first. */
export class Evt4Decoder extends RecordDecoder {
  readonly #clock: Clock34;
  /** Time of the high bits, µs. */
  #base = 0;
  /** The first word of a vector whose mask comes next; 0 where none does. */
  #vector = 0;

  constructor(options: RecordOptions) {
    super(options, WORD_BYTES.evt4);
    this.#clock = new Clock34(options.t0);
  }

  override end(): void {
    super.end();
    if (this.#vector === 0) return;
    throw new RxSpikeError('ERR_TRUNCATED', `${this.format}: the input ends between a vector and its mask`, {
      details: { format: this.format },
    });
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    BYTES.set(bytes.subarray(from, to));
    if (this.swap) swapWords(BYTES, to - from, 4);
    const length = this.#events((to - from) >> 2);
    this.violation('nonMonotonicTimeHigh', this.#clock.stepsBack);
    this.#clock.stepsBack = 0;
    return { t: T, x: X, y: Y, p: P, length };
  }

  #events(count: number): number {
    const known = this.#clock.known;
    let vector = this.#vector;
    let base = this.#base;
    let n = 0;
    for (let i = 0; i < count; i++) {
      const word = WORDS[i];
      if (vector !== 0) {
        const x = (vector >>> 11) & 0x7ff;
        for (let mask = word; mask !== 0; mask &= mask - 1) {
          T[n] = base + ((vector >>> 22) & 0x3f);
          X[n] = x + 31 - Math.clz32(mask & -mask);
          Y[n] = vector & 0x7ff;
          P[n] = (vector >>> 28) & 1;
          n++;
        }
        vector = 0;
        continue;
      }
      const type = word >>> 28;
      if (type === EVT4_OFF || type === EVT4_ON) {
        T[n] = base + ((word >>> 22) & 0x3f);
        X[n] = (word >>> 11) & 0x7ff;
        Y[n] = word & 0x7ff;
        P[n] = type & 1;
        n++;
      } else if (type === EVT4_VECTOR_OFF || type === EVT4_VECTOR_ON) {
        vector = word;
      } else if (type === EVT4_TIME_HIGH) {
        if (!this.#clock.known) {
          this.violation('missingTimeHigh', n);
          n = 0;
        }
        base = this.#clock.set(word & 0xfffffff);
      } else {
        this.#other(word, base);
      }
    }
    this.#vector = vector;
    this.#base = base;
    if (known || this.#clock.known) return n;
    this.violation('missingTimeHigh', n);
    return 0;
  }

  #other(word: number, base: number): void {
    const type = word >>> 28;
    if (type === EVT4_TRIGGER) {
      if (this.#clock.known) this.trigger(base + ((word >>> 22) & 0x3f), (word >>> 8) & 0x1f, (word & 1) === 1);
      else this.violation('missingTimeHigh', 1);
    } else if (type === EVT4_OTHERS) this.aside('others', 1);
    else if (type === EVT4_CONTINUED) this.aside('continued', 1);
    else if (word === -1) this.aside('padding', 1);
    else this.violation('unknownWord', 1);
  }
}
