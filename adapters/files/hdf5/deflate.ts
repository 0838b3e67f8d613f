import { ByteFeed } from '../compression/byte-feed.js';
import { BoundedOutput } from '../compression/decompressor.js';
import { Inflater } from '../compression/inflate.js';
import { hdf5Corrupt } from './cursor.js';

const ADLER = 65521;
/** Most bytes whose sums stay below 2³¹. */
const ADLER_RUN = 3800;

const damaged = (how: string): Error => hdf5Corrupt(`a deflated chunk is damaged: ${how}`);

/** Expands zlib streams (RFC 1950) of at most `limit` bytes of content and verifies their checksums. */
export class BoundedInflate {
  readonly #inflater = new Inflater(damaged);
  readonly #output: BoundedOutput;

  constructor(limit: number) {
    this.#output = new BoundedOutput(limit);
  }

  /** The content of a stream; valid until the next call. @throws `ERR_CORRUPT`, `ERR_LIMIT` */
  expand(stored: Uint8Array): Uint8Array {
    if (stored.length < 8) throw hdf5Corrupt('a deflated chunk is too short');
    const head = (stored[0] << 8) | stored[1];
    if ((stored[0] & 15) !== 8 || head % 31 !== 0 || (stored[1] & 0x20) !== 0) {
      throw hdf5Corrupt('a deflated chunk does not begin as one');
    }
    const content = this.#inflate(stored.subarray(2, -4));
    const at = stored.length - 4;
    const sum = ((stored[at] << 24) | (stored[at + 1] << 16) | (stored[at + 2] << 8) | stored[at + 3]) >>> 0;
    if (adler32(content) !== sum) throw hdf5Corrupt('a deflated chunk has another checksum than it says');
    return content;
  }

  #inflate(body: Uint8Array): Uint8Array {
    const feed = new ByteFeed();
    feed.add(body);
    this.#inflater.reset();
    let length = 0;
    while (!this.#inflater.ended) {
      const piece = this.#inflater.run(feed);
      if (piece === null) throw damaged('it ends early');
      this.#output.reserve(length + piece.length, length);
      this.#output.bytes.set(piece, length);
      length += piece.length;
    }
    return this.#output.bytes.subarray(0, length);
  }
}

/** The checksum of zlib streams, as a u32. */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + ADLER_RUN);
    for (; at < end; at++) b += a += bytes[at];
    a %= ADLER;
    b %= ADLER;
  }
  return ((b << 16) | a) >>> 0;
}
