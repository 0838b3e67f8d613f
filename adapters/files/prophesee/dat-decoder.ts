import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { MARGINS, WrappingClock } from '../wrapping-clock.js';
import { swapWords } from './byte-order.js';
import { DAT_RECORD_BYTES, LOOP_32 } from './layout.js';
import { RecordDecoder, type RecordOptions } from './record-decoder.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BYTES = new Uint8Array(DAT_RECORD_BYTES * BLOCK);
const STAMPS = new Uint32Array(BYTES.buffer);
const WORDS = new Int32Array(BYTES.buffer);
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** In order: steps of up to 1 s, µs. */
const NEAR = 2 ** 20;
const RANGE = { period: LOOP_32, lowest: 0, near: NEAR, margin: LOOP_32 / MARGINS, half: false, words: false };

/** What the records of a DAT file are. */
export type DatRecords = 'events' | 'triggers';

/** How an address is laid out: of version 1, x (9 bits), y (8), polarity; of version 2, x (14), y (14), polarity. */
export type DatVersion = 1 | 2;

/** DAT records → events; see `Decoder`. */
export class DatDecoder extends RecordDecoder {
  readonly #version: DatVersion;
  readonly #records: DatRecords;
  readonly #clock: WrappingClock;

  constructor(options: RecordOptions, version: DatVersion, records: DatRecords) {
    super(options, DAT_RECORD_BYTES);
    this.#version = version;
    this.#records = records;
    this.#clock = new WrappingClock(RANGE, options.t0, options.t0);
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    BYTES.set(bytes.subarray(from, to));
    if (this.swap) swapWords(BYTES, to - from, 4);
    const count = (to - from) >> 2;
    this.#times(count);
    if (this.#records === 'triggers') {
      for (let i = 1; i < count; i += 2) this.trigger(T[i >> 1], WORDS[i] >>> 26, (WORDS[i] & 1) === 1);
      return { t: T, x: X, y: Y, p: P, length: 0 };
    }
    if (this.#version === 2) this.#addresses2(count);
    else this.#addresses1(count);
    return { t: T, x: X, y: Y, p: P, length: count >> 1 };
  }

  #times(count: number): void {
    const clock = this.#clock;
    let { base, stamp: before, steady } = clock;
    for (let i = 0; i < count; i += 2) {
      const stamp = STAMPS[i];
      const step = stamp - before;
      if (!steady || step > NEAR || step < -NEAR) {
        clock.stamp = before;
        clock.next(stamp);
        ({ base, steady } = clock);
      }
      T[i >> 1] = base + stamp;
      before = stamp;
    }
    clock.stamp = before;
  }

  #addresses2(count: number): void {
    for (let i = 1; i < count; i += 2) {
      const word = WORDS[i];
      X[i >> 1] = word & 0x3fff;
      Y[i >> 1] = (word >>> 14) & 0x3fff;
      P[i >> 1] = (word >>> 28) & 1;
    }
  }

  #addresses1(count: number): void {
    for (let i = 1; i < count; i += 2) {
      const word = WORDS[i];
      X[i >> 1] = word & 0x1ff;
      Y[i >> 1] = (word >>> 9) & 0xff;
      P[i >> 1] = (word >>> 17) & 1;
    }
  }
}
