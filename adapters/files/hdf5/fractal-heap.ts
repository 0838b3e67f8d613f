import { Cursor, hdf5Corrupt, hdf5Unsupported } from './cursor.js';
import type { FileBytes } from './file-bytes.js';

const MOST_DEPTH = 32;

/** Bytes that a number up to `limit` takes. */
const bytesFor = (limit: number): number => Math.floor(Math.floor(Math.log2(Math.max(1, limit))) / 8) + 1;

/** The heap that links and attributes of large groups lie in (HDF5 File Format Specification, section III.G). */
export class FractalHeap {
  /** Bytes of an object's id. */
  readonly idBytes: number;
  readonly #file: FileBytes;
  readonly #offsetBytes: number;
  readonly #lengthBytes: number;
  readonly #width: number;
  readonly #startSize: number;
  readonly #maxDirect: number;
  readonly #root: number | null;
  readonly #rootRows: number;
  readonly #checked: boolean;

  private constructor(file: FileBytes, header: Cursor) {
    this.#file = file;
    header.expect('FRHP');
    if (header.u8() !== 0) throw header.corrupt('is of no known version');
    this.idBytes = header.u16();
    const filters = header.u16();
    if (filters > 0) throw hdf5Unsupported('compressed groups are not read');
    this.#checked = (header.u8() & 2) !== 0;
    const maxManaged = header.u32();
    header.skip(2 * header.sizes.offset + 10 * header.sizes.length);
    this.#width = header.u16();
    this.#startSize = header.length();
    this.#maxDirect = header.length();
    const maxBits = header.u16();
    header.skip(2);
    this.#root = header.address();
    this.#rootRows = header.u16();
    header.checksum();
    if (this.#width === 0 || this.#startSize === 0 || this.#maxDirect < this.#startSize || maxBits > 64) {
      throw header.corrupt('describes no heap');
    }
    this.#offsetBytes = Math.ceil(maxBits / 8);
    this.#lengthBytes = Math.min(Math.ceil(Math.log2(this.#maxDirect) / 8), bytesFor(maxManaged));
  }

  /** @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_UNSUPPORTED` */
  static async open(file: FileBytes, address: number): Promise<FractalHeap> {
    const { offset, length } = file.sizes;
    return new FractalHeap(file, await file.cursor(address, 26 + 3 * offset + 12 * length, 'fractal heap'));
  }

  /** The object of an id. @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_UNSUPPORTED` */
  async object(id: Cursor, what: string): Promise<Cursor> {
    const head = id.u8();
    const kind = (head >> 4) & 3;
    if (kind === 2) return id.part((head & 15) + 1, what);
    if (kind !== 0) throw hdf5Unsupported('links and attributes of more than some kilobytes are not read');
    const offset = id.uint(this.#offsetBytes);
    const length = id.uint(this.#lengthBytes);
    if (this.#root === null) throw id.corrupt('leads into an empty heap');
    if (this.#rootRows === 0)
      return this.#direct({ at: this.#root, start: 0, size: this.#startSize }, offset, length, what);
    return this.#indirect(this.#root, 0, this.#rootRows, { offset, length, what, depth: 0 });
  }

  async #direct(
    block: { readonly at: number; readonly start: number; readonly size: number },
    offset: number,
    length: number,
    what: string,
  ): Promise<Cursor> {
    const within = offset - block.start;
    const head = 5 + this.#file.sizes.offset + this.#offsetBytes + (this.#checked ? 4 : 0);
    if (within < head || within + length > block.size)
      throw hdf5Corrupt(`the ${what} lies outside its block`, block.at);
    return this.#file.cursor(block.at + within, length, what);
  }

  async #indirect(
    at: number,
    start: number,
    rows: number,
    wanted: { readonly offset: number; readonly length: number; readonly what: string; readonly depth: number },
  ): Promise<Cursor> {
    if (rows > 64 || wanted.depth === MOST_DEPTH)
      throw hdf5Corrupt('a heap of blocks within blocks without an end', at);
    const { offset: addressBytes } = this.#file.sizes;
    const head = 5 + addressBytes + this.#offsetBytes;
    const block = await this.#file.cursor(at, head + rows * this.#width * addressBytes, 'indirect heap block');
    block.expect('FHIB');
    block.skip(head - 4);
    const directRows = Math.log2(this.#maxDirect / this.#startSize) + 2;
    for (let row = 0, from = start; row < rows; row++) {
      const size = this.#startSize * 2 ** Math.max(0, row - 1);
      if (wanted.offset >= from + size * this.#width) {
        from += size * this.#width;
        continue;
      }
      const column = Math.floor((wanted.offset - from) / size);
      block.skip((row * this.#width + column) * addressBytes);
      const child = block.address();
      if (child === null) break;
      const childStart = from + column * size;
      if (row < directRows) {
        return this.#direct({ at: child, start: childStart, size }, wanted.offset, wanted.length, wanted.what);
      }
      const childRows = Math.log2(size / (this.#startSize * this.#width)) + 1;
      return this.#indirect(child, childStart, childRows, { ...wanted, depth: wanted.depth + 1 });
    }
    throw hdf5Corrupt(`the ${wanted.what} lies in no block of its heap`, at);
  }
}
