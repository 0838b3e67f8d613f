import { RxSpikeError } from '../../../src/index.js';
import { BoundedOutput, type Decompressor } from './decompressor.js';

const MAGIC = 0xfd2fb528;
const BLOCK_MAX = 1 << 17;
const CHECKSUM_BYTES = 4;

/** What a Zstandard frame header says (RFC 8878, section 3.1.1.1). */
interface FrameHeader {
  /** Bytes of the header. */
  readonly end: number;
  readonly checksum: boolean;
  readonly contentSize: number | null;
  readonly windowSize: number;
}

const corrupt = (what: string, cause?: unknown): RxSpikeError =>
  new RxSpikeError('ERR_CORRUPT', `zstd frame: ${what}`, cause === undefined ? {} : { cause });

const truncated = (what: string): RxSpikeError => new RxSpikeError('ERR_TRUNCATED', `zstd frame: ends in ${what}`);

function readFrameHeader(frame: Uint8Array): FrameHeader {
  if (frame.length < 6) throw truncated('its header');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt(`begins with 0x${view.getUint32(0, true).toString(16)}`);
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
  const base = 2 ** (10 + (frame[5] >> 3));
  return {
    end: at + sizeBytes,
    checksum: (flags & 4) !== 0,
    contentSize,
    windowSize: single ? (contentSize ?? 0) : base + (base / 8) * (frame[5] & 7),
  };
}

/**
 * Offset of the end of a frame, found by walking its blocks. Only that much is given to the decoder, which would go on
 * to further frames and allocate whatever window they name.
 */
function endOfFrame(frame: Uint8Array, header: FrameHeader): number {
  for (let at = header.end; ;) {
    if (frame.length < at + 3) throw truncated('a block header');
    const block = frame[at] | (frame[at + 1] << 8) | (frame[at + 2] << 16);
    const [last, kind, size] = [block & 1, (block >> 1) & 3, block >> 3];
    if (kind === 3) throw corrupt(`block type 3 at byte ${at}`);
    if (size > BLOCK_MAX) throw corrupt(`a block of ${size} bytes, ${BLOCK_MAX} at most`);
    at += 3 + (kind === 1 ? 1 : size);
    if (frame.length < at) throw truncated('a block');
    if (last === 0) continue;
    const end = at + (header.checksum ? CHECKSUM_BYTES : 0);
    if (frame.length < end) throw truncated('its checksum');
    return end;
  }
}

type Fzstd = typeof import('fzstd');

/** Expands Zstandard frames of at most `limit` bytes of content. */
export class ZstdDecompressor implements Decompressor {
  readonly #fzstd: Fzstd;
  readonly #output: BoundedOutput;

  constructor(fzstd: Fzstd, limit: number) {
    this.#fzstd = fzstd;
    this.#output = new BoundedOutput(limit);
  }

  expand(frame: Uint8Array): Uint8Array {
    const header = readFrameHeader(frame);
    const { contentSize, windowSize } = header;
    if (contentSize !== null && contentSize > this.#output.limit) throw this.#output.tooLarge();
    // A window is allocated before any content; one of 8 MiB is what every decoder must accept.
    if (windowSize > Math.max(this.#output.limit, 1 << 23)) throw this.#output.tooLarge();
    const length = this.#stream(frame.subarray(0, endOfFrame(frame, header)));
    if (contentSize !== null && contentSize !== length) throw corrupt(`says ${contentSize} bytes, has ${length}`);
    return this.#output.bytes.subarray(0, length);
  }

  #stream(frame: Uint8Array): number {
    let length = 0;
    const stream = new this.#fzstd.Decompress((data) => {
      this.#output.reserve(length + data.length, length);
      this.#output.bytes.set(data, length);
      length += data.length;
    });
    try {
      stream.push(frame, true);
    } catch (cause) {
      if (cause instanceof RxSpikeError) throw cause;
      throw corrupt(cause instanceof Error ? cause.message : String(cause), cause);
    }
    return length;
  }
}
