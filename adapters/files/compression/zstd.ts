import { RxSpikeError } from '../../../src/index.js';
import { BoundedOutput, type Decompressor } from './decompressor.js';
import { zstdCorrupt } from './zstd-bits.js';
import { ZstdBlockDecoder } from './zstd-block.js';
import { CHECKSUM_BYTES, readZstdBlockHeader, readZstdFrameHeader, type ZstdBlockHeader } from './zstd-frame.js';
import { ZSTD_BLOCK_MAX } from './zstd-literals.js';

const truncated = (what: string): RxSpikeError => new RxSpikeError('ERR_TRUNCATED', `zstd frame: ends in ${what}`);

/**
 * Expands Zstandard frames (RFC 8878) of at most `limit` bytes of content. What follows the first frame is not looked
 * at; dictionaries are not supported and the content checksum (XXH64) is not verified.
 */
export class ZstdDecompressor implements Decompressor {
  frameBytes = 0;
  readonly #output: BoundedOutput;
  readonly #blocks = new ZstdBlockDecoder();

  constructor(limit: number) {
    this.#output = new BoundedOutput(limit);
  }

  expand(frame: Uint8Array): Uint8Array {
    const header = readZstdFrameHeader(frame);
    if (header === null) throw truncated('its header');
    const { end, checksum, contentSize } = header;
    if (contentSize !== null && contentSize > this.#output.limit) throw this.#output.tooLarge();
    this.#blocks.reset();
    let length = 0;
    for (let at = end, last = false; !last;) {
      if (frame.length < at + 3) throw truncated('a block header');
      const block = readZstdBlockHeader(frame, at);
      at += 3;
      const next = at + block.stored;
      if (frame.length < next) throw truncated('a block');
      length = this.#block(block, frame.subarray(at, next), length);
      at = next;
      ({ last } = block);
      if (last && checksum && frame.length < at + CHECKSUM_BYTES) throw truncated('its checksum');
      this.frameBytes = at + (checksum ? CHECKSUM_BYTES : 0);
    }
    if (contentSize !== null && contentSize !== length) throw zstdCorrupt(`says ${contentSize} bytes, has ${length}`);
    return this.#output.bytes.subarray(0, length);
  }

  /** Appends a block to the output, which holds `length` bytes; returns the new length. */
  #block({ kind, size }: ZstdBlockHeader, body: Uint8Array, length: number): number {
    if (kind !== 'compressed') {
      this.#output.reserve(length + size, length);
      if (kind === 'raw') this.#output.bytes.set(body, length);
      else this.#output.bytes.fill(body[0], length, length + size);
      return length + size;
    }
    // The last block may have less room than a block may fill, so it gets its room above the limit.
    this.#output.reserve(length + ZSTD_BLOCK_MAX, length, ZSTD_BLOCK_MAX);
    const end = this.#blocks.decode(body, 0, body.length, this.#output.bytes, length);
    if (end > this.#output.limit) throw this.#output.tooLarge();
    return end;
  }
}
