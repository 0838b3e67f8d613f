import { BackwardBits, highestBit, zstdCorrupt } from './zstd-bits.js';
import { nextState, readFseTable } from './zstd-fse.js';

/** A Huffman decoding table: indexed by the next `maxBits` bits. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

const MOST_BITS = 11;
const MOST_WEIGHTS = 255;

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
  const symbol = new Uint8Array(1 << maxBits);
  const bits = new Uint8Array(1 << maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    all.forEach((candidate, s) => {
      if (candidate !== weight) return;
      symbol.fill(s, at, at + (1 << (weight - 1)));
      bits.fill(maxBits + 1 - weight, at, at + (1 << (weight - 1)));
      at += 1 << (weight - 1);
    });
  }
  return { maxBits, symbol, bits };
}

/** Decodes the stream at `from…to` into all of `out`. @throws `ERR_CORRUPT` where it holds more or less than that */
export function decodeHuffman(table: HuffmanTable, bytes: Uint8Array, from: number, to: number, out: Uint8Array): void {
  const bits = new BackwardBits(bytes, from, to);
  const { maxBits, symbol, bits: lengths } = table;
  const mask = (1 << maxBits) - 1;
  let left = bits.left;
  let i = 0;
  for (; i < out.length && left >= maxBits; i++) {
    const start = left - maxBits;
    const at = from + (start >> 3);
    const state = ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) >> (start & 7)) & mask;
    out[i] = symbol[state];
    left -= lengths[state];
  }
  bits.left = left;
  for (; i < out.length; i++) {
    const state = bits.peek(maxBits);
    out[i] = symbol[state];
    bits.left -= lengths[state];
  }
  if (bits.left !== 0) throw zstdCorrupt('a literal stream is of another length');
}
