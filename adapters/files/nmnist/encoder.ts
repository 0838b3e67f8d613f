import type { EventPacket } from '../../../src/index.js';
import type { Encoder, Holds, Patch } from '../encoder.js';
import { NMNIST_EVENT_BYTES, NMNIST_OVERFLOW_TIME, NMNIST_OVERFLOW_Y } from './layout.js';

const OUTPUT_EVENTS = 1 << 13;

/** Latest time after the overflows, µs. */
const LATEST = 2 ** 23 - 1;

const HOLDS: Holds = {
  maxX: 0xff,
  maxY: NMNIST_OVERFLOW_Y - 1,
  minTime: 0,
  // Readers keep times in 32 bits.
  maxTime: 2 ** 32 - 1,
  stepsBack: true,
  // An overflow cannot be taken back: as few are written as the latest event needs, and this much is left before it.
  furthestBack: LATEST - (NMNIST_OVERFLOW_TIME - 1),
  maxGap: Infinity,
  fractions: false,
};

/** Events → N-MNIST. */
class NmnistEncoder implements Encoder {
  readonly holds = HOLDS;
  readonly patching = 'append';
  readonly #output = new Uint8Array(OUTPUT_EVENTS * NMNIST_EVENT_BYTES);
  #length = 0;
  /** µs of the overflows that have been written. */
  #base = 0;

  *start(): Generator<Uint8Array> {}

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      from = this.#fill(packet, from);
      if (from < packet.length) yield this.#take();
    }
  }

  *flush(): Generator<Uint8Array> {
    if (this.#length > 0) yield this.#take();
  }

  finish(): Iterable<Uint8Array> {
    return this.flush();
  }

  patches(): readonly Patch[] {
    return [];
  }

  #take(): Uint8Array {
    const bytes = this.#output.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** Writes the events from number `from` on; returns the first one for which there was no room. */
  #fill({ t, x, y, p, length }: EventPacket, from: number): number {
    const out = this.#output;
    let base = this.#base;
    let o = this.#length;
    let i = from;
    while (i < length && o < out.length) {
      const time = t[i] - base;
      if (time > LATEST) {
        out[o] = 0;
        out[o + 1] = NMNIST_OVERFLOW_Y;
        out[o + 2] = 0;
        out[o + 3] = 0;
        out[o + 4] = 0;
        base += NMNIST_OVERFLOW_TIME;
      } else {
        out[o] = x[i];
        out[o + 1] = y[i];
        out[o + 2] = (p[i] << 7) | (time >> 16);
        out[o + 3] = time >> 8;
        out[o + 4] = time;
        i++;
      }
      o += NMNIST_EVENT_BYTES;
    }
    this.#base = base;
    this.#length = o;
    return i;
  }
}

/** Makes an encoder for N-MNIST and N-Caltech101. */
export function nmnistEncoder(): Encoder {
  return new NmnistEncoder();
}
