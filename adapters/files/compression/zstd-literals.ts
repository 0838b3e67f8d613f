import { zstdCorrupt } from './zstd-bits.js';
import { decodeHuffman, readHuffmanTable, type HuffmanTable } from './zstd-huffman.js';

/** Most content of a block, bytes. */
export const ZSTD_BLOCK_MAX: number = 1 << 17;

const JUMP_TABLE_BYTES = 6;

/** The literals section of a compressed block (RFC 8878, section 3.1.1.3.1); remembers the tree for the next block. */
export class LiteralsReader {
  /** The literals read last; valid until the next `read`. */
  literals: Uint8Array = new Uint8Array(0);
  #table: HuffmanTable | null = null;
  readonly #room = new Uint8Array(ZSTD_BLOCK_MAX);

  /** Forgets the tree: a new frame begins. */
  reset(): void {
    this.#table = null;
  }

  /** Reads the section at `from`; returns where it ends, before `to`. @throws `ERR_CORRUPT` */
  read(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 1) throw zstdCorrupt('a block has no literals section');
    const format = (bytes[from] >> 2) & 3;
    return (bytes[from] & 2) === 0 ? this.#plain(bytes, from, to, format) : this.#huffman(bytes, from, to, format);
  }

  #plain(bytes: Uint8Array, from: number, to: number, format: number): number {
    const header = format === 1 ? 2 : format === 3 ? 3 : 1;
    let size = bytes[from] >> (header === 1 ? 3 : 4);
    for (let k = 1; k < header; k++) size |= bytes[from + k] << (8 * k - 4);
    const repeated = (bytes[from] & 1) === 1;
    const end = from + header + (repeated ? 1 : size);
    if (end > to || size > ZSTD_BLOCK_MAX) throw zstdCorrupt(`${size} literals in ${to - from} bytes`);
    this.literals = repeated ? this.#room.subarray(0, size).fill(bytes[end - 1]) : bytes.subarray(from + header, end);
    return end;
  }

  #huffman(bytes: Uint8Array, from: number, to: number, format: number): number {
    const header = format < 2 ? 3 : format + 2;
    if (to - from < header) throw zstdCorrupt('a literals header ends early');
    const width = [10, 10, 14, 18][format];
    const low = (bytes[from] | (bytes[from + 1] << 8) | (bytes[from + 2] << 16) | (bytes[from + 3] << 24)) >>> 0;
    const sizes = format === 3 ? low + bytes[from + 4] * 2 ** 32 : format === 2 ? low : low % 2 ** 24;
    const size = Math.floor(sizes / 16) % 2 ** width;
    const end = from + header + (Math.floor(sizes / 2 ** (4 + width)) % 2 ** width);
    if (end > to || size > ZSTD_BLOCK_MAX) throw zstdCorrupt(`${size} literals in ${end - from} of ${to - from} bytes`);
    let at = from + header;
    if ((bytes[from] & 1) === 0) {
      const read = readHuffmanTable(bytes, at, end);
      this.#table = read.table;
      at = read.end;
    }
    if (this.#table === null) throw zstdCorrupt('literals refer to a tree that was not sent');
    this.literals = this.#room.subarray(0, size);
    if (format === 0) decodeHuffman(this.#table, bytes, at, end, this.literals);
    else this.#fourStreams(this.#table, bytes, at, end);
    return end;
  }

  #fourStreams(table: HuffmanTable, bytes: Uint8Array, from: number, to: number): void {
    const quarter = (this.literals.length + 3) >> 2;
    if (to - from < JUMP_TABLE_BYTES || 3 * quarter > this.literals.length) {
      throw zstdCorrupt('four literal streams end early');
    }
    let at = from + JUMP_TABLE_BYTES;
    for (let k = 0; k < 4; k++) {
      const end = k === 3 ? to : at + (bytes[from + 2 * k] | (bytes[from + 2 * k + 1] << 8));
      if (end > to) throw zstdCorrupt('a literal stream reaches beyond its section');
      const out = this.literals.subarray(k * quarter, k === 3 ? this.literals.length : (k + 1) * quarter);
      decodeHuffman(table, bytes, at, end, out);
      at = end;
    }
  }
}
