import { RxSpikeError } from '../../../src/index.js';
import type { TimeUnit } from '../recording.js';
import type { Scalar } from '../columns/scalar.js';
import type { Literal } from './python-literal.js';

/** A named value of a structured array. */
export interface Field {
  readonly name: string;
  readonly scalar: Scalar;
  /** Offset in the record, bytes. */
  readonly offset: number;
}

/** Type of an array's elements: one value, or a record of fields. */
export interface ElementType {
  /** Bytes of an element. */
  readonly size: number;
  readonly scalar: Scalar | null;
  readonly fields: readonly Field[];
}

/** Larger elements are no events. */
const MAX_ELEMENT_BYTES = 1 << 16;

/** Numbers by their letters, and the sizes that are read. */
const KINDS: Readonly<Record<string, { readonly kind: Scalar['kind']; readonly sizes: readonly number[] }>> = {
  '?': { kind: 'b', sizes: [1] },
  b: { kind: 'b', sizes: [1] },
  i: { kind: 'i', sizes: [1, 2, 4, 8] },
  u: { kind: 'u', sizes: [1, 2, 4, 8] },
  f: { kind: 'f', sizes: [4, 8] },
};

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];

/**
 * Reads the `descr` of a header.
 * @throws `ERR_UNSUPPORTED` for objects (pickles), `ERR_CORRUPT` for what is no type, `ERR_LIMIT` for a large element
 */
export function elementType(descr: Literal): ElementType {
  const type = typeof descr === 'string' ? { ...plain(descr), fields: [] } : record(descr, 0);
  if (type.size > MAX_ELEMENT_BYTES) {
    throw new RxSpikeError(
      'ERR_LIMIT',
      `npy: an element has ${type.size} bytes, at most ${MAX_ELEMENT_BYTES} are read`,
    );
  }
  return type;
}

function plain(code: string): Pick<ElementType, 'size' | 'scalar'> {
  const scalar = scalarOf(code);
  return { size: scalar.size, scalar };
}

function record(descr: Literal, depth: number): ElementType {
  if (!Array.isArray(descr)) throw corrupt('a type', descr);
  const fields: Field[] = [];
  let size = 0;
  for (const item of descr as readonly Literal[]) {
    if (!Array.isArray(item) || item.length < 2 || item.length > 3) throw corrupt('a field', item);
    const [label, type, shape = []] = item as readonly Literal[];
    // A field may have a title: (title, name).
    const name = Array.isArray(label) ? (label as readonly Literal[])[1] : label;
    if (typeof name !== 'string') throw corrupt('the name of a field', name);
    const count = [shape]
      .flat()
      .reduce<number>((all, n) => all * (typeof n === 'number' && n >= 0 ? n : Number.NaN), 1);
    if (!Number.isSafeInteger(count)) throw corrupt('the shape of a field', shape);
    if (typeof type === 'string') {
      const scalar = scalarOf(type);
      const passed: Scalar = { ...scalar, kind: 'other', size: scalar.size * count };
      fields.push({ name, scalar: count === 1 ? scalar : passed, offset: size });
      size += scalar.size * count;
    } else {
      const inner = record(type, depth + 1);
      for (const field of count === 1 ? inner.fields : []) {
        fields.push({ ...field, name: `${name}/${field.name}`, offset: size + field.offset });
      }
      size += inner.size * count;
    }
    if (!(size <= MAX_ELEMENT_BYTES)) {
      throw new RxSpikeError('ERR_LIMIT', `npy: an element has more than ${MAX_ELEMENT_BYTES} bytes`);
    }
  }
  return { size, scalar: null, fields };
}

function scalarOf(code: string): Scalar {
  const match = /^([<>=|]?)([a-zA-Z?])(\d{0,9})(?:\[(\d{0,9})([a-z]{0,3})\])?$/.exec(code);
  if (match === null) throw corrupt('a type', code);
  const [, order, letter, digits, step = '', unitName = ''] = match;
  if (letter === 'O') {
    throw new RxSpikeError('ERR_UNSUPPORTED', 'npy: holds Python objects (a pickle), which are never loaded');
  }
  const size = letter === '?' ? 1 : Number(digits) * (letter === 'U' ? 4 : 1);
  const littleEndian = order !== '>';
  const other: Scalar = { kind: 'other', size, littleEndian, unit: null, code };
  if (letter === 'm' || letter === 'M') {
    const unit = UNITS.find((candidate) => candidate === unitName);
    const plainStep = step === '' || step === '1';
    return unit === undefined || size !== 8 || !plainStep ? other : { ...other, kind: 'i', unit };
  }
  const kind = KINDS[letter];
  if (kind === undefined) return other;
  if (kind.sizes.includes(size)) return { ...other, kind: kind.kind };
  if (kind.kind === 'i' || kind.kind === 'u') throw corrupt('a type', code);
  return other;
}

function corrupt(expected: string, got: unknown): RxSpikeError {
  const shown = typeof got === 'string' ? got.slice(0, 40) : typeof got;
  return new RxSpikeError('ERR_CORRUPT', `npy: expected ${expected}, got ${shown}`);
}
