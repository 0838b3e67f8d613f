import { hdf5Corrupt, type Cursor } from './cursor.js';
import type { FileBytes } from './file-bytes.js';

/** A name in a group and the object header that it leads to. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

const MOST_NODES = 1 << 16;

/**
 * The links of a group that is stored as a symbol table: a B-tree of version 1 over nodes of entries whose names lie
 * in a local heap (HDF5 File Format Specification, sections III.A.1, III.B and III.D).
 * @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`
 */
export async function readSymbolTable(file: FileBytes, message: Cursor): Promise<Link[]> {
  const tree = message.address();
  const heapAt = message.address();
  if (tree === null || heapAt === null) throw message.corrupt('leads nowhere');
  const { offset, length } = file.sizes;
  const heap = await file.cursor(heapAt, 8 + 2 * length + offset, 'local heap');
  heap.expect('HEAP');
  heap.skip(4);
  const size = heap.length();
  heap.skip(length);
  const dataAt = heap.address();
  if (dataAt === null) throw heap.corrupt('has no data');
  const names = await file.cursor(dataAt, size, 'local heap data');
  const links: Link[] = [];
  const seen = new Set<number>();
  const nodes: { at: number; level: number | null }[] = [{ at: tree, level: null }];
  for (let next = nodes.shift(); next !== undefined; next = nodes.shift()) {
    if (seen.has(next.at) || seen.size > MOST_NODES) throw hdf5Corrupt('a group lists itself', next.at);
    seen.add(next.at);
    if (next.level === -1) links.push(...(await entries(file, next.at, names)));
    else nodes.unshift(...(await children(file, next.at, next.level)));
  }
  return links;
}

/** The children of a node of the tree; those of a leaf, at level −1, are nodes of entries. */
async function children(file: FileBytes, at: number, level: number | null): Promise<{ at: number; level: number }[]> {
  const { offset, length } = file.sizes;
  const head = await file.cursor(at, 8 + 2 * offset, 'group B-tree node');
  head.expect('TREE');
  const type = head.u8();
  const here = head.u8();
  const used = head.u16();
  if (type !== 0 || (level !== null && here !== level)) throw head.corrupt('is of another tree');
  const body = await file.cursor(at + 8 + 2 * offset, used * (offset + length), 'group B-tree node');
  const found: { at: number; level: number }[] = [];
  for (let k = 0; k < used; k++) {
    body.skip(length);
    const child = body.address();
    if (child === null) throw body.corrupt('has a child that leads nowhere');
    found.push({ at: child, level: here - 1 });
  }
  return found;
}

async function entries(file: FileBytes, at: number, names: Cursor): Promise<Link[]> {
  const { offset } = file.sizes;
  const head = await file.cursor(at, 8, 'symbol table node');
  head.expect('SNOD');
  head.skip(2);
  const count = head.u16();
  const body = await file.cursor(at + 8, count * (2 * offset + 24), 'symbol table node');
  const links: Link[] = [];
  for (let k = 0; k < count; k++) {
    const nameAt = body.uint(offset);
    const address = body.address();
    const cache = body.u32();
    body.skip(20);
    if (nameAt > names.bytes.length) throw body.corrupt('names a link beyond its heap');
    names.at = nameAt;
    // A cache type of 2 marks a symbolic link, which has no address.
    if (cache !== 2 && address !== null) links.push({ name: names.text(), address });
  }
  return links;
}
