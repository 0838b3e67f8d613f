import { crc32 } from './crc32.js';
import { RxSpikeError } from './errors.js';
import type { Step } from './step.js';

/**
 * Saved state: versioned bytes of a step's plain-data state.
 *
 * Layout, little-endian: magic `RxS1` (4 bytes), length of the JSON part (u32), JSON
 * `{name, version, value, arrays: [[type, byteOffset, length], …]}` in UTF-8, padding to 8, then the arrays, each
 * padded to 8, and at the end the CRC-32 of all before it (u32). In `value` a typed array stands as `{"$array": index}`, a number that JSON cannot hold as
 * `{"$number": "NaN" | "Infinity" | "-Infinity" | "-0"}`, a field whose own name begins with `$` gets another `$` before
 * it, and `undefined` fields are left out.
 */

const MAGIC = 0x31537852;

type TypedArray = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Int16Array | Uint8Array;

const ARRAY_TYPES = {
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
} as const;
type ArrayName = keyof typeof ARRAY_TYPES;

const CRC_BYTES = 4;

const pad8 = (n: number): number => (n + 7) & ~7;

/** Records and lists may stand this deep in each other; deeper ones, and circles, are refused. */
const MAX_DEPTH = 100;

function encodeNumber(n: number): unknown {
  if (Object.is(n, -0)) return { $number: '-0' };
  return Number.isFinite(n) ? n : { $number: String(n) };
}

function encodeValue(value: unknown, arrays: TypedArray[], path: string, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new RxSpikeError('ERR_STATE', `state: nested deeper than ${MAX_DEPTH}`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return encodeNumber(value);
  if (ArrayBuffer.isView(value)) {
    if (!(value.constructor.name in ARRAY_TYPES)) {
      throw new RxSpikeError('ERR_STATE', `state: ${path} is a ${value.constructor.name}, which has no saved form`);
    }
    arrays.push(value as TypedArray);
    return { $array: arrays.length - 1 };
  }
  if (Array.isArray(value)) return value.map((item, i) => encodeValue(item, arrays, `${path}[${i}]`, depth + 1));
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        if (key === '__proto__') throw new RxSpikeError('ERR_STATE', `state: ${path} has a field __proto__`);
        if (item === undefined) continue;
        out[key.startsWith('$') ? `$${key}` : key] = encodeValue(item, arrays, `${path}.${key}`, depth + 1);
      }
      return out;
    }
  }
  throw new RxSpikeError('ERR_STATE', `state: ${path} is not plain data`);
}

/** Bytes of any plain data (see {@link saveState}); `name` and `version` are checked again on the way back. */
export function encodeState(name: string, version: number, value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: TypedArray[] = [];
  const encoded = encodeValue(value, arrays, 'state');
  let offset = 0;
  const table = arrays.map((array) => {
    const row = [array.constructor.name, offset, array.length];
    offset += pad8(array.byteLength);
    return row;
  });
  const json = new TextEncoder().encode(JSON.stringify({ name, version, value: encoded, arrays: table }));
  const start = pad8(8 + json.length);
  const bytes = new Uint8Array(start + offset + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  bytes.set(json, 8);
  arrays.forEach((array, i) => {
    const at = table[i]?.[1] as number;
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + at);
  });
  view.setUint32(start + offset, crc32(bytes.subarray(0, start + offset)), true);
  return bytes;
}

const damaged = (what: string, cause?: unknown): RxSpikeError =>
  new RxSpikeError('ERR_STATE', `saved state is damaged: ${what}`, cause === undefined ? {} : { cause });

function readArray(bytes: Uint8Array, start: number, row: unknown): TypedArray {
  if (!Array.isArray(row) || row.length !== 3) throw damaged('array table');
  const [type, offset, length] = row as [ArrayName, number, number];
  const Type = Object.hasOwn(ARRAY_TYPES, type) ? ARRAY_TYPES[type] : undefined;
  if (!Type || !Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw damaged('array table');
  }
  const from = start + offset;
  const size = length * Type.BYTES_PER_ELEMENT;
  if (from + size > bytes.length) throw damaged(`array of ${size} bytes at ${from}, ${bytes.length} in all`);
  // A copy, also of Node's Buffer, whose own slice shares memory.
  return new Type(new Uint8Array(bytes.subarray(from, from + size)).buffer);
}

const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

