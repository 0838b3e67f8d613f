import type { EventPacket } from '../../src/index.js';
import { LITTLE_ENDIAN } from './columns.js';

// A packet frame of events is written byte by byte, its columns straight into the message: they are most of what there
// is to do. Every number has a fixed width, so that all places are known before the times are looked at, and a field that
// means nothing ("_") shifts the columns to places where a receiver can look at them without copying them.
const CORE = [0xa4, ...latin('type'), 0xa6, ...latin('packet')];
const SEQ = [0xa3, ...latin('seq'), 0xce, 0, 0, 0, 0];
const COUNT = [0xa5, ...latin('count'), 0xce, 0, 0, 0, 0];
const UNTIL = [0xa5, ...latin('until'), 0xcb, 0, 0, 0, 0, 0, 0, 0, 0];
const MARK = [0xa4, ...latin('mark'), 0xc0];
const T0 = [0xa2, ...latin('t0'), 0xcb, 0, 0, 0, 0, 0, 0, 0, 0];
/** Key and length of a column: eight bytes each, so that a column begins at a multiple of 4 where the one before ended at one. */
const COLUMN_HEAD = 8;
const LARGEST_SEQ = 0xffffffff;

/** Where the fields of a stream's frames lie. */
export interface EventFrameLayout {
  readonly head: Uint8Array;
  readonly seq: number;
  readonly count: number;
  readonly until: number;
  readonly t0: number;
}

/** What was written, and the watermark, which is known only then. */
export interface EventFrame {
  readonly message: Uint8Array;
  readonly until: number;
}

/** @param stream number of the stream on its connections */
export function eventFrameLayout(stream: number): EventFrameLayout {
  const id = stream === 0 ? [] : [0xa6, ...latin('stream'), 0xcd, stream >> 8, stream & 255];
  const fields = stream === 0 ? 11 : 12;
  const fixed = [0x80 | fields, ...CORE, ...id, ...SEQ, ...COUNT, ...UNTIL, ...MARK, ...T0, 0xa1, ...latin('_')];
  // A binary of `pad` bytes with its own two before it.
  const pad = -(fixed.length + 2 + COLUMN_HEAD) & 7;
  const head = Uint8Array.from([...fixed, 0xc4, pad, ...Array.from({ length: pad }, () => 0)]);
  const seq = 1 + CORE.length + id.length + SEQ.length - 4;
  const count = seq + 4 + COUNT.length - 4;
  const until = count + 4 + UNTIL.length - 8;
  const t0 = until + 8 + MARK.length + T0.length - 8;
  return { head, seq, count, until, t0 };
}

/**
 * The frame of the events `from` … `to − 1`, at least one, with times as offsets from the first one; null where they do
 * not fit those, or this machine is not little-endian.
 *
 * @param least watermark before it, µs: the frame's own is this or the latest time
 */
export function eventFrame(
  { head, seq, count, until, t0 }: EventFrameLayout,
  number: number,
  { t, x, y, p }: EventPacket,
  [from, to]: readonly [number, number],
  least: number,
): EventFrame | null {
  if (!LITTLE_ENDIAN || number > LARGEST_SEQ) return null;
  const length = to - from;
  const place = head.length + COLUMN_HEAD;
  const message = new Uint8Array(place + 4 * length + 3 * COLUMN_HEAD + 5 * length);
  const first = t[from];
  const latest = writeOffsets(new Uint32Array(message.buffer, place, length), t, from, first);
  if (Number.isNaN(latest)) return null;
  message.set(head);
  const view = new DataView(message.buffer);
  view.setUint32(seq, number);
  view.setUint32(count, length);
  const watermark = latest > least ? latest : least;
  view.setFloat64(until, watermark);
  view.setFloat64(t0, first);
  let at = head.length;
  at = columnHead(view, at, 'dt', 4 * length) + 4 * length;
  for (const [name, column] of [
    ['x', x],
    ['y', y],
    ['p', p],
  ] as const) {
    const bytes = length * column.BYTES_PER_ELEMENT;
    at = columnHead(view, at, name, bytes);
    message.set(new Uint8Array(column.buffer, column.byteOffset + from * column.BYTES_PER_ELEMENT, bytes), at);
    at += bytes;
  }
  return { message, until: watermark };
}

/** Writes `t[from + i] − t0` for every `i`; returns the latest time, NaN where one of them is no u32 or not exact. */
function writeOffsets(dt: Uint32Array, t: Float64Array, from: number, t0: number): number {
  // From a whole number on that is not negative, a difference below 2^32 has lost nothing.
  const exact = Number.isInteger(t0) && t0 >= 0;
  let most = 0;
  const { length } = dt;
  for (let i = 0; i < length; i++) {
    const d = t[from + i] - t0;
    const whole = d >>> 0;
    if (whole !== d || (!exact && t0 + whole !== t[from + i])) return Number.NaN;
    dt[i] = whole;
    if (whole > most) most = whole;
  }
  return t0 + most;
}

/** Writes the key and the length of a column; returns where its bytes begin. */
function columnHead(view: DataView, at: number, name: string, bytes: number): number {
  if (name.length === 2) view.setUint8(at, 0xa2);
  else view.setUint16(at, 0xd901);
  const key = at + 3 - name.length;
  for (let i = 0; i < name.length; i++) view.setUint8(key + i, name.charCodeAt(i));
  view.setUint8(at + 3, 0xc6);
  view.setUint32(at + 4, bytes);
  return at + COLUMN_HEAD;
}

function latin(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
