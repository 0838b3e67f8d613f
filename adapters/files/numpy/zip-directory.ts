import { RxSpikeError } from '../../../src/index.js';
import type { ByteParts } from '../byte-source.js';

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** True: deflated; false: stored. */
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes as stored and as they are. */
  readonly stored: number;
  readonly size: number;
  /** Offset of its local header. */
  readonly offset: number;
}

/** A zip archive's list of files. */
export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  /** Where the list begins: the files lie before it. */
  readonly start: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
const ENCRYPTED = 1;

/**
 * Reads the list of files at the end of a zip archive, ZIP64 or not.
 * @throws (rejects) `ERR_TRUNCATED` without an end, `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_UNSUPPORTED` for encryption, several
 * volumes and methods other than stored and deflated, `ERR_NOT_READABLE`
 *
 * Source: PKWARE, APPNOTE 6.3.
 */
export async function readZipDirectory(parts: ByteParts, limit: number): Promise<ZipDirectory> {
  const tailStart = Math.max(0, parts.size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES);
  const tail = viewOf(await parts.read(tailStart, parts.size));
  let at = tail.byteLength - END_BYTES;
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === END && tail.getUint16(at + 20, true) <= tail.byteLength - at - END_BYTES)
  )
    at--;
  if (at < 0) throw new RxSpikeError('ERR_TRUNCATED', 'npz: no list of files at the end: the archive is cut');
  let count = tail.getUint16(at + 10, true);
  let size = tail.getUint32(at + 12, true);
  let start = tail.getUint32(at + 16, true);
  let before = tailStart + at;
  if (tail.getUint16(at + 4, true) !== tail.getUint16(at + 6, true)) throw several();
  if (at >= LOCATOR_BYTES && tail.getUint32(at - LOCATOR_BYTES, true) === LOCATOR) {
    before = long(tail, at - LOCATOR_BYTES + 8);
    const record = viewOf(await parts.read(before, Math.min(parts.size, before + END64_BYTES)));
    if (record.byteLength < END64_BYTES || record.getUint32(0, true) !== END64) throw corrupt('its ZIP64 end', before);
    count = long(record, 32);
    size = long(record, 40);
    start = long(record, 48);
  }
  if (size > limit) {
    throw new RxSpikeError('ERR_LIMIT', `npz: the list of files has ${size} bytes, at most ${limit} are read`, {
      details: { limit },
    });
  }
  if (start + size > before) throw corrupt('its list of files', start);
  const list = viewOf(await parts.read(start, start + size));
  return { entries: entriesOf(list, count, start), start };
}

function entriesOf(list: DataView, count: number, start: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + CENTRAL_BYTES > list.byteLength || list.getUint32(at, true) !== CENTRAL) {
      throw corrupt(`entry ${entries.length} of its list`, start + at);
    }
    const nameEnd = at + CENTRAL_BYTES + list.getUint16(at + 28, true);
    const extraEnd = nameEnd + list.getUint16(at + 30, true);
    const next = extraEnd + list.getUint16(at + 32, true);
    if (next > list.byteLength) throw corrupt(`entry ${entries.length} of its list`, start + at);
    const name = new TextDecoder().decode(
      new Uint8Array(list.buffer, list.byteOffset + at + CENTRAL_BYTES, nameEnd - at - CENTRAL_BYTES),
    );
    entries.push(entryAt(list, at, name, [nameEnd, extraEnd]));
    at = next;
  }
  return entries;
}

function entryAt(list: DataView, at: number, name: string, extra: readonly [from: number, to: number]): ZipEntry {
  const method = list.getUint16(at + 10, true);
  if ((list.getUint16(at + 8, true) & ENCRYPTED) !== 0) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `npz: ${name} is encrypted`);
  }
  if (method !== 0 && method !== 8) {
    throw new RxSpikeError(
      'ERR_UNSUPPORTED',
      `npz: ${name} is compressed by method ${method}; stored and deflated are read`,
    );
  }
  let stored = list.getUint32(at + 20, true);
  let size = list.getUint32(at + 24, true);
  let offset = list.getUint32(at + 42, true);
  // Those that do not fit 32 bits stand in an extra field of type 1, in this order.
  let place = longField(list, extra);
  const wide = (value: number): number => {
    if (value !== FULL32 || place === null) return value;
    const [from, to] = place;
    if (from + 8 > to) throw corrupt(`the sizes of ${name}`, from);
    place = [from + 8, to];
    return long(list, from);
  };
  size = wide(size);
  stored = wide(stored);
  offset = wide(offset);
  if (list.getUint16(at + 34, true) !== 0 && list.getUint16(at + 34, true) !== FULL16) throw several();
  return { name, deflated: method === 8, crc: list.getUint32(at + 16, true), stored, size, offset };
}

function longField(list: DataView, [from, to]: readonly [number, number]): [from: number, to: number] | null {
  for (let at = from; at + 4 <= to;) {
    const end = at + 4 + list.getUint16(at + 2, true);
    if (list.getUint16(at, true) === 1 && end <= to) return [at + 4, end];
    at = end;
  }
  return null;
}

/** Where an entry's bytes begin. @throws (rejects) `ERR_CORRUPT` where they do not lie before the list */
export async function entryStart(parts: ByteParts, entry: ZipEntry, listStart: number): Promise<number> {
  const { offset, name, stored } = entry;
  const head = offset + LOCAL_BYTES <= listStart ? viewOf(await parts.read(offset, offset + LOCAL_BYTES)) : null;
  if (head === null || head.byteLength < LOCAL_BYTES || head.getUint32(0, true) !== LOCAL) {
    throw corrupt(`the header of ${name}`, offset);
  }
  const start = offset + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  if (start + stored > listStart) throw corrupt(`the size of ${name}`, offset);
  return start;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A whole number of 64 bits; Infinity where it is above 2⁵³. */
function long(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
  return Number.isSafeInteger(value) ? value : Infinity;
}

function corrupt(what: string, offset: number): RxSpikeError {
  return new RxSpikeError('ERR_CORRUPT', `npz: ${what} is damaged (byte ${offset})`, { details: { offset } });
}

function several(): RxSpikeError {
  return new RxSpikeError('ERR_UNSUPPORTED', 'npz: an archive in several volumes');
}
