/** Largest block that is encoded, bytes. */
export const LZ4_BLOCK_MAX: number = 1 << 16;

const MIN_MATCH = 4;
/** The last match begins at least twelve bytes before the end of a block, and its last five bytes are literals. */
const LAST_MATCH = 12;
const LAST_LITERALS = 5;
const TABLE_BITS = 13;
const HASH = 0x9e3779b1;
/** One position more is passed over for each of so many without a match. */
const PATIENCE_BITS = 6;
/** Copies of four bytes at a time may write this far beyond their end. */
const SLACK = 16;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays that are handed in. So
// a block is brought here.
const IN = new Uint8Array(LZ4_BLOCK_MAX + SLACK);
const IN_VIEW = new DataView(IN.buffer);
const OUT = new Uint8Array(LZ4_BLOCK_MAX + (LZ4_BLOCK_MAX >> 7) + 64);
const OUT_VIEW = new DataView(OUT.buffer);
/** Where four bytes of this hash were seen last; 0 also where they were not: what lies there is compared anyway. */
const TABLE = new Uint16Array(1 << TABLE_BITS);

/**
 * Compresses at most {@link LZ4_BLOCK_MAX} bytes to one LZ4 block (https://github.com/lz4/lz4,
 * `doc/lz4_Block_format.md`), the same one for the same bytes. Valid until the next call; may be longer than what went in.
 */
export function encodeLz4Block(bytes: Uint8Array): Uint8Array {
  IN.set(bytes);
  return OUT.subarray(0, encode(bytes.length));
}

function encode(size: number): number {
  TABLE.fill(0);
  const limit = size - LAST_MATCH;
  const end = size - LAST_LITERALS;
  let anchor = 0;
  let out = 0;
  let i = 1;
  while (i <= limit) {
    const four = IN_VIEW.getInt32(i, true);
    const slot = Math.imul(four, HASH) >>> (32 - TABLE_BITS);
    const candidate = TABLE[slot];
    TABLE[slot] = i;
    if (IN_VIEW.getInt32(candidate, true) !== four) {
      i += 1 + ((i - anchor) >> PATIENCE_BITS);
      continue;
    }
    const distance = i - candidate;
    const stop = matchEnd(i + MIN_MATCH, distance, end);
    const run = i - anchor;
    const extra = stop - i - MIN_MATCH;
    if (run <= 4 && extra < 15) {
      OUT[out] = (run << 4) | extra;
      OUT_VIEW.setInt32(out + 1, IN_VIEW.getInt32(anchor, true), true);
      OUT_VIEW.setInt16(out + 1 + run, distance, true);
      out += 3 + run;
    } else {
      out = sequence(out, anchor, i, distance, extra);
    }
    anchor = stop;
    i = stop;
  }
  return literals(out, anchor, size, 0);
}

/** Where, from `at` on and before `end`, the bytes stop being those that lie `distance` before. */
function matchEnd(at: number, distance: number, end: number): number {
  for (let stop = at; stop < end; stop += 4) {
    const different = IN_VIEW.getInt32(stop, true) ^ IN_VIEW.getInt32(stop - distance, true);
    // The number of low zero bytes.
    if (different !== 0) return Math.min(end, stop + ((31 - Math.clz32(different & -different)) >> 3));
  }
  return end;
}

/** Writes literals and the match behind them at `OUT[out…]`; returns where it ends. */
function sequence(out: number, from: number, to: number, distance: number, length: number): number {
  let at = literals(out, from, to, length < 15 ? length : 15);
  OUT[at] = distance;
  OUT[at + 1] = distance >> 8;
  at += 2;
  return length < 15 ? at : more(at, length - 15);
}

/** Writes a token and the literals `IN[from…to)`; returns where they end. */
function literals(out: number, from: number, to: number, match: number): number {
  const length = to - from;
  let at = out + 1;
  if (length < 15) {
    OUT[out] = (length << 4) | match;
  } else {
    OUT[out] = 0xf0 | match;
    at = more(at, length - 15);
  }
  const stop = at + length;
  for (let k = from; at < stop; at += 4, k += 4) OUT_VIEW.setInt32(at, IN_VIEW.getInt32(k, true), true);
  return stop;
}

/** Writes what of a length a token has no room for. */
function more(out: number, length: number): number {
  let [at, rest] = [out, length];
  for (; rest >= 255; rest -= 255) OUT[at++] = 255;
  OUT[at] = rest;
  return at + 1;
}
