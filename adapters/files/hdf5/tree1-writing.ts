import { StructureWriter } from './structure-writer.js';

/** Children of a node at most: twice the default of the library, which files of our superblock's version have. */
const FANOUT = 64;
const HEAD = 24;
const KEY = 24;
const NODE = HEAD + FANOUT * 8 + (FANOUT + 1) * KEY;

/** A chunk of a column that was written. */
export interface WrittenChunk {
  readonly address: number;
  readonly size: number;
}

interface Child {
  readonly address: number;
  /** Bytes and first row of the first chunk below. */
  readonly size: number;
  readonly row: number;
}

/**
 * The B-tree of version 1 over the chunks of a column, whose nodes lie one after another from `at` on
 * (HDF5 File Format Specification, section III.A.1).
 * @returns its bytes and the address of its root, null where there are no chunks
 */
export function chunkTree(
  chunks: readonly WrittenChunk[],
  chunkRows: number,
  at: number,
): { readonly root: number | null; readonly bytes: Uint8Array } {
  const tree = new StructureWriter();
  const endRow = chunks.length * chunkRows;
  let children: readonly Child[] = chunks.map(({ address, size }, k) => ({ address, size, row: k * chunkRows }));
  let root: number | null = null;
  for (let level = 0; children.length > 0 && (level === 0 || children.length > 1); level++) {
    const nodes: Child[] = [];
    const first = at + tree.length;
    const count = Math.ceil(children.length / FANOUT);
    for (let n = 0; n < count; n++) {
      const some = children.slice(n * FANOUT, (n + 1) * FANOUT);
      const address = first + n * NODE;
      nodes.push({ ...some[0], address });
      tree.text('TREE').u8(1, level).u16(some.length);
      tree.address(n > 0 ? address - NODE : null).address(n + 1 < count ? address + NODE : null);
      for (const child of some) key(tree, child.size, child.row).address(child.address);
      const next = children[(n + 1) * FANOUT];
      key(tree, next?.size ?? 0, next?.row ?? endRow).fill((n + 1) * NODE + first - at);
    }
    children = nodes;
    root = nodes[0].address;
  }
  return { root, bytes: tree.bytes };
}

function key(tree: StructureWriter, size: number, row: number): StructureWriter {
  return tree.u32(size).u32(0).u64(row).u64(0);
}
