import { hdf5Unsupported, type Cursor } from './cursor.js';
import { extensibleArrayChunks } from './extensible-array.js';
import type { FileBytes } from './file-bytes.js';
import { fixedArrayChunks } from './fixed-array.js';
import type { Layout } from './layout.js';
import { tree1Chunks } from './tree1.js';
import { tree2Records } from './tree2.js';

/** A chunk of a dataset. */
export interface ChunkPlace {
  /** Number of the chunk, counted row by row in the grid of chunks. */
  readonly number: number;
  readonly address: number;
  /** Bytes as stored. */
  readonly size: number;
  /** A set bit says that this filter was not applied. */
  readonly mask: number;
}

/** The chunks of a dataset as a grid. */
export interface ChunkGrid {
  /** Chunks along each dimension. */
  readonly counts: readonly number[];
  /** Elements of a chunk along each dimension. */
  readonly chunk: readonly number[];
  /** Bytes of a chunk without filters. */
  readonly bytes: number;
  /** True where chunks went through filters, so that each has a size of its own. */
  readonly filtered: boolean;
  /** True where only the first dimension may grow, which the arrays need. */
  readonly growsDown: boolean;
}

const CHUNKS = [10, 11];

/** The chunks of a dataset that were written, by number. @throws (while iterating) as the structures that they are in */
export async function* chunkPlaces(
  file: FileBytes,
  layout: Layout & { readonly kind: 'chunked' },
  grid: ChunkGrid,
): AsyncGenerator<ChunkPlace> {
  const { address, index } = layout;
  const total = grid.counts.reduce((all, count) => all * count, 1);
  if (address === null || total === 0) return;
  if (index.kind === 'tree1') yield* tree1Chunks(file, address, grid);
  else if (index.kind === 'tree2') yield* tree2Chunks(file, address, grid);
  else if (index.kind === 'single') yield { number: 0, address, size: index.size ?? grid.bytes, mask: index.mask };
  else {
    if (!grid.growsDown) throw hdf5Unsupported('datasets that grow in another than their first dimension are not read');
    if (index.kind === 'implicit') {
      for (let k = 0; k < total; k++) yield { number: k, address: address + k * grid.bytes, size: grid.bytes, mask: 0 };
    } else if (index.kind === 'fixedArray') yield* fixedArrayChunks(file, address, grid, total);
    else yield* extensibleArrayChunks(file, address, grid, total);
  }
}

async function* tree2Chunks(file: FileBytes, address: number, grid: ChunkGrid): AsyncGenerator<ChunkPlace> {
  for await (const record of tree2Records(file, address, CHUNKS)) {
    const scaledBytes = 8 * grid.counts.length;
    const filtered = record.left > file.sizes.offset + scaledBytes;
    const at = record.address();
    const size = filtered ? record.uint(record.left - scaledBytes - 4) : grid.bytes;
    const mask = filtered ? record.u32() : 0;
    let number = 0;
    for (const count of grid.counts) number = number * count + record.uint(8);
    if (at !== null) yield { number, address: at, size, mask };
  }
}

/** An element of a fixed or an extensible array: where a chunk lies, and, where chunks are filtered, size and mask. */
export function arrayElement(cursor: Cursor, elementBytes: number, number: number, grid: ChunkGrid): ChunkPlace | null {
  const part = cursor.part(elementBytes, 'chunk entry');
  const address = part.address();
  if (address === null) return null;
  if (part.left === 0) return { number, address, size: grid.bytes, mask: 0 };
  return { number, address, size: part.uint(part.left - 4), mask: part.u32() };
}
