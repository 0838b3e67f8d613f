import { RxSpikeError } from '../../../src/index.js';
import { FLATBUFFER_PREFIX_BYTES, parseFlatbufferPrefix } from '../generated/headers.js';

/** Where a vector lies in its buffer. */
export interface VectorAt {
  /** Offset of the first element. */
  readonly at: number;
  readonly length: number;
}

const EMPTY: VectorAt = { at: 0, length: 0 };

/**
 * The root table of a size-prefixed flatbuffer (https://flatbuffers.dev/internals). Every offset is checked against the
 * buffer before it is followed.
 */
export class FlatbufferTable {
  readonly #what: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #table = 0;
  #vtable = 0;
  #vtableSize = 0;

  /**
   * `bytes` begin with the size; what follows the buffer is not looked at. `what` names it in messages.
   * @throws `ERR_CORRUPT` where the prefix, the identifier or an offset is wrong
   */
  constructor(bytes: Uint8Array, identifier: string, what: string) {
    this.#what = what;
    if (bytes.length < FLATBUFFER_PREFIX_BYTES) throw this.#corrupt(`has ${bytes.length} bytes`);
    const prefix = parseFlatbufferPrefix(bytes);
    if (prefix.size > bytes.length - 4) throw this.#corrupt(`says ${prefix.size} bytes, ${bytes.length - 4} follow`);
    if (prefix.identifier !== identifier) {
      throw this.#corrupt(`is marked ${JSON.stringify(prefix.identifier)}, expected ${identifier}`);
    }
    this.#bytes = bytes.subarray(0, 4 + prefix.size);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#table = this.#inside(4 + prefix.root, 4);
    this.#vtable = this.#inside(this.#table - this.#view.getInt32(this.#table, true), 4);
    this.#vtableSize = this.#view.getUint16(this.#vtable, true);
    this.#inside(this.#vtable, this.#vtableSize);
  }

  /** The bytes that the offsets count in. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Field `index` as i32; `absent` where the table does not have it. */
  int32(index: number, absent: number): number {
    const at = this.#field(index, 4);
    return at === 0 ? absent : this.#view.getInt32(at, true);
  }

  /** Field `index` as i64, as a number; `absent` where the table does not have it. */
  int64(index: number, absent: number): number {
    const at = this.#field(index, 8);
    return at === 0 ? absent : this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** Field `index` as a string; empty where the table does not have it. */
  string(index: number): string {
    const { at, length } = this.vector(index, 1);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  /** Field `index` as a vector of elements of `size` bytes; empty where the table does not have it. */
  vector(index: number, size: number): VectorAt {
    const field = this.#field(index, 4);
    if (field === 0) return EMPTY;
    const start = this.#inside(field + this.#view.getUint32(field, true), 4);
    const length = this.#view.getUint32(start, true);
    this.#inside(start + 4, length * size);
    return { at: start + 4, length };
  }

  /** Offset of a field of `size` bytes, 0 where the table does not have it. */
  #field(index: number, size: number): number {
    const slot = 4 + 2 * index;
    if (slot + 2 > this.#vtableSize) return 0;
    const offset = this.#view.getUint16(this.#vtable + slot, true);
    return offset === 0 ? 0 : this.#inside(this.#table + offset, size);
  }

  #inside(at: number, size: number): number {
    if (at < 4 || at + size > this.#bytes.length) {
      throw this.#corrupt(`points to ${size} bytes at ${at}, it has ${this.#bytes.length}`);
    }
    return at;
  }

  #corrupt(what: string): RxSpikeError {
    return new RxSpikeError('ERR_CORRUPT', `${this.#what}: flatbuffer ${what}`);
  }
}
