import { copyLiterals, copyMatch } from './copy.js';

/** Where a block is written: from `at`, not beyond `end`; matches may reach back to `first`. */
interface Target {
  readonly at: number;
  readonly end: number;
  readonly first: number;
}

const FULL = -1;
const DAMAGED = -2;
const MIN_MATCH = 4;

/**
 * Expands one LZ4 block (https://github.com/lz4/lz4, `doc/lz4_Block_format.md`). Never reads outside `source` nor
 * writes outside `target`. Returns the offset after the last byte written; −1 where the content is longer than the
 * target, −2 where the block is damaged.
 */
export function decodeLz4Block(
  input: Uint8Array,
  source: { readonly from: number; readonly to: number },
  output: Uint8Array,
  target: Target,
): number {
  const { to } = source;
  const { end, first } = target;
  let i = source.from;
  let o = target.at;
  while (i < to) {
    const token = input[i++];
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && i < to) literals += more = input[i++];
    }
    if (literals > to - i) return DAMAGED;
    if (literals > end - o) return FULL;
    copyLiterals(input, i, output, o, literals);
    i += literals;
    o += literals;
    if (i === to) return o;
    if (to - i < 2) return DAMAGED;
    const distance = input[i] | (input[i + 1] << 8);
    i += 2;
    let length = token & 15;
    if (length === 15) {
      let more = 255;
      while (more === 255 && i < to) length += more = input[i++];
    }
    length += MIN_MATCH;
    if (distance === 0 || o - distance < first) return DAMAGED;
    if (length > end - o) return FULL;
    copyMatch(output, o, distance, length);
    o += length;
  }
  return DAMAGED;
}
