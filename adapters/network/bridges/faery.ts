import type { EventPacket } from '../../../src/index.js';
import type { Counts, EventBatch } from '../../files/decoder.js';
import type { Holds } from '../../files/encoder.js';
import { Clock32 } from './clock32.js';
import type { DatagramDecoder, DatagramEncoder, TimeSource } from './datagram.js';
import { EventRoom, countOf } from './event-room.js';

/**
 * Datagrams of faery (`udp_encoder.py`, `udp_decoder.py`), little-endian: events of 13 bytes (time u64 µs, x u16, y u16,
 * polarity u8) or of 8 (time u32 µs, x u16, y in the upper 15 bits and polarity in the lowest of a u16), 100 in each.
 */
const EVENTS = 100;
const BYTES = { faery: 13, 'faery-t32': 8 } as const;
/** Times are exact in a float64 while their upper half is below. */
const EXACT = 2 ** 21;

type Variant = keyof typeof BYTES;

/** Reads datagrams of faery; `partialEvent` counts those that end within an event. */
export class FaeryDecoder implements DatagramDecoder {
  readonly violations: Counts = {};
  times: TimeSource | null = null;
  readonly #room: EventRoom;
  readonly #variant: Variant;
  readonly #clock = new Clock32();

  constructor(width: number | null, height: number | null, variant: Variant) {
    this.#room = new EventRoom(width, height, this.violations);
    this.#variant = variant;
  }

  decode(bytes: Uint8Array): EventBatch {
    const room = this.#room;
    room.length = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = BYTES[this.#variant];
    const end = bytes.length - (bytes.length % size);
    for (let at = 0; at < end; at += size) {
      if (size === 13) this.#wide(view, at);
      else this.#narrow(view, at);
    }
    if (end < bytes.length) countOf(this.violations, 'partialEvent', 1);
    if (room.length > 0) this.times = 'device';
    return room;
  }

  #wide(view: DataView, at: number): void {
    const high = view.getUint32(at + 4, true);
    if (high >= EXACT) {
      countOf(this.violations, 'timeBeyond', 1);
      return;
    }
    const t = high * 2 ** 32 + view.getUint32(at, true);
    this.#room.add(
      t,
      view.getUint16(at + 8, true),
      view.getUint16(at + 10, true),
      view.getUint8(at + 12) === 0 ? 0 : 1,
    );
  }

  #narrow(view: DataView, at: number): void {
    const y = view.getUint16(at + 6, true);
    const t = this.#clock.unwrap(view.getUint32(at, true));
    this.#room.add(t, view.getUint16(at + 4, true), y >> 1, (y & 1) as 0 | 1);
  }
}

/** Writes datagrams of faery. */
export class FaeryEncoder implements DatagramEncoder {
  readonly holds: Holds;
  readonly #size: number;

  constructor(variant: Variant) {
    const wide = variant === 'faery';
    this.#size = BYTES[variant];
    this.holds = {
      maxX: 65_535,
      maxY: wide ? 65_535 : 32_767,
      minTime: 0,
      maxTime: Number.MAX_SAFE_INTEGER,
      stepsBack: true,
      maxGap: wide ? Infinity : 2 ** 31 - 1,
      fractions: false,
    };
  }

  encode({ t, x, y, p, length }: EventPacket): Uint8Array[] {
    const size = this.#size;
    const bytes = new Uint8Array(length * size);
    const view = new DataView(bytes.buffer);
    for (let i = 0, at = 0; i < length; i++, at += size) {
      // Stored modulo 2³².
      view.setUint32(at, t[i] % 2 ** 32, true);
      if (size === 13) {
        view.setUint32(at + 4, Math.floor(t[i] / 2 ** 32), true);
        view.setUint16(at + 8, x[i], true);
        view.setUint16(at + 10, y[i], true);
        view.setUint8(at + 12, p[i]);
      } else {
        view.setUint16(at + 4, x[i], true);
        view.setUint16(at + 6, (y[i] << 1) | p[i], true);
      }
    }
    const datagrams: Uint8Array[] = [];
    for (let from = 0; from < length;) {
      const end = this.#endOf(t, from, Math.min(length, from + EVENTS));
      datagrams.push(bytes.subarray(from * size, end * size));
      from = end;
    }
    return datagrams;
  }

  /** Where a datagram ends: faery knows a loop of the 32-bit clock only by the first time of a datagram. */
  #endOf(t: Float64Array, from: number, most: number): number {
    if (this.#size === 13) return most;
    const loop = Math.floor(t[from] / 2 ** 32);
    let end = from + 1;
    while (end < most && Math.floor(t[end] / 2 ** 32) === loop) end++;
    return end;
  }
}
