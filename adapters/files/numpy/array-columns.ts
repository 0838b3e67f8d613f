import { columnOfName } from '../columns/column-names.js';
import type { Scalar } from '../columns/scalar.js';
import type { NpyHeader } from './npy-header.js';

/** A column of values in an array's bytes. */
export interface ArrayColumn {
  readonly name: string | null;
  readonly scalar: Scalar;
  /** Offset of the first value, from the first element. */
  readonly offset: number;
  /** Bytes from one value to the next. */
  readonly stride: number;
}

/** An array seen as a table. */
export interface ArrayColumns {
  /** Rows. */
  readonly count: number;
  readonly columns: readonly ArrayColumn[];
  /** Bytes of a row; 0 where the columns stand one after another. */
  readonly rowBytes: number;
}

/** Wider tables are no events. */
const MOST_COLUMNS = 64;

/** The columns of a structured array, or of a plain one with two indices; null for anything else. */
export function arrayColumns({ type, fortran, shape, elements }: NpyHeader): ArrayColumns | null {
  if (type.scalar === null) {
    if (type.fields.length === 0 || type.fields.length > MOST_COLUMNS || shape.length === 0) return null;
    const columns = type.fields.map(({ name, scalar, offset }) => ({ name, scalar, offset, stride: type.size }));
    return { count: elements, columns, rowBytes: type.size };
  }
  const { scalar } = type;
  if (shape.length !== 2) return null;
  // A table is long: four by many are columns in rows.
  const [rows, wide] = shape;
  const lying = rows === 4 && wide !== 4;
  const [count, width] = lying ? [wide, rows] : [rows, wide];
  if (width < 4 || width > MOST_COLUMNS) return null;
  const apart = lying !== fortran;
  const columns = Array.from({ length: width }, (_, k) => ({
    name: null,
    scalar,
    offset: k * scalar.size * (apart ? count : 1),
    stride: scalar.size * (apart ? 1 : width),
  }));
  return { count, columns, rowBytes: apart ? 0 : scalar.size * width };
}

/** The one column of an array with one index (or with all others 1), named as the array; null for anything else. */
export function singleColumn(
  name: string,
  { type, shape, elements }: NpyHeader,
): (ArrayColumn & { count: number }) | null {
  if (type.scalar === null || shape.length === 0 || shape.filter((n) => n !== 1).length > 1) return null;
  if (columnOfName(name) === null) return null;
  return { name, scalar: type.scalar, offset: 0, stride: type.size, count: elements };
}
