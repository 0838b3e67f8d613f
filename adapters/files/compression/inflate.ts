import type { ByteFeed } from './byte-feed.js';
import { copyMatch } from './copy.js';
import { DeflateTable, MOST_BITS } from './deflate-table.js';

const WINDOW = 1 << 15;
/** Content that is made before what is older than the window makes room. */
const FRESH = 1 << 16;
const MOST_MATCH = 258;
const PIECE = 1 << 14;

// A piece of the input, with zeros after it, so that the loop may look beyond the end before it asks whether it did.
const INPUT = new Uint8Array(PIECE + 8);
const LENGTHS = new Uint8Array(320);

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131];
const LENGTHS_OF_CODES = Uint16Array.from([...LENGTH_BASE, 163, 195, 227, 258]);
const LENGTH_EXTRA = Uint8Array.from([...LENGTH_BASE.keys(), 25, 26, 27, 28], (k) =>
  k < 4 || k === 28 ? 0 : (k >> 2) - 1,
);
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, k) => (k < 2 ? 0 : (k >> 1) - 1));
const DISTANCES = Uint16Array.from({ length: 30 }, (_, k) => (k < 2 ? k + 1 : ((2 + (k & 1)) << ((k >> 1) - 1)) + 1));
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MOST_LITERALS = 286;
const MOST_DISTANCES = 30;

/** 17 bits or more from bit `at` of the input on. */
const bitsAt = (at: number): number => {
  const i = at >> 3;
  return (INPUT[i] | (INPUT[i + 1] << 8) | (INPUT[i + 2] << 16)) >>> (at & 7);
};

type Place = 'block' | 'stored' | 'codes' | 'end';

/**
 * Expands one Deflate stream (RFC 1951) after another, piece by piece: memory is bounded, and a stream may be cut
 * anywhere. Says what is wrong by throwing what `corrupt` makes.
 */
export class Inflater {
  readonly #corrupt: (what: string) => Error;
  readonly #literals = new DeflateTable();
  readonly #distances = new DeflateTable();
  readonly #output = new Uint8Array(WINDOW + FRESH + MOST_MATCH);
  #length = 0;
  #place: Place = 'block';
  #last = false;
  /** Bytes of a stored block that are still to come. */
  #stored = 0;
  /** Bits of the first byte of the input that are spent. */
  #bit = 0;

  constructor(corrupt: (what: string) => Error) {
    this.#corrupt = corrupt;
  }

  /** True when the stream has ended; what follows in the input is not of it. */
  get ended(): boolean {
    return this.#place === 'end';
  }

  /** Begins a new stream. */
  reset(): void {
    this.#place = 'block';
    this.#last = false;
    this.#length = 0;
    this.#bit = 0;
  }

