import { RxSpikeError, crc32 } from '../../../src/index.js';
import type { ByteParts } from '../byte-source.js';
import { ByteFeed } from '../compression/byte-feed.js';
import { Inflater } from '../compression/inflate.js';
import { rangePieces } from './piece-cursor.js';
import type { ZipEntry } from './zip-directory.js';

/** Compressed bytes that are read at once. */
const PIECE = 1 << 16;
/** What may be expanded whatever the ratio. */
const FREE = 1 << 20;

/** How much may still be expanded; shared by the cursors of a reading. */
export class Expansion {
  readonly #limit: number;
  #expanded = 0;

  /** @param ratio most bytes that one byte of `stored` may become */
  constructor(stored: number, ratio: number) {
    this.#limit = Math.max(FREE, stored * ratio);
  }

  /** @throws `ERR_LIMIT` */
  add(bytes: number): void {
    this.#expanded += bytes;
    if (this.#expanded <= this.#limit) return;
    throw new RxSpikeError('ERR_LIMIT', `npz: expands to more than ${this.#limit} bytes; see maxExpansion`, {
      details: { limit: this.#limit },
    });
  }
}

/**
 * The content of an entry in pieces, checked against its size and its CRC.
 * @param start of its bytes
 * @throws (while iterating) `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_TRUNCATED`, `ERR_NOT_READABLE`
 */
export async function* entryContent(
  parts: ByteParts,
  entry: ZipEntry,
  start: number,
  expansion: Expansion,
): AsyncGenerator<Uint8Array> {
  const stored = rangePieces(parts, start, start + entry.stored, entry.deflated ? PIECE : undefined);
  let [crc, size] = [0, 0];
  for await (const piece of entry.deflated ? inflated(stored, entry, expansion) : stored) {
    const own = piece.subarray(0, entry.size - size);
    crc = crc32(own, crc);
    size += own.length;
    if (own.length > 0) yield own;
    if (own.length < piece.length) throw damaged(entry, `has more than the ${entry.size} bytes announced`);
  }
  if (size < entry.size) throw damaged(entry, `has ${size} of the ${entry.size} bytes announced`);
  if (crc !== entry.crc) throw damaged(entry, 'does not agree with its checksum');
}

async function* inflated(
  stored: AsyncIterable<Uint8Array>,
  entry: ZipEntry,
  expansion: Expansion,
): AsyncGenerator<Uint8Array> {
  const inflater = new Inflater((what) => damaged(entry, `cannot be expanded: ${what}`));
  const feed = new ByteFeed();
  for await (const compressed of stored) {
    feed.add(compressed);
    for (let piece = inflater.run(feed); piece !== null; piece = inflater.ended ? null : inflater.run(feed)) {
      expansion.add(piece.length);
      yield piece;
    }
    if (inflater.ended) return;
    feed.keep();
  }
}

function damaged({ name }: ZipEntry, how: string): RxSpikeError {
  return new RxSpikeError('ERR_CORRUPT', `npz: ${name} ${how}`, { details: { entry: name } });
}
