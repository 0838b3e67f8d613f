import { crc32 } from '../../src/index.js';
import type { Film } from './film.js';
import type { IndexedPicture } from './indexed-picture.js';
import { pngBytes } from './png.js';

const SIGNATURE = 8;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** The chunks of a PNG file. */
function chunksOf(png: Uint8Array): Chunk[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE; at < png.length;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + size) });
    at += size + 12;
  }
  return chunks;
}

function chunk(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(size + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, crc32(bytes.subarray(4, at)));
  return bytes;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

/** An endless animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation). */
export class ApngFilm implements Film {
  pictures = 0;
  readonly #delay: Uint8Array;
  readonly #head: Uint8Array[] = [];
  readonly #frames: Uint8Array[] = [];
  #sequence = 0;

  /** @param fps pictures a second, 0.01 … 600 */
  constructor(fps: number) {
    const hundredths = Math.round(fps * 100);
    // delay = 100 / hundredths seconds, two 16-bit numbers
    this.#delay = Uint8Array.of(0, 100, hundredths >> 8, hundredths & 0xff);
  }

  add(picture: IndexedPicture): void {
    const png = pngBytes(picture);
    const chunks = chunksOf(png);
    if (this.pictures === 0) {
      const before = chunks.filter(({ type }) => type === 'IHDR' || type === 'PLTE');
      this.#head.push(png.slice(0, SIGNATURE), ...before.map(({ type, data }) => chunk(type, data)));
    }
    const { width, height } = picture;
    this.#frames.push(
      chunk('fcTL', words(this.#sequence++, width, height, 0, 0), this.#delay, Uint8Array.of(0, 0)),
      ...chunks
        .filter(({ type }) => type === 'IDAT')
        .map(({ data }) => (this.pictures === 0 ? chunk('IDAT', data) : chunk('fdAT', words(this.#sequence++), data))),
    );
    this.pictures++;
  }

  finish(): Uint8Array {
    const [signature, header, ...palette] = this.#head;
    const pieces = [
      signature,
      header,
      chunk('acTL', words(this.pictures, 0)),
      ...palette,
      ...this.#frames,
      chunk('IEND'),
    ];
    const file = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      file.set(piece, at);
      at += piece.length;
    }
    return file;
  }
}
