import { SteppedExpander } from './expander.js';
import { SlidingOutput } from './sliding-output.js';
import { ZstdBlockDecoder } from './zstd-block.js';
import {
  BLOCK_HEADER_BYTES,
  CHECKSUM_BYTES,
  readZstdBlockHeader,
  readZstdFrameHeader,
  SKIPPABLE_MAGIC,
  ZSTD_MAGIC,
  type ZstdBlockHeader,
  type ZstdFrameHeader,
} from './zstd-frame.js';
import { ZSTD_BLOCK_MAX } from './zstd-literals.js';
import { Xxh64 } from './xxh64.js';

const MAGIC_BYTES = 4;
const MOST_HEADER_BYTES = 18;
const NOTHING = new Uint8Array(0);

type Place = 'frame' | 'skip' | 'block' | 'checksum';

/**
 * Expands Zstandard (RFC 8878), one frame after another; frames to be skipped are. Sizes and checksums are checked.
 * Keeps as much content as matches may reach back to, which a limit bounds. Dictionaries are not supported.
 */
export class ZstdExpander extends SteppedExpander {
  readonly #limit: number;
  readonly #output = new SlidingOutput();
  readonly #blocks = new ZstdBlockDecoder();
  readonly #hash = new Xxh64();
  #place: Place = 'frame';
  #frames = 0;
  #header: ZstdFrameHeader | null = null;
  /** Content of the frame so far. */
  #size = 0;
  /** Bytes of a frame to be skipped that are still to come. */
  #left = 0;

  /** `limit`: largest window, bytes. */
  constructor(limit: number) {
    super('zstd');
    this.#limit = limit;
  }

  protected override get between(): boolean {
    return this.#place === 'frame' && this.#frames > 0;
  }

  protected override begins(bytes: Uint8Array): boolean {
    let magic = 0;
    for (let k = 0; k < bytes.length; k++) magic += bytes[k] * 2 ** (8 * k);
    const part = 2 ** (8 * bytes.length);
    const skippable = magic - (magic % 16);
    return magic === ZSTD_MAGIC % part || skippable === SKIPPABLE_MAGIC % part;
  }

  protected override step(): Uint8Array | null {
    if (this.#place === 'frame') return this.#frame();
    if (this.#place === 'skip') return this.#skip();
    return this.#place === 'block' ? this.#block() : this.#checksum();
  }

  #frame(): Uint8Array | null {
    const { input } = this;
    if (input.length < MAGIC_BYTES) return null;
    const bytes = input.view(Math.min(MOST_HEADER_BYTES, input.length));
    if (!this.begins(bytes.subarray(0, MAGIC_BYTES))) {
      throw this.#frames > 0 ? this.trailing() : this.error('ERR_CORRUPT', 'no zstd frame begins');
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0, true) !== ZSTD_MAGIC) {
      if (bytes.length < 2 * MAGIC_BYTES) return null;
      this.#left = view.getUint32(MAGIC_BYTES, true);
      input.skip(2 * MAGIC_BYTES);
      this.#place = 'skip';
      return NOTHING;
    }
    const header = readZstdFrameHeader(bytes);
    if (header === null) return null;
    input.skip(header.end);
    this.#header = header;
    this.#output.reset(Math.min(header.window, this.#limit));
    this.#blocks.reset();
    this.#hash.reset();
    this.#size = 0;
    this.#place = 'block';
    return NOTHING;
  }

  #skip(): Uint8Array | null {
    const size = Math.min(this.#left, this.input.length);
    this.input.skip(size);
    this.#left -= size;
    if (this.#left > 0) return null;
    this.#ended();
    return NOTHING;
  }

  #block(): Uint8Array | null {
    const { input } = this;
    if (input.length < BLOCK_HEADER_BYTES) return null;
    const block = readZstdBlockHeader(input.view(BLOCK_HEADER_BYTES), 0);
    const end = BLOCK_HEADER_BYTES + block.stored;
    if (input.length < end) return null;
    const { contentSize, checksum, window } = this.#header as ZstdFrameHeader;
    // A frame that is smaller than its window needs less memory than it says.
    if (window > this.#limit && this.#size > this.#limit) {
      throw this.error('ERR_LIMIT', `a window of ${window} bytes, the limit (maxPacketBytes) is ${this.#limit}`);
    }
    const piece = this.#content(block, input.view(end).subarray(BLOCK_HEADER_BYTES));
    input.skip(end);
    this.#size += piece.length;
    if (contentSize !== null && this.#size > contentSize)
      throw this.error('ERR_CORRUPT', `more than ${contentSize} bytes`);
    if (checksum) this.#hash.add(piece);
    if (!block.last) return piece;
    if (contentSize !== null && this.#size !== contentSize) {
      throw this.error('ERR_CORRUPT', `says ${contentSize} bytes, has ${this.#size}`);
    }
    if (checksum) this.#place = 'checksum';
    else this.#ended();
    return piece;
  }

  #content({ kind, size }: ZstdBlockHeader, body: Uint8Array): Uint8Array {
    const output = this.#output;
    output.reserve(ZSTD_BLOCK_MAX);
    const start = output.length;
    if (kind === 'compressed') {
      output.length = this.#blocks.decode(body, 0, body.length, output.bytes, start);
    } else {
      if (kind === 'raw') output.bytes.set(body, start);
      else output.bytes.fill(body[0], start, start + size);
      output.length = start + size;
    }
    return output.bytes.subarray(start, output.length);
  }

  #checksum(): Uint8Array | null {
    if (this.input.length < CHECKSUM_BYTES) return null;
    const [a, b, c, d] = this.input.view(CHECKSUM_BYTES);
    if ((a | (b << 8) | (c << 16) | (d << 24)) >>> 0 !== this.#hash.low32()) {
      throw this.error('ERR_CORRUPT', 'the checksum does not match');
    }
    this.input.skip(CHECKSUM_BYTES);
    this.#ended();
    return NOTHING;
  }

  #ended(): void {
    this.#frames++;
    this.#place = 'frame';
  }
}
