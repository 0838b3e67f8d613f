import { RxSpikeError } from '../../../src/index.js';
import { LZ4_FRAME_HEADER_BYTES, parseLz4FrameHeader } from '../generated/headers.js';
import { BoundedOutput, type Decompressor } from './decompressor.js';
import { decodeLz4Block } from './lz4-block.js';
import { xxh32 } from './xxh32.js';

/**
 * LZ4 frames (https://github.com/lz4/lz4, `doc/lz4_Frame_format.md`): checked for size before anything is written, and
 * by their checksums where they carry them. Dictionaries are not supported.
 */
/** What a frame begins with, as a little-endian number. */
export const LZ4_FRAME_MAGIC = 0x184d2204;
const MIN_BLOCK_ID = 4;
const CORRUPT = 'lz4 frame: ';

interface Descriptor {
  readonly end: number;
  readonly blockMax: number;
  readonly independent: boolean;
  readonly blockChecksum: boolean;
  readonly contentChecksum: boolean;
  /** Size of the content where the frame states it, else null. */
  readonly contentSize: number | null;
}

const corrupt = (what: string): RxSpikeError => new RxSpikeError('ERR_CORRUPT', CORRUPT + what);
const truncated = (what: string): RxSpikeError => new RxSpikeError('ERR_TRUNCATED', `${CORRUPT}ends in ${what}`);

const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;

function readDescriptor(frame: Uint8Array): Descriptor {
  if (frame.length < LZ4_FRAME_HEADER_BYTES + 1) throw truncated('its header');
  const { magic, flags, block } = parseLz4FrameHeader(frame);
  if (magic !== LZ4_FRAME_MAGIC) throw corrupt(`begins with 0x${magic.toString(16)}`);
  if (flags >> 6 !== 1 || (flags & 2) !== 0) throw corrupt(`flags 0x${flags.toString(16)}`);
  if ((flags & 1) !== 0) throw new RxSpikeError('ERR_UNSUPPORTED', `${CORRUPT}needs a dictionary`);
  const blockId = (block >> 4) & 7;
  if (blockId < MIN_BLOCK_ID || (block & 0x8f) !== 0) throw corrupt(`block descriptor 0x${block.toString(16)}`);
  const sized = (flags & 8) !== 0;
  const end = LZ4_FRAME_HEADER_BYTES + (sized ? 8 : 0) + 1;
  if (frame.length < end) throw truncated('its header');
  if (frame[end - 1] !== ((xxh32(frame, 4, end - 1) >>> 8) & 0xff)) throw corrupt('header checksum does not match');
  return {
    end,
    blockMax: 1 << (8 + 2 * blockId),
    independent: (flags & 0x20) !== 0,
    blockChecksum: (flags & 0x10) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentSize: sized ? u32(frame, 6) + u32(frame, 10) * 2 ** 32 : null,
  };
}

/** Expands LZ4 frames of at most `limit` bytes of content. */
export class Lz4Decompressor implements Decompressor {
  frameBytes = 0;
  readonly #output: BoundedOutput;

  constructor(limit: number) {
    this.#output = new BoundedOutput(limit);
  }

  expand(frame: Uint8Array): Uint8Array {
    const descriptor = readDescriptor(frame);
    const { contentSize, contentChecksum } = descriptor;
    if (contentSize !== null && contentSize > this.#output.limit) throw this.#output.tooLarge();
    let at = descriptor.end;
    let length = 0;
    for (;;) {
      if (frame.length < at + 4) throw truncated('a block size');
      const size = u32(frame, at);
      at += 4;
      if (size === 0) break;
      const end = at + (size & 0x7fffffff);
      if (end - at > descriptor.blockMax) throw corrupt(`a block of ${end - at} bytes, ${descriptor.blockMax} at most`);
      if (frame.length < end) throw truncated('a block');
      length = this.#block(frame, at, end, length, descriptor);
      at = end;
      if (!descriptor.blockChecksum) continue;
      if (frame.length < at + 4) throw truncated('a block checksum');
      if (xxh32(frame, end - (size & 0x7fffffff), end) !== (u32(frame, at) | 0)) throw corrupt('block checksum');
      at += 4;
    }
    const content = this.#output.bytes.subarray(0, length);
    if (contentSize !== null && contentSize !== length) throw corrupt(`says ${contentSize} bytes, has ${length}`);
    if (contentChecksum) {
      if (frame.length < at + 4) throw truncated('its checksum');
      if (xxh32(content, 0, length) !== (u32(frame, at) | 0)) throw corrupt('content checksum does not match');
      at += 4;
    }
    this.frameBytes = at;
    return content;
  }

  /** Appends a block that lies at `from…to` to the output, which holds `length` bytes; returns the new length. */
  #block(frame: Uint8Array, from: number, to: number, length: number, descriptor: Descriptor): number {
    const stored = (u32(frame, from - 4) & 0x80000000) !== 0;
    if (stored) {
      this.#output.reserve(length + to - from, length);
      this.#output.bytes.set(frame.subarray(from, to), length);
      return length + to - from;
    }
    // A byte of a block yields 255 at most, so that what is reserved stays in proportion to what was sent.
    const most = Math.min(descriptor.blockMax, 255 * (to - from));
    const room = Math.min(most, this.#output.limit - length);
    this.#output.reserve(length + room, length);
    const first = descriptor.independent ? length : 0;
    const end = decodeLz4Block(frame, { from, to }, this.#output.bytes, { at: length, end: length + room, first });
    if (end >= 0) return end;
    if (end === -1 && room < most) throw this.#output.tooLarge();
    throw corrupt(`the block at byte ${from} is damaged`);
  }
}
