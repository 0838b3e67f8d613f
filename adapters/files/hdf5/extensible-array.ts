import { hdf5Corrupt, type Cursor } from './cursor.js';
import { arrayElement, type ChunkGrid, type ChunkPlace } from './chunk-place.js';
import type { FileBytes } from './file-bytes.js';

const MOST_BITS = 64;

interface Shape {
  readonly elementBytes: number;
  readonly indexElements: number;
  /** Elements of the smallest data block. */
  readonly blockElements: number;
  /** Super blocks whose data blocks the index block points to itself. */
  readonly ownSupers: number;
  readonly supers: number;
  readonly pageElements: number;
  /** Bytes of a position in the array. */
  readonly positionBytes: number;
  /** Elements that have ever been set. */
  readonly count: number;
}

const power = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

/** Data blocks of super block `s`, and elements of each. */
const blocksOf = (s: number): number => 2 ** Math.floor(s / 2);
const elementsOf = (s: number, shape: Shape): number => shape.blockElements * 2 ** Math.floor((s + 1) / 2);

/**
 * The chunks in an extensible array (HDF5 File Format Specification, section VII.D): some in its index block, then data
 * blocks that grow, in super blocks from some size on.
 * @throws (while iterating) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_LIMIT`
 */
export async function* extensibleArrayChunks(
  file: FileBytes,
  address: number,
  grid: ChunkGrid,
  total: number,
): AsyncGenerator<ChunkPlace> {
  const { offset, length } = file.sizes;
  const head = await file.cursor(address, 16 + 6 * length + offset, 'extensible array');
  const { shape, index } = readShape(head, total, offset);
  if (index === null) return;
  const ownBlocks = 2 * (2 ** (shape.ownSupers / 2) - 1);
  const superCount = Math.max(0, shape.supers - shape.ownSupers);
  const size = 6 + offset + shape.indexElements * shape.elementBytes + (ownBlocks + superCount) * offset + 4;
  const block = await file.cursor(index, size, 'extensible array index');
  block.expect('EAIB');
  verify(block);
  block.at = 6 + offset;
  let number = 0;
  for (; number < shape.indexElements; number++) {
    const place = arrayElement(block, shape.elementBytes, number, grid);
    if (number < shape.count && place !== null) yield place;
  }
  for (let s = 0; s < shape.supers && number < shape.count; s++) {
    if (s < shape.ownSupers) {
      for (let b = 0; b < blocksOf(s); b++, number += elementsOf(s, shape)) {
        const at = block.address();
        if (at !== null && number < shape.count)
          yield* dataBlock(file, { at, elements: elementsOf(s, shape), first: number, written: null }, shape, grid);
      }
    } else {
      const at = block.address();
      if (at !== null) yield* superBlock(file, at, s, number, shape, grid);
      number += blocksOf(s) * elementsOf(s, shape);
    }
  }
}

function readShape(
  head: Cursor,
  total: number,
  offset: number,
): { readonly shape: Shape; readonly index: number | null } {
  head.expect('EAHD');
  head.skip(2);
  const elementBytes = head.u8();
  const bits = head.u8();
  const indexElements = head.u8();
  const blockElements = head.u8();
  const pointers = head.u8();
  const pageBits = head.u8();
  head.skip(4 * head.sizes.length);
  const set = head.length();
  head.skip(head.sizes.length);
  const index = head.address();
  head.checksum();
  const elements = elementBytes === offset || elementBytes >= offset + 5;
  if (!elements || bits === 0 || bits > MOST_BITS || !power(blockElements) || !power(pointers) || pageBits > 32) {
    throw head.corrupt('describes no array');
  }
  const shape: Shape = {
    elementBytes,
    indexElements,
    blockElements,
    ownSupers: 2 * Math.log2(pointers),
    supers: 1 + bits - Math.log2(blockElements),
    pageElements: 2 ** pageBits,
    positionBytes: Math.ceil(bits / 8),
    count: Math.min(set, total),
  };
  return { shape, index };
}

/** A super block: which pages of its data blocks were written, and where the data blocks lie. */
async function* superBlock(
  file: FileBytes,
  at: number,
  s: number,
  first: number,
  shape: Shape,
  grid: ChunkGrid,
): AsyncGenerator<ChunkPlace> {
  const { offset } = file.sizes;
  const [blocks, elements] = [blocksOf(s), elementsOf(s, shape)];
  const pages = elements > shape.pageElements ? elements / shape.pageElements : 0;
  const maskBytes = Math.ceil(pages / 8);
  const size = 6 + offset + shape.positionBytes + blocks * (maskBytes + offset) + 4;
  const block = await file.cursor(at, size, 'extensible array super block');
  block.expect('EASB');
  verify(block);
  block.at = 6 + offset + shape.positionBytes;
  const masks = block.take(blocks * maskBytes);
  for (let b = 0, number = first; b < blocks && number < shape.count; b++, number += elements) {
    const data = block.address();
    // There are bytes for whole masks, but the bits of all blocks lie one after another.
    const written = (page: number): boolean =>
      ((masks[(b * pages + page) >> 3] >> (7 - ((b * pages + page) & 7))) & 1) === 1;
    if (data !== null)
      yield* dataBlock(file, { at: data, elements, first: number, written: pages > 0 ? written : null }, shape, grid);
  }
}

interface DataBlock {
  readonly at: number;
  readonly elements: number;
  /** Number of its first element. */
  readonly first: number;
  /** Which of its pages were written; null where it has none. */
  readonly written: ((page: number) => boolean) | null;
}

async function* dataBlock(
  file: FileBytes,
  { at, elements, first, written }: DataBlock,
  shape: Shape,
  grid: ChunkGrid,
): AsyncGenerator<ChunkPlace> {
  const prefixBytes = 6 + file.sizes.offset + shape.positionBytes;
  if (written === null) {
    const block = await file.cursor(at, prefixBytes + elements * shape.elementBytes + 4, 'extensible array block');
    block.expect('EADB');
    verify(block);
    block.at = prefixBytes;
    yield* places(block, elements, first, shape, grid);
    return;
  }
  const prefix = await file.cursor(at, prefixBytes + 4, 'extensible array block');
  prefix.expect('EADB');
  verify(prefix);
  const pageBytes = shape.pageElements * shape.elementBytes + 4;
  for (let p = 0, number = first; p * shape.pageElements < elements && number < shape.count; p++) {
    if (written(p)) {
      const page = await file.cursor(at + prefixBytes + 4 + p * pageBytes, pageBytes, 'extensible array page');
      verify(page);
      page.at = 0;
      yield* places(page, shape.pageElements, number, shape, grid);
    }
    number += shape.pageElements;
  }
}

function* places(
  cursor: Cursor,
  elements: number,
  first: number,
  shape: Shape,
  grid: ChunkGrid,
): Generator<ChunkPlace> {
  for (let k = 0; k < elements && first + k < shape.count; k++) {
    const place = arrayElement(cursor, shape.elementBytes, first + k, grid);
    if (place !== null) yield place;
  }
}

/** Compares the checksum at the end of a structure. */
function verify(cursor: Cursor): void {
  if (cursor.bytes.length < 4) throw hdf5Corrupt(`the ${cursor.what} is too short`, cursor.origin);
  cursor.at = cursor.bytes.length - 4;
  cursor.checksum();
}
