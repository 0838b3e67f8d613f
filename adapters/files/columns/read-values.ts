import type { Scalar } from './scalar.js';

/** Where values of a column lie in memory. */
export interface Slice {
  readonly view: DataView;
  readonly offset: number;
  readonly stride: number;
}

const HIGH = 4_294_967_296;

/** Reads `n` values as float64 into `into`; those of 64 bits rounded to the nearest. */
export function readValues(into: Float64Array, scalar: Scalar, slice: Slice, n: number): void {
  if (scalar.kind === 'f') readFloats(into, scalar, slice, n);
  else if (scalar.size === 1) readBytes(into, scalar, slice, n);
  else if (scalar.size === 2) readShorts(into, scalar, slice, n);
  else if (scalar.size === 4) readWords(into, scalar, slice, n);
  else readLongs(into, scalar, slice, n);
}

type Reading = (into: Float64Array, scalar: Scalar, slice: Slice, n: number) => void;

const readFloats: Reading = (into, { size, littleEndian: le }, { view, offset, stride }, n) => {
  let at = offset;
  if (size === 4) for (let i = 0; i < n; i++, at += stride) into[i] = view.getFloat32(at, le);
  else for (let i = 0; i < n; i++, at += stride) into[i] = view.getFloat64(at, le);
};

const readBytes: Reading = (into, { kind }, { view, offset, stride }, n) => {
  let at = offset;
  if (kind === 'i') for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt8(at);
  else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint8(at);
};

const readShorts: Reading = (into, { kind, littleEndian: le }, { view, offset, stride }, n) => {
  let at = offset;
  if (kind === 'i') for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt16(at, le);
  else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint16(at, le);
};

const readWords: Reading = (into, { kind, littleEndian: le }, { view, offset, stride }, n) => {
  let at = offset;
  if (kind === 'i') for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt32(at, le);
  else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint32(at, le);
};

const readLongs: Reading = (into, { kind, littleEndian: le }, { view, offset, stride }, n) => {
  const [high, low] = le ? [4, 0] : [0, 4];
  let at = offset;
  for (let i = 0; i < n; i++, at += stride) {
    const upper = kind === 'i' ? view.getInt32(at + high, le) : view.getUint32(at + high, le);
    into[i] = upper * HIGH + view.getUint32(at + low, le);
  }
};

/** Reads `n` whole numbers of 64 bits divided by 1000: 2³² is 4,294,967 · 1000 + 296. */
export function readThousandths(into: Float64Array, { kind, littleEndian: le }: Scalar, slice: Slice, n: number): void {
  const { view, stride } = slice;
  const [upper, lower] = le ? [4, 0] : [0, 4];
  let at = slice.offset;
  for (let i = 0; i < n; i++, at += stride) {
    const high = kind === 'i' ? view.getInt32(at + upper, le) : view.getUint32(at + upper, le);
    const rest = high * 296 + view.getUint32(at + lower, le);
    const whole = Math.floor(rest / 1000);
    into[i] = high * 4_294_967 + whole + (rest - 1000 * whole) / 1000;
  }
}
