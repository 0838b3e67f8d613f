import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, WriteOptions } from '../encoder.js';
import { HighBits } from './high-bits.js';
import {
  ADDRESSES,
  EVT3_ADDR_X,
  EVT3_ADDR_Y,
  EVT3_TIME_HIGH,
  EVT3_TIME_LOW,
  EVT3_VECT_12,
  EVT3_VECT_8,
  EVT3_VECT_BASE_X,
  LOOP_24,
  WORD_BYTES,
} from './layout.js';
import { RecordEncoder, STAGE } from './record-encoder.js';
import { rawHeader } from './write-header.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);
const P = new Uint8Array(STAGE);
/** An event takes four words at most; the rest of the room is for those that lead over a gap. */
const ROOM = 8 * STAGE;
const FULL = ROOM - 4 * STAGE - 64;
const OUT = new Uint16Array(ROOM);
const BYTES = new Uint8Array(OUT.buffer);

const UNIT = 2 ** 12;
/** Columns of a vector group. */
const GROUP = 32;
/** Tells the polarities apart where a column and a polarity are one number; a group may end just beyond the last column. */
const POLARITY = 2 * ADDRESSES;
/** Loops of the clock, from 0 on, that words lead through before the first event; three words each. */
const LEAD_LOOPS = 4096;

const HOLDS: Holds = {
  maxX: ADDRESSES - 1,
  maxY: ADDRESSES - 1,
  minTime: 0,
  maxTime: Number.MAX_SAFE_INTEGER,
  stepsBack: true,
  backWithin: LOOP_24,
  maxGap: 2 ** 40,
  fractions: false,
};

/** Makes an encoder of EVT3. @throws as `rawHeader` */
export function encodeEvt3(info: StreamInfo, options: WriteOptions): Encoder {
  return new Evt3Encoder(rawHeader('evt3', info, options), Math.min(info.width ?? ADDRESSES, ADDRESSES));
}

/**
 * Events → EVT3 words; see `Encoder`. Events that follow each other from left to right, at one time, in one row and of
 * one polarity, become a vector group (12, 12 and 8 columns) where that is shorter than a word each.
 */
class Evt3Encoder extends RecordEncoder {
  readonly #high = new HighBits(2 ** 12, true, LEAD_LOOPS);
  /** Leftmost column that no group may begin to the right of: groups beyond the sensor's edge are refused by readers. */
  readonly #lastBase: number;
  readonly #width: number;
  /** Time of the high bits, µs. */
  #base: number = Number.NaN;
  #n = 0;
  /** What the reader knows: low bits, row, and column and polarity that a group goes on with; −1 where nothing. */
  #low = -1;
  #y = -1;
  #next = -1;
  /** The events that are being put together: time, row, polarity, first column of the group, columns, how many. */
  #t: number = Number.NaN;
  #groupY = 0;
  #p = 0;
  #x = 0;
  #mask = 0;

  constructor(header: (t0: number) => Uint8Array, width: number) {
    super(HOLDS, header, WORD_BYTES.evt3);
    this.#width = width;
    this.#lastBase = width - GROUP;
  }

  protected override zero(first: number): number {
    return this.#high.loopsBefore(Math.floor(first / UNIT)) * LOOP_24;
  }

  protected override fill({ t, x, y, p }: EventPacket, from: number, to: number): number {
    T.set(t.subarray(from, to));
    X.set(x.subarray(from, to));
    Y.set(y.subarray(from, to));
    P.set(p.subarray(from, to));
    const count = to - from;
    let i = 0;
    while (i < count) {
      i = this.#events(i, count);
      if (i < count && !this.#lead(T[i])) break;
    }
    return i;
  }

  protected override rest(): void {
    this.#n = this.#put(this.#n, this.#x, this.#mask, this.#p);
    this.#mask = 0;
  }

  protected override drain(): Uint8Array {
    const bytes = BYTES.subarray(0, 2 * this.#n);
    this.#n = 0;
    return bytes;
  }

  /** Takes in events while the high bits are theirs; returns where it stopped. */
  #events(first: number, count: number): number {
    const base = this.#base;
    let n = this.#n;
    let t = this.#t;
    let y = this.#groupY;
    let p = this.#p;
    let x = this.#x;
    let mask = this.#mask;
    let i = first;
    for (; i < count; i++) {
      const now = T[i];
      const column = X[i] - x;
      // Only a column to the right of those that are there keeps the order.
      if (now === t && Y[i] === y && P[i] === p && column >>> 0 < GROUP && mask >>> column === 0) {
        mask |= 1 << column;
        continue;
      }
      const low = now - base;
      if (!(low >= 0 && low < UNIT)) break;
      if ((mask & (mask - 1)) === 0) {
        if (mask !== 0) {
          OUT[n++] = (EVT3_ADDR_X << 12) | (p << 11) | (x + 31 - Math.clz32(mask));
          this.#next = -1;
        }
      } else {
        n = this.#put(n, x, mask, p);
      }
      if (low !== this.#low) {
        this.#low = low;
        OUT[n++] = (EVT3_TIME_LOW << 12) | low;
      }
      t = now;
      y = Y[i];
      p = P[i];
      if (y !== this.#y) {
        this.#y = y;
        OUT[n++] = (EVT3_ADDR_Y << 12) | y;
      }
      x = this.#begin(X[i], p);
      mask = 1 << (X[i] - x);
    }
    this.#n = n;
    this.#t = t;
    this.#groupY = y;
    this.#p = p;
    this.#x = x;
    this.#mask = mask;
    return i;
  }

  /** First column of a group that begins with an event at `x`. */
  #begin(x: number, p: number): number {
    const next = this.#next - p * POLARITY;
    if (x - next < GROUP && x >= next && next >= 0 && next <= this.#lastBase) return next;
    if (x >= this.#width || this.#lastBase < 0) return x;
    return Math.min(x, this.#lastBase);
  }

  /** Writes the events that have been put together, as a group or one by one. */
  #put(n: number, x: number, mask: number, p: number): number {
    let events = 0;
    for (let rest = mask; rest !== 0; rest &= rest - 1) events++;
    const goesOn = this.#next === x + p * POLARITY;
    if (events <= (goesOn ? 3 : 4) || x > this.#lastBase) {
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        OUT[n++] = (EVT3_ADDR_X << 12) | (p << 11) | (x + 31 - Math.clz32(rest & -rest));
      }
      if (events > 0) this.#next = -1;
      return n;
    }
    if (!goesOn) OUT[n++] = (EVT3_VECT_BASE_X << 12) | (p << 11) | x;
    OUT[n++] = (EVT3_VECT_12 << 12) | (mask & 0xfff);
    OUT[n++] = (EVT3_VECT_12 << 12) | ((mask >>> 12) & 0xfff);
    OUT[n++] = (EVT3_VECT_8 << 12) | (mask >>> 24);
    this.#next = x + GROUP + p * POLARITY;
    return n;
  }

  /** Writes the high bits that lead to `time`; false where the room ended before. */
  #lead(time: number): boolean {
    const high = this.#high;
    const target = Math.floor((time - this.t0) / UNIT);
    if (high.now !== target) this.rest();
    while (high.now !== target) {
      if (this.#n >= FULL) return false;
      OUT[this.#n++] = (EVT3_TIME_HIGH << 12) | (high.next(target) % 2 ** 12);
      this.#low = -1;
    }
    this.#base = this.t0 + target * UNIT;
    return true;
  }
}
