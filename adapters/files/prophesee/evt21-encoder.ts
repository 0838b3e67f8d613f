import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, WriteOptions } from '../encoder.js';
import { LITTLE_HOST } from './byte-order.js';
import { HOLDS_34, highBits34 } from './evt2-encoder.js';
import { EVT2_TIME_HIGH, LOOP_34, WORD_BYTES } from './layout.js';
import { RecordEncoder, STAGE } from './record-encoder.js';
import { rawHeader } from './write-header.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);
const P = new Uint8Array(STAGE);
/** In halves of a word. An event takes two words at most; the rest of the room is for those that lead over a gap. */
const ROOM = 8 * STAGE;
const FULL = ROOM - 4 * STAGE - 4;
const OUT = new Int32Array(ROOM);
const BYTES = new Uint8Array(OUT.buffer);

const UNIT = 64;
/** Which half of a word has the type, in the order of the host. */
const HEAD = LITTLE_HOST ? 1 : 0;

/** Makes an encoder of EVT2.1, of 64-bit words in one piece. @throws as `rawHeader` */
export function encodeEvt21(info: StreamInfo, options: WriteOptions): Encoder {
  return new Evt21Encoder(HOLDS_34, rawHeader('evt2.1', info, options), WORD_BYTES['evt2.1']);
}

/**
 * Events → EVT2.1 words; see `Encoder`. Events that follow each other from left to right, at one time, in one row and of
 * one polarity, share a word as far as they lie in the same 32 columns.
 */
class Evt21Encoder extends RecordEncoder {
  readonly #high = highBits34();
  /** Time of the high bits, µs. */
  #base: number = Number.NaN;
  #n = 0;
  /** The word that is being put together: the half with the type, and the columns. No word without columns. */
  #word = 0;
  #mask = 0;

  protected override zero(first: number): number {
    return this.#high.loopsBefore(Math.floor(first / UNIT)) * LOOP_34;
  }

  protected override fill({ t, x, y, p }: EventPacket, from: number, to: number): number {
    T.set(t.subarray(from, to));
    X.set(x.subarray(from, to));
    Y.set(y.subarray(from, to));
    P.set(p.subarray(from, to));
    const count = to - from;
    let i = 0;
    while (i < count) {
      i = this.#events(i, count);
      if (i < count && !this.#lead(T[i])) break;
    }
    return i;
  }

  protected override rest(): void {
    if (this.#mask === 0) return;
    OUT[this.#n + HEAD] = this.#word;
    OUT[this.#n + 1 - HEAD] = this.#mask;
    this.#n += 2;
    this.#mask = 0;
  }

  protected override drain(): Uint8Array {
    const bytes = BYTES.subarray(0, 4 * this.#n);
    this.#n = 0;
    return bytes;
  }

  /** Encodes events while the high bits are theirs; returns where it stopped. */
  #events(first: number, count: number): number {
    const base = this.#base;
    let n = this.#n;
    let word = this.#word;
    let mask = this.#mask;
    let i = first;
    for (; i < count; i++) {
      const low = T[i] - base;
      if (!(low >= 0 && low < UNIT)) break;
      const x = X[i];
      const own = (P[i] << 28) | (low << 22) | ((x & 0x7e0) << 11) | Y[i];
      const bit = 1 << (x & 31);
      // Only a column to the right of those that are there keeps the order.
      if (own === word && mask >>> (x & 31) === 0 && mask !== 0) {
        mask |= bit;
        continue;
      }
      if (mask !== 0) {
        OUT[n + HEAD] = word;
        OUT[n + 1 - HEAD] = mask;
        n += 2;
      }
      word = own;
      mask = bit;
    }
    this.#n = n;
    this.#word = word;
    this.#mask = mask;
    return i;
  }

  /** Writes the high bits that lead to `time`; false where the room ended before. */
  #lead(time: number): boolean {
    const high = this.#high;
    const target = Math.floor((time - this.t0) / UNIT);
    if (high.now !== target) this.rest();
    while (high.now !== target) {
      if (this.#n >= FULL) return false;
      OUT[this.#n + HEAD] = (EVT2_TIME_HIGH << 28) | (high.next(target) % 2 ** 28);
      OUT[this.#n + 1 - HEAD] = 0;
      this.#n += 2;
    }
    this.#base = this.t0 + target * UNIT;
    return true;
  }
}
