import type { Cursor } from './cursor.js';

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
  readonly elementBytes: number;
  /** Bytes of a chunk without filters. */
  readonly bytes: number;
  /** True where chunks went through filters, so that each has a size of its own. */
  readonly filtered: boolean;
  /** True where only the first dimension may grow, which the arrays need. */
  readonly growsDown: boolean;
}

/** An element of a fixed or an extensible array: where a chunk lies, and, where chunks are filtered, size and mask. */
export function arrayElement(cursor: Cursor, elementBytes: number, number: number, grid: ChunkGrid): ChunkPlace | null {
  const part = cursor.part(elementBytes, 'chunk entry');
  const address = part.address();
  if (address === null) return null;
  if (part.left === 0) return { number, address, size: grid.bytes, mask: 0 };
  return { number, address, size: part.uint(part.left - 4), mask: part.u32() };
}
