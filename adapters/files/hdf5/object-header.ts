import { RxSpikeError } from '../../../src/index.js';
import { Cursor, hdf5Corrupt, hdf5Unsupported } from './cursor.js';
import type { FileBytes } from './file-bytes.js';

/** Types of header messages that are read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** A message of an object's header: one property of the object. */
export interface HeaderMessage {
  readonly type: number;
  /** The body, from its beginning; each reading needs a cursor of its own. */
  readonly body: () => Cursor;
}

const MOST_MESSAGES = 4096;
const MOST_SHARED = 4;

/**
 * The messages of an object header, version 1 or 2, those in continuation blocks too (HDF5 File Format Specification,
 * section IV.A). @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_UNSUPPORTED`
 */
export async function readObjectHeader(file: FileBytes, address: number): Promise<readonly HeaderMessage[]> {
  return new HeaderReader(file).read(address, 0);
}

class HeaderReader {
  readonly #file: FileBytes;
  readonly #messages: HeaderMessage[] = [];
  readonly #blocks: { readonly at: number; readonly length: number }[] = [];
  readonly #seen = new Set<number>();
  #flags = 0;
  #version = 1;

  constructor(file: FileBytes) {
    this.#file = file;
  }

  async read(address: number, depth: number): Promise<readonly HeaderMessage[]> {
    const prefix = await this.#file.cursor(address, 16, 'object header');
    if (prefix.bytes[0] === 0x4f) await this.#begin2(address);
    else await this.#begin1(prefix, depth);
    for (let block = this.#blocks.shift(); block !== undefined; block = this.#blocks.shift()) {
      if (this.#seen.has(block.at)) throw hdf5Corrupt('an object header continues in itself', block.at);
      this.#seen.add(block.at);
      const cursor = await this.#file.cursor(block.at, block.length, 'object header continuation');
      if (this.#version === 2) {
        cursor.expect('OCHK');
        await this.#block2(cursor, 4, depth);
      } else {
        await this.#block1(cursor, depth);
      }
    }
    return this.#messages;
  }

  async #begin1(prefix: Cursor, depth: number): Promise<void> {
    if (prefix.u8() !== 1) throw prefix.corrupt('is of no known version');
    prefix.skip(7);
    const size = prefix.u32();
    await this.#block1(await this.#file.cursor(prefix.origin + 16, size, 'object header'), depth);
  }

  async #begin2(address: number): Promise<void> {
    const prefix = await this.#file.cursor(address, 6, 'object header');
    prefix.expect('OHDR');
    if (prefix.u8() !== 2) throw prefix.corrupt('is of no known version');
    this.#version = 2;
    this.#flags = prefix.u8();
    const before = 6 + (this.#flags & 0x20 ? 16 : 0) + (this.#flags & 0x10 ? 4 : 0);
    const width = 1 << (this.#flags & 3);
    const head = await this.#file.cursor(address, before + width, 'object header');
    head.skip(before);
    const size = head.uint(width);
    const whole = await this.#file.cursor(address, head.at + size + 4, 'object header');
    await this.#block2(whole, head.at, 0);
  }

  async #block1(cursor: Cursor, depth: number): Promise<void> {
    while (cursor.left >= 8) {
      const type = cursor.u16();
      const size = cursor.u16();
      const flags = cursor.u8();
      cursor.skip(3);
      await this.#add(type, flags, cursor.part(size, `header message ${type}`), depth);
    }
  }

  /** Messages from `from` on, then the checksum of the whole block. */
  async #block2(cursor: Cursor, from: number, depth: number): Promise<void> {
    if (cursor.bytes.length < from + 4) throw cursor.corrupt('is too short for what it says');
    cursor.at = cursor.bytes.length - 4;
    cursor.checksum();
    cursor.at = from;
    const head = this.#flags & 4 ? 6 : 4;
    while (cursor.left - 4 >= head) {
      const type = cursor.u8();
      const size = cursor.u16();
      const flags = cursor.u8();
      if (head === 6) cursor.skip(2);
      await this.#add(type, flags, cursor.part(size, `header message ${type}`), depth);
    }
  }

  async #add(type: number, flags: number, body: Cursor, depth: number): Promise<void> {
    if (type === MESSAGE.continuation) {
      const at = body.address();
      const length = body.length();
      if (at === null) throw body.corrupt('leads nowhere');
      this.#blocks.push({ at, length });
      return;
    }
    if (this.#messages.length >= MOST_MESSAGES) {
      throw new RxSpikeError('ERR_LIMIT', `hdf5: an object has more than ${MOST_MESSAGES} properties`);
    }
    const { bytes, origin, what, sizes } = flags & 2 ? await this.#shared(type, body, depth) : body;
    this.#messages.push({ type, body: () => new Cursor(bytes, origin, what, sizes) });
  }

  /** What stands in the header of another object: a named datatype. */
  async #shared(type: number, body: Cursor, depth: number): Promise<Cursor> {
    const address = sharedAddress(body);
    if (depth === MOST_SHARED) throw body.corrupt('is shared over and over');
    const there = await new HeaderReader(this.#file).read(address, depth + 1);
    const found = there.find((message) => message.type === type);
    if (found === undefined) throw body.corrupt('is not where it says');
    return found.body();
  }
}

/** Where a shared message lies: the object header that has it (section IV.A.2, shared message). */
export function sharedAddress(body: Cursor): number {
  const version = body.u8();
  const kind = body.u8();
  if (version === 1) body.skip(6);
  if (version > 3 || (version === 3 && kind !== 2)) throw hdf5Unsupported('messages in a shared heap are not read');
  const address = body.address();
  if (address === null) throw body.corrupt('leads nowhere');
  return address;
}
