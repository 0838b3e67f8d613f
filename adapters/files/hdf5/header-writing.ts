import { MESSAGE } from './object-header.js';
import { StructureWriter } from './structure-writer.js';

const FILL_VALUE = 0x05;
const GROUP_INFO = 0x0a;
const SHUFFLE = 2;
const DEFLATE = 1;

/** A message of an object header that is written. */
export interface WrittenMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** An attribute: text, or an integer ≥ 0 of `size` bytes. */
export interface WrittenAttribute {
  readonly name: string;
  readonly value: string | { readonly number: number; readonly size: number };
}

/** An object header of version 2, without times so that the same events make the same file. */
export function objectHeader(messages: readonly WrittenMessage[]): Uint8Array {
  const body = new StructureWriter();
  for (const message of messages) body.u8(message.type).u16(message.body.length).u8(0).append(message.body);
  return new StructureWriter().text('OHDR').u8(2, 2).u32(body.length).append(body.bytes).checksum().bytes;
}

/** Header of a group whose links and attributes stand in it. */
export function groupHeader(
  links: readonly (readonly [name: string, address: number])[],
  attributes: readonly WrittenAttribute[] = [],
): Uint8Array {
  const info = new StructureWriter().u8(0, 0).address(null).address(null).bytes;
  return objectHeader([
    { type: MESSAGE.linkInfo, body: info },
    { type: GROUP_INFO, body: new Uint8Array(2) },
    ...links.map(([name, address]) => ({
      type: MESSAGE.link,
      body: new StructureWriter().u8(1, 0, name.length).text(name).address(address).bytes,
    })),
    ...attributes.map((attribute) => ({ type: MESSAGE.attribute, body: attributeBody(attribute) })),
  ]);
}

/** Header of a column of chunks: integers of `size` bytes, shuffled and deflated. */
export function columnHeader(column: {
  readonly rows: number;
  readonly chunkRows: number;
  readonly size: number;
  readonly signed: boolean;
  readonly level: number;
  readonly index: number | null;
}): Uint8Array {
  const { rows, chunkRows, size, signed, level, index } = column;
  const pipeline = new StructureWriter().u8(2, size > 1 ? 2 : 1);
  if (size > 1) pipeline.u16(SHUFFLE).u16(0).u16(1).u32(size);
  pipeline.u16(DEFLATE).u16(0).u16(1).u32(level);
  return objectHeader([
    { type: MESSAGE.dataspace, body: new StructureWriter().u8(2, 1, 0, 1).u64(rows).bytes },
    { type: MESSAGE.datatype, body: integerType(size, signed) },
    // Space as it is needed, nothing written where there are no rows.
    { type: FILL_VALUE, body: new Uint8Array([3, 0x0b]) },
    { type: MESSAGE.filters, body: pipeline.bytes },
    { type: MESSAGE.layout, body: new StructureWriter().u8(3, 2, 2).address(index).u32(chunkRows).u32(size).bytes },
  ]);
}

/** Header of a dataset that is one signed integer of 64 bits, and holds it. */
export function valueHeader(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const high = Math.floor(value / 4294967296);
  new DataView(bytes.buffer).setUint32(0, value - high * 4294967296, true);
  new DataView(bytes.buffer).setInt32(4, high, true);
  return objectHeader([
    { type: MESSAGE.dataspace, body: new Uint8Array([2, 0, 0, 0]) },
    { type: MESSAGE.datatype, body: integerType(8, true) },
    { type: FILL_VALUE, body: new Uint8Array([3, 0x09]) },
    { type: MESSAGE.layout, body: new StructureWriter().u8(3, 0).u16(8).append(bytes).bytes },
  ]);
}

function integerType(size: number, signed: boolean): Uint8Array {
  return new StructureWriter()
    .u8(0x10, signed ? 8 : 0, 0, 0)
    .u32(size)
    .u16(0)
    .u16(8 * size).bytes;
}

function attributeBody({ name, value }: WrittenAttribute): Uint8Array {
  const scalar = new Uint8Array([2, 0, 0, 0]);
  const type = typeof value === 'string' ? textType(value.length) : integerType(value.size, false);
  const body = new StructureWriter()
    .u8(3, 0)
    .u16(name.length + 1)
    .u16(type.length)
    .u16(scalar.length)
    .u8(0);
  body.text(`${name}\0`).append(type).append(scalar);
  return typeof value === 'string' ? body.text(value).bytes : body.uint(value.number, value.size).bytes;
}

/** Text of a fixed length, filled up with zeros, UTF-8. */
const textType = (length: number): Uint8Array => new StructureWriter().u8(0x13, 0x11, 0, 0).u32(length).bytes;

/** The superblock, version 2, that a file begins with. */
export function superblock(root: number, end: number): Uint8Array {
  return new StructureWriter()
    .u8(0x89)
    .text('HDF\r\n\u001a\n')
    .u8(2, 8, 8, 0)
    .u64(0)
    .address(null)
    .u64(end)
    .u64(root)
    .checksum().bytes;
}

/** Bytes of {@link superblock}. */
export const SUPERBLOCK_BYTES = 48;
