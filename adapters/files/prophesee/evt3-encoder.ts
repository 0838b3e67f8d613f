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
import { rawHeader, type MakeHeader } from './write-header.js';

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
/** A column that no event is near to. */
const NOWHERE = 2 ** 20;
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
  readonly #width: number;
  /** Rightmost column that a group may begin at: readers refuse those that reach beyond the sensor. −1: none may. */
  readonly #lastBase: number;
  /** Time of the high bits, µs. */
  #base: number = Number.NaN;
  #n = 0;
  /** Low bits and row that the reader knows, which are those of the events being put together; −1 before the first. */
  #low = -1;
  #y = -1;
  /** The events that are being put together: polarity, first column, and which of the columns from there on. */
  #p = 0;
  #x = 0;
  #mask = 0;
  /** Column that the reader's next group begins at if nothing else is said, and its polarity. */
  #next = NOWHERE;
  #nextP = 0;

  constructor(header: MakeHeader, width: number) {
    super(HOLDS, header, WORD_BYTES.evt3);
    this.#width = width;
    this.#lastBase = Math.max(width - GROUP, -1);
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
    const lastBase = this.#lastBase;
    const edge = lastBase < 0 ? 0 : this.#width;
    let n = this.#n;
    let low = this.#low;
    let y = this.#y;
    let p = this.#p;
    let x = this.#x;
    let mask = this.#mask;
    let next = this.#next;
    let nextP = this.#nextP;
    let i = first;
    for (; i < count; i++) {
      const since = T[i] - base;
      if (!(since >= 0 && since < UNIT)) break;
      const column = X[i];
      const newLow = (since | 0) ^ low;
      const newY = Y[i] ^ y;
      if ((newLow | newY | (P[i] ^ p)) === 0 && (column - x) >>> 0 < GROUP) {
        // Only a column to the right of those that are there keeps the order.
        if (mask !== 0 && mask >>> (column - x) === 0) {
          mask |= 1 << (column - x);
          continue;
        }
      }
      if ((mask & (mask - 1)) === 0) {
        // None or one. The word is written in any case and counted where there is one, which spares a branch.
        OUT[n] = (EVT3_ADDR_X << 12) | (p << 11) | (x + 31 - Math.clz32(mask));
        n += (mask | -mask) >>> 31;
        next = NOWHERE;
      } else {
        this.#next = next;
        this.#nextP = nextP;
        n = this.#put(n, x, mask, p);
        next = this.#next;
        nextP = this.#nextP;
      }
      low ^= newLow;
      y ^= newY;
      OUT[n] = (EVT3_TIME_LOW << 12) | low;
      n += (newLow | -newLow) >>> 31;
      OUT[n] = (EVT3_ADDR_Y << 12) | y;
      n += (newY | -newY) >>> 31;
      p = P[i];
      x = column;
      if ((column - next) >>> 0 < GROUP && p === nextP) x = next;
      else if (column > lastBase && column < edge) x = lastBase;
      mask = 1 << (column - x);
    }
    this.#n = n;
    this.#low = low;
    this.#y = y;
    this.#p = p;
    this.#x = x;
    this.#mask = mask;
    this.#next = next;
    this.#nextP = nextP;
    return i;
  }

  /** Writes the events that have been put together, as a group or one by one. */
  #put(n: number, x: number, mask: number, p: number): number {
    const goesOn = this.#next === x && this.#nextP === p;
    this.#next = NOWHERE;
    if (population(mask) <= (goesOn ? 3 : 4) || x > this.#lastBase) {
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        OUT[n++] = (EVT3_ADDR_X << 12) | (p << 11) | (x + 31 - Math.clz32(rest & -rest));
      }
      return n;
    }
    if (!goesOn) OUT[n++] = (EVT3_VECT_BASE_X << 12) | (p << 11) | x;
    OUT[n++] = (EVT3_VECT_12 << 12) | (mask & 0xfff);
    OUT[n++] = (EVT3_VECT_12 << 12) | ((mask >>> 12) & 0xfff);
    OUT[n++] = (EVT3_VECT_8 << 12) | (mask >>> 24);
    if (x + GROUP <= this.#lastBase) this.#next = x + GROUP;
    this.#nextP = p;
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

/** How many bits are set. */
function population(mask: number): number {
  let v = mask - ((mask >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
