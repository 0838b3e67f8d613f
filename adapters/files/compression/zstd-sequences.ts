import { copyMatch } from './copy.js';
import { highestBit, zstdCorrupt } from './zstd-bits.js';
import type { FseTable } from './zstd-fse.js';
import { ZSTD_BLOCK_MAX } from './zstd-literals.js';

/** A table of a kind of number in sequences, laid out for the loop over them: what each state stands for. */
export interface SequenceTable {
  readonly accuracyLog: number;
  /** Lowest value. */
  readonly values: Int32Array;
  /** Lowest next state (16 bits), bits to be added to it (from bit 16 on), bits to be added to the value (from bit 24 on). */
  readonly steps: Int32Array;
}

/** Lays a table out whose symbols stand for the values from `base` on, of `extra` bits more. */
export function sequenceTable(
  { accuracyLog, symbol, bits, base: next }: FseTable,
  base: readonly number[],
  extra: readonly number[],
): SequenceTable {
  const states = symbol.length;
  const values = new Int32Array(states);
  const steps = new Int32Array(states);
  for (let state = 0; state < states; state++) {
    const s = symbol[state];
    values[state] = base[s];
    steps[state] = next[state] | (bits[state] << 16) | (extra[s] << 24);
  }
  return { accuracyLog, values, steps };
}

/** The tables of a block's sequences. */
export interface SequenceTables {
  readonly lengths: SequenceTable;
  readonly offsets: SequenceTable;
  readonly matches: SequenceTable;
}

/** Where the content goes: from `at` on, not beyond `end`. */
export interface SequenceTarget {
  readonly output: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** Offsets of this size cannot be told from negative numbers, and no content is so long. */
const FAR = 31;
/** More bytes than one sequence takes lie before the bits, all zero, so that the end needs to be looked for once only. */
const BEFORE = 16;
/** Copies of four bytes at a time may write, and read, this far beyond their end. */
const SLACK = 8;
/** Above this length the engine's own copy is faster. */
const LONG = 96;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays that are handed in.
const MOST_STATES = 512;
const LENGTH_VALUES = new Int32Array(MOST_STATES);
const LENGTH_STEPS = new Int32Array(MOST_STATES);
const OFFSET_VALUES = new Int32Array(MOST_STATES);
const OFFSET_STEPS = new Int32Array(MOST_STATES);
const MATCH_VALUES = new Int32Array(MOST_STATES);
const MATCH_STEPS = new Int32Array(MOST_STATES);
const BITS = new Uint8Array(BEFORE + ZSTD_BLOCK_MAX + SLACK);
const BITS_VIEW = new DataView(BITS.buffer);
const LITERALS = new Uint8Array(ZSTD_BLOCK_MAX + SLACK);
const LITERALS_VIEW = new DataView(LITERALS.buffer);

/** `count` ≤ 24 bits of `BITS` from bit `at` on. */
const bitsAt = (at: number, count: number): number =>
  (BITS_VIEW.getInt32(at >> 3, true) >>> (at & 7)) & ((1 << count) - 1);

/** Runs the sequences of blocks (RFC 8878, section 3.1.1.4); remembers recent distances for the next block. */
export class SequenceRunner {
  /** Literals of the last block that no sequence used begin here. */
  literal = 0;
  #recent: [number, number, number] = [1, 4, 8];

  /** Forgets the distances: a new frame begins. */
  reset(): void {
    this.#recent = [1, 4, 8];
  }

  /**
   * Runs `count` sequences whose bits are all of `bits`, read from its end. No more than the target has room for is ever
   * written, which bounds the work too.
   * @returns offset after the last byte written
   * @throws `ERR_CORRUPT`
   */
  run(bits: Uint8Array, count: number, tables: SequenceTables, literals: Uint8Array, target: SequenceTarget): number {
    const last = bits.length > 0 ? bits[bits.length - 1] : 0;
    if (last === 0) throw zstdCorrupt('a bit stream has no end mark');
    LENGTH_VALUES.set(tables.lengths.values);
    LENGTH_STEPS.set(tables.lengths.steps);
    OFFSET_VALUES.set(tables.offsets.values);
    OFFSET_STEPS.set(tables.offsets.steps);
    MATCH_VALUES.set(tables.matches.values);
    MATCH_STEPS.set(tables.matches.steps);
    BITS.set(bits, BEFORE);
    LITERALS.set(literals);
    const left = 8 * (BEFORE + bits.length - 1) + highestBit(last);
    return this.#run(left, count, tables, literals.length, target);
  }

