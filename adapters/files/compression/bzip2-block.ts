import { RxSpikeError } from '../../../src/index.js';
import type { BitsFromTop } from './bzip2-bits.js';

/** A block whose sorting is still to be undone. */
export interface Bzip2Block {
  /** For each place the byte that stands there and, from bit 8 on, the place of the one after it. Borrowed. */
  readonly next: Uint32Array;
  readonly length: number;
  /** Place of the first byte's predecessor. */
  readonly first: number;
}

const MOST = 900_000;
const NEXT = new Uint32Array(MOST);
const GROUP = 50;
const LONGEST_CODE = 20;
const MOST_SYMBOLS = 258;
const RUN_A = 0;
const RUN_B = 1;

const corrupt = (what: string): RxSpikeError => new RxSpikeError('ERR_CORRUPT', `bzip2: ${what}`);

/** Canonical codes: for each length the last code, and what is to be added to a code to find its symbol. */
interface Codes {
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
  readonly shortest: number;
}

/** Reads a block of at most `most` bytes after its checksum. @throws `ERR_CORRUPT`, `ERR_TRUNCATED`, `ERR_UNSUPPORTED` */
export function readBzip2Block(bits: BitsFromTop, most: number): Bzip2Block {
  if (bits.read(1) === 1) throw new RxSpikeError('ERR_UNSUPPORTED', 'bzip2: a block is randomised');
  const first = bits.read(24);
  const alphabet = readAlphabet(bits);
  const tables = bits.read(3);
  const selectors = readSelectors(bits, tables);
  const symbols = alphabet.length + 2;
  const codes: Codes[] = [];
  for (let k = 0; k < tables; k++) codes.push(readCodes(bits, symbols));
  const counts = new Int32Array(256);
  const length = readSymbols(bits, { alphabet, selectors, codes, end: symbols - 1, most, counts });
  if (first >= length) throw corrupt(`a block of ${length} bytes begins at its byte ${first}`);
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte];
    counts[byte] = sum;
    sum += count;
  }
  for (let place = 0; place < length; place++) {
    const byte = NEXT[place] & 0xff;
    NEXT[counts[byte]++] |= place << 8;
  }
  return { next: NEXT, length, first };
}

/** Bytes that occur in the block, ascending. */
function readAlphabet(bits: BitsFromTop): Uint8Array {
  const ranges = bits.read(16);
  const found: number[] = [];
  for (let high = 0; high < 16; high++) {
    if (((ranges >> (15 - high)) & 1) === 0) continue;
    const used = bits.read(16);
    for (let low = 0; low < 16; low++) if ((used >> (15 - low)) & 1) found.push(high * 16 + low);
  }
  if (found.length === 0) throw corrupt('a block has no bytes');
  return Uint8Array.from(found);
}

/** Which table each group of 50 symbols uses. */
function readSelectors(bits: BitsFromTop, tables: number): Uint8Array {
  const count = bits.read(15);
  if (tables < 2 || tables > 6 || count === 0) throw corrupt(`a block has ${tables} tables and ${count} groups`);
  const recent = Uint8Array.from({ length: tables }, (_, k) => k);
  const selectors = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    let back = 0;
    while (bits.read(1) === 1) if (++back === tables) throw corrupt('a selector is out of range');
    const table = recent[back];
    recent.copyWithin(1, 0, back);
    recent[0] = table;
    selectors[k] = table;
  }
  return selectors;
}

function readCodes(bits: BitsFromTop, symbols: number): Codes {
  const lengths = new Uint8Array(MOST_SYMBOLS);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw corrupt(`a code of ${length} bits`);
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const limits = new Int32Array(LONGEST_CODE + 2).fill(-1);
  const offsets = new Int32Array(LONGEST_CODE + 2);
  const sorted = new Uint16Array(symbols);
  let code = 0;
  let taken = 0;
  let shortest = 0;
  for (let size = 1; size <= LONGEST_CODE; size++) {
    offsets[size] = taken - code;
    for (let symbol = 0; symbol < symbols; symbol++) {
      if (lengths[symbol] !== size) continue;
      sorted[taken++] = symbol;
      code++;
      shortest ||= size;
    }
    limits[size] = code - 1;
    if (code > 1 << size) throw corrupt('a table has too many codes');
    code <<= 1;
  }
  return { limits, offsets, symbols: sorted, shortest };
}

interface Coded {
  readonly alphabet: Uint8Array;
  readonly selectors: Uint8Array;
  readonly codes: readonly Codes[];
  /** Symbol that ends the block. */
  readonly end: number;
  /** Most bytes. */
  readonly most: number;
  /** Takes in how often each byte occurs. */
  readonly counts: Int32Array;
}

/** Decodes the symbols into the low bytes of {@link NEXT}; returns how many bytes they make. */
function readSymbols(bits: BitsFromTop, { alphabet, selectors, codes, end, most, counts }: Coded): number {
  let length = 0;
  let run = 0;
  let weight = 1;
  for (const selector of selectors) {
    const table = codes[selector];
    for (let k = 0; k < GROUP; k++) {
      const symbol = readSymbol(bits, table);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += weight << symbol;
        weight <<= 1;
        if (run > most - length) throw corrupt(`a block of more than ${most} bytes`);
        continue;
      }
      if (run > 0) {
        NEXT.fill(alphabet[0], length, length + run);
        counts[alphabet[0]] += run;
        length += run;
        run = 0;
      }
      weight = 1;
      if (symbol === end) return length;
      if (length === most) throw corrupt(`a block of more than ${most} bytes`);
      const byte = alphabet[symbol - 1];
      alphabet.copyWithin(1, 0, symbol - 1);
      alphabet[0] = byte;
      NEXT[length++] = byte;
      counts[byte]++;
    }
  }
  throw corrupt('a block has no end');
}

function readSymbol(bits: BitsFromTop, { limits, offsets, symbols, shortest }: Codes): number {
  let size = shortest;
  let code = bits.read(size);
  while (code > limits[size]) {
    if (++size > LONGEST_CODE) throw corrupt('a code that no table has');
    code = (code << 1) | bits.read(1);
  }
  return symbols[code + offsets[size]];
}
