import type { EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import { swapWords } from './byte-order.js';
import { Clock24 } from './clock-24.js';
import {
  ADDRESSES,
  EVT3_ADDR_X,
  EVT3_ADDR_Y,
  EVT3_CONTINUED_12,
  EVT3_CONTINUED_4,
  EVT3_IMU,
  EVT3_OTHERS,
  EVT3_TIME_HIGH,
  EVT3_TIME_LOW,
  EVT3_TRIGGER,
  EVT3_VECT_12,
  EVT3_VECT_8,
  EVT3_VECT_BASE_X,
  WORD_BYTES,
} from './layout.js';
import { RecordDecoder, type RecordOptions } from './record-decoder.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BYTES = new Uint8Array(2 * BLOCK);
const WORDS = new Uint16Array(BYTES.buffer);
const ROOM = 12 * BLOCK;
const T = new Float64Array(ROOM);
const X = new Uint16Array(ROOM);
const Y = new Uint16Array(ROOM);
const P = new Uint8Array(ROOM);

/** The first of the types of `OTHERS` whose contents are one group of 12, 12 and 4 bits; those before have several. */
const FIRST_OF_ONE_GROUP = 10;

/** EVT3 words → events; see `Decoder`. */
export class Evt3Decoder extends RecordDecoder {
  readonly #clock: Clock24;
  #t: number;
  /** Row; −1 where none is known. */
  #y = -1;
  /** Column where the next vector begins; −1 before one is known. */
  #baseX = -1;
  #vectorP = 0;
  /** Words of a vector group of 12, 12 and 8 columns that have come. */
  #grouped = 0;
  #begun = false;
  /** Words of a group `OTHERS`, 12, 12 and 4 bits that have come; 0 outside, −1 in contents of no fixed length. */
  #continued = 0;
  /** Where the next word of that group must stand, in words. */
  #continuedAt = 0;
  /** Words before the block. */
  #before = 0;

  constructor(options: RecordOptions) {
    super(options, WORD_BYTES.evt3);
    this.#clock = new Clock24(options.t0);
    this.#t = options.t0;
  }

  override end(): void {
    this.violation('partialVect12_12_8', this.#grouped > 0 ? 1 : 0);
    this.violation('partialContinued12_12_4', this.#continued > 1 ? 1 : 0);
    this.#grouped = 0;
    this.#continued = 0;
    super.end();
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    BYTES.set(bytes.subarray(from, to));
    if (this.swap) swapWords(BYTES, to - from, 2);
    const count = (to - from) >> 1;
    let i = this.#resume(count);
    let n = this.#drawn;
    while (i < count) {
      if (this.#y < 0 || !this.#clock.known) {
        i = this.#pass(i, count);
      } else {
        i = this.#events(i, count, n);
        n = this.#drawn;
      }
    }
    this.#before += count;
    this.#begun ||= n > 0;
    const clock = this.#clock;
    this.violation('nonMonotonicTimeHigh', clock.nonMonotonic);
    this.violation('nonContinuousTimeHigh', clock.nonContinuous);
    clock.nonMonotonic = clock.nonContinuous = 0;
    return { t: T, x: X, y: Y, p: P, length: n };
  }

  /** Events so far in this block; a second result of the methods below. */
  #drawn = 0;

  /**
   * Decodes words while time and row are known. Returns where it stopped.
   *
   * @param n events so far in this block
   */
  #events(first: number, count: number, n: number): number {
    const clock = this.#clock;
    let t = this.#t;
    let y = this.#y;
    let baseX = this.#baseX;
    let vectorP = this.#vectorP;
    let i = first;
    for (; i < count; i++) {
      const word = WORDS[i];
      const type = word >>> 12;
      if (type === EVT3_ADDR_X) {
        T[n] = t;
        X[n] = word & 0x7ff;
        Y[n] = y;
        P[n] = (word >>> 11) & 1;
        n++;
      } else if (type === EVT3_ADDR_Y) {
        y = word & 0x7ff;
      } else if (type === EVT3_VECT_BASE_X) {
        baseX = word & 0x7ff;
        vectorP = (word >>> 11) & 1;
      } else if (type === EVT3_VECT_12) {
        // A whole group at once, where all of it is here.
        if (
          i + 2 < count &&
          WORDS[i + 1] >>> 12 === EVT3_VECT_12 &&
          WORDS[i + 2] >>> 12 === EVT3_VECT_8 &&
          baseX >>> 0 < ADDRESSES - 24
        ) {
          let mask = (word & 0xfff) | ((WORDS[i + 1] & 0xfff) << 12) | (WORDS[i + 2] << 24);
          for (; mask !== 0; mask &= mask - 1) {
            T[n] = t;
            X[n] = baseX + 31 - Math.clz32(mask & -mask);
            Y[n] = y;
            P[n] = vectorP;
            n++;
          }
          baseX += 32;
          i += 2;
        } else {
          this.#t = t;
          this.#y = y;
          this.#baseX = baseX;
          this.#vectorP = vectorP;
          i = this.#group(i, count, n) - 1;
          n = this.#drawn;
          baseX = this.#baseX;
        }
      } else if (type === EVT3_TIME_LOW) {
        t = clock.base + (word & 0xfff);
      } else if (type === EVT3_TIME_HIGH) {
        if (clock.set(word & 0xfff, this.#begun || n > 0)) t = clock.base;
      } else if (type === EVT3_VECT_8) {
        this.#t = t;
        this.#y = y;
        this.#baseX = baseX;
        this.#vectorP = vectorP;
        n = this.#vector(word & 0xff, 8, n);
        baseX = this.#baseX;
        this.violation('partialVect12_12_8', 1);
      } else if (!this.#other(word, i, t)) {
        y = -1;
        i++;
        break;
      }
    }
    this.#t = t;
    this.#y = y;
    this.#baseX = baseX;
    this.#vectorP = vectorP;
    this.#drawn = n;
    return i;
  }

  /** Goes on with a vector group that began in the block before. Returns where it stopped. */
  #resume(count: number): number {
    this.#drawn = 0;
    if (this.#grouped === 0 || count === 0) return 0;
    if (WORDS[0] >>> 12 !== (this.#grouped === 1 ? EVT3_VECT_12 : EVT3_VECT_8)) {
      this.violation('partialVect12_12_8', 1);
      this.#grouped = 0;
      return 0;
    }
    return this.#group(0, count, 0);
  }

  /** Decodes the vector words of a group one by one, as far as they are here and in order. Returns where it stopped. */
  #group(first: number, count: number, n: number): number {
    let i = first;
    for (;;) {
      const twelve = this.#grouped < 2;
      n = this.#vector(WORDS[i] & (twelve ? 0xfff : 0xff), twelve ? 12 : 8, n);
      i++;
      this.#grouped = (this.#grouped + 1) % 3;
      if (this.#grouped === 0 || i === count) break;
      if (WORDS[i] >>> 12 !== (this.#grouped === 1 ? EVT3_VECT_12 : EVT3_VECT_8)) {
        this.violation('partialVect12_12_8', 1);
        this.#grouped = 0;
        break;
      }
    }
    this.#drawn = n;
    return i;
  }

  /** The events of one vector word. Without a column to begin at, or beyond the last one, they have no place. */
  #vector(bits: number, columns: number, n: number): number {
    const x = this.#baseX;
    let lost = 0;
    for (let mask = bits; mask !== 0; mask &= mask - 1) {
      if (x < 0 || x >= ADDRESSES) {
        lost++;
        continue;
      }
      T[n] = this.#t;
      X[n] = x + 31 - Math.clz32(mask & -mask);
      Y[n] = this.#y;
      P[n] = this.#vectorP;
      n++;
    }
    this.violation('invalidVectBase', lost);
    if (x >= 0 && x < ADDRESSES) this.#baseX = x + columns;
    return n;
  }

  /** Passes over events while time or row are not known. Returns where it stopped. */
  #pass(first: number, count: number): number {
    const clock = this.#clock;
    this.#begun ||= this.#drawn > 0;
    let i = first;
    for (; i < count && !(clock.known && this.#y >= 0); i++) {
      const lost = this.#passOne(WORDS[i], i);
      this.violation(clock.known ? 'missingYAddr' : 'missingTimeHigh', lost);
    }
    return i;
  }

  /** Takes in what a word sets; returns how many events it would have been. */
  #passOne(word: number, i: number): number {
    const clock = this.#clock;
    const type = word >>> 12;
    if (type === EVT3_ADDR_X) return 1;
    if (type === EVT3_VECT_12) return this.#passVector(word & 0xfff, 12);
    if (type === EVT3_VECT_8) return this.#passVector(word & 0xff, 8);
    if (type === EVT3_ADDR_Y) {
      this.#y = word & 0x7ff;
    } else if (type === EVT3_VECT_BASE_X) {
      this.#baseX = word & 0x7ff;
      this.#vectorP = (word >>> 11) & 1;
    } else if (type === EVT3_TIME_LOW) {
      if (clock.known) this.#t = clock.base + (word & 0xfff);
    } else if (type === EVT3_TIME_HIGH) {
      if (clock.set(word & 0xfff, this.#begun)) this.#t = clock.base;
    } else if (!this.#other(word, i, this.#t)) {
      this.#y = -1;
    }
    return 0;
  }

  #passVector(bits: number, columns: number): number {
    if (this.#baseX >= 0 && this.#baseX < ADDRESSES) this.#baseX += columns;
    let events = 0;
    for (let mask = bits; mask !== 0; mask &= mask - 1) events++;
    return events;
  }

  /** A rare word; false where the row is not known after it. */
  #other(word: number, i: number, t: number): boolean {
    const type = word >>> 12;
    if (type === EVT3_TRIGGER) {
      if (this.#clock.known) this.trigger(t, (word >>> 8) & 0xf, (word & 1) === 1);
      else this.violation('missingTimeHigh', 1);
    } else if (type === EVT3_OTHERS || type === EVT3_CONTINUED_12 || type === EVT3_CONTINUED_4) {
      this.aside(type === EVT3_OTHERS ? 'others' : 'continued', 1);
      this.#continue(type, word & 0xfff, this.#before + i);
    } else if (type === EVT3_IMU) {
      this.aside('imu', 1);
      this.#continued = -1;
      this.#continuedAt = this.#before + i + 1;
    } else {
      this.violation('unknownWord', 1);
      // Rows of the type 1 are not of change events: the columns that follow are theirs.
      return type !== 1;
    }
    return true;
  }

  /** Follows groups of `OTHERS` and its contents, which stand together. */
  #continue(type: number, content: number, at: number): void {
    const due = this.#continued === 3 ? EVT3_CONTINUED_4 : EVT3_CONTINUED_12;
    const inGroup = this.#continued !== 0 && at === this.#continuedAt;
    this.#continuedAt = at + 1;
    if (inGroup && this.#continued === -1 && type !== EVT3_OTHERS) return;
    if (inGroup && type === due) {
      this.#continued = (this.#continued + 1) % 4;
      return;
    }
    // Contents that nothing announced, or that end too soon.
    if (this.#continued > 1 || (!inGroup && type !== EVT3_OTHERS)) this.violation('partialContinued12_12_4', 1);
    this.#continued = type !== EVT3_OTHERS ? 0 : content >= FIRST_OF_ONE_GROUP ? 1 : -1;
  }
}
