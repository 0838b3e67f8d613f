import { FlateErrorCode, Inflate, inflateSync, type FlateError } from 'fflate';
import { RxSpikeError } from '../../../src/index.js';
import { hdf5Corrupt } from './cursor.js';

/** Input is given in pieces of this size, so that at most about a thousand times as much is made beyond a limit. */
const PIECE = 1 << 13;
const ADLER = 65521;
/** Most bytes whose sums stay below 2³¹. */
const ADLER_RUN = 3800;

/** Input up to this size is expanded at once into memory that is used again. */
const AT_ONCE = 1 << 15;

/** Expands zlib streams (RFC 1950) of at most `limit` bytes of content and verifies their checksums. */
export class BoundedInflate {
  readonly #limit: number;
  #room: Uint8Array = new Uint8Array(0);

  constructor(limit: number) {
    this.#limit = limit;
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
    try {
      return body.length <= AT_ONCE ? this.#atOnce(body) : this.#inPieces(body);
    } catch (cause) {
      if (cause instanceof RxSpikeError) throw cause;
      throw new RxSpikeError('ERR_CORRUPT', `hdf5: a deflated chunk is damaged: ${reason(cause)}`, { cause });
    }
  }

  #atOnce(body: Uint8Array): Uint8Array {
    // What is written beyond the end of the room is lost, and a byte of input makes 1032 at most.
    const room = Math.min(this.#limit, 1032 * body.length) + 1;
    if (this.#room.length < room) this.#room = new Uint8Array(room);
    const content = inflateSync(body, { out: this.#room });
    if (content.length > this.#limit) throw this.#tooLarge();
    return content;
  }

  #inPieces(body: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const inflate = new Inflate((piece) => {
      length += piece.length;
      if (length > this.#limit) throw this.#tooLarge();
      pieces.push(piece);
    });
    for (let at = 0; at < body.length; at += PIECE)
      inflate.push(body.subarray(at, at + PIECE), at + PIECE >= body.length);
    return joined(pieces, length);
  }

  #tooLarge(): RxSpikeError {
    return new RxSpikeError('ERR_LIMIT', `hdf5: a chunk expands to more than ${this.#limit} bytes`, {
      details: { limit: this.#limit },
    });
  }
}

function reason(cause: unknown): string {
  const code = (cause as FlateError).code;
  return code === FlateErrorCode.UnexpectedEOF
    ? 'it ends early'
    : cause instanceof Error
      ? cause.message
      : String(cause);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
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
