import { RxSpikeError } from '../../../src/index.js';
import { lookup3 } from './lookup3.js';

/** Sizes of the two kinds of numbers that a file's structures are made of, bytes (superblock). */
export interface FieldSizes {
  readonly offset: number;
  readonly length: number;
}

/** What contradicts the format. */
export function hdf5Corrupt(what: string, at?: number): RxSpikeError {
  const details = at === undefined ? {} : { offset: at };
  return new RxSpikeError('ERR_CORRUPT', `hdf5: ${what}${at === undefined ? '' : `, at byte ${at}`}`, { details });
}

/** What the format allows and this reader does not read. */
export function hdf5Unsupported(what: string): RxSpikeError {
  return new RxSpikeError('ERR_UNSUPPORTED', `hdf5: ${what}`);
}

/** Reads the little-endian fields of one structure one after another and never beyond its end. */
export class Cursor {
  /** Where the next field lies in `bytes`. */
  at = 0;
  readonly bytes: Uint8Array;
  /** Offset of the first byte in the file. */
  readonly origin: number;
  /** Name of the structure, for messages. */
  readonly what: string;
  readonly sizes: FieldSizes;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, origin: number, what: string, sizes: FieldSizes) {
    this.bytes = bytes;
    this.origin = origin;
    this.what = what;
    this.sizes = sizes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Moves on. @throws `ERR_CORRUPT` beyond the end */
  skip(size: number): void {
    this.#take(size);
  }

  /** The next field, of 1, 2, … 8 bytes; exact below 2⁵³. @throws `ERR_CORRUPT` beyond the end */
  uint(size: number): number {
    const at = this.#take(size);
    let value = 0;
    for (let k = size - 1; k >= 0; k--) value = value * 256 + this.bytes[at + k];
    return value;
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A length or a count of the file's size. */
  length(): number {
    return this.uint(this.sizes.length);
  }

  /** An address in the file; null for the undefined one, all of whose bits are set. */
  address(): number | null {
    const at = this.#take(this.sizes.offset);
    const end = this.at;
    for (let k = at; k < end; k++) {
      if (this.bytes[k] !== 0xff) {
        this.at = at;
        return this.uint(this.sizes.offset);
      }
    }
    return null;
  }

  /** The next bytes, a view. */
  take(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }

  /** A cursor over the next bytes. */
  part(size: number, what: string = this.what): Cursor {
    const at = this.#take(size);
    return new Cursor(this.bytes.subarray(at, at + size), this.origin + at, what, this.sizes);
  }

  /** Text up to a zero byte, which is passed. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw this.corrupt('has a name without an end');
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  /** Compares the next bytes with a signature. @throws `ERR_CORRUPT` */
  expect(signature: string): void {
    const found = String.fromCharCode(...this.take(signature.length));
    if (found !== signature) throw this.corrupt(`does not begin with ${signature}`);
  }

  /** Compares the checksum that comes next with that of the bytes from `from` up to it. @throws `ERR_CORRUPT` */
  checksum(from: number = 0): void {
    const sum = lookup3(this.bytes, from, this.at);
    if (this.u32() !== sum) throw this.corrupt('has another checksum than it says');
  }

  corrupt(what: string): RxSpikeError {
    return hdf5Corrupt(`the ${this.what} ${what}`, this.origin);
  }

  #take(size: number): number {
    const at = this.at;
    if (size > this.bytes.length - at) throw this.corrupt('is too short for what it says');
    this.at = at + size;
    return at;
  }
}
