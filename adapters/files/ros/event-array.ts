import type { EventBatch } from '../decoder.js';
import { joinNanoseconds } from '../nanoseconds.js';
import type { Element, Placing } from './element.js';
import type { WireReader } from './wire.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 4096;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

const EXACT = 2 ** 21;

/**
 * Decodes the `count` events that lie at the reader's place (`dvs_msgs/EventArray` and its kin).
 * @throws `ERR_CORRUPT` where the message ends before, or a time is beyond ±2⁵³ µs
 */
export function* eventArray(reader: WireReader, element: Element, count: number): Generator<EventBatch> {
  if (count * element.smallest > reader.left) {
    throw reader.corrupt(`says ${count} events, ${reader.left} bytes remain`);
  }
  const mask = element.phases - 1;
  const { origin } = reader.wire;
  let filled = 0;
  for (let n = 0; n < count;) {
    const place = element.placings[(reader.at - origin) & mask];
    // Where an event ends in the phase that it began in, all that follow lie alike.
    const run = (place.end & mask) === 0 ? Math.min(count - n, BLOCK - filled) : 1;
    if (run * place.end > reader.left) throw reader.corrupt(`says ${count} events, it ends in event ${n + run - 1}`);
    const good =
      element.coordinate === 2 && element.time === 'time' && !element.signedPolarity
        ? usual(reader, place, filled, run)
        : unusual(reader, element, place, filled, run);
    reader.at += place.end * run;
    n += run;
    filled += good;
    if (filled === BLOCK || n === count || good < run) {
      yield { t: T, x: X, y: Y, p: P, length: filled };
      filled = 0;
    }
    if (good < run) throw reader.corrupt(`has a time beyond ±2⁵³ µs in event ${n - run + good}`);
  }
}

/** The layout of today: uint16 x and y, a `time`, a bool. Returns how many were decoded: all. */
function usual(reader: WireReader, place: Placing, from: number, run: number): number {
  const { view, wire } = reader;
  const little = wire.littleEndian;
  const { x, y, t, p, end } = place;
  // ROS 1 counts seconds from 1970 to 2106, ROS 2 from 1901 to 2038.
  const signed = wire.maxAlign > 1;
  for (let n = from, at = reader.at; n < from + run; n++, at += end) {
    const seconds = view.getUint32(at + t, little);
    const nanos = view.getUint32(at + t + 4, little);
    const micros = (nanos / 1000) | 0;
    T[n] = joinNanoseconds((signed ? seconds | 0 : seconds) * 1e6 + micros, nanos - micros * 1000);
    X[n] = view.getUint16(at + x, little);
    Y[n] = view.getUint16(at + y, little);
    P[n] = view.getUint8(at + p) === 0 ? 0 : 1;
  }
  return run;
}

/** Any other; returns how many were decoded before the first whose time a float64 cannot hold. */
function unusual(reader: WireReader, element: Element, place: Placing, from: number, run: number): number {
  const { view, wire } = reader;
  const little = wire.littleEndian;
  for (let n = from, at = reader.at; n < from + run; n++, at += place.end) {
    const time = timeOf(reader, element.time, at + place.t);
    if (time === null) return n - from;
    T[n] = time;
    X[n] = element.coordinate === 2 ? view.getUint16(at + place.x, little) : view.getUint8(at + place.x);
    Y[n] = element.coordinate === 2 ? view.getUint16(at + place.y, little) : view.getUint8(at + place.y);
    const polarity = element.signedPolarity ? view.getInt8(at + place.p) : view.getUint8(at + place.p);
    P[n] = polarity > 0 ? 1 : 0;
  }
  return run;
}

/** µs; null where a float64 cannot hold it. Whole numbers are µs: so wrote the driver that used them. */
function timeOf({ view, wire }: WireReader, kind: Element['time'], at: number): number | null {
  const little = wire.littleEndian;
  if (kind === 'int32') return view.getInt32(at, little);
  if (kind === 'uint32') return view.getUint32(at, little);
  if (kind === 'time') {
    const seconds = wire.maxAlign > 1 ? view.getInt32(at, little) : view.getUint32(at, little);
    const nanos = view.getUint32(at + 4, little);
    const micros = Math.floor(nanos / 1000);
    return joinNanoseconds(seconds * 1e6 + micros, nanos - micros * 1000);
  }
  const low = view.getUint32(at + (little ? 0 : 4), little);
  const highAt = at + (little ? 4 : 0);
  const high = kind === 'int64' ? view.getInt32(highAt, little) : view.getUint32(highAt, little);
  return high >= EXACT || high < -EXACT ? null : high * 4294967296 + low;
}
