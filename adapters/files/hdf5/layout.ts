import { hdf5Unsupported, type Cursor } from './cursor.js';

/** How the address of a chunk is found. */
export type ChunkIndex =
  | { readonly kind: 'tree1' }
  | { readonly kind: 'single'; readonly size: number | null; readonly mask: number }
  | { readonly kind: 'implicit' }
  | { readonly kind: 'fixedArray' }
  | { readonly kind: 'extensibleArray' }
  | { readonly kind: 'tree2' };

/** Where the elements of a dataset lie; an address is null where nothing was written. */
export type Layout =
  | { readonly kind: 'compact'; readonly bytes: Uint8Array }
  | { readonly kind: 'contiguous'; readonly address: number | null }
  | ChunkedLayout;

/** A dataset in chunks of one size. */
export interface ChunkedLayout {
  readonly kind: 'chunked';
  readonly address: number | null;
  /** Elements of a chunk along each dimension. */
  readonly chunk: readonly number[];
  readonly index: ChunkIndex;
  /** True where chunks that reach beyond the dataset are stored without filters. */
  readonly edgesUnfiltered: boolean;
}

const VIRTUAL = 3;

/**
 * Reads a data layout message, versions 1 to 5 (HDF5 File Format Specification, section IV.A.2.i).
 * @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`
 */
export function readLayout(body: Cursor): Layout {
  const version = body.u8();
  if (version === 0 || version > 5) throw hdf5Unsupported(`data layout version ${version} is not known`);
  if (version < 3) return oldLayout(body);
  const kind = body.u8();
  if (kind === 0) return { kind: 'compact', bytes: body.take(body.u16()) };
  if (kind === 1) return { kind: 'contiguous', address: body.address() };
  if (kind === VIRTUAL) throw hdf5Unsupported('datasets that lie in other files (virtual ones) are not read');
  if (kind !== 2) throw body.corrupt(`says layout class ${kind}`);
  return version === 3 ? chunked3(body) : chunked4(body);
}

function oldLayout(body: Cursor): Layout {
  const rank = body.u8();
  const kind = body.u8();
  body.skip(5);
  const address = kind === 0 ? null : body.address();
  const dims = sizes(body, rank, 4);
  if (kind === 0) return { kind: 'compact', bytes: body.take(body.u32()) };
  if (kind === 1) return { kind: 'contiguous', address };
  if (kind !== 2) throw body.corrupt(`says layout class ${kind}`);
  return { kind: 'chunked', address, chunk: dims.slice(0, -1), index: { kind: 'tree1' }, edgesUnfiltered: false };
}

function chunked3(body: Cursor): Layout {
  const rank = body.u8();
  const address = body.address();
  const chunk = sizes(body, rank, 4).slice(0, -1);
  return { kind: 'chunked', address, chunk, index: { kind: 'tree1' }, edgesUnfiltered: false };
}

function chunked4(body: Cursor): Layout {
  const flags = body.u8();
  const rank = body.u8();
  const width = body.u8();
  if (width < 1 || width > 8) throw body.corrupt(`has sizes of ${width} bytes`);
  const chunk = sizes(body, rank, width).slice(0, -1);
  const index = chunkIndex(body, (flags & 2) !== 0);
  return { kind: 'chunked', address: body.address(), chunk, index, edgesUnfiltered: (flags & 1) !== 0 };
}

function chunkIndex(body: Cursor, filtered: boolean): ChunkIndex {
  const type = body.u8();
  if (type === 1) {
    return filtered
      ? { kind: 'single', size: body.length(), mask: body.u32() }
      : { kind: 'single', size: null, mask: 0 };
  }
  if (type === 2) return { kind: 'implicit' };
  // The parameters that stand here stand in the headers of the arrays and of the tree too.
  if (type === 3) return (body.skip(1), { kind: 'fixedArray' });
  if (type === 4) return (body.skip(5), { kind: 'extensibleArray' });
  if (type === 5) return (body.skip(6), { kind: 'tree2' });
  throw hdf5Unsupported(`chunk index ${type} is not known`);
}

/** The sizes of a chunk; the last one is that of an element. */
function sizes(body: Cursor, rank: number, width: number): number[] {
  if (rank < 1 || rank > 33) throw body.corrupt(`says ${rank} dimensions`);
  return Array.from({ length: rank }, () => body.uint(width));
}
