import { zstdCorrupt } from './zstd-bits.js';
import { constantTable, fseTable, readFseTable, type FseTable } from './zstd-fse.js';
import { LiteralsReader, ZSTD_BLOCK_MAX } from './zstd-literals.js';
import { SequenceRunner, sequenceTable, type SequenceTable } from './zstd-sequences.js';

/** A kind of number in sequences: the values its codes stand for and the tables it may have. */
interface Code {
  readonly name: string;
  readonly base: readonly number[];
  readonly extra: readonly number[];
  /** The table that is used where none is sent. */
  readonly table: SequenceTable;
  readonly accuracyLog: number;
}

const laidOut = ({ base, extra }: Pick<Code, 'base' | 'extra'>, table: FseTable): SequenceTable =>
  sequenceTable(table, base, extra);

const codeOf = ({ standard, ...rest }: Omit<Code, 'table'> & { readonly standard: FseTable }): Code => ({
  ...rest,
  table: laidOut(rest, standard),
});

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

// Tables of RFC 8878, sections 3.1.1.3.2.1.1 and 3.1.1.3.2.2.
const LITERAL_LENGTH: Code = codeOf({
  name: 'literal lengths',
  base: [
    ...upTo(16),
    16,
    18,
    20,
    22,
    24,
    28,
    32,
    40,
    48,
    64,
    128,
    256,
    512,
    1024,
    2048,
    4096,
    8192,
    16384,
    32768,
    65536,
  ],
  extra: [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  standard: fseTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, ...ones(5), -1, -1, -1, -1],
    6,
  ),
  accuracyLog: 9,
});
const MATCH_LENGTH: Code = codeOf({
  name: 'match lengths',
  base: [
    ...upTo(32, 3),
    35,
    37,
    39,
    41,
    43,
    47,
    51,
    59,
    67,
    83,
    99,
    131,
    259,
    515,
    1027,
    2051,
    4099,
    8195,
    16387,
    32771,
    65539,
  ],
  extra: [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  standard: fseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...ones(37), -1, -1, -1, -1, -1, -1, -1], 6),
  accuracyLog: 9,
});
const OFFSET: Code = codeOf({
  name: 'offsets',
  base: upTo(32).map((code) => 2 ** code),
  extra: upTo(32),
  standard: fseTable([...ones(6), 2, 2, 2, ...ones(15), -1, -1, -1, -1, -1], 5),
  accuracyLog: 8,
});

/** Compressed blocks of one frame after another (RFC 8878, section 3.1.1.3); what blocks hand on is kept between them. */
export class ZstdBlockDecoder {
  readonly #literals = new LiteralsReader();
  readonly #sequences = new SequenceRunner();
  readonly #tables = new Map<Code, SequenceTable>();

  /** Forgets everything: a new frame begins. */
  reset(): void {
    this.#literals.reset();
    this.#tables.clear();
    this.#sequences.reset();
  }

  /**
   * Appends the content of the block at `from…to` to `output`, which holds `length` bytes of the frame and has room for
   * `ZSTD_BLOCK_MAX` more; returns the new length. @throws `ERR_CORRUPT`
   */
  decode(bytes: Uint8Array, from: number, to: number, output: Uint8Array, length: number): number {
    let at = this.#literals.read(bytes, from, to);
    if (at >= to) throw zstdCorrupt('a block has no sequences section');
    let count = bytes[at++];
    if (count === 255) {
      count = (bytes[at] | (bytes[at + 1] << 8)) + 0x7f00;
      at += 2;
    } else if (count > 127) {
      count = ((count - 128) << 8) | bytes[at++];
    }
    const end = length + ZSTD_BLOCK_MAX;
    if (count === 0) return this.#rest(output, length, 0, end);
    if (at >= to) throw zstdCorrupt('a sequences section ends early');
    const modes = bytes[at++];
    if ((modes & 3) !== 0) throw zstdCorrupt('reserved sequence modes');
    at = this.#table(LITERAL_LENGTH, modes >> 6, bytes, at, to);
    at = this.#table(OFFSET, (modes >> 4) & 3, bytes, at, to);
    at = this.#table(MATCH_LENGTH, (modes >> 2) & 3, bytes, at, to);
    const tables = {
      lengths: this.#tables.get(LITERAL_LENGTH) as SequenceTable,
      offsets: this.#tables.get(OFFSET) as SequenceTable,
      matches: this.#tables.get(MATCH_LENGTH) as SequenceTable,
    };
    const { literals } = this.#literals;
    const o = this.#sequences.run(bytes.subarray(at, to), count, tables, literals, { output, at: length, end });
    return this.#rest(output, o, this.#sequences.literal, end);
  }

  /** Sets the table of a code for this block; returns where its description ends. */
  #table(code: Code, mode: number, bytes: Uint8Array, at: number, to: number): number {
    const symbols = code.base.length;
    if (mode === 0) this.#tables.set(code, code.table);
    if (mode === 1) {
      if (at >= to || bytes[at] >= symbols) throw zstdCorrupt(`${code.name}: symbol ${bytes[at]}`);
      this.#tables.set(code, laidOut(code, constantTable(bytes[at])));
      return at + 1;
    }
    if (mode === 2) {
      const { table, end } = readFseTable(bytes, at, to, { accuracyLog: code.accuracyLog, symbols });
      this.#tables.set(code, laidOut(code, table));
      return end;
    }
    if (!this.#tables.has(code)) throw zstdCorrupt(`${code.name} refer to a table that was not sent`);
    return at;
  }

  /** Appends the literals that no sequence used. */
  #rest(output: Uint8Array, at: number, literal: number, end: number): number {
    const rest = this.#literals.literals.subarray(literal);
    if (rest.length > end - at) throw zstdCorrupt(`a block of more than ${ZSTD_BLOCK_MAX} bytes`);
    output.set(rest, at);
    return at + rest.length;
  }
}
