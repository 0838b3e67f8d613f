import { crc32 } from '../../../src/index.js';
import { SteppedExpander } from './expander.js';
import { Inflater } from './inflate.js';

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const DEFLATE = 8;
const HEADER_CHECK = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;
/** A header holds a file's name and a remark. */
const MOST_HEADER_BYTES = 1 << 17;

type Place = 'header' | 'content' | 'trailer';

/**
 * Expands gzip (RFC 1952), one member after another. Checksums and sizes are checked.
 */
export class GzipExpander extends SteppedExpander {
  readonly #inflater = new Inflater((what) => this.error('ERR_CORRUPT', what));
  #place: Place = 'header';
  #members = 0;
  #checksum = 0;
  #size = 0;

  constructor() {
    super('gzip');
  }

  protected override get between(): boolean {
    return this.#place === 'header' && this.#members > 0;
  }

  protected override begins(bytes: Uint8Array): boolean {
    const magic = [0x1f, 0x8b, DEFLATE];
    return magic.every((byte, k) => k >= bytes.length || bytes[k] === byte);
  }

  protected override step(): Uint8Array | null {
    if (this.#place === 'header') return this.#header();
    if (this.#place === 'trailer') return this.#trailer();
    const piece = this.#inflater.run(this.input);
    if (piece !== null) {
      this.#checksum = crc32(piece, this.#checksum);
      this.#size = (this.#size + piece.length) % 2 ** 32;
    }
    if (this.#inflater.ended) this.#place = 'trailer';
    return piece;
  }

  #header(): Uint8Array | null {
    const { input } = this;
    if (input.length < HEADER_BYTES) return null;
    const bytes = input.view(Math.min(input.length, MOST_HEADER_BYTES));
    if (!this.begins(bytes)) {
      throw this.#members > 0 ? this.trailing() : this.error('ERR_CORRUPT', 'no gzip member begins');
    }
    const flags = bytes[3];
    if ((flags & RESERVED) !== 0) throw this.error('ERR_CORRUPT', `flags 0x${flags.toString(16)}`);
    let end = HEADER_BYTES;
    if ((flags & EXTRA) !== 0) end += 2 + (bytes[end] | (bytes[end + 1] << 8));
    for (const part of [NAME, COMMENT]) {
      if ((flags & part) === 0) continue;
      const zero = end <= bytes.length ? bytes.indexOf(0, end) : -1;
      end = zero === -1 ? MOST_HEADER_BYTES + 1 : zero + 1;
    }
    if ((flags & HEADER_CHECK) !== 0) end += 2;
    if (!(end <= bytes.length)) {
      if (bytes.length === MOST_HEADER_BYTES)
        throw this.error('ERR_LIMIT', `a header above ${MOST_HEADER_BYTES} bytes`);
      return null;
    }
    if ((flags & HEADER_CHECK) !== 0) {
      const stored = bytes[end - 2] | (bytes[end - 1] << 8);
      if (stored !== (crc32(bytes.subarray(0, end - 2)) & 0xffff)) throw this.error('ERR_CORRUPT', 'header checksum');
    }
    input.skip(end);
    this.#inflater.reset();
    this.#place = 'content';
    this.#checksum = this.#size = 0;
    return new Uint8Array(0);
  }

  #trailer(): Uint8Array | null {
    if (this.input.length < TRAILER_BYTES) return null;
    const bytes = this.input.view(TRAILER_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, TRAILER_BYTES);
    if (view.getUint32(0, true) !== this.#checksum) throw this.error('ERR_CORRUPT', 'the checksum does not match');
    if (view.getUint32(4, true) !== this.#size) throw this.error('ERR_CORRUPT', 'the size does not match');
    this.input.skip(TRAILER_BYTES);
    this.#place = 'header';
    this.#members++;
    return new Uint8Array(0);
  }
}
