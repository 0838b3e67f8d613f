import type { Scalar } from '../columns/scalar.js';
import { hdf5Unsupported, type Cursor } from './cursor.js';

/** A type of number that columns are made of. */
export interface NumberType {
  readonly kind: 'number';
  readonly size: number;
  readonly scalar: Scalar;
}

/** A record; its members by name. */
export interface CompoundType {
  readonly kind: 'compound';
  readonly size: number;
  readonly members: readonly CompoundMember[];
}

/** A field of a record, `offset` bytes from its beginning. */
export interface CompoundMember {
  readonly name: string;
  readonly offset: number;
  readonly type: Datatype;
}

/** Text: of a fixed size, or, `variable`, a reference into a heap. */
interface TextType {
  readonly kind: 'text';
  readonly size: number;
  readonly variable: boolean;
}

/** Anything else, by the name that the specification has for it. */
interface OtherType {
  readonly kind: 'other';
  readonly size: number;
  readonly name: string;
}

/** Type of the elements of a dataset or an attribute. */
export type Datatype = NumberType | CompoundType | TextType | OtherType;

const CLASSES = [
  'integer',
  'float',
  'time',
  'string',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'variable length',
  'array',
  'complex',
];
const MOST_DEPTH = 4;

/**
 * Reads a datatype message (HDF5 File Format Specification, section IV.A.2.d). Enumerations and bit fields become the
 * integers that they are stored as. @throws `ERR_CORRUPT`, `ERR_UNSUPPORTED`
 */
export function readDatatype(body: Cursor, depth: number = 0): Datatype {
  const head = body.u8();
  const [version, cls] = [head >> 4, head & 15];
  const bits = body.uint(3);
  const size = body.u32();
  if (version === 0 || version > 5) throw hdf5Unsupported(`datatype version ${version} is not known`);
  if (size === 0) throw body.corrupt('says a size of 0');
  if (cls === 0 || cls === 4) return integer(body, bits, size, cls === 0);
  if (cls === 1) return float(body, bits, size);
  if (cls === 3) return { kind: 'text', size, variable: false };
  if (cls === 6) {
    if (depth === MOST_DEPTH) throw hdf5Unsupported('records within records within records are not read');
    return { kind: 'compound', size, members: members(body, version, bits & 0xffff, size, depth) };
  }
  if (cls === 8) {
    const base = readDatatype(body, MOST_DEPTH);
    for (let k = bits & 0xffff; k > 0; k--) name(body, version);
    body.skip((bits & 0xffff) * base.size);
    return base;
  }
  if (cls === 9) {
    if (depth < MOST_DEPTH) readDatatype(body, depth + 1);
    return { kind: 'text', size, variable: (bits & 15) === 1 };
  }
  skipProperties(body, version, cls, bits, depth);
  return { kind: 'other', size, name: CLASSES[cls] ?? `class ${cls}` };
}

function integer(body: Cursor, bits: number, size: number, signed: boolean): Datatype {
  const offset = body.u16();
  const precision = body.u16();
  if (offset !== 0 || precision !== size * 8 || ![1, 2, 4, 8].includes(size)) {
    return { kind: 'other', size, name: `integer of ${precision} bits in ${size} bytes` };
  }
  return numberType(signed && (bits & 8) !== 0 ? 'i' : 'u', size, bits);
}

function float(body: Cursor, bits: number, size: number): Datatype {
  const [offset, precision, exponentAt, exponentSize] = [body.u16(), body.u16(), body.u8(), body.u8()];
  body.skip(6);
  const ieee = size === 4 ? exponentAt === 23 && exponentSize === 8 : exponentAt === 52 && exponentSize === 11;
  if (offset !== 0 || precision !== size * 8 || (size !== 4 && size !== 8) || !ieee || (bits & 0x40) !== 0) {
    return { kind: 'other', size, name: `float of ${precision} bits in ${size} bytes` };
  }
  return numberType('f', size, bits);
}

function numberType(kind: 'i' | 'u' | 'f', size: number, bits: number): NumberType {
  const littleEndian = (bits & 1) === 0;
  return { kind: 'number', size, scalar: { kind, size, littleEndian, unit: null, code: `${kind}${size}` } };
}

/** A name; before version 3 it fills up to a multiple of eight bytes. */
function name(body: Cursor, version: number): string {
  const from = body.at;
  const text = body.text();
  if (version < 3) body.skip((8 - ((body.at - from) % 8)) % 8);
  return text;
}

function members(body: Cursor, version: number, count: number, size: number, depth: number): CompoundMember[] {
  const found: CompoundMember[] = [];
  const offsetBytes = size < 256 ? 1 : size < 65536 ? 2 : size < 16777216 ? 3 : 4;
  for (let k = 0; k < count; k++) {
    const title = name(body, version);
    const offset = version < 3 ? body.u32() : body.uint(offsetBytes);
    let rank = 0;
    if (version === 1) {
      rank = body.u8();
      body.skip(27);
    }
    const type = readDatatype(body, depth + 1);
    if (offset + type.size > size) throw body.corrupt(`has a field ${title} beyond its end`);
    found.push({
      name: title,
      offset,
      type: rank === 0 ? type : { kind: 'other', size: type.size, name: 'array' },
    });
  }
  return found;
}

function skipProperties(body: Cursor, version: number, cls: number, bits: number, depth: number): void {
  if (cls === 2) body.skip(2);
  else if (cls === 5) body.skip(bits & 0xff);
  else if (cls === 10) {
    const rank = body.u8();
    if (version < 3) body.skip(3);
    body.skip(rank * (version < 3 ? 8 : 4));
    if (depth === MOST_DEPTH) throw hdf5Unsupported('arrays within arrays within arrays are not read');
    readDatatype(body, depth + 1);
  } else if (cls === 11) readDatatype(body, MOST_DEPTH);
}
