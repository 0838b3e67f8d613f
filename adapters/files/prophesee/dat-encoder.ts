import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, WriteOptions } from '../encoder.js';
import { MARGINS } from '../wrapping-clock.js';
import { DAT_RECORD_BYTES, LOOP_32 } from './layout.js';
import { RecordEncoder, STAGE } from './record-encoder.js';
import { datHeader } from './write-header.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);
const P = new Uint8Array(STAGE);
const BYTES = new Uint8Array(DAT_RECORD_BYTES * STAGE);
const STAMPS = new Uint32Array(BYTES.buffer);
const WORDS = new Int32Array(BYTES.buffer);

/** The clock has no words of its own: readers believe it to leap over its end by so much. */
const HOLDS: Holds = {
  maxX: 2 ** 14 - 1,
  maxY: 2 ** 14 - 1,
  minTime: 0,
  maxTime: Number.MAX_SAFE_INTEGER,
  stepsBack: true,
  backWithin: LOOP_32,
  maxGap: LOOP_32 / MARGINS,
  fractions: false,
};

/** Makes an encoder of DAT version 2. @throws as `datHeader` */
export function encodeDat(info: StreamInfo, options: WriteOptions): Encoder {
  return new DatEncoder(HOLDS, datHeader(info, options), 4);
}

/** Events → DAT records; see `Encoder`. */
class DatEncoder extends RecordEncoder {
  #n = 0;

  protected override zero(first: number): number {
    return Math.floor(first / LOOP_32) * LOOP_32;
  }

  protected override fill({ t, x, y, p }: EventPacket, from: number, to: number): number {
    T.set(t.subarray(from, to));
    X.set(x.subarray(from, to));
    Y.set(y.subarray(from, to));
    P.set(p.subarray(from, to));
    this.#n = to - from;
    this.#events(to - from);
    return to - from;
  }

  protected override rest(): void {}

  protected override drain(): Uint8Array {
    const bytes = BYTES.subarray(0, DAT_RECORD_BYTES * this.#n);
    this.#n = 0;
    return bytes;
  }

  #events(count: number): void {
    for (let i = 0; i < count; i++) {
      // Stored modulo 2³².
      STAMPS[2 * i] = T[i];
      WORDS[2 * i + 1] = (P[i] << 28) | (Y[i] << 14) | X[i];
    }
  }
}