  // oxlint-disable-next-line complexity -- one loop over the bits: a call for each number costs as much as the number
  #run(end: number, count: number, tables: SequenceTables, literals: number, target: SequenceTarget): number {
    const { output } = target;
    const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
    let [first, second, third] = this.#recent;
    let left = end - tables.lengths.accuracyLog;
    let lengthState = bitsAt(left, tables.lengths.accuracyLog);
    left -= tables.offsets.accuracyLog;
    let offsetState = bitsAt(left, tables.offsets.accuracyLog);
    left -= tables.matches.accuracyLog;
    let matchState = bitsAt(left, tables.matches.accuracyLog);
    let literal = 0;
    let o = target.at;
    for (let k = count; k > 0; k--) {
      const offsetStep = OFFSET_STEPS[offsetState];
      const matchStep = MATCH_STEPS[matchState];
      const lengthStep = LENGTH_STEPS[lengthState];
      const extra = offsetStep >> 24;
      if (left < 8 * BEFORE || extra >= FAR) throw zstdCorrupt('sequences end early, or reach outside');
      let value = OFFSET_VALUES[offsetState];
      left -= extra;
      if (extra <= 24) value += bitsAt(left, extra);
      else value += (bitsAt(left + 16, extra - 16) << 16) | bitsAt(left, 16);
      left -= matchStep >> 24;
      const match = MATCH_VALUES[matchState] + bitsAt(left, matchStep >> 24);
      left -= lengthStep >> 24;
      const run = LENGTH_VALUES[lengthState] + bitsAt(left, lengthStep >> 24);
      // The distance, or 1…3 for recent ones, moved up by one where there are no literals (section 3.1.1.5).
      let distance = value - 3;
      if (value > 3) {
        third = second;
        second = first;
      } else {
        const index = value - (run === 0 ? 0 : 1);
        distance = index === 0 ? first : index === 1 ? second : index === 2 ? third : first - 1;
        if (index > 1) third = second;
        if (index > 0) second = first;
      }
      first = distance;
      const stop = o + run;
      const next = stop + match;
      if (run > literals - literal || next > target.end || distance > stop || distance < 1) {
        throw zstdCorrupt(`sequence ${count - k} of ${count} reaches outside`);
      }
      if (next + SLACK > output.length || run > LONG || match > LONG || distance < 4) {
        output.set(LITERALS.subarray(literal, literal + run), o);
        copyMatch(output, stop, distance, match);
      } else {
        for (let from = literal; o < stop; o += 4, from += 4)
          view.setInt32(o, LITERALS_VIEW.getInt32(from, true), true);
        for (let to = stop; to < next; to += 4) view.setInt32(to, view.getInt32(to - distance, true), true);
      }
      literal += run;
      o = next;
      if (k === 1) break;
      left -= (lengthStep >> 16) & 0xff;
      lengthState = (lengthStep & 0xffff) + bitsAt(left, (lengthStep >> 16) & 0xff);
      left -= (matchStep >> 16) & 0xff;
      matchState = (matchStep & 0xffff) + bitsAt(left, (matchStep >> 16) & 0xff);
      left -= (offsetStep >> 16) & 0xff;
      offsetState = (offsetStep & 0xffff) + bitsAt(left, (offsetStep >> 16) & 0xff);
    }
    if (left !== 8 * BEFORE) throw zstdCorrupt('sequences are of another length');
    this.#recent = [first, second, third];
    this.literal = literal;
    return o;
  }
}
