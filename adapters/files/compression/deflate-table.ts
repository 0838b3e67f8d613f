/** Most bits of a code. */
export const MOST_BITS = 15;

const counts = new Uint16Array(MOST_BITS + 1);
const next = new Uint16Array(MOST_BITS + 1);

function reversed(code: number, bits: number): number {
  let out = 0;
  for (let k = 0; k < bits; k++) out |= ((code >> k) & 1) << (bits - 1 - k);
  return out;
}

/**
 * Canonical Huffman codes of Deflate (RFC 1951, section 3.2.2) as a table that is indexed by the next bits: symbol · 16 +
 * length; 0 where no code begins so.
 */
export class DeflateTable {
  readonly entries: Uint16Array = new Uint16Array(1 << MOST_BITS);
  /** Which of the next bits index the table. */
  mask = 0;

  /** Makes the table of codes of these lengths; false where there are more codes than their lengths allow. */
  build(lengths: Uint8Array, from: number, to: number): boolean {
    counts.fill(0);
    for (let k = from; k < to; k++) counts[lengths[k]]++;
    let bits = 0;
    let code = 0;
    for (let length = 1; length <= MOST_BITS; length++) {
      next[length] = code;
      code += counts[length];
      if (code > 1 << length) return false;
      if (counts[length] > 0) bits = length;
      code <<= 1;
    }
    this.mask = (1 << bits) - 1;
    const { entries } = this;
    entries.fill(0, 0, 1 << bits);
    for (let k = from; k < to; k++) {
      const length = lengths[k];
      if (length === 0) continue;
      const entry = ((k - from) << 4) | length;
      for (let at = reversed(next[length]++, length); at < 1 << bits; at += 1 << length) entries[at] = entry;
    }
    return true;
  }
}
