import { RxSpikeError } from '../errors.js';

/** A tensor of a safetensors file; row-major. Read from F32 or F64, written as F32. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, FileTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Longest header that is read, as in the format's own reader. */
const MAX_HEADER = 100_000_000;

/** An `ERR_MODEL` with a plain sentence. */
export function modelError(message: string, cause?: unknown): RxSpikeError {
  return new RxSpikeError('ERR_MODEL', `model file: ${message}`, cause === undefined ? {} : { cause });
}

/**
 * Bytes of a safetensors file: length of the header (u64, little-endian), header as JSON padded with spaces to a
 * multiple of 8, then the tensors one after another as f32, little-endian
 * (https://github.com/huggingface/safetensors, README, "Format").
 * @throws `ERR_MODEL` for a number that f32 cannot hold
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + 4 * data.length] };
    offset += 4 * data.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = (json.length + 7) & ~7;
  const bytes = new Uint8Array(8 + headerLength + offset);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, headerLength, true);
  let at = 8 + headerLength;
  for (const [name, { data }] of Object.entries(tensors)) {
    for (const value of data) {
      if (!Number.isFinite(Math.fround(value))) throw modelError(`tensor "${name}" holds ${value}, which f32 cannot`);
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file of F32 and F64 tensors that lie one after another without gap, overlap or rest.
 * @throws `ERR_MODEL` saying what is wrong and where
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const header = readHeader(bytes);
  const metadata = readMetadata(header.entries.__metadata__);
  const rows = Object.entries(header.entries)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => readEntry(name, entry));
  const length = bytes.length - header.end;
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.end, length);
  let end = 0;
  const tensors: [string, FileTensor][] = [];
  for (const { name, shape, size, from, to } of rows.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw modelError(`tensor "${name}" begins at byte ${from} of the data, expected ${end}`);
    if (to > length) throw modelError(`tensor "${name}" ends at byte ${to} of the data, there are ${length}`);
    end = to;
    const data = new Float64Array((to - from) / size);
    for (let i = 0; i < data.length; i++) {
      data[i] = size === 4 ? view.getFloat32(from + 4 * i, true) : view.getFloat64(from + 8 * i, true);
    }
    tensors.push([name, { shape, data }]);
  }
  if (end !== length) throw modelError(`the tensors end at byte ${end} of the data, there are ${length}`);
  return { tensors: Object.fromEntries(tensors), metadata };
}

function readHeader(bytes: Uint8Array): { entries: Readonly<Record<string, unknown>>; end: number } {
  if (bytes.length < 8) throw modelError(`${bytes.length} bytes, expected 8 and a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (length > MAX_HEADER) throw modelError(`it says that its header has ${length} bytes, at most ${MAX_HEADER}`);
  if (8 + length > bytes.length) throw modelError(`header of ${length} bytes, ${bytes.length - 8} remain`);
  let entries: unknown;
  try {
    entries = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw modelError('the header is not JSON', cause);
  }
  if (!isRecord(entries)) throw modelError('the header is not a record');
  return { entries, end: 8 + length };
}

function readMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    throw modelError('__metadata__ is not a record of texts');
  }
  return value as Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes of a number. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

function readEntry(name: string, entry: unknown): Entry {
  const what = `tensor "${name}"`;
  if (!isRecord(entry)) throw modelError(`${what} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F64') throw modelError(`${what} is ${JSON.stringify(dtype)}, expected F32 or F64`);
  if (!isSizes(shape)) throw modelError(`${what}: shape is ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2) throw modelError(`${what}: offsets are ${JSON.stringify(offsets)}`);
  const size = dtype === 'F32' ? 4 : 8;
  const [from, to] = offsets;
  const expected = shape.reduce((product, n) => product * n, size);
  if (to - from !== expected) {
    throw modelError(`${what}: ${to - from} bytes, its shape [${shape.join(', ')}] has ${expected}`);
  }
  return { name, shape, size, from, to };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
