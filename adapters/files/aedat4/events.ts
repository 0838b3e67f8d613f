import type { EventBatch } from '../decoder.js';
import { EVENT_BYTES } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays that are handed in. So
// events are brought here, which also puts them at addresses from which whole numbers can be read at once.
const BLOCK = 1024;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);
const BYTES = new Uint8Array(BLOCK * EVENT_BYTES);
const WORDS = new Int32Array(BYTES.buffer);

/** Times are exact in a float64 while their upper half lies in −2²¹ … 2²¹ − 1. */
const EXACT = 2 ** 21;

/**
 * The `length` events at `bytes[at…]`, a block at a time; ends early before an event whose time a float64 cannot hold.
 */
export function* readEvents(bytes: Uint8Array, at: number, length: number): Generator<EventBatch> {
  for (let from = 0; from < length; from += BLOCK) {
    const n = Math.min(BLOCK, length - from);
    const begin = at + from * EVENT_BYTES;
    BYTES.set(bytes.subarray(begin, begin + n * EVENT_BYTES));
    const beyond = block(n);
    const good = beyond ? exact(n) : n;
    yield { t: T, x: X, y: Y, p: P, length: good };
    if (beyond) return;
  }
}

/** Decodes the first `n` events of `WORDS`; true where a time is beyond what a float64 can hold. */
function block(n: number): boolean {
  let beyond = 0;
  for (let i = 0, k = 0; i < n; i++, k += 4) {
    const high = WORDS[k + 1];
    const place = WORDS[k + 2];
    beyond |= high + EXACT;
    T[i] = high * 4294967296 + (WORDS[k] >>> 0);
    X[i] = place;
    Y[i] = place >> 16;
    P[i] = (WORDS[k + 3] & 0xff) === 0 ? 0 : 1;
  }
  return beyond >>> 22 !== 0;
}

/** Events before the first whose time is not exact. */
function exact(n: number): number {
  for (let i = 0; i < n; i++) {
    const high = WORDS[4 * i + 1];
    if (high >= EXACT || high < -EXACT) return i;
  }
  return n;
}
