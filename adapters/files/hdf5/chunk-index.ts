import type { ChunkGrid, ChunkPlace } from './chunk-place.js';
import { hdf5Unsupported } from './cursor.js';
import { extensibleArrayChunks } from './extensible-array.js';
import type { FileBytes } from './file-bytes.js';
import { fixedArrayChunks } from './fixed-array.js';
import type { ChunkedLayout } from './layout.js';
import { tree1Chunks } from './tree1.js';
import { tree2Records } from './tree2.js';

const CHUNKS = [10, 11];

/** The chunks of a dataset that were written, by number. @throws (while iterating) as the structures that they are in */
export async function* chunkPlaces(
  file: FileBytes,
  layout: ChunkedLayout,
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
