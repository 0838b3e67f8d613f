import { RxSpikeError } from '../../../src/index.js';
import { BoundedOutput, type Decompressor } from './decompressor.js';
import { zstdCorrupt } from './zstd-bits.js';
import { ZstdBlockDecoder } from './zstd-block.js';
import { ZSTD_BLOCK_MAX } from './zstd-literals.js';

const MAGIC = 0xfd2fb528;
const CHECKSUM_BYTES = 4;
const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;

/** What a Zstandard frame header says (RFC 8878, section 3.1.1.1). */
interface FrameHeader {
  /** Bytes of the header. */
  readonly end: number;
  readonly checksum: boolean;
  readonly contentSize: number | null;
}

const truncated = (what: string): RxSpikeError => new RxSpikeError('ERR_TRUNCATED', `zstd frame: ends in ${what}`);

function readFrameHeader(frame: Uint8Array): FrameHeader {
  if (frame.length < 6) throw truncated('its header');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw zstdCorrupt(`begins with 0x${view.getUint32(0, true).toString(16)}`);
  const flags = frame[4];
  const single = (flags & 0x20) !== 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6];
  if ((flags & 3) !== 0) throw new RxSpikeError('ERR_UNSUPPORTED', 'zstd frame: needs a dictionary');
  const at = single ? 5 : 6;
  if (frame.length < at + sizeBytes) throw truncated('its header');
  let contentSize: number | null = null;
  if (sizeBytes === 1) contentSize = frame[at];
  else if (sizeBytes === 2) contentSize = view.getUint16(at, true) + 256;
  else if (sizeBytes === 4) contentSize = view.getUint32(at, true);
  else if (sizeBytes === 8) contentSize = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  return {
    end: at + sizeBytes,
    checksum: (flags & 4) !== 0,
    contentSize,
  };
}

/**
 * Expands Zstandard frames (RFC 8878) of at most `limit` bytes of content. What follows the first frame is not looked
 * at; dictionaries are not supported and the content checksum (XXH64) is not verified.
 */
export class ZstdDecompressor implements Decompressor {
  readonly #output: BoundedOutput;
  readonly #blocks = new ZstdBlockDecoder();

  constructor(limit: number) {
    this.#output = new BoundedOutput(limit);
  }

  expand(frame: Uint8Array): Uint8Array {
    const { end, checksum, contentSize } = readFrameHeader(frame);
    if (contentSize !== null && contentSize > this.#output.limit) throw this.#output.tooLarge();
    this.#blocks.reset();
    let length = 0;
    for (let at = end, last = false; !last;) {
      if (frame.length < at + 3) throw truncated('a block header');
      const header = frame[at] | (frame[at + 1] << 8) | (frame[at + 2] << 16);
      const [kind, size] = [(header >> 1) & 3, header >> 3];
      if (size > ZSTD_BLOCK_MAX) throw zstdCorrupt(`a block of ${size} bytes, ${ZSTD_BLOCK_MAX} at most`);
      at += 3;
      const next = at + (kind === RLE ? 1 : size);
      if (frame.length < next) throw truncated('a block');
      length = this.#block(kind, size, frame.subarray(at, next), length);
      at = next;
      last = (header & 1) === 1;
      if (last && checksum && frame.length < at + CHECKSUM_BYTES) throw truncated('its checksum');
    }
    if (contentSize !== null && contentSize !== length) throw zstdCorrupt(`says ${contentSize} bytes, has ${length}`);
    return this.#output.bytes.subarray(0, length);
  }

  /** Appends a block to the output, which holds `length` bytes; returns the new length. */
  #block(kind: number, size: number, body: Uint8Array, length: number): number {
    if (kind === RAW || kind === RLE) {
      this.#output.reserve(length + size, length);
      if (kind === RAW) this.#output.bytes.set(body, length);
      else this.#output.bytes.fill(body[0], length, length + size);
      return length + size;
    }
    if (kind !== COMPRESSED) throw zstdCorrupt(`block type ${kind}`);
    // The last block may have less room than a block may fill, so it gets its room above the limit.
    this.#output.reserve(length + ZSTD_BLOCK_MAX, length, ZSTD_BLOCK_MAX);
    const end = this.#blocks.decode(body, 0, body.length, this.#output.bytes, length);
    if (end > this.#output.limit) throw this.#output.tooLarge();
    return end;
  }
}
