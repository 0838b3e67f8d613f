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
/** How far a match can reach back. */
const WINDOW = 1 << 16;
/** Largest block that has its place in memory of the module, bytes. */
const STAGE = 1 << 16;
/** Copies of four bytes at a time may write this far beyond their end. */
const SLACK = 16;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays that are handed in. So
// a block is brought here, expanded behind the window that it may look back to, and taken away.
const IN = new Uint8Array(STAGE + SLACK);
const OUT = new Uint8Array(WINDOW + STAGE + SLACK);
const IN_VIEW = new DataView(IN.buffer);
const OUT_VIEW = new DataView(OUT.buffer);

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
  const { at, end, first } = target;
  const size = source.to - source.from;
  if (size > STAGE || end - at > STAGE) return decodeLarge(input, source, output, target);
  IN.set(input.subarray(source.from, source.to));
  const history = Math.min(WINDOW, at - first);
  if (history > 0) OUT.set(output.subarray(at - history, at), WINDOW - history);
  const written = decodeStaged(size, WINDOW + end - at, WINDOW - history);
  if (written < 0) return written;
  output.set(OUT.subarray(WINDOW, written), at);
  return at + written - WINDOW;
}

/** Expands `IN[0…to)` to `OUT[WINDOW…end)`; matches reach back to `first`. Returns as {@link decodeLz4Block}. */
function decodeStaged(to: number, end: number, first: number): number {
  let i = 0;
  let o = WINDOW;
  while (i < to) {
    const token = IN[i++];
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && i < to) literals += more = IN[i++];
    }
    if (literals > to - i) return DAMAGED;
    if (literals > end - o) return FULL;
    for (const stop = o + literals; o < stop; o += 4, i += 4) OUT_VIEW.setInt32(o, IN_VIEW.getInt32(i, true), true);
    // The loop ends at or beyond the last literal; what it wrote beyond is written over.
    const beyond = (4 - (literals & 3)) & 3;
    o -= beyond;
    i -= beyond;
    if (i === to) return o;
    if (to - i < 2) return DAMAGED;
    const distance = IN[i] | (IN[i + 1] << 8);
    i += 2;
    let length = token & 15;
    if (length === 15) {
      let more = 255;
      while (more === 255 && i < to) length += more = IN[i++];
    }
    length += MIN_MATCH;
    if (distance === 0 || o - distance < first) return DAMAGED;
    if (length > end - o) return FULL;
    const stop = o + length;
    if (distance < 4) repeat(o, stop, distance);
    else for (; o < stop; o += 4) OUT_VIEW.setInt32(o, OUT_VIEW.getInt32(o - distance, true), true);
    o = stop;
  }
  return DAMAGED;
}

/** Fills `OUT[from…to)` with what lies `distance` before, byte by byte. */
function repeat(from: number, to: number, distance: number): void {
  for (let k = from; k < to; k++) OUT[k] = OUT[k - distance];
}

/** As {@link decodeLz4Block}, for blocks of any size. */
function decodeLarge(
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
