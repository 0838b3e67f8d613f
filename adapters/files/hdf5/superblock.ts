import { hdf5Unsupported } from './cursor.js';
import type { FileBytes } from './file-bytes.js';

const SIGNATURE = '\u0089HDF\r\n\u001a\n';

/** Where a file begins and ends. */
export interface Superblock {
  /** Address of the root group's object header. */
  readonly root: number;
  /** Bytes that a whole file has. */
  readonly end: number;
}

/**
 * Reads the superblock, versions 0 to 3 (HDF5 File Format Specification, section II.A), sets the file's field sizes and
 * says where the file begins.
 * @throws (rejects) `ERR_TRUNCATED`, `ERR_CORRUPT`, `ERR_UNSUPPORTED`
 */
export async function readSuperblock(file: FileBytes): Promise<Superblock> {
  const head = await file.cursor(0, 16, 'superblock');
  head.expect(SIGNATURE);
  const version = head.u8();
  if (version > 3) throw hdf5Unsupported(`superblock version ${version} is not known`);
  if (version < 2) head.skip(4);
  const sizes = { offset: head.u8(), length: head.u8() };
  for (const size of [sizes.offset, sizes.length]) {
    if (![2, 4, 8].includes(size)) throw head.corrupt(`has fields of ${size} bytes`);
  }
  file.sizes = sizes;
  // Before version 2: a reserved byte, two group parameters, flags; in version 1 a chunk parameter too.
  const fixed = head.at + [9, 13, 1, 1][version];
  const rest = await file.cursor(0, fixed + (version < 2 ? 6 : 4) * sizes.offset + (version < 2 ? 0 : 4), 'superblock');
  rest.skip(fixed);
  const base = rest.address();
  if (base !== 0) throw hdf5Unsupported(`a file with base address ${base} is not read`);
  rest.skip(sizes.offset);
  const end = rest.address();
  rest.skip((version < 2 ? 2 : 0) * sizes.offset);
  const root = rest.address();
  if (version >= 2) rest.checksum();
  if (root === null) throw rest.corrupt('has no root group');
  return { root, end: end ?? 0 };
}
