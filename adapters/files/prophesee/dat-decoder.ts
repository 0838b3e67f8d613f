import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
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

const HALF = 2 ** 31;

/** What the records of a DAT file are. */
export type DatRecords = 'events' | 'triggers';

/** How an address is laid out: of version 1, x (9 bits), y (8), polarity; of version 2, x (14), y (14), polarity. */
export type DatVersion = 1 | 2;

/** DAT records → events; see `Decoder`. */
export class DatDecoder extends RecordDecoder {
  readonly #version: DatVersion;
  readonly #records: DatRecords;
  /** Time of the clock's zero, µs. */
  #loop: number;
  #stamp = 0;

  constructor(options: RecordOptions, version: DatVersion, records: DatRecords) {
    super(options, DAT_RECORD_BYTES);
    this.#version = version;
    this.#records = records;
    this.#loop = options.t0;
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

  /** A step back by more than half the clock's range is a wrap; a smaller one is taken as it is. */
  #times(count: number): void {
    let loop = this.#loop;
    let before = this.#stamp;
    for (let i = 0; i < count; i += 2) {
      const stamp = STAMPS[i];
      if (before - stamp > HALF) loop += LOOP_32;
      T[i >> 1] = loop + stamp;
      before = stamp;
    }
    this.#loop = loop;
    this.#stamp = before;
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
