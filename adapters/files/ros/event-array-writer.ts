import { MCAP_MESSAGE_BYTES, MCAP_OP, MCAP_RECORD_HEADER_BYTES } from './mcap-layout.js';

/** Most events of a message, and longest time from its first to its last, µs. */
const MOST_EVENTS = 8192;
const LONGEST = 10_000;

const EVENT_BYTES = 16;
/**
 * A message of `dvs_msgs/EventArray` in CDR: 4 bytes of header, then from `origin` on stamp, an empty name of a frame,
 * height, width and number of events, 28 bytes. Alignment puts every event at the same offsets but for x and y of the
 * first one, which have nothing before them that they must keep clear of.
 */
const CDR_BYTES = 4;
const FIRST_X = 28;
const X = 26;
const SECONDS = 32;
const NANOS = 36;
const P = 40;
/** Bytes of a message of n events, from `origin` on, are these and 16 n. */
const BEYOND = 25;

/** Bytes that a message record may take, and one after it that may be written to. */
export const MOST_RECORD_BYTES: number =
  MCAP_RECORD_HEADER_BYTES + MCAP_MESSAGE_BYTES + CDR_BYTES + BEYOND + EVENT_BYTES * MOST_EVENTS + 1;

/** What is said of a message that was finished. */
export interface Written {
  /** Bytes of the whole record. */
  readonly bytes: number;
  /** Time that the message is filed under, ns. */
  readonly logTime: bigint;
}

/**
 * Writes message records of `dvs_msgs/EventArray` in CDR. Where messages begin follows from the events alone: after 8192
 * of them, and where one lies 10 ms or more after the first of its message or before it.
 */
export class EventArrayWriter {
  readonly #channel: number;
  readonly #width: number;
  readonly #height: number;
  readonly #view: DataView;
  #events = 0;
  #messages = 0;
  #first = 0;
  /** Messages are filed under times that do not step back, so that readers who sort them keep their order. */
  #logTime = 0n;

  /** @param memory that records are written to */
  constructor(memory: Uint8Array, channel: number, size: { readonly width: number; readonly height: number }) {
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#channel = channel;
    this.#width = size.width;
    this.#height = size.height;
  }

  /** Events of the message that is not finished. */
  get events(): number {
    return this.#events;
  }

  /**
   * Takes events in from number `from` on, up to where the message is full; returns how far.
   *
   * @param at where the record begins that is under way
   */
  add(columns: Columns, from: number, length: number, at: number): number {
    const { t, x, y, p } = columns;
    const view = this.#view;
    if (this.#events === 0) this.#first = t[from];
    const first = this.#first;
    const full = Math.min(length, from + MOST_EVENTS - this.#events);
    const origin = at + MCAP_RECORD_HEADER_BYTES + MCAP_MESSAGE_BYTES + CDR_BYTES;
    let i = from;
    for (let o = origin + EVENT_BYTES * this.#events; i < full; i++, o += EVENT_BYTES) {
      const time = t[i];
      const since = time - first;
      if (!(since >= 0 && since < LONGEST)) break;
      const micros = Math.floor(time);
      const seconds = Math.floor(micros / 1e6);
      view.setUint16(o + X, x[i], true);
      // With the row and with the flag go the bytes that keep what follows clear.
      view.setUint32(o + X + 2, y[i], true);
      view.setInt32(o + SECONDS, seconds, true);
      view.setUint32(o + NANOS, (micros - seconds * 1e6) * 1000 + Math.round((time - micros) * 1000), true);
      view.setUint16(o + P, p[i], true);
    }
    if (this.#events === 0 && i > from) {
      view.setUint16(origin + FIRST_X, x[from], true);
      view.setUint16(origin + FIRST_X + 2, y[from], true);
    }
    this.#events += i - from;
    return i;
  }

  /** Ends the message that is under way; one without events where there is none. @param at where its record begins */
  finish(at: number): Written {
    const view = this.#view;
    const events = this.#events;
    const origin = at + MCAP_RECORD_HEADER_BYTES + MCAP_MESSAGE_BYTES + CDR_BYTES;
    const seconds = events === 0 ? 0 : view.getInt32(origin + SECONDS, true);
    const nanos = events === 0 ? 0 : view.getUint32(origin + NANOS, true);
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    if (time > this.#logTime) this.#logTime = time;
    const content = CDR_BYTES + (events === 0 ? FIRST_X : BEYOND + EVENT_BYTES * events);
    view.setUint8(at, MCAP_OP.message);
    view.setBigUint64(at + 1, BigInt(MCAP_MESSAGE_BYTES + content), true);
    view.setUint16(at + 9, this.#channel, true);
    view.setUint32(at + 11, this.#messages++, true);
    view.setBigUint64(at + 15, this.#logTime, true);
    view.setBigUint64(at + 23, this.#logTime, true);
    // Plain CDR, little-endian.
    view.setUint32(origin - CDR_BYTES, 0x0100, true);
    view.setInt32(origin, seconds, true);
    view.setUint32(origin + 4, nanos, true);
    // The name of no frame: its zero, and what keeps the height clear.
    view.setUint32(origin + 8, 1, true);
    view.setUint32(origin + 12, 0, true);
    view.setUint32(origin + 16, this.#height, true);
    view.setUint32(origin + 20, this.#width, true);
    view.setUint32(origin + 24, events, true);
    this.#events = 0;
    return { bytes: MCAP_RECORD_HEADER_BYTES + MCAP_MESSAGE_BYTES + content, logTime: this.#logTime };
  }
}

/** Columns of events, as packets have them. */
interface Columns {
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}
