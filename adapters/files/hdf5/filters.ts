import { BitshuffleFilter } from './bitshuffle.js';
import { BloscDecoder } from './blosc.js';
import { hdf5Unsupported, type Cursor } from './cursor.js';
import { BoundedInflate } from './deflate.js';
import { decodeEcf } from './ecf.js';
import { checkFletcher32 } from './fletcher32.js';
import { decodeLz4Filter } from './lz4-filter.js';
import { decodeLzf } from './lzf.js';
import { unshuffle } from './shuffle.js';
import { ZstdDecompressor } from '../compression/zstd.js';

/** A filter that a chunk went through when it was stored. */
export interface FilterEntry {
  readonly id: number;
  readonly values: readonly number[];
}

/** Undoes one filter; the content is valid until the next call. */
type Undo = (bytes: Uint8Array) => Uint8Array;

const NAMES: Readonly<Record<number, string>> = {
  4: 'szip',
  5: 'nbit',
  6: 'scale-offset',
  307: 'bzip2',
  32013: 'zfp',
  32026: 'Blosc 2',
};
const MOST_FILTERS = 32;

/** Reads a filter pipeline message, version 1 or 2 (HDF5 File Format Specification, section IV.A.2.l). */
export function readFilters(body: Cursor): readonly FilterEntry[] {
  const version = body.u8();
  const count = body.u8();
  if (version !== 1 && version !== 2) throw hdf5Unsupported(`filter pipeline version ${version} is not known`);
  if (count > MOST_FILTERS) throw body.corrupt(`names ${count} filters`);
  if (version === 1) body.skip(6);
  const entries: FilterEntry[] = [];
  for (let k = 0; k < count; k++) {
    const id = body.u16();
    const nameBytes = version === 1 || id >= 256 ? body.u16() : 0;
    body.skip(2);
    const valueCount = body.u16();
    body.skip(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const values = Array.from({ length: valueCount }, () => body.u32());
    if (version === 1 && valueCount % 2 === 1) body.skip(4);
    entries.push({ id, values });
  }
  return entries;
}

/** Undoes the filters of a dataset's chunks, none of which makes more than the size of a chunk. */
export class FilterPipeline {
  /** Bytes of a chunk. */
  readonly #expanded: number;
  readonly #undo: readonly Undo[];

  /**
   * @param elementBytes of an element; `expanded`: of a chunk
   * @throws `ERR_UNSUPPORTED` for a filter that is not known
   */
  constructor(entries: readonly FilterEntry[], elementBytes: number, expanded: number) {
    this.#expanded = expanded;
    // What a checksum or an incompressible piece adds to a chunk between two filters.
    const most = expanded + Math.ceil(expanded / 8) + 4096;
    this.#undo = entries.map((entry) => undoOf(entry, elementBytes, most));
  }

  /**
   * The content of a chunk; valid until the next call. A set bit of `mask` says that this filter was not applied.
   * @throws `ERR_CORRUPT`, `ERR_TRUNCATED`, `ERR_LIMIT`
   */
  expand(stored: Uint8Array, mask: number): Uint8Array {
    let bytes = stored;
    for (let k = this.#undo.length - 1; k >= 0; k--) if (((mask >>> k) & 1) === 0) bytes = this.#undo[k](bytes);
    return bytes.length > this.#expanded ? bytes.subarray(0, this.#expanded) : bytes;
  }
}

function undoOf({ id, values }: FilterEntry, elementBytes: number, most: number): Undo {
  switch (id) {
    case 1: {
      const inflate = new BoundedInflate(most);
      return (bytes) => inflate.expand(bytes);
    }
    case 2: {
      const size = values[0] ?? elementBytes;
      return (bytes) => unshuffle(bytes, size);
    }
    case 3:
      return checkFletcher32;
    case 32000:
      return (bytes) => decodeLzf(bytes, most);
    case 32001: {
      const blosc = new BloscDecoder(most);
      return (bytes) => blosc.expand(bytes);
    }
    case 32004:
      return (bytes) => decodeLz4Filter(bytes, most);
    case 32008: {
      const filter = new BitshuffleFilter(values, elementBytes, most);
      return (bytes) => filter.expand(bytes);
    }
    case 32015: {
      const zstd = new ZstdDecompressor(most);
      return (bytes) => zstd.expand(bytes);
    }
    case 0x8ecf:
      return (bytes) => decodeEcf(bytes, most);
    default:
      throw hdf5Unsupported(`filter ${id}${NAMES[id] === undefined ? '' : ` (${NAMES[id]})`} is not read`);
  }
}
