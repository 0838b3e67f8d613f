import { arrayElement, type ChunkGrid, type ChunkPlace } from './chunk-place.js';
import type { FileBytes } from './file-bytes.js';

/**
 * The chunks in a fixed array (HDF5 File Format Specification, section VII.C).
 * @throws (while iterating) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`
 */
export async function* fixedArrayChunks(
  file: FileBytes,
  address: number,
  grid: ChunkGrid,
  total: number,
): AsyncGenerator<ChunkPlace> {
  const { offset, length } = file.sizes;
  const head = await file.cursor(address, 12 + length + offset, 'fixed array');
  head.expect('FAHD');
  head.skip(2);
  const elementBytes = head.u8();
  const pageElements = 2 ** head.u8();
  const all = head.length();
  const count = Math.min(all, total);
  const block = head.address();
  head.checksum();
  if (elementBytes < offset || (elementBytes > offset && elementBytes < offset + 5))
    throw head.corrupt('has no elements');
  if (block === null) return;
  const paged = all > pageElements;
  const pages = Math.ceil(all / pageElements);
  const prefixBytes = 6 + offset + (paged ? Math.ceil(pages / 8) : 0);
  const prefix = await file.cursor(block, prefixBytes + (paged ? 4 : all * elementBytes + 4), 'fixed array block');
  prefix.expect('FADB');
  prefix.skip(2 + offset);
  if (!paged) {
    const from = prefix.at;
    prefix.at = prefix.bytes.length - 4;
    prefix.checksum();
    prefix.at = from;
    for (let k = 0; k < count; k++) {
      const place = arrayElement(prefix, elementBytes, k, grid);
      if (place !== null) yield place;
    }
    return;
  }
  const written = prefix.take(Math.ceil(pages / 8));
  prefix.checksum();
  let at = block + prefixBytes + 4;
  for (let p = 0; p * pageElements < count; p++) {
    const elements = Math.min(pageElements, all - p * pageElements);
    const size = elements * elementBytes + 4;
    if ((written[p >> 3] >> (7 - (p & 7))) & 1) {
      const page = await file.cursor(at, size, 'fixed array page');
      page.at = size - 4;
      page.checksum();
      page.at = 0;
      for (let k = 0; k < elements && p * pageElements + k < count; k++) {
        const place = arrayElement(page, elementBytes, p * pageElements + k, grid);
        if (place !== null) yield place;
      }
    }
    at += pageElements * elementBytes + 4;
  }
}
