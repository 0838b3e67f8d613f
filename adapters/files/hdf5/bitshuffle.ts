import { RxSpikeError } from '../../../src/index.js';
import { decodeLz4Block } from '../compression/lz4-block.js';
import { ZstdDecompressor } from '../compression/zstd.js';
import { hdf5Corrupt, hdf5Unsupported } from './cursor.js';

const HEAD = 12;
const TARGET_BLOCK = 8192;
const LEAST_BLOCK = 128;
const [NONE, LZ4, ZSTD] = [0, 2, 3];

/**
 * Undoes bit shuffling of `count` elements, a multiple of eight: bit b of byte k of all elements lay together, as row
 * 8k + b of a matrix of bits (https://github.com/kiyo-masui/bitshuffle).
 */
export function bitUnshuffle(
  input: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  { count, elementBytes }: { readonly count: number; readonly elementBytes: number },
): void {
  const rowBytes = count >> 3;
  for (let k = 0; k < elementBytes; k++) {
    const first = from + 8 * k * rowBytes;
    for (let g = 0; g < rowBytes; g++) {
      let low = 0;
      let high = 0;
      for (let b = 3, at = first + g + 3 * rowBytes; b >= 0; b--, at -= rowBytes) {
        low = (low << 8) | input[at];
        high = (high << 8) | input[at + 4 * rowBytes];
      }
      // The transpose of a matrix of 8 × 8 bits (Hacker's Delight, section 7–3), in two halves.
      let t = (low ^ (low >>> 7)) & 0x00aa00aa;
      low ^= t ^ (t << 7);
      t = (high ^ (high >>> 7)) & 0x00aa00aa;
      high ^= t ^ (t << 7);
      t = (low ^ (low >>> 14)) & 0x0000cccc;
      low ^= t ^ (t << 14);
      t = (high ^ (high >>> 14)) & 0x0000cccc;
      high ^= t ^ (t << 14);
      t = (low ^ ((low >>> 28) | (high << 4))) & 0xf0f0f0f0;
      low ^= t;
      high ^= t >>> 4;
      let o = to + 8 * g * elementBytes + k;
      for (let j = 0; j < 4; j++, o += elementBytes) out[o] = low >>> (8 * j);
      for (let j = 0; j < 4; j++, o += elementBytes) out[o] = high >>> (8 * j);
    }
  }
}

/** HDF5's bitshuffle filter (32008), alone or with LZ4 or Zstandard inside. */
export class BitshuffleFilter {
  readonly #elementBytes: number;
  readonly #blockElements: number;
  readonly #compression: number;
  readonly #limit: number;
  readonly #zstd: ZstdDecompressor;

  /** @throws `ERR_UNSUPPORTED` */
  constructor(values: readonly number[], elementBytes: number, limit: number) {
    this.#elementBytes = (values[2] ?? elementBytes) || elementBytes;
    const usual = Math.max(LEAST_BLOCK, Math.floor(TARGET_BLOCK / this.#elementBytes / 8) * 8);
    this.#blockElements = (values[3] ?? 0) || usual;
    this.#compression = values[4] ?? NONE;
    this.#limit = limit;
    this.#zstd = new ZstdDecompressor(limit);
    if (![NONE, LZ4, ZSTD].includes(this.#compression) || this.#blockElements % 8 !== 0) {
      throw hdf5Unsupported(`bitshuffle with the parameters ${values.join(', ')} is not read`);
    }
  }

  /** @throws `ERR_CORRUPT`, `ERR_TRUNCATED`, `ERR_LIMIT` */
  expand(input: Uint8Array): Uint8Array {
    return this.#compression === NONE ? this.#plain(input) : this.#compressed(input);
  }

  #plain(input: Uint8Array): Uint8Array {
    const out = input.slice();
    const size = this.#elementBytes;
    const whole = Math.floor(input.length / size / 8) * 8;
    for (let i = 0; i < whole;) {
      const count = Math.min(this.#blockElements, whole - i);
      bitUnshuffle(input, i * size, out, i * size, { count, elementBytes: size });
      i += count;
    }
    return out;
  }

  #compressed(input: Uint8Array): Uint8Array {
    if (input.length < HEAD) throw hdf5Corrupt('a bitshuffle chunk is too short');
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const total = view.getUint32(0) * 4294967296 + view.getUint32(4);
    if (total > this.#limit) {
      throw new RxSpikeError('ERR_LIMIT', `hdf5: a chunk expands to ${total} bytes, ${this.#limit} at most`);
    }
    const size = this.#elementBytes;
    const block = Math.floor(view.getUint32(8) / size / 8) * 8;
    const out = new Uint8Array(total);
    const whole = Math.floor(total / size / 8) * 8;
    if (whole > 0 && block === 0) throw hdf5Corrupt('a bitshuffle chunk has blocks of 0 bytes');
    let at = HEAD;
    for (let i = 0; i < whole;) {
      const count = Math.min(block, whole - i);
      if (at + 4 > input.length) throw hdf5Corrupt('a bitshuffle chunk ends early');
      const end = at + 4 + view.getUint32(at);
      if (end > input.length) throw hdf5Corrupt('a bitshuffle chunk ends early');
      const bits = this.#block(input.subarray(at + 4, end), count * size);
      bitUnshuffle(bits, 0, out, i * size, { count, elementBytes: size });
      at = end;
      i += count;
    }
    const rest = total - whole * size;
    if (at + rest > input.length) throw hdf5Corrupt('a bitshuffle chunk ends early');
    out.set(input.subarray(at, at + rest), whole * size);
    return out;
  }

  #block(stored: Uint8Array, size: number): Uint8Array {
    if (this.#compression === ZSTD) {
      const content = this.#zstd.expand(stored);
      if (content.length !== size) throw hdf5Corrupt('a bitshuffle chunk is damaged');
      return content;
    }
    if (size > 255 * stored.length) throw hdf5Corrupt('a bitshuffle chunk is damaged');
    const content = new Uint8Array(size);
    const target = { at: 0, end: size, first: 0 };
    if (decodeLz4Block(stored, { from: 0, to: stored.length }, content, target) !== size) {
      throw hdf5Corrupt('a bitshuffle chunk is damaged');
    }
    return content;
  }
}
