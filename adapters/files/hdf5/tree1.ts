import { hdf5Corrupt } from './cursor.js';
import type { ChunkGrid, ChunkPlace } from './chunk-place.js';
import type { FileBytes } from './file-bytes.js';

const CHUNK_TREE = 1;
const MOST_LEVEL = 16;

/**
 * The chunks in a B-tree of version 1 in order (HDF5 File Format Specification, section III.A.1).
 * @throws (while iterating) `ERR_TRUNCATED`, `ERR_CORRUPT`
 */
export async function* tree1Chunks(
  file: FileBytes,
  address: number,
  grid: ChunkGrid,
  level: number | null = null,
): AsyncGenerator<ChunkPlace> {
  const { offset } = file.sizes;
  const head = await file.cursor(address, 8 + 2 * offset, 'chunk B-tree node');
  head.expect('TREE');
  const type = head.u8();
  const here = head.u8();
  const used = head.u16();
  if (type !== CHUNK_TREE || (level === null ? here > MOST_LEVEL : here !== level))
    throw head.corrupt('is of another tree');
  if (used === 0 && level !== null) throw head.corrupt('is empty');
  const rank = grid.chunk.length;
  const keyBytes = 8 + 8 * (rank + 1);
  const body = await file.cursor(address + 8 + 2 * offset, used * (keyBytes + offset), 'chunk B-tree node');
  for (let k = 0; k < used; k++) {
    const size = body.u32();
    const mask = body.u32();
    let number = 0;
    for (let d = 0; d < rank; d++) number = number * grid.counts[d] + Math.floor(body.uint(8) / grid.chunk[d]);
    body.skip(8);
    const child = body.address();
    if (child === null) throw hdf5Corrupt('a chunk lies nowhere', body.origin);
    if (here === 0) yield { number, address: child, size: grid.filtered ? size : grid.bytes, mask };
    else yield* tree1Chunks(file, child, grid, here - 1);
  }
}
