import { splitNanoseconds } from '../nanoseconds.js';
import type { NumberType } from './datatype.js';

/** Where numbers lie in bytes: the first one, and how far it is from each to the next. */
export interface Stride {
  readonly from: number;
  readonly stride: number;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reads numbers of one type as float64; 64-bit integers are exact below 2⁵³ and rounded above. */
export class NumberReader {
  readonly type: NumberType;
  /** True where integers of 64 bits are ns and read as µs, with the fraction that float64 has room for. */
  readonly splitsNanoseconds: boolean;
  readonly #kind: string;

  constructor(type: NumberType, nanoseconds: boolean = false) {
    this.type = type;
    this.splitsNanoseconds = nanoseconds && !type.float && type.size === 8;
    this.#kind = type.float ? `f${type.size}` : `${type.signed ? 'i' : 'u'}${type.size}`;
  }

  /** Reads `count` numbers into `into` from `at` on. */
  read(bytes: Uint8Array, { from, stride }: Stride, into: Float64Array, at: number, count: number): void {
    if (stride === this.type.size && this.#copied(bytes, from, into, at, count)) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const little = this.type.littleEndian;
    const end = at + count;
    let p = from;
    switch (this.#kind) {
      case 'u1':
        for (let i = at; i < end; i++, p += stride) into[i] = bytes[p];
        break;
      case 'i1':
        for (let i = at; i < end; i++, p += stride) into[i] = (bytes[p] << 24) >> 24;
        break;
      case 'u2':
        for (let i = at; i < end; i++, p += stride) into[i] = view.getUint16(p, little);
        break;
      case 'i2':
        for (let i = at; i < end; i++, p += stride) into[i] = view.getInt16(p, little);
        break;
      case 'u4':
        for (let i = at; i < end; i++, p += stride) into[i] = view.getUint32(p, little);
        break;
      case 'i4':
        for (let i = at; i < end; i++, p += stride) into[i] = view.getInt32(p, little);
        break;
      default:
        if (this.type.float) this.#floats(view, { from, stride }, into, at, end);
        else this.#wide(view, { from, stride }, into, at, end);
    }
  }

  #floats(view: DataView, { from, stride }: Stride, into: Float64Array, at: number, end: number): void {
    const { littleEndian: little, size } = this.type;
    let p = from;
    if (size === 4) for (let i = at; i < end; i++, p += stride) into[i] = view.getFloat32(p, little);
    else for (let i = at; i < end; i++, p += stride) into[i] = view.getFloat64(p, little);
  }

  #wide(view: DataView, { from, stride }: Stride, into: Float64Array, at: number, end: number): void {
    const { littleEndian: little, signed } = this.type;
    const [low, high] = little ? [0, 4] : [4, 0];
    let p = from;
    for (let i = at; i < end; i++, p += stride) {
      const top = signed ? view.getInt32(p + high, little) : view.getUint32(p + high, little);
      const rest = view.getUint32(p + low, little);
      if (this.splitsNanoseconds) {
        const [micros, nanos] = splitNanoseconds(rest, top);
        into[i] = micros + nanos / 1000;
      } else into[i] = top * 4294967296 + rest;
    }
  }

  /** The engine's own conversion, where the numbers lie as the machine's own would. */
  #copied(bytes: Uint8Array, from: number, into: Float64Array, at: number, count: number): boolean {
    const { size, littleEndian } = this.type;
    const offset = bytes.byteOffset + from;
    if (size > 1 && (!LITTLE_ENDIAN || !littleEndian || offset % size !== 0)) return false;
    const { buffer } = bytes;
    switch (this.#kind) {
      case 'u1':
        into.set(bytes.subarray(from, from + count), at);
        return true;
      case 'u2':
        into.set(new Uint16Array(buffer, offset, count), at);
        return true;
      case 'i2':
        into.set(new Int16Array(buffer, offset, count), at);
        return true;
      case 'u4':
        into.set(new Uint32Array(buffer, offset, count), at);
        return true;
      case 'i4':
        into.set(new Int32Array(buffer, offset, count), at);
        return true;
      case 'f8':
        into.set(new Float64Array(buffer, offset, count), at);
        return true;
      default:
        return false;
    }
  }
}
