import { BackwardBits, highestBit, zstdCorrupt } from './zstd-bits.js';
import { nextState, readFseTable } from './zstd-fse.js';

/** A Huffman decoding table: indexed by the next `maxBits` bits. */
export interface HuffmanTable {
  readonly maxBits: number;
  /** Symbol · 16 + length of its code. */
  readonly entries: Uint16Array;
}

const MOST_BITS = 11;
const MOST_WEIGHTS = 255;
/** Most bytes of a stream, and of what it makes. */
const MOST_BYTES = 1 << 17;

/** Reads the description of a tree at `from`; what it takes ends before `to` (RFC 8878, section 4.2.1). @throws `ERR_CORRUPT` */
export function readHuffmanTable(
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly table: HuffmanTable; readonly end: number } {
  if (from >= to) throw zstdCorrupt('a Huffman tree ends early');
  const head = bytes[from];
  const size = head < 128 ? head : (head - 126) >> 1;
  const end = from + 1 + size;
  if (end > to) throw zstdCorrupt('a Huffman tree ends early');
  const weights =
    head < 128
      ? compressedWeights(bytes, from + 1, end)
      : Array.from({ length: head - 127 }, (_, i) => (bytes[from + 1 + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15);
  return { table: huffmanTable(weights), end };
}

/** Weights by two alternating states that end where their bits do. */
function compressedWeights(bytes: Uint8Array, from: number, to: number): number[] {
  const { table, end } = readFseTable(bytes, from, to, { accuracyLog: 6, symbols: 256 });
  const bits = new BackwardBits(bytes, end, to);
  const states = [bits.read(table.accuracyLog), bits.read(table.accuracyLog)];
  const weights: number[] = [];
  for (let k = 0; ; k ^= 1) {
    if (weights.length >= MOST_WEIGHTS) throw zstdCorrupt('a Huffman tree has too many weights');
    weights.push(table.symbol[states[k]]);
    states[k] = nextState(table, states[k], bits);
    if (bits.left >= 0) continue;
    weights.push(table.symbol[states[k ^ 1]]);
    return weights;
  }
}

function huffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MOST_BITS) throw zstdCorrupt(`Huffman weight ${weight}`);
    sum += weight > 0 ? 1 << (weight - 1) : 0;
  }
  const maxBits = highestBit(sum) + 1;
  const left = (1 << maxBits) - sum;
  // The last weight is not stored: it makes the sum a power of two.
  if (sum === 0 || maxBits > MOST_BITS || (left & (left - 1)) !== 0 || weights.length > MOST_WEIGHTS) {
    throw zstdCorrupt('Huffman weights do not add up');
  }
  const all = [...weights, highestBit(left) + 1];
  const entries = new Uint16Array(1 << maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue;
      const next = at + (1 << (weight - 1));
      entries.fill((symbol << 4) | (maxBits + 1 - weight), at, next);
      at = next;
    }
  }
  return { maxBits, entries };
}

/** Zeros before the stream, so that the end needs to be looked for only now and then. */
const BEFORE = 8;
/** Bits that a load of four bytes gives at least. */
const LOADED = 25;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays that are handed in.
const INPUT = new Uint8Array(BEFORE + MOST_BYTES + 8);
const INPUT_VIEW = new DataView(INPUT.buffer);
const OUTPUT = new Uint8Array(MOST_BYTES);
const ENTRIES = new Uint16Array(1 << MOST_BITS);

/**
 * Decodes the stream at `from…to`, of at most 128 KiB, into all of `out`, no longer than that.
 * @throws `ERR_CORRUPT` where it holds more or less than that
 */
export function decodeHuffman(table: HuffmanTable, bytes: Uint8Array, from: number, to: number, out: Uint8Array): void {
  const last = to > from ? bytes[to - 1] : 0;
  if (last === 0) throw zstdCorrupt('a bit stream has no end mark');
  INPUT.set(bytes.subarray(from, to), BEFORE);
  ENTRIES.set(table.entries);
  const left = decode(table.maxBits, 8 * (BEFORE + to - from - 1) + highestBit(last), out.length);
  if (left !== 8 * BEFORE) throw zstdCorrupt('a literal stream is of another length');
  out.set(OUTPUT.subarray(0, out.length));
}

/** Decodes `size` symbols into `OUTPUT` from bits of `INPUT` below `bits`; returns the bits that are left. */
function decode(maxBits: number, bits: number, size: number): number {
  const mask = (1 << maxBits) - 1;
  const shift = LOADED - maxBits;
  let left = bits;
  let i = 0;
  // Two codes have 22 bits at most.
  for (const two = size - 1; i < two && left >= 8 * BEFORE; i += 2) {
    const start = left - LOADED;
    const word = INPUT_VIEW.getInt32(start >> 3, true) >>> (start & 7);
    const first = ENTRIES[(word >>> shift) & mask];
    const second = ENTRIES[(word >>> (shift - (first & 15))) & mask];
    OUTPUT[i] = first >> 4;
    OUTPUT[i + 1] = second >> 4;
    left -= (first & 15) + (second & 15);
  }
  for (; i < size && left >= 8 * BEFORE; i++) {
    const start = left - LOADED;
    const entry = ENTRIES[((INPUT_VIEW.getInt32(start >> 3, true) >>> (start & 7)) >>> shift) & mask];
    OUTPUT[i] = entry >> 4;
    left -= entry & 15;
  }
  return i < size ? -1 : left;
}
