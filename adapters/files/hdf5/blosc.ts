import { RxSpikeError } from '../../../src/index.js';
import { decodeLz4Block } from '../compression/lz4-block.js';
import { ZstdDecompressor } from '../compression/zstd.js';
import { bitUnshuffle } from './bitshuffle.js';
import { decodeBlosclz } from './blosclz.js';
import { hdf5Corrupt, hdf5Unsupported } from './cursor.js';
import { BoundedInflate } from './deflate.js';
import { unshuffleInto } from './shuffle.js';

const HEAD = 16;
const [SHUFFLED, COPIED, BIT_SHUFFLED, NOT_SPLIT] = [1, 2, 4, 16];
const CODECS = ['BloscLZ', 'LZ4', 'Snappy', 'zlib', 'zstd'];
const MOST_SPLITS = 16;
const LEAST_SPLIT = 128;

interface Header {
  readonly flags: number;
  readonly typeBytes: number;
  readonly size: number;
  readonly blockSize: number;
}

/** Expands chunks of Blosc 1 (https://github.com/Blosc/c-blosc, `README_CHUNK_FORMAT.rst`), all its codecs but Snappy. */
export class BloscDecoder {
  readonly #limit: number;
  readonly #zstd: ZstdDecompressor;
  readonly #inflate: BoundedInflate;
  #out = new Uint8Array(0);
  #block = new Uint8Array(0);

  constructor(limit: number) {
    this.#limit = limit;
    this.#zstd = new ZstdDecompressor(limit);
    this.#inflate = new BoundedInflate(limit);
  }

  /** The content of a chunk; valid until the next call. @throws `ERR_CORRUPT`, `ERR_TRUNCATED`, `ERR_LIMIT`, `ERR_UNSUPPORTED` */
  expand(input: Uint8Array): Uint8Array {
    const header = this.#header(input);
    const { flags, size, blockSize } = header;
    if ((flags & COPIED) !== 0) {
      if (input.length < HEAD + size) throw hdf5Corrupt('a Blosc chunk ends early');
      return input.subarray(HEAD, HEAD + size);
    }
    if (this.#out.length < size) this.#out = new Uint8Array(size);
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const blocks = Math.ceil(size / blockSize);
    if (HEAD + 4 * blocks > input.length) throw hdf5Corrupt('a Blosc chunk ends early');
    for (let k = 0; k < blocks; k++) {
      const length = Math.min(blockSize, size - k * blockSize);
      this.#expandBlock(input, view, view.getUint32(HEAD + 4 * k, true), { ...header, at: k * blockSize, length });
    }
    return this.#out.subarray(0, size);
  }

  #header(input: Uint8Array): Header {
    if (input.length < HEAD) throw hdf5Corrupt('a Blosc chunk is too short');
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const [size, blockSize] = [view.getUint32(4, true), view.getUint32(8, true)];
    if (input[0] > 2) throw hdf5Unsupported(`version ${input[0]} of Blosc is not read`);
    if (size > this.#limit) {
      throw new RxSpikeError('ERR_LIMIT', `hdf5: a chunk expands to ${size} bytes, ${this.#limit} at most`);
    }
    if (size > 0 && (blockSize === 0 || blockSize > this.#limit))
      throw hdf5Corrupt(`a Blosc chunk has blocks of ${blockSize}`);
    return { flags: input[2], typeBytes: Math.max(1, input[3]), size, blockSize };
  }

  #expandBlock(
    input: Uint8Array,
    view: DataView,
    from: number,
    part: Header & { readonly at: number; readonly length: number },
  ): void {
    const { flags, typeBytes, blockSize, at, length } = part;
    const bits = (flags & BIT_SHUFFLED) !== 0;
    const bytes = (flags & SHUFFLED) !== 0 && typeBytes > 1;
    const shuffled = bits || bytes;
    if (shuffled && this.#block.length < length) this.#block = new Uint8Array(Math.min(blockSize, part.size));
    const [target, start] = shuffled ? [this.#block, 0] : [this.#out, at];
    const splits =
      (flags & NOT_SPLIT) === 0 &&
      typeBytes <= MOST_SPLITS &&
      blockSize / typeBytes >= LEAST_SPLIT &&
      length === blockSize &&
      length % typeBytes === 0
        ? typeBytes
        : 1;
    const piece = length / splits;
    let next = from;
    for (let k = 0; k < splits; k++) {
      if (next + 4 > input.length) throw hdf5Corrupt('a Blosc chunk ends early');
      const end = next + 4 + view.getUint32(next, true);
      if (end > input.length) throw hdf5Corrupt('a Blosc chunk ends early');
      this.#expandStream(flags >> 5, input.subarray(next + 4, end), target, start + k * piece, start + (k + 1) * piece);
      next = end;
    }
    const count = Math.floor(length / typeBytes);
    if (bits && count % 8 === 0) {
      bitUnshuffle(target, 0, this.#out, at, { count, elementBytes: typeBytes });
      this.#out.set(target.subarray(count * typeBytes, length), at + count * typeBytes);
    } else if (bits) this.#out.set(target.subarray(0, length), at);
    else if (bytes) unshuffleInto(target, this.#out, at, length, typeBytes);
  }

  /** Expands a stream into `target` from `at` to `end`; one as long as that is stored as it is. */
  #expandStream(codec: number, stream: Uint8Array, target: Uint8Array, at: number, end: number): void {
    if (stream.length === end - at) {
      target.set(stream, at);
      return;
    }
    let good = false;
    if (codec === 0) good = decodeBlosclz(stream, target, at, end);
    else if (codec === 1) {
      good = decodeLz4Block(stream, { from: 0, to: stream.length }, target, { at, end, first: at }) === end;
    } else if (codec === 3 || codec === 4) {
      const content = codec === 3 ? this.#inflate.expand(stream) : this.#zstd.expand(stream);
      good = content.length === end - at;
      if (good) target.set(content, at);
    } else throw hdf5Unsupported(`Blosc with ${CODECS[codec] ?? `codec ${codec}`} is not read`);
    if (!good) throw hdf5Corrupt('a Blosc chunk is damaged');
  }
}
