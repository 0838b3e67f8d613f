import { RxSpikeError } from '../../../src/index.js';
import type { ByteParts } from '../byte-source.js';
import { NPY_START, npyHeaderBytes, parseNpyHeader, type NpyHeader } from './npy-header.js';
import { PieceCursor } from './piece-cursor.js';
import { readValues } from '../columns/read-values.js';
import { entryContent, Expansion } from './zip-content.js';
import { entryStart, readZipDirectory, type ZipEntry } from './zip-directory.js';

/** An array in a zip archive. */
export interface ZipArray {
  /** Without `.npy`. */
  readonly name: string;
  readonly header: NpyHeader;
  /** A cursor at its first element. */
  open(): Promise<PieceCursor>;
}

/** What can be read of a zip archive of arrays. */
export interface ZipArrays {
  readonly arrays: readonly ZipArray[];
  /** What is wrong with those that are not among them, by name. */
  readonly refused: ReadonlyMap<string, RxSpikeError>;
}

/** Limits of an opening. */
export interface ZipLimits {
  readonly headerBytes: number;
  readonly expansion: number;
}

/** Arrays that are looked at. */
const MOST_ARRAYS = 256;

/** Lists the arrays of an archive and reads their headers. @throws (rejects) as `readZipDirectory` */
export async function readZipArrays(parts: ByteParts, limits: ZipLimits): Promise<ZipArrays> {
  const directory = await readZipDirectory(parts, limits.headerBytes);
  const arrays: ZipArray[] = [];
  const refused = new Map<string, RxSpikeError>();
  const files = directory.entries.filter(({ name }) => name.toLowerCase().endsWith('.npy')).slice(0, MOST_ARRAYS);
  for (const entry of files) {
    const name = entry.name.slice(0, -4);
    try {
      arrays.push(await arrayOf(parts, entry, name, directory.start, limits));
    } catch (error) {
      if (!(error instanceof RxSpikeError) || error.code === 'ERR_NOT_READABLE') throw error;
      refused.set(name, error);
    }
  }
  return { arrays, refused };
}

async function arrayOf(
  parts: ByteParts,
  entry: ZipEntry,
  name: string,
  listStart: number,
  limits: ZipLimits,
): Promise<ZipArray> {
  const start = await entryStart(parts, entry, listStart);
  const cursor = (): PieceCursor =>
    new PieceCursor(entryContent(parts, entry, start, new Expansion(parts.size, limits.expansion)));
  const first = cursor();
  try {
    const begin = (await whole(first, NPY_START, name)).slice();
    const size = npyHeaderBytes(begin, limits.headerBytes);
    const bytes = new Uint8Array(size);
    // A header may be shorter than the bytes that say so in another version.
    bytes.set(begin.subarray(0, size));
    if (size > NPY_START) bytes.set(await whole(first, size - NPY_START, name), NPY_START);
    const header = parseNpyHeader(bytes);
    const open = async (): Promise<PieceCursor> => {
      const opened = cursor();
      await opened.skip(size);
      return opened;
    };
    return { name, header, open };
  } finally {
    await first.close();
  }
}

async function whole(cursor: PieceCursor, size: number, name: string): Promise<Uint8Array> {
  const bytes = await cursor.take(size);
  if (bytes.length === size) return bytes;
  throw cursor.failure ?? new RxSpikeError('ERR_CORRUPT', `npz: ${name} ends in its header`);
}

/** The value of an array of one number or truth; null for any other. */
export async function singleValue(array: ZipArray): Promise<number | null> {
  const { elements, type } = array.header;
  const { scalar } = type;
  if (scalar === null || scalar.kind === 'other' || elements !== 1) return null;
  const cursor = await array.open();
  const bytes = await cursor.take(scalar.size);
  const value = new Float64Array(1);
  if (bytes.length === scalar.size) {
    readValues(value, scalar, { view: new DataView(bytes.buffer, bytes.byteOffset), offset: 0, stride: 0 }, 1);
  }
  await cursor.close();
  return bytes.length === scalar.size && cursor.failure === null ? value[0] : null;
}
