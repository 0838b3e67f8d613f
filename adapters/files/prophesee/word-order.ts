import { EVT2_TIME_HIGH } from './layout.js';

/** How sure one is: of two readings of the same words one must fit this many more. */
const ENOUGH = 2;

/** Types of EVT2.1 words that are known. */
const KNOWN = new Set([0x0, 0x1, EVT2_TIME_HIGH, 0xa, 0xd, 0xe, 0xf]);

/**
 * Which half of the 64-bit words of EVT2.1 holds the type, judged by the words: `'legacy'` where it is the first,
 * `'little'` where it is the second, null where both could be.
 */
export function wordOrder(bytes: Uint8Array): 'legacy' | 'little' | null {
  const difference = misfits(bytes, 0) - misfits(bytes, 4);
  if (difference >= ENOUGH) return 'little';
  return difference <= -ENOUGH ? 'legacy' : null;
}

/**
 * Words that do not fit if the type lies in the half at byte `half`: of types that are not known, high bits of time
 * beside which something stands or that do not run on, events without a column.
 */
function misfits(bytes: Uint8Array, half: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let before = -1;
  let count = 0;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const word = view.getUint32(at + half, true);
    const beside = view.getUint32(at + 4 - half, true);
    const type = word >>> 28;
    const high = word & 0xfffffff;
    if (type !== EVT2_TIME_HIGH) {
      if (!KNOWN.has(type) || (type <= 1 && beside === 0)) count++;
    } else if (beside !== 0 || (before >= 0 && (high < before || high > before + (1 << 20)))) {
      count++;
    } else {
      before = high;
    }
  }
  // Events without a time anywhere are no reading at all.
  return before < 0 ? count + bytes.length / 8 : count;
}
