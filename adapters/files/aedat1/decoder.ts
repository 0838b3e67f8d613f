import { NEAR, clock32 } from '../aedat2/clock.js';
import type { EventBatch } from '../decoder.js';
import { BLOCK, FixedSizeDecoder } from '../fixed-size-decoder.js';
import type { SideSink } from '../side.js';
import { AEDAT1_WORD_BYTES } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** AEDAT 1.0 words → events; see `Decoder`. */
export class Aedat1Decoder extends FixedSizeDecoder {
  readonly #sink: SideSink | null;
  readonly #clock = clock32(0);

  /** `offset`: where the first word lies, for messages. */
  constructor(offset: number, sink: SideSink | null = null) {
    super({ format: 'aedat1', record: 'word' }, AEDAT1_WORD_BYTES, offset);
    this.#sink = sink;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    let n = 0;
    const clock = this.#clock;
    let { base, stamp, steady } = clock;
    for (let i = from; i < to; i += AEDAT1_WORD_BYTES) {
      const now = (bytes[i + 2] << 24) | (bytes[i + 3] << 16) | (bytes[i + 4] << 8) | bytes[i + 5];
      const high = bytes[i];
      if (high > 0x7f) {
        this.#sink?.add({ kind: 'trigger', t: base + stamp + ((now - stamp) | 0), id: 0, edge: null });
        continue;
      }
      const low = bytes[i + 1];
      X[n] = low >> 1;
      Y[n] = high;
      P[n] = ~low & 1;
      const step = now - stamp;
      if (!steady || step > NEAR || step < -NEAR) {
        clock.stamp = stamp;
        clock.next(now);
        ({ base, steady } = clock);
      }
      stamp = now;
      T[n++] = base + now;
    }
    clock.stamp = stamp;
    const triggers = (to - from) / AEDAT1_WORD_BYTES - n;
    if (triggers > 0) this.side.triggers = (this.side.triggers ?? 0) + triggers;
    return { t: T, x: X, y: Y, p: P, length: n };
  }
}