function decodeValue(value: unknown, arrays: readonly TypedArray[], depth = 0): unknown {
  if (depth > MAX_DEPTH) throw damaged(`nested deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) return value.map((item) => decodeValue(item, arrays, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  if ('$array' in value) {
    const array = typeof value.$array === 'number' ? arrays[value.$array] : undefined;
    if (!array) throw damaged('array index');
    return array;
  }
  if ('$number' in value) {
    const number = NUMBERS.get(value.$number);
    if (number === undefined) throw damaged('number');
    return number;
  }
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || (key.startsWith('$') && !key.startsWith('$$'))) throw damaged(`field ${key}`);
    out[key.startsWith('$') ? key.slice(1) : key] = decodeValue(item, arrays, depth + 1);
  }
  return out;
}

/** Plain data out of {@link encodeState}'s bytes. @throws `ERR_STATE` when damaged, of another name or version. */
export function decodeState(name: string, version: number, saved: Uint8Array): unknown {
  if (saved.length < 8 + CRC_BYTES) throw damaged(`${saved.length} bytes`);
  const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw damaged('it does not begin with RxS1');
  const bytes = saved.subarray(0, -CRC_BYTES);
  if (crc32(bytes) !== view.getUint32(bytes.length, true)) throw damaged('its checksum is another');
  const jsonLength = view.getUint32(4, true);
  if (8 + jsonLength > bytes.length) throw damaged('header is longer than the bytes');
  let head: { name?: unknown; version?: unknown; value?: unknown; arrays?: unknown };
  try {
    head = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + jsonLength)),
    ) as typeof head;
  } catch (cause) {
    throw damaged('header is not JSON', cause);
  }
  if (head === null || typeof head !== 'object') throw damaged('header is not a record');
  if (head.name !== name || head.version !== version) {
    throw new RxSpikeError(
      'ERR_STATE',
      `saved state is of ${String(head.name)} version ${String(head.version)}, expected ${name} version ${version}`,
    );
  }
  if (!Array.isArray(head.arrays)) throw damaged('array table');
  if (head.value === undefined) throw damaged('no value');
  const start = pad8(8 + jsonLength);
  return decodeValue(
    head.value,
    head.arrays.map((row) => readArray(bytes, start, row)),
  );
}

/** Versioned bytes of a step's state; the state may go on being used. */
export function saveState<P, S, I, O>(step: Step<P, S, I, O>, state: S): Uint8Array<ArrayBuffer> {
  return encodeState(step.name, step.version, state);
}

/**
 * State of a step out of {@link saveState}'s bytes.
 * @throws `ERR_STATE` when damaged, of another step or version, or when it does not fit `params`.
 */
export function restoreState<P, S, I, O>(step: Step<P, S, I, O>, params: P, bytes: Uint8Array): S {
  const state = decodeState(step.name, step.version, bytes) as S;
  sameShape(step.init(params), state, step.name);
  try {
    step.check?.(params, state);
  } catch (error) {
    if (error instanceof RxSpikeError) throw error;
    throw damaged(`it is no state of ${step.name}`, error); // a check may stumble over what it did not expect
  }
  return state;
}

function kind(v: unknown): string {
  if (v === null || typeof v !== 'object') return v === null ? 'null' : typeof v;
  if (ArrayBuffer.isView(v)) return v.constructor.name;
  return Array.isArray(v) ? 'Array' : 'Object';
}

/**
 * Every field of a fresh state must be there, of the same kind; a record, list or number below the top may be null in
 * one of the two. Lengths are left to `Step.check`.
 */
function sameShape(fresh: unknown, restored: unknown, path: string, top = true): void {
  const [own, other] = [kind(fresh), kind(restored)];
  const optional = !top && !ArrayBuffer.isView(fresh) && (own === 'null' || other === 'null');
  if (own !== other && !optional) {
    throw new RxSpikeError('ERR_STATE', `saved state does not fit: ${path} is ${other}, not ${own}`);
  }
  if (own !== other || (own !== 'Object' && own !== 'Array')) return;
  for (const [key, value] of Object.entries(fresh as object)) {
    const there = (restored as Record<string, unknown>)[key];
    if (value === undefined || (there === undefined && own === 'Array')) continue;
    if (there === undefined) {
      throw new RxSpikeError('ERR_STATE', `saved state does not fit: ${path}.${key} is missing`);
    }
    sameShape(value, there, `${path}.${key}`, false);
  }
}
