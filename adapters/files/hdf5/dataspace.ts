import { hdf5Unsupported, type Cursor } from './cursor.js';

const MOST_RANK = 32;

/** Sizes of a dataset along each dimension, and how far each may grow; Infinity where without bounds. */
export interface Dataspace {
  readonly dims: readonly number[];
  readonly most: readonly number[];
}

/**
 * Reads a dataspace message, version 1 or 2 (HDF5 File Format Specification, section IV.A.2.b): no dimensions for a single value; null for one without elements. @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`
 */
export function readDataspace(body: Cursor): Dataspace | null {
  const version = body.u8();
  const rank = body.u8();
  body.skip(1);
  if (version !== 1 && version !== 2) throw hdf5Unsupported(`dataspace version ${version} is not known`);
  if (rank > MOST_RANK) throw body.corrupt(`says ${rank} dimensions`);
  const flags = body.bytes[2];
  const kind = version === 1 ? null : body.u8();
  if (version === 1) body.skip(5);
  if (kind === 2) return null;
  const dims: number[] = [];
  for (let k = 0; k < rank; k++) dims.push(body.length());
  if (dims.some((size) => size > Number.MAX_SAFE_INTEGER)) throw body.corrupt('says a size beyond 2⁵³');
  const most: number[] = [];
  for (let k = 0; k < rank; k++) {
    const size = (flags & 1) === 0 ? dims[k] : body.length();
    most.push(size > Number.MAX_SAFE_INTEGER ? Infinity : size);
  }
  return { dims, most };
}
