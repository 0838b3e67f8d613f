import { LZ4_BLOCK_MAX, encodeLz4Block } from './lz4-block-encoder.js';
import { LZ4_FRAME_MAGIC } from './lz4-frame.js';
import { xxh32 } from './xxh32.js';

/** Version 1, independent blocks, no checksums and no size; blocks of 64 KiB. */
const FLAGS = 0x60;
const BLOCK_DESCRIPTOR = 0x40;
const HEADER_BYTES = 7;
const BLOCK_HEADER_BYTES = 4;
const STORED = 0x80000000;

/** Makes one compressed frame of bytes. */
export interface Compressor {
  /** One frame that holds `content`; valid until the next call. */
  compress(content: Uint8Array): Uint8Array;
}

/** Compresses to LZ4 frames (https://github.com/lz4/lz4, `doc/lz4_Frame_format.md`). */
export class Lz4Compressor implements Compressor {
  #frame = new Uint8Array(0);
  #view = new DataView(this.#frame.buffer);

  compress(content: Uint8Array): Uint8Array {
    const blocks = Math.ceil(content.length / LZ4_BLOCK_MAX);
    const most = HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + content.length + BLOCK_HEADER_BYTES;
    if (most > this.#frame.length) this.#makeRoom(most);
    let at = HEADER_BYTES;
    for (let from = 0; from < content.length; from += LZ4_BLOCK_MAX) {
      at = this.#block(content.subarray(from, from + LZ4_BLOCK_MAX), at);
    }
    this.#view.setUint32(at, 0, true);
    return this.#frame.subarray(0, at + BLOCK_HEADER_BYTES);
  }

  #block(content: Uint8Array, at: number): number {
    const block = encodeLz4Block(content);
    const stored = block.length >= content.length;
    const body = stored ? content : block;
    this.#view.setUint32(at, stored ? body.length + STORED : body.length, true);
    this.#frame.set(body, at + BLOCK_HEADER_BYTES);
    return at + BLOCK_HEADER_BYTES + body.length;
  }

  #makeRoom(size: number): void {
    this.#frame = new Uint8Array(size);
    this.#view = new DataView(this.#frame.buffer);
    this.#view.setUint32(0, LZ4_FRAME_MAGIC, true);
    this.#frame[4] = FLAGS;
    this.#frame[5] = BLOCK_DESCRIPTOR;
    this.#frame[6] = xxh32(this.#frame, 4, 6) >>> 8;
  }
}
