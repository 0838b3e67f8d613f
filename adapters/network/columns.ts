/** A column before it is written. */
export type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Types of the columns of all kinds of frames, by name. */
export const COLUMN_TYPES: Readonly<
  Record<string, new (memory: ArrayBuffer, offset?: number, length?: number) => Column>
> = {
  dt: Uint32Array,
  t: Float64Array,
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  unit: Uint32Array,
  dstep: Uint32Array,
};

/** Times as offsets from `t0`, or absolute where they do not fit: see docs/protocol.md. */
export interface TimeColumns {
  readonly t0: number;
  readonly dt?: Uint32Array;
  readonly t?: Float64Array;
}

/** Whether this machine keeps numbers as frames do. */
export const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The same bytes in the other order within each element. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const turned = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) turned[i] = bytes[i - (i % size) + size - 1 - (i % size)];
  return turned;
}

/** The bytes of a column, little-endian; they may share its memory. */
export function columnBytes(column: Column): Uint8Array {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return LITTLE_ENDIAN ? bytes : swapped(bytes, column.BYTES_PER_ELEMENT);
}

/**
 * The column `name` out of little-endian bytes, a whole number of elements. Shares their memory where that can be: a
 * message is nobody else's, and a copy of each column costs as much as looking at it.
 */
export function columnOf(name: string, bytes: Uint8Array): Column {
  const make = COLUMN_TYPES[name];
  const size = elementBytes(name);
  if (LITTLE_ENDIAN && bytes.byteOffset % size === 0) {
    return new make(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / size);
  }
  const copy = new Uint8Array(LITTLE_ENDIAN ? bytes : swapped(bytes, size));
  return new make(copy.buffer);
}

/** A column `name` of zeros. */
export function newColumn(name: string, length: number): Column {
  return new COLUMN_TYPES[name](new ArrayBuffer(length * elementBytes(name)));
}

/** Bytes of an element of the column `name`. */
export function elementBytes(name: string): number {
  return (COLUMN_TYPES[name] as unknown as { readonly BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}

/** Times `from` … `to − 1` as columns; absolute ones share the memory of `times`. */
export function timeColumns(times: Float64Array, from: number, to: number): TimeColumns {
  const t = times.subarray(from, to);
  const t0 = earliest(t);
  const dt = offsets(t, t0);
  return dt ? { t0, dt } : { t0, t };
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

/** Absolute times out of offsets. */
export function absoluteTimes(dt: Uint32Array, t0: number): Float64Array {
  const { length } = dt;
  const t = new Float64Array(length);
  for (let i = 0; i < length; i++) t[i] = t0 + dt[i];
  return t;
}