  /** Some more content, maybe none; null where that needs more input. Valid until the next call. */
  run(feed: ByteFeed): Uint8Array | null {
    if (this.#length >= WINDOW + FRESH) {
      this.#output.copyWithin(0, this.#length - WINDOW, this.#length);
      this.#length = WINDOW;
    }
    const start = this.#length;
    const place = this.#place;
    const size = Math.min(feed.length, PIECE);
    INPUT.set(feed.view(size));
    INPUT.fill(0, size, size + 8);
    let at = this.#bit;
    if (this.#place === 'block') at = this.#block(at, 8 * size);
    if (this.#place === 'stored') at = this.#copy(at, size);
    else if (this.#place === 'codes') at = this.#decode(at, 8 * size);
    if (at === this.#bit && place === this.#place && start === this.#length) return null;
    if (this.#place === 'end') at = (at + 7) & ~7;
    feed.skip(at >> 3);
    this.#bit = at & 7;
    return this.#output.subarray(start, this.#length);
  }

  /** Reads a block's header at bit `at`; returns where it ends, `at` itself where it is not whole. */
  #block(at: number, end: number): number {
    if (at + 3 > end) return at;
    const kind = (bitsAt(at) >> 1) & 3;
    const last = (bitsAt(at) & 1) === 1;
    let to = at + 3;
    if (kind === 0) {
      to = (to + 7) & ~7;
      if (to + 32 > end) return at;
      const size = bitsAt(to) & 0xffff;
      if (size !== (~bitsAt(to + 16) & 0xffff)) throw this.#corrupt('a stored block whose sizes do not agree');
      this.#stored = size;
      to += 32;
      this.#place = size > 0 ? 'stored' : last ? 'end' : 'block';
    } else if (kind === 1) {
      LENGTHS.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288).fill(5, 288, 320);
      this.#literals.build(LENGTHS, 0, 288);
      this.#distances.build(LENGTHS, 288, 320);
      this.#place = 'codes';
    } else if (kind === 2) {
      to = this.#tables(to, end);
      if (to === -1) return at;
      this.#place = 'codes';
    } else {
      throw this.#corrupt('a block of an unknown kind');
    }
    this.#last = last;
    return to;
  }

  /** Reads the tables of a block at bit `at`; returns where they end, −1 where they are not whole. */
  #tables(at: number, end: number): number {
    const head = bitsAt(at);
    const literals = (head & 31) + 257;
    const distances = ((head >> 5) & 31) + 1;
    const codes = ((head >> 10) & 15) + 4;
    let to = at + 14;
    if (to + 3 * codes > end) return -1;
    if (literals > MOST_LITERALS || distances > MOST_DISTANCES) throw this.#corrupt('tables that are too long');
    LENGTHS.fill(0, 0, ORDER.length);
    for (let k = 0; k < codes; k++, to += 3) LENGTHS[ORDER[k]] = bitsAt(to) & 7;
    // The table of literals stands in for that of the lengths, which is needed only here.
    const table = this.#literals;
    if (!table.build(LENGTHS, 0, ORDER.length)) throw this.#corrupt('code lengths that do not add up');
    to = this.#lengths(to, end, literals + distances);
    if (to === -1) return -1;
    if (LENGTHS[256] === 0) throw this.#corrupt('a block that cannot end');
    const whole = table.build(LENGTHS, 0, literals) && this.#distances.build(LENGTHS, literals, literals + distances);
    if (!whole) throw this.#corrupt('codes that do not add up');
    return to;
  }

  /** Reads lengths of codes at bit `at`; returns where they end, −1 where they are not whole. */
  #lengths(at: number, end: number, count: number): number {
    const { entries, mask } = this.#literals;
    let to = at;
    for (let k = 0; k < count;) {
      const entry = entries[bitsAt(to) & mask];
      const symbol = entry >> 4;
      const extra = symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      if (to + (entry & 15) + extra > end || (entry === 0 && to + 7 > end)) return -1;
      if (entry === 0) throw this.#corrupt('a code length that was not announced');
      to += entry & 15;
      const value = bitsAt(to) & ((1 << extra) - 1);
      to += extra;
      if (symbol < 16) {
        LENGTHS[k++] = symbol;
        continue;
      }
      const repeat = value + (symbol === 18 ? 11 : 3);
      if (k + repeat > count || (symbol === 16 && k === 0)) throw this.#corrupt('lengths that repeat too far');
      LENGTHS.fill(symbol === 16 ? LENGTHS[k - 1] : 0, k, k + repeat);
      k += repeat;
    }
    return to;
  }

  /** Copies of a stored block what there is, from bit `at`, of a whole byte; returns where that ends. */
  #copy(at: number, size: number): number {
    const from = at >> 3;
    const count = Math.min(this.#stored, size - from, this.#output.length - this.#length);
    this.#output.set(INPUT.subarray(from, from + count), this.#length);
    this.#length += count;
    this.#stored -= count;
    if (this.#stored === 0) this.#place = this.#last ? 'end' : 'block';
    return at + 8 * count;
  }

  /** Decodes from bit `at` until the block, the input or the room ends; returns the first bit that was not decoded. */
  #decode(at: number, end: number): number {
    const output = this.#output;
    const { entries, mask } = this.#literals;
    const full = WINDOW + FRESH;
    let o = this.#length;
    let done = at;
    while (o < full) {
      const entry = entries[bitsAt(done) & mask];
      const next = done + (entry & 15);
      if (next > end || (entry === 0 && done + MOST_BITS > end)) break;
      const symbol = entry >> 4;
      if (entry === 0 || symbol >= MOST_LITERALS) throw this.#corrupt('a code that was not announced');
      if (symbol < 256) {
        output[o++] = symbol;
        done = next;
      } else if (symbol === 256) {
        this.#place = this.#last ? 'end' : 'block';
        done = next;
        break;
      } else {
        this.#length = o;
        const after = this.#match(symbol - 257, next, end);
        if (after === -1) break;
        done = after;
        o = this.#length;
      }
    }
    this.#length = o;
    return done;
  }

  /** Copies what a code of a length and what follows it at bit `at` say; returns where that ends, −1 if it is not whole. */
  #match(code: number, at: number, end: number): number {
    const lengthExtra = LENGTH_EXTRA[code];
    const length = LENGTHS_OF_CODES[code] + (bitsAt(at) & ((1 << lengthExtra) - 1));
    const afterLength = at + lengthExtra;
    if (afterLength > end) return -1;
    const entry = this.#distances.entries[bitsAt(afterLength) & this.#distances.mask];
    const afterCode = afterLength + (entry & 15);
    if (afterCode > end || (entry === 0 && afterLength + MOST_BITS > end)) return -1;
    const far = entry >> 4;
    if (entry === 0 || far >= MOST_DISTANCES) throw this.#corrupt('a distance that was not announced');
    const extra = DISTANCE_EXTRA[far];
    const distance = DISTANCES[far] + (bitsAt(afterCode) & ((1 << extra) - 1));
    if (afterCode + extra > end) return -1;
    const o = this.#length;
    if (distance > o) throw this.#corrupt('a distance that reaches before the beginning');
    copyMatch(this.#output, o, distance, length);
    this.#length = o + length;
    return afterCode + extra;
  }
}
