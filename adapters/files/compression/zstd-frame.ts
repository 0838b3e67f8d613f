import { RxSpikeError } from '../../../src/index.js';
import { zstdCorrupt } from './zstd-bits.js';
import { ZSTD_BLOCK_MAX } from './zstd-literals.js';

/** First bytes of a Zstandard frame, as a little-endian number. */
export const ZSTD_MAGIC = 0xfd2fb528;
/** First bytes of a frame to be skipped, but for their lowest four bits. */
export const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bytes of the content's checksum. */
export const CHECKSUM_BYTES = 4;

/** What a Zstandard frame header says (RFC 8878, section 3.1.1.1). */
export interface ZstdFrameHeader {
  /** Bytes of the header. */
  readonly end: number;
  readonly checksum: boolean;
  readonly contentSize: number | null;
  /** How far back matches reach at most, bytes. */
  readonly window: number;
}

/** The header at the beginning of `frame`; null where it is not whole. @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED` */
export function readZstdFrameHeader(frame: Uint8Array): ZstdFrameHeader | null {
  if (frame.length < 6) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== ZSTD_MAGIC) throw zstdCorrupt(`begins with 0x${magic.toString(16)}`);
  const flags = frame[4];
  const single = (flags & 0x20) !== 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6];
  if ((flags & 3) !== 0) throw new RxSpikeError('ERR_UNSUPPORTED', 'zstd frame: needs a dictionary');
  const at = single ? 5 : 6;
  if (frame.length < at + sizeBytes) return null;
  let contentSize: number | null = null;
  if (sizeBytes === 1) contentSize = frame[at];
  else if (sizeBytes === 2) contentSize = view.getUint16(at, true) + 256;
  else if (sizeBytes === 4) contentSize = view.getUint32(at, true);
  else if (sizeBytes === 8) contentSize = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  const descriptor = frame[5];
  const base = 2 ** (10 + (descriptor >> 3));
  return {
    end: at + sizeBytes,
    checksum: (flags & 4) !== 0,
    contentSize,
    window: single ? (contentSize ?? 0) : base + (base / 8) * (descriptor & 7),
  };
}

/** What stands before a block (RFC 8878, section 3.1.1.2). */
export interface ZstdBlockHeader {
  readonly kind: 'raw' | 'repeated' | 'compressed';
  readonly last: boolean;
  /** Bytes of the block in the frame. */
  readonly stored: number;
  /** Bytes of content; of a compressed block the same as `stored`. */
  readonly size: number;
}

/** Bytes of a block's header. */
export const BLOCK_HEADER_BYTES = 3;

/** The block header at `at`, which is whole. @throws `ERR_CORRUPT` */
export function readZstdBlockHeader(bytes: Uint8Array, at: number): ZstdBlockHeader {
  const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
  const size = header >> 3;
  if (size > ZSTD_BLOCK_MAX) throw zstdCorrupt(`a block of ${size} bytes, ${ZSTD_BLOCK_MAX} at most`);
  const type = (header >> 1) & 3;
  if (type === 3) throw zstdCorrupt('block type 3');
  const kind = (['raw', 'repeated', 'compressed'] as const)[type];
  return { kind, last: (header & 1) === 1, stored: kind === 'repeated' ? 1 : size, size };
}
