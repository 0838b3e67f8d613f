import type { Scalar } from './scalar.js';

/** Where values of a column lie in memory. */
export interface Slice {
  readonly view: DataView;
  readonly offset: number;
  readonly stride: number;
}

const HIGH = 4_294_967_296;

/** Reads `n` values as float64 into `into`; those of 64 bits rounded to the nearest. */
export function readValues(
  into: Float64Array,
  { kind, size, littleEndian: le }: Scalar,
  slice: Slice,
  n: number,
): void {
  const { view, stride } = slice;
  let at = slice.offset;
  const signed = kind === 'i';
  if (kind === 'f') {
    if (size === 4) for (let i = 0; i < n; i++, at += stride) into[i] = view.getFloat32(at, le);
    else for (let i = 0; i < n; i++, at += stride) into[i] = view.getFloat64(at, le);
  } else if (size === 1) {
    if (signed) for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt8(at);
    else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint8(at);
  } else if (size === 2) {
    if (signed) for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt16(at, le);
    else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint16(at, le);
  } else if (size === 4) {
    if (signed) for (let i = 0; i < n; i++, at += stride) into[i] = view.getInt32(at, le);
    else for (let i = 0; i < n; i++, at += stride) into[i] = view.getUint32(at, le);
  } else {
    const [high, low] = le ? [4, 0] : [0, 4];
    if (signed) {
      for (let i = 0; i < n; i++, at += stride)
        into[i] = view.getInt32(at + high, le) * HIGH + view.getUint32(at + low, le);
    } else {
      for (let i = 0; i < n; i++, at += stride)
        into[i] = view.getUint32(at + high, le) * HIGH + view.getUint32(at + low, le);
    }
  }
}

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
