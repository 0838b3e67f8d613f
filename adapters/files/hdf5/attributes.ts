import { readValues } from '../columns/read-values.js';
import type { Cursor } from './cursor.js';
import { readDataspace } from './dataspace.js';
import { readDatatype, type Datatype } from './datatype.js';
import type { FileBytes } from './file-bytes.js';
import { FractalHeap } from './fractal-heap.js';
import { MESSAGE, readObjectHeader, sharedAddress, type HeaderMessage } from './object-header.js';
import { tree2Records } from './tree2.js';

/** Value of an attribute: text, or its numbers. */
export type AttributeValue = string | readonly number[];

const NAME_INDEX = 8;
const MOST_VALUES = 16;

/**
 * The attributes of an object by name; those whose type says nothing here are left out.
 * @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_UNSUPPORTED`
 */
export async function readAttributes(
  file: FileBytes,
  messages: readonly HeaderMessage[],
): Promise<ReadonlyMap<string, AttributeValue>> {
  const found = new Map<string, AttributeValue>();
  for (const { type, body } of messages) {
    if (type === MESSAGE.attribute) await readAttribute(file, body(), found);
    if (type !== MESSAGE.attributeInfo) continue;
    const info = body();
    info.skip(1);
    if (info.u8() & 1) info.skip(2);
    const heapAt = info.address();
    const treeAt = info.address();
    if (heapAt === null || treeAt === null) continue;
    const heap = await FractalHeap.open(file, heapAt);
    for await (const record of tree2Records(file, treeAt, [NAME_INDEX])) {
      const id = record.part(heap.idBytes);
      if ((record.u8() & 2) === 0) await readAttribute(file, await heap.object(id, 'attribute'), found);
    }
  }
  return found;
}

/** An attribute message, version 1 to 3 (HDF5 File Format Specification, section IV.A.2.m). */
async function readAttribute(file: FileBytes, body: Cursor, into: Map<string, AttributeValue>): Promise<void> {
  const version = body.u8();
  if (version < 1 || version > 3) return;
  const flags = body.u8();
  const [nameBytes, typeBytes, spaceBytes] = [body.u16(), body.u16(), body.u16()];
  if (version === 3) body.skip(1);
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = new TextDecoder().decode(body.take(padded(nameBytes)).subarray(0, nameBytes)).replace(/\0[^]*$/, '');
  const typeBody = body.part(padded(typeBytes), 'attribute type');
  const space = readDataspace(body.part(padded(spaceBytes), 'attribute size'));
  const type = await attributeType(file, typeBody, version > 1 && (flags & 1) !== 0);
  const count = space === null ? 0 : space.dims.reduce((all, size) => all * size, 1);
  if (type === null || count < 1 || count > MOST_VALUES) return;
  const value = await readValue(file, type, count, body);
  if (value !== null) into.set(name, value);
}

async function attributeType(file: FileBytes, body: Cursor, shared: boolean): Promise<Datatype | null> {
  if (!shared) return readDatatype(body);
  const messages = await readObjectHeader(file, sharedAddress(body));
  const found = messages.find(({ type }) => type === MESSAGE.datatype);
  return found === undefined ? null : readDatatype(found.body());
}

async function readValue(file: FileBytes, type: Datatype, count: number, body: Cursor): Promise<AttributeValue | null> {
  if (type.kind === 'number') {
    const values = new Float64Array(count);
    const bytes = body.take(count * type.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    readValues(values, type.scalar, { view, offset: 0, stride: type.size }, count);
    return [...values];
  }
  if (type.kind !== 'text') return null;
  if (!type.variable) return text(body.take(type.size));
  const length = body.u32();
  const heap = body.address();
  const index = body.u32();
  return heap === null || length === 0 ? '' : heapText(file, heap, index, length);
}

/** A text in a global heap (section III.E). */
async function heapText(file: FileBytes, address: number, wanted: number, length: number): Promise<string> {
  const { length: width } = file.sizes;
  const head = await file.cursor(address, 8 + width, 'global heap');
  head.expect('GCOL');
  head.skip(4);
  const size = head.length();
  const heap = await file.cursor(address, size, 'global heap');
  heap.skip(8 + width);
  while (heap.left >= 8 + width) {
    const index = heap.u16();
    heap.skip(6);
    const bytes = heap.length();
    if (index === wanted) return text(heap.take(bytes).subarray(0, length));
    if (index === 0) break;
    heap.skip(Math.ceil(bytes / 8) * 8);
  }
  throw heap.corrupt(`has no object ${wanted}`);
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/[\0 ]+$/, '');
