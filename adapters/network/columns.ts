import type { EventPacket } from '../../src/index.js';

/** Columns of a packet frame. */
export interface Columns {
  readonly t0: number;
  readonly dt?: Uint8Array;
  readonly t?: Uint8Array;
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  readonly p: Uint8Array;
}

type Column = Float64Array | Uint32Array | Uint16Array;

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The same bytes in the other order within each element. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const turned = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) turned[i] = bytes[i - (i % size) + size - 1 - (i % size)];
  return turned;
}

function bytesOf(column: Column): Uint8Array {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return LITTLE_ENDIAN ? bytes : swapped(bytes, column.BYTES_PER_ELEMENT);
}

/** Events `from` … `to − 1` of a packet as columns; they may share the packet's memory. */
export function packColumns(packet: EventPacket, from: number, to: number): Columns {
  const t = packet.t.subarray(from, to);
  const t0 = earliest(t);
  const dt = offsets(t, t0);
  return {
    t0,
    ...(dt ? { dt: bytesOf(dt) } : { t: bytesOf(t) }),
    x: bytesOf(packet.x.subarray(from, to)),
    y: bytesOf(packet.y.subarray(from, to)),
    p: packet.p.subarray(from, to),
  };
}

function earliest(t: Float64Array): number {
  if (t.length === 0) return 0;
  let [least] = t;
  for (let i = 1; i < t.length; i++) if (t[i] < least) least = t[i];
  return least;
}

/** `t − t0` as u32; null where that would lose something. */
function offsets(t: Float64Array, t0: number): Uint32Array | null {
  const dt = new Uint32Array(t.length);
  for (let i = 0; i < t.length; i++) {
    const d = t[i] - t0;
    dt[i] = d;
    if (dt[i] !== d || t0 + d !== t[i]) return null;
  }
  return dt;
}

/** Absolute times out of little-endian u32 offsets. */
export function unpackOffsets(bytes: Uint8Array, t0: number): Float64Array {
  const dt = new Uint32Array(aligned(bytes, 4));
  const t = new Float64Array(dt.length);
  for (let i = 0; i < dt.length; i++) t[i] = t0 + dt[i];
  return t;
}

/** Absolute times out of little-endian f64. */
export function unpackTimes(bytes: Uint8Array): Float64Array {
  return new Float64Array(aligned(bytes, 8));
}

/** Coordinates out of little-endian u16. */
export function unpackCoordinates(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(aligned(bytes, 2));
}

/** A copy of the bytes at the start of a buffer of its own, in the machine's order. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  const copy = new Uint8Array(LITTLE_ENDIAN ? bytes : swapped(bytes, size));
  return copy.buffer;
}
