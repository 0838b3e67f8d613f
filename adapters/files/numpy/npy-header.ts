import { RxSpikeError } from '../../../src/index.js';
import { elementType, type ElementType } from './dtype.js';
import { parseLiteral, type Literal } from './python-literal.js';

/**
 * NPY: `\x93NUMPY`, version (major, minor), length of the header (u16 in version 1, u32 in 2 and 3, little-endian), the
 * header (a Python dict literal with `descr`, `fortran_order` and `shape`), then the elements.
 *
 * Source: numpy.lib.format, "NEP 1 — A simple file format for NumPy arrays".
 */
export interface NpyHeader {
  readonly type: ElementType;
  /** True where the first index runs fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Elements in all. */
  readonly elements: number;
  /** Offset of the first element. */
  readonly dataStart: number;
}

/** Bytes that say how long the header is. */
export const NPY_START = 12;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Bytes from the beginning to the first element, by the first {@link NPY_START} bytes.
 * @throws `ERR_CORRUPT` without the magic number, `ERR_UNSUPPORTED` for another version, `ERR_LIMIT`
 */
export function npyHeaderBytes(start: Uint8Array, limit: number): number {
  if (MAGIC.some((byte, i) => start[i] !== byte)) throw new RxSpikeError('ERR_CORRUPT', 'npy: no magic number');
  const [major, minor] = [start[6], start[7]];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `npy: version ${major}.${minor}; 1.0, 2.0 and 3.0 are read`);
  }
  const short = start[8] + 256 * start[9];
  const size = major === 1 ? 10 + short : 12 + short + 65_536 * start[10] + 16_777_216 * start[11];
  if (size <= limit) return size;
  throw new RxSpikeError('ERR_LIMIT', `npy: the header has ${size} bytes, at most ${limit} are read`, {
    details: { limit },
  });
}

/** Reads a whole header. @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`, `ERR_LIMIT` */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  const major = bytes[6];
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(major === 1 ? 10 : 12));
  const literal = parseLiteral(text);
  if (!(literal instanceof Map) || literal.size !== 3) throw corrupt('a dict of three keys');
  const entries = literal as ReadonlyMap<string, Literal>;
  const fortran = entries.get('fortran_order');
  const shape = entries.get('shape');
  const descr = entries.get('descr');
  if (typeof fortran !== 'boolean') throw corrupt('fortran_order');
  if (!Array.isArray(shape) || !shape.every((n) => typeof n === 'number' && n >= 0)) throw corrupt('shape');
  if (descr === undefined) throw corrupt('descr');
  const sides = shape as number[];
  const elements = sides.reduce((all, n) => all * n, 1);
  const type = elementType(descr);
  if (!Number.isSafeInteger(elements * Math.max(1, type.size))) throw corrupt('a shape of sensible size');
  return { type, fortran, shape: sides, elements, dataStart: bytes.length };
}

function corrupt(expected: string): RxSpikeError {
  return new RxSpikeError('ERR_CORRUPT', `npy: expected ${expected} in the header`);
}
