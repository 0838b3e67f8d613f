import { RxSpikeError } from '../../../src/index.js';
import type { ByteParts } from '../byte-source.js';

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/** A place in bytes that arrive in pieces. What breaks is told when all before it has been taken. */
export class PieceCursor {
  /** What the pieces ended with; null while there are more and at a good end. */
  failure: RxSpikeError | null = null;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #buffer = new Uint8Array(0);
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next `size` bytes, valid until the next call; fewer at the end or before a failure. */
  async take(size: number): Promise<Uint8Array> {
    if (this.#piece.length - this.#at >= size) {
      this.#at += size;
      return this.#piece.subarray(this.#at - size, this.#at);
    }
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    let length = 0;
    while (length < size && (await this.#there())) {
      const part = this.#piece.subarray(this.#at, this.#at + size - length);
      this.#buffer.set(part, length);
      length += part.length;
      this.#at += part.length;
    }
    return this.#buffer.subarray(0, length);
  }

  /** Goes on by `size` bytes, or to the end. */
  async skip(size: number): Promise<void> {
    for (let left = size; left > 0 && (await this.#there());) {
      const part = Math.min(left, this.#piece.length - this.#at);
      this.#at += part;
      left -= part;
    }
  }

  /** Lets go of the pieces that were not asked for. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#pieces.return?.();
  }

  /** Whether there is a byte; asks for the next piece where there is none. */
  async #there(): Promise<boolean> {
    while (this.#at === this.#piece.length) {
      if (this.#ended) return false;
      try {
        const { done, value } = await this.#pieces.next();
        if (done === true) {
          this.#ended = true;
          return false;
        }
        this.#piece = value;
        this.#at = 0;
      } catch (error) {
        this.#ended = true;
        if (!(error instanceof RxSpikeError)) throw error;
        this.failure = error;
        return false;
      }
    }
    return true;
  }
}

/** The bytes `from … to − 1` in pieces; fewer where the input is shorter. */
export async function* rangePieces(
  parts: ByteParts,
  from: number,
  to: number,
  piece: number = PIECE,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    const bytes = await parts.read(at, Math.min(to, at + piece));
    if (bytes.length === 0) return;
    yield bytes;
    at += bytes.length;
  }
}
