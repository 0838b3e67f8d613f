/** A file of an archive that is written, stored as it is. */
export interface StoredEntry {
  readonly name: string;
  readonly crc: number;
  readonly size: number;
  /** Offset of its local header. */
  readonly offset: number;
}

const FULL32 = 0xffffffff;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
/** A zip file has no time of ours: the same events make the same file. 1 January 1980. */
const DATE = 0x21;
const VERSION = 20;
const VERSION64 = 45;

/**
 * The header before a stored file. Sizes of 4 GiB and more stand in its extra field (ZIP64).
 * @param wide ZIP64 whatever the size
 *
 * Source: PKWARE, APPNOTE 6.3.
 */
export function localHeader({ name, crc, size }: Omit<StoredEntry, 'offset'>, wide = false): Uint8Array {
  const long = wide || size >= FULL32;
  const bytes = new Uint8Array(LOCAL_BYTES + name.length + (long ? 20 : 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(4, long ? VERSION64 : VERSION, true);
  view.setUint16(12, DATE, true);
  view.setUint32(14, crc, true);
  view.setUint32(18, long ? FULL32 : size, true);
  view.setUint32(22, long ? FULL32 : size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, long ? 20 : 0, true);
  letters(bytes, LOCAL_BYTES, name);
  if (long) longs(view, LOCAL_BYTES + name.length, [size, size]);
  return bytes;
}

/**
 * The list of files that ends an archive.
 * @param at offset of the list
 * @param wide ZIP64 whatever the sizes
 */
export function centralDirectory(entries: readonly StoredEntry[], at: number, wide = false): Uint8Array {
  const isLong = ({ size, offset }: StoredEntry): boolean => wide || size >= FULL32 || offset >= FULL32;
  const list = entries.reduce((sum, entry) => sum + CENTRAL_BYTES + entry.name.length + (isLong(entry) ? 28 : 0), 0);
  const long = wide || at >= FULL32 || list >= FULL32;
  const bytes = new Uint8Array(list + (long ? END64_BYTES + LOCATOR_BYTES : 0) + END_BYTES);
  const view = new DataView(bytes.buffer);
  let place = 0;
  for (const entry of entries) {
    const { name, crc, size, offset } = entry;
    const wideEntry = isLong(entry);
    view.setUint32(place, 0x02014b50, true);
    view.setUint16(place + 4, wideEntry ? VERSION64 : VERSION, true);
    view.setUint16(place + 6, wideEntry ? VERSION64 : VERSION, true);
    view.setUint16(place + 14, DATE, true);
    view.setUint32(place + 16, crc, true);
    view.setUint32(place + 20, wideEntry ? FULL32 : size, true);
    view.setUint32(place + 24, wideEntry ? FULL32 : size, true);
    view.setUint16(place + 28, name.length, true);
    view.setUint16(place + 30, wideEntry ? 28 : 0, true);
    view.setUint32(place + 42, wideEntry ? FULL32 : offset, true);
    letters(bytes, place + CENTRAL_BYTES, name);
    place += CENTRAL_BYTES + name.length;
    if (wideEntry) place = longs(view, place, [size, size, offset]);
  }
  if (long) place = end64(view, place, [entries.length, list, at]);
  view.setUint32(place, 0x06054b50, true);
  view.setUint16(place + 8, entries.length, true);
  view.setUint16(place + 10, entries.length, true);
  view.setUint32(place + 12, long ? FULL32 : list, true);
  view.setUint32(place + 16, long ? FULL32 : at, true);
  return bytes;
}

function end64(view: DataView, place: number, [count, list, at]: readonly [number, number, number]): number {
  view.setUint32(place, 0x06064b50, true);
  long64(view, place + 4, END64_BYTES - 12);
  view.setUint16(place + 12, VERSION64, true);
  view.setUint16(place + 14, VERSION64, true);
  long64(view, place + 24, count);
  long64(view, place + 32, count);
  long64(view, place + 40, list);
  long64(view, place + 48, at);
  const locator = place + END64_BYTES;
  view.setUint32(locator, 0x07064b50, true);
  long64(view, locator + 8, at + list);
  view.setUint32(locator + 16, 1, true);
  return locator + LOCATOR_BYTES;
}

/** An extra field of type 1. @returns the place after it */
function longs(view: DataView, place: number, values: readonly number[]): number {
  view.setUint16(place, 1, true);
  view.setUint16(place + 2, 8 * values.length, true);
  values.forEach((value, k) => long64(view, place + 4 + 8 * k, value));
  return place + 4 + 8 * values.length;
}

function long64(view: DataView, place: number, value: number): void {
  view.setUint32(place, value % 4_294_967_296, true);
  view.setUint32(place + 4, Math.floor(value / 4_294_967_296), true);
}

function letters(bytes: Uint8Array, place: number, name: string): void {
  for (let i = 0; i < name.length; i++) bytes[place + i] = name.charCodeAt(i);
}
