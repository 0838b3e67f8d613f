import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, WriteOptions } from '../encoder.js';
import { HighBits } from './high-bits.js';
import { ADDRESSES, EVT2_TIME_HIGH, LOOP_34, WORD_BYTES } from './layout.js';
import { RecordEncoder, STAGE } from './record-encoder.js';
import { rawHeader } from './write-header.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);
const P = new Uint8Array(STAGE);
/** An event takes two words at most, besides those that lead over a gap: for them the rest of the room is used. */
const ROOM = 4 * STAGE;
const FULL = ROOM - 2 * STAGE;
const OUT = new Int32Array(ROOM);
const BYTES = new Uint8Array(OUT.buffer);

const UNIT = 64;

/** What files with a clock of 34 bits hold. */
export const HOLDS_34: Holds = {
  maxX: ADDRESSES - 1,
  maxY: ADDRESSES - 1,
  minTime: 0,
  maxTime: Number.MAX_SAFE_INTEGER,
  stepsBack: true,
  backWithin: LOOP_34,
  maxGap: 2 ** 40,
  fractions: false,
};

/** The clock of such files: a recording that begins after its first loop says so in the header. */
export function highBits34(): HighBits {
  return new HighBits(2 ** 28, false, 0);
}

/** Makes an encoder of EVT2. @throws as `rawHeader` */
export function encodeEvt2(info: StreamInfo, options: WriteOptions): Encoder {
  return new Evt2Encoder(HOLDS_34, rawHeader('evt2', info, options), WORD_BYTES.evt2);
}

/** Events → EVT2 words; see `Encoder`. */
class Evt2Encoder extends RecordEncoder {
  readonly #high = highBits34();
  /** Time of the high bits, µs. */
  #base: number = Number.NaN;
  #n = 0;

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

  protected override rest(): void {}

  protected override drain(): Uint8Array {
    const bytes = BYTES.subarray(0, 4 * this.#n);
    this.#n = 0;
    return bytes;
  }

  /** Encodes events while the high bits are theirs; returns where it stopped. */
  #events(first: number, count: number): number {
    const base = this.#base;
    let n = this.#n;
    let i = first;
    for (; i < count; i++) {
      const low = T[i] - base;
      if (!(low >= 0 && low < UNIT)) break;
      OUT[n++] = (P[i] << 28) | (low << 22) | (X[i] << 11) | Y[i];
    }
    this.#n = n;
    return i;
  }

  /** Writes the high bits that lead to `time`; false where the room ended before. */
  #lead(time: number): boolean {
    const high = this.#high;
    const target = Math.floor((time - this.t0) / UNIT);
    while (high.now !== target) {
      if (this.#n >= FULL) return false;
      OUT[this.#n++] = (EVT2_TIME_HIGH << 28) | (high.next(target) % 2 ** 28);
    }
    this.#base = this.t0 + target * UNIT;
    return true;
  }
}
