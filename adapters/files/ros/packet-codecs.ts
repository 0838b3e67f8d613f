import type { EventBatch } from '../decoder.js';
import type { Trigger } from '../side.js';
import { joinNanoseconds, splitNanoseconds } from '../nanoseconds.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 4096;
const T = new Float64Array(BLOCK + 8);
const X = new Uint16Array(BLOCK + 8);
const Y = new Uint16Array(BLOCK + 8);
const P = new Uint8Array(BLOCK + 8);

/** What a packet says of its payload. */
export interface Payload {
  readonly bytes: Uint8Array;
  /** Nanoseconds, low and high word. */
  readonly timeBase: readonly [low: number, high: number];
  /** True where the words are big-endian. */
  readonly bigEndian: boolean;
}

const viewOf = ({ bytes }: Payload): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** `mono`: 64 bits an event: p, 15 bits of y, 16 of x, 32 of nanoseconds after the time base. Whole words only. */
export function* monoEvents(payload: Payload): Generator<EventBatch> {
  const view = viewOf(payload);
  const little = !payload.bigEndian;
  const [low, high] = little ? [0, 4] : [4, 0];
  const [micros, nanos] = splitNanoseconds(...payload.timeBase);
  const events = Math.floor(payload.bytes.length / 8);
  for (let from = 0; from < events; from += BLOCK) {
    const length = Math.min(BLOCK, events - from);
    for (let n = 0, at = from * 8; n < length; n++, at += 8) {
      const after = nanos + view.getUint32(at + low, little);
      const whole = Math.floor(after / 1000);
      const word = view.getUint32(at + high, little);
      T[n] = joinNanoseconds(micros + whole, after - whole * 1000);
      X[n] = word & 0xffff;
      Y[n] = (word >>> 16) & 0x7fff;
      P[n] = word >>> 31;
    }
    yield { t: T, x: X, y: Y, p: P, length };
  }
}

/** `trigger`: 64 bits each: edge, 15 bits of channel, 16 unused, 32 of nanoseconds after the time base. */
export function* triggerItems(payload: Payload): Generator<Trigger> {
  const view = viewOf(payload);
  const little = !payload.bigEndian;
  const [low, high] = little ? [0, 4] : [4, 0];
  const [micros, nanos] = splitNanoseconds(...payload.timeBase);
  for (let at = 0; at + 8 <= payload.bytes.length; at += 8) {
    const after = nanos + view.getUint32(at + low, little);
    const whole = Math.floor(after / 1000);
    const word = view.getUint32(at + high, little);
    const t = joinNanoseconds(micros + whole, after - whole * 1000);
    yield { kind: 'trigger', t, id: (word >>> 16) & 0x7fff, edge: word >>> 31 === 1 ? 'rising' : 'falling' };
  }
}

const WRAP = 2 ** 31;

/**
 * `libcaer`: libcaer's polarity events, always little-endian: a word with x (15 bits), y (15), p and validity, and µs
 * (31 bits) after the time base. A step back of more than half the range is a wrap.
 */
export function* libcaerEvents(payload: Payload): Generator<EventBatch> {
  const view = viewOf(payload);
  const [base, nanos] = splitNanoseconds(...payload.timeBase);
  const events = Math.floor(payload.bytes.length / 8);
  let micros = base;
  let before = 0;
  for (let from = 0; from < events; from += BLOCK) {
    const length = Math.min(BLOCK, events - from);
    for (let n = 0, at = from * 8; n < length; n++, at += 8) {
      const word = view.getUint32(at, true);
      const now = view.getInt32(at + 4, true);
      if (before - now > WRAP / 2) micros += WRAP;
      before = now;
      T[n] = joinNanoseconds(micros + now, nanos);
      X[n] = word >>> 17;
      Y[n] = (word >>> 2) & 0x7fff;
      P[n] = (word >>> 1) & 1;
    }
    yield { t: T, x: X, y: Y, p: P, length };
  }
}

const TIME_HIGH = 0;
const TIME_LOW = 1;
const ADDRESS_X = 2;
const ADDRESS_Y = 3;
const VECTOR_Y = 4;
const VECTOR_8 = 5;

/**
 * `libcaer_cmp`: words of 16 bits like those of EVT3, with rows for columns; the time begins anew in every packet, at
 * the time base, column, row and polarity carry over to the next one.
 */
export class LibcaerCompressed {
  /** Words of codes that are not known. */
  unknown = 0;
  #x = 0;
  #baseY = 0;
  #polarity = 0;

  *events(payload: Payload): Generator<EventBatch> {
    const view = viewOf(payload);
    const words = Math.floor(payload.bytes.length / 2);
    const [base, nanos] = splitNanoseconds(...payload.timeBase);
    const clock: Clock = { base, nanos, high: 0, low: 0, time: joinNanoseconds(base, nanos) };
    for (let at = 0; at < words;) {
      let length = 0;
      // A vector makes 8 events at most: that is the room beyond the block.
      for (; at < words && length < BLOCK; at++) {
        length = this.#word(view.getUint16(at * 2, !payload.bigEndian), clock, length);
      }
      if (length > 0) yield { t: T, x: X, y: Y, p: P, length };
    }
  }

  /** Takes in a word; returns how many events the block has then. */
  #word(word: number, clock: Clock, length: number): number {
    const value = word & 0xfff;
    let n = length;
    switch (word >> 12) {
      case TIME_HIGH:
        clock.high = value << 12;
        // As in every word of this encoding the low part stays until it is sent anew.
        clock.time = joinNanoseconds(clock.base + (clock.high | clock.low), clock.nanos);
        break;
      case TIME_LOW:
        clock.low = value;
        clock.time = joinNanoseconds(clock.base + (clock.high | value), clock.nanos);
        break;
      case ADDRESS_X:
        this.#x = value & 0x7ff;
        break;
      case ADDRESS_Y:
        n = put(n, clock.time, this.#x, value & 0x7ff, value >> 11);
        break;
      case VECTOR_Y:
        this.#baseY = value & 0x7ff;
        this.#polarity = value >> 11;
        break;
      case VECTOR_8:
        for (let bit = 0; bit < 8; bit++) {
          if ((value >> bit) & 1) n = put(n, clock.time, this.#x, this.#baseY + bit, this.#polarity);
        }
        this.#baseY = (this.#baseY + 8) & 0xffff;
        break;
      default:
        this.unknown++;
    }
    return n;
  }
}

/** Time of a packet of {@link LibcaerCompressed}, µs. */
interface Clock {
  readonly base: number;
  readonly nanos: number;
  high: number;
  low: number;
  time: number;
}

function put(n: number, t: number, x: number, y: number, p: number): number {
  T[n] = t;
  X[n] = x;
  Y[n] = y;
  P[n] = p;
  return n + 1;
}
