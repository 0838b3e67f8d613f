import type { Cursor } from './cursor.js';
import type { FileBytes } from './file-bytes.js';
import { FractalHeap } from './fractal-heap.js';
import { MESSAGE, type HeaderMessage } from './object-header.js';
import { readSymbolTable, type Link } from './symbol-table.js';
import { tree2Records } from './tree2.js';

const NAME_INDEX = 5;

/**
 * The hard links of a group, sorted by name; none where the object is no group. Soft and external links are left out.
 * @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_UNSUPPORTED`
 */
export async function readLinks(file: FileBytes, messages: readonly HeaderMessage[]): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const { type, body } of messages) {
    if (type === MESSAGE.symbolTable) links.push(...(await readSymbolTable(file, body())));
    else if (type === MESSAGE.link) links.push(...readLink(body()));
    else if (type === MESSAGE.linkInfo) links.push(...(await denseLinks(file, body())));
  }
  return links.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Links of a large group: a tree of the hashes of their names over a heap (section IV.A.2.c). */
async function denseLinks(file: FileBytes, body: Cursor): Promise<Link[]> {
  body.skip(1);
  const flags = body.u8();
  if (flags & 1) body.skip(8);
  const heapAt = body.address();
  const treeAt = body.address();
  if (heapAt === null || treeAt === null) return [];
  const heap = await FractalHeap.open(file, heapAt);
  const links: Link[] = [];
  for await (const record of tree2Records(file, treeAt, [NAME_INDEX])) {
    record.skip(4);
    links.push(...readLink(await heap.object(record, 'link')));
  }
  return links;
}

/** A link message (section IV.A.2.g); none where it is no hard link. */
function readLink(body: Cursor): Link[] {
  if (body.u8() !== 1) throw body.corrupt('is of no known version');
  const flags = body.u8();
  const type = flags & 8 ? body.u8() : 0;
  if (flags & 4) body.skip(8);
  if (flags & 0x10) body.skip(1);
  const name = new TextDecoder().decode(body.take(body.uint(1 << (flags & 3))));
  if (type !== 0) return [];
  const address = body.address();
  return address === null ? [] : [{ name, address }];
}
