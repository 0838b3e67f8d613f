import { hdf5Corrupt, type Cursor } from './cursor.js';
import type { FileBytes } from './file-bytes.js';

const MOST_DEPTH = 16;
const MOST_NODE = 1 << 20;

const bytesFor = (limit: number): number => Math.floor(Math.floor(Math.log2(Math.max(1, limit))) / 8) + 1;

interface Shape {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  /** Bytes of a node's count of records, and by depth those of the count of all below. */
  readonly countBytes: number;
  readonly totalBytes: readonly number[];
}

/**
 * The records of a B-tree of version 2 in order (HDF5 File Format Specification, section III.A.2), each a cursor over
 * one record. At most as many are given as the tree says that it has.
 * @throws (while iterating) `ERR_TRUNCATED`, `ERR_CORRUPT`
 */
export async function* tree2Records(
  file: FileBytes,
  address: number,
  types: readonly number[],
): AsyncGenerator<Cursor> {
  const { offset, length } = file.sizes;
  const header = await file.cursor(address, 22 + offset + length, 'B-tree');
  header.expect('BTHD');
  if (header.u8() !== 0) throw header.corrupt('is of no known version');
  const type = header.u8();
  const nodeSize = header.u32();
  const recordSize = header.u16();
  const depth = header.u16();
  header.skip(2);
  const root = header.address();
  const rootRecords = header.u16();
  const total = header.length();
  header.checksum();
  if (!types.includes(type)) throw header.corrupt(`is of type ${type}`);
  if (depth > MOST_DEPTH || recordSize === 0 || nodeSize > MOST_NODE || nodeSize < recordSize + 10) {
    throw header.corrupt('has a shape that no tree has');
  }
  if (root === null || total === 0) return;
  const shape = shapeOf(type, nodeSize, recordSize, depth, offset);
  const left = { records: total };
  yield* node(file, { at: root, records: rootRecords, depth }, shape, left);
  if (left.records !== 0) throw header.corrupt(`says ${total} records, has ${total - left.records}`);
}

function shapeOf(type: number, nodeSize: number, recordSize: number, depth: number, offset: number): Shape {
  const most = Math.floor((nodeSize - 10) / recordSize);
  const countBytes = bytesFor(most);
  const totalBytes = [0];
  let all = most;
  for (let d = 1; d <= depth; d++) {
    const pointer = offset + countBytes + totalBytes[d - 1];
    const here = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    all = Math.min((here + 1) * all + here, Number.MAX_SAFE_INTEGER);
    totalBytes.push(bytesFor(all));
  }
  return { type, nodeSize, recordSize, countBytes, totalBytes };
}

async function* node(
  file: FileBytes,
  { at, records, depth }: { readonly at: number; readonly records: number; readonly depth: number },
  shape: Shape,
  left: { records: number },
): AsyncGenerator<Cursor> {
  const pointerBytes =
    depth === 0 ? 0 : file.sizes.offset + shape.countBytes + (depth > 1 ? shape.totalBytes[depth - 1] : 0);
  const size = 6 + records * shape.recordSize + (depth === 0 ? 0 : (records + 1) * pointerBytes) + 4;
  if (size > shape.nodeSize || records === 0) throw hdf5Corrupt(`a B-tree node says ${records} records`, at);
  const block = await file.cursor(at, size, 'B-tree node');
  block.expect(depth === 0 ? 'BTLF' : 'BTIN');
  if (block.u8() !== 0 || block.u8() !== shape.type) throw block.corrupt('is of another tree');
  const found: Cursor[] = [];
  for (let k = 0; k < records; k++) found.push(block.part(shape.recordSize, 'B-tree record'));
  const children: { at: number; records: number; depth: number }[] = [];
  for (let k = 0; k < (depth === 0 ? 0 : records + 1); k++) {
    const child = block.address();
    if (child === null) throw block.corrupt('has a child that leads nowhere');
    children.push({ at: child, records: block.uint(shape.countBytes), depth: depth - 1 });
    if (depth > 1) block.skip(shape.totalBytes[depth - 1]);
  }
  block.checksum();
  for (let k = 0; k <= records; k++) {
    if (depth > 0) yield* node(file, children[k], shape, left);
    if (k === records) break;
    if (left.records-- === 0) throw block.corrupt('holds more records than the tree');
    yield found[k];
  }
}
