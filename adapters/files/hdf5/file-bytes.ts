import { RxSpikeError } from '../../../src/index.js';
import type { ByteParts } from '../byte-source.js';
import { Cursor, type FieldSizes } from './cursor.js';

const PAGE = 1 << 14;
const PAGES = 32;
/** Bytes of data that are read ahead. */
const WINDOW = 1 << 19;

/** The bytes of a file by offset: small structures through a few pages that are kept, chunks directly. */
export class FileBytes {
  /** Bytes in the file. */
  readonly size: number;
  sizes: FieldSizes = { offset: 8, length: 8 };
  readonly #parts: ByteParts;
  readonly #limit: number;
  readonly #pages = new Map<number, Uint8Array>();
  #left: number;

  /** `limit`: most bytes of a structure, and of all that are read until {@link opened}. */
  constructor(parts: ByteParts, limit: number) {
    this.#parts = parts;
    this.size = parts.size;
    this.#limit = limit;
    this.#left = limit;
  }

  /** Ends the counting of what is read: from here on only chunks and their indexes are. */
  opened(): void {
    this.#left = Infinity;
  }

  /**
   * A cursor over the structure `what` of `length` bytes, which must not be written to.
   * @throws (rejects) `ERR_TRUNCATED` where the file ends before, `ERR_LIMIT`, `ERR_NOT_READABLE`
   */
  async cursor(at: number, length: number, what: string): Promise<Cursor> {
    this.#check(at, length, what);
    if (length > this.#limit || length > this.#left) {
      throw new RxSpikeError('ERR_LIMIT', `hdf5: the ${what} at byte ${at} makes more than ${this.#limit} bytes`, {
        details: { limit: this.#limit },
      });
    }
    this.#left -= length;
    const page = Math.floor(at / PAGE);
    const inside = at + length <= (page + 1) * PAGE;
    const bytes = inside
      ? (await this.#page(page)).subarray(at - page * PAGE, at - page * PAGE + length)
      : await this.#parts.read(at, at + length);
    if (bytes.length < length) throw this.#tooShort(at, length, what);
    return new Cursor(bytes, at, what, this.sizes);
  }

  /** Bytes of data, memory of the caller's own. @throws (rejects) `ERR_TRUNCATED`, `ERR_NOT_READABLE` */
  async data(at: number, length: number, what: string): Promise<Uint8Array> {
    this.#check(at, length, what);
    const bytes = await this.#parts.read(at, at + length);
    if (bytes.length < length) throw this.#tooShort(at, length, what);
    return bytes;
  }

  /** Reads data that lies close together with few accesses: each call gives a view that is valid until the next one. */
  ahead(): (at: number, length: number, what: string) => Promise<Uint8Array> {
    let from = 0;
    let bytes: Uint8Array = new Uint8Array(0);
    return async (at, length, what) => {
      this.#check(at, length, what);
      if (at < from || at + length > from + bytes.length) {
        bytes = await this.#parts.read(at, Math.min(this.size, at + Math.max(length, WINDOW)));
        from = at;
        if (bytes.length < length) throw this.#tooShort(at, length, what);
      }
      return bytes.subarray(at - from, at - from + length);
    };
  }

  #check(at: number, length: number, what: string): void {
    if (!(at + length <= this.size)) throw this.#tooShort(at, length, what);
  }

  #tooShort(at: number, length: number, what: string): RxSpikeError {
    return new RxSpikeError(
      'ERR_TRUNCATED',
      `hdf5: the ${what} at byte ${at} needs ${length} bytes, the file has ${this.size}`,
      { details: { offset: at, length, size: this.size } },
    );
  }

  async #page(number: number): Promise<Uint8Array> {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = await this.#parts.read(number * PAGE, Math.min(this.size, (number + 1) * PAGE));
    } else {
      this.#pages.delete(number);
    }
    this.#pages.set(number, page);
    if (this.#pages.size > PAGES) for (const oldest of this.#pages.keys()) return (this.#pages.delete(oldest), page);
    return page;
  }
}
