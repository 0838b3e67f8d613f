import type { EventPacket, StreamInfo } from '../../../src/index.js';
import { holdsOfTable } from '../columns/holds.js';
import type { Encoder, Holds, Patch } from '../encoder.js';
import { npyStart } from './write-header.js';

const ROW_BYTES = 13;
const BLOCK = 4096;
const DESCR = "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '?')]";

const OUT = new Uint8Array(BLOCK * ROW_BYTES);

const HOLDS: Holds = holdsOfTable(false);

/**
 * Events → a structured array `[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '?')]`, 13 bytes a row, times in µs. The
 * header gets the number of rows when it is known.
 */
class NpyEncoding implements Encoder {
  readonly holds: Holds = HOLDS;
  readonly patching = 'required';
  #rows = 0;

  *start(): Generator<Uint8Array> {
    yield npyStart(DESCR, '(0,)');
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length; from += BLOCK) {
      const to = Math.min(packet.length, from + BLOCK);
      rows(packet, from, to);
      this.#rows += to - from;
      yield OUT.subarray(0, (to - from) * ROW_BYTES);
    }
  }

  *finish(): Generator<Uint8Array> {}

  patches(): readonly Patch[] {
    return [{ at: 0, bytes: npyStart(DESCR, `(${this.#rows},)`) }];
  }
}

function rows({ t, x, y, p }: EventPacket, from: number, to: number): void {
  let at = 0;
  for (let i = from; i < to; i++) {
    const high = Math.floor(t[i] / 4_294_967_296);
    const low = t[i] - high * 4_294_967_296;
    OUT[at] = low;
    OUT[at + 1] = low >>> 8;
    OUT[at + 2] = low >>> 16;
    OUT[at + 3] = low >>> 24;
    OUT[at + 4] = high;
    OUT[at + 5] = high >> 8;
    OUT[at + 6] = high >> 16;
    OUT[at + 7] = high >> 24;
    OUT[at + 8] = x[i];
    OUT[at + 9] = x[i] >> 8;
    OUT[at + 10] = y[i];
    OUT[at + 11] = y[i] >> 8;
    OUT[at + 12] = p[i];
    at += ROW_BYTES;
  }
}

/** An encoder of NPY; see {@link NpyEncoding}. The format has no place for anything but the events. */
export function npyEncoder(_info: StreamInfo): Encoder {
  return new NpyEncoding();
}
