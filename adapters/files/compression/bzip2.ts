import { RxSpikeError } from '../../../src/index.js';
import { BitsFromTop } from './bzip2-bits.js';
import { readBzip2Block, type Bzip2Block } from './bzip2-block.js';
import { BoundedOutput, type Decompressor } from './decompressor.js';

const BLOCK_MAGIC_HIGH = 0x314159;
const BLOCK_MAGIC_LOW = 0x265359;
const END_MAGIC_HIGH = 0x177245;
const END_MAGIC_LOW = 0x385090;

/** A run of four equal bytes is followed by the number of further ones. */
const RUN = 4;
const MOST_PER_BYTE = 259 / 5;

/** Table of the polynomial 0x04C11DB7, highest bit first. */
const CRC_TABLE: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte << 24;
  for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c;
});

const corrupt = (what: string): RxSpikeError => new RxSpikeError('ERR_CORRUPT', `bzip2: ${what}`);

/**
 * Expands bzip2 streams of at most `limit` bytes of content; checksums are verified (Julian Seward's bzip2 1.0, whose
 * format is described at https://github.com/dsnet/compress, `doc/bzip2-format.pdf`). Blocks that were randomised, as
 * versions before 0.9.5 did, are not supported.
 */
export class Bzip2Decompressor implements Decompressor {
  readonly #output: BoundedOutput;

  constructor(limit: number) {
    this.#output = new BoundedOutput(limit);
  }

  expand(frame: Uint8Array): Uint8Array {
    const bits = new BitsFromTop(frame);
    if (bits.read(24) !== 0x425a68) throw corrupt('does not begin with BZh');
    const level = bits.read(8) - 0x30;
    if (!(level >= 1 && level <= 9)) throw corrupt(`level ${level}`);
    let length = 0;
    let combined = 0;
    for (;;) {
      const [high, low] = [bits.read(24), bits.read(24)];
      const [crcHigh, crcLow] = [bits.read(16), bits.read(16)];
      const crc = (crcHigh << 16) | crcLow;
      if (high === END_MAGIC_HIGH && low === END_MAGIC_LOW) {
        if (crc !== combined) throw corrupt('checksum does not match');
        return this.#output.bytes.subarray(0, length);
      }
      if (high !== BLOCK_MAGIC_HIGH || low !== BLOCK_MAGIC_LOW) throw corrupt('a block does not begin as one');
      combined = ((combined << 1) | (combined >>> 31)) ^ crc;
      length = this.#block(readBzip2Block(bits, level * 100_000), length, crc);
    }
  }

  /** Undoes the sorting and the runs of a block; returns the new length of the output. */
  #block({ next, length: size, first }: Bzip2Block, from: number, expected: number): number {
    // Room for the most that the block can make, or up to the limit and one run beyond.
    const room = Math.min(from + Math.ceil(size * MOST_PER_BYTE) + RUN, this.#output.limit + 255 + RUN);
    let at = from;
    let space = Math.min(from + size + 255, room);
    this.#output.reserve(space, from, 255 + RUN);
    let { bytes } = this.#output;
    let position = next[first] >>> 8;
    let before = -1;
    let run = 0;
    let crc = -1;
    for (let n = 0; n < size; n++) {
      const entry = next[position];
      const byte = entry & 0xff;
      position = entry >>> 8;
      if (at + 255 > space) {
        if (at > this.#output.limit) throw this.#output.tooLarge();
        space = Math.min(Math.max(2 * space, at + 255), room);
        this.#output.reserve(space, at, 255 + RUN);
        ({ bytes } = this.#output);
      }
      if (run === RUN) {
        for (let k = 0; k < byte; k++) {
          bytes[at++] = before;
          crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ before];
        }
        run = 0;
        before = -1;
      } else {
        run = byte === before ? run + 1 : 1;
        before = byte;
        bytes[at++] = byte;
        crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte];
      }
    }
    if (at > this.#output.limit) throw this.#output.tooLarge();
    if (~crc !== expected) throw corrupt('block checksum does not match');
    return at;
  }
}
