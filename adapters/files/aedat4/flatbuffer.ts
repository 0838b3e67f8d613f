import { RxSpikeError } from '../../../src/index.js';
import { FLATBUFFER_PREFIX_BYTES, parseFlatbufferPrefix } from '../generated/headers.js';

/** Where a vector lies in its buffer. */
export interface VectorAt {
  /** Offset of the first element. */
  readonly at: number;
  readonly length: number;
}

const EMPTY: VectorAt = { at: 0, length: 0 };

/** Bytes that the offsets of tables count in, and what they are called in messages. */
interface Buffer {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * The root table of a size-prefixed flatbuffer (https://flatbuffers.dev/internals).
 *
 * @param bytes begin with the size; what follows the buffer is not looked at
 * @param what names it in messages
 * @throws `ERR_CORRUPT` where the prefix, the identifier or an offset is wrong
 */
export function flatbufferRoot(bytes: Uint8Array, identifier: string, what: string): FlatbufferTable {
  const bad = (how: string): RxSpikeError => new RxSpikeError('ERR_CORRUPT', `${what}: flatbuffer ${how}`);
  if (bytes.length < FLATBUFFER_PREFIX_BYTES) throw bad(`has ${bytes.length} bytes`);
  const prefix = parseFlatbufferPrefix(bytes);
  if (prefix.size > bytes.length - 4) throw bad(`says ${prefix.size} bytes, ${bytes.length - 4} follow`);
  if (prefix.identifier !== identifier) {
    throw bad(`is marked ${JSON.stringify(prefix.identifier)}, expected ${identifier}`);
  }
  const whole = bytes.subarray(0, 4 + prefix.size);
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  return new FlatbufferTable({ what, bytes: whole, view }, 4 + prefix.root);
}

/** A table of a flatbuffer. Every offset is checked against the buffer before it is followed. */
export class FlatbufferTable {
  readonly #buffer: Buffer;
  readonly #view: DataView;
  readonly #table: number;
  readonly #vtable: number;
  readonly #vtableSize: number;

  /** The table at offset `at`. @throws `ERR_CORRUPT` */
  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer;
    this.#view = buffer.view;
    this.#table = this.#inside(at, 4);
    this.#vtable = this.#inside(this.#table - this.#view.getInt32(this.#table, true), 4);
    this.#vtableSize = this.#view.getUint16(this.#vtable, true);
    this.#inside(this.#vtable, this.#vtableSize);
  }

  /** The bytes that the offsets count in. */
  get bytes(): Uint8Array {
    return this.#buffer.bytes;
  }

  /** Field `index` as i8; `absent` where the table does not have it. */
  int8(index: number, absent: number): number {
    const at = this.#field(index, 1);
    return at === 0 ? absent : this.#view.getInt8(at);
  }

  /** Field `index` as i16; `absent` where the table does not have it. */
  int16(index: number, absent: number): number {
    const at = this.#field(index, 2);
    return at === 0 ? absent : this.#view.getInt16(at, true);
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

  /** Field `index` as f32; 0, which is left out when it is written, where the table does not have it. */
  float32(index: number): number {
    const at = this.#field(index, 4);
    return at === 0 ? 0 : this.#view.getFloat32(at, true);
  }

  /** Field `index` as a string; empty where the table does not have it. */
  string(index: number): string {
    const { at, length } = this.vector(index, 1);
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
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

  /** Field `index` as a vector of tables, one after another. */
  *tables(index: number): Generator<FlatbufferTable> {
    const { at, length } = this.vector(index, 4);
    for (let i = at; i < at + 4 * length; i += 4) {
      yield new FlatbufferTable(this.#buffer, i + this.#view.getUint32(i, true));
    }
  }

  /** Offset of a field of `size` bytes, 0 where the table does not have it. */
  #field(index: number, size: number): number {
    const slot = 4 + 2 * index;
    if (slot + 2 > this.#vtableSize) return 0;
    const offset = this.#view.getUint16(this.#vtable + slot, true);
    return offset === 0 ? 0 : this.#inside(this.#table + offset, size);
  }

  #inside(at: number, size: number): number {
    const length = this.bytes.length;
    if (at >= 4 && at + size <= length) return at;
    throw new RxSpikeError(
      'ERR_CORRUPT',
      `${this.#buffer.what}: flatbuffer points to ${size} bytes at ${at}, it has ${length}`,
    );
  }
}
