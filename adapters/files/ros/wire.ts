import { RxSpikeError } from '../../../src/index.js';
import { PLAIN, type Field } from './definition.js';

const utf8 = new TextDecoder();

/** How the values of a message follow each other. */
export interface Wire {
  readonly littleEndian: boolean;
  /** Values lie at multiples of their size, up to this one, counted from `origin`; 1: close together (ROS 1). */
  readonly maxAlign: number;
  /** Offset that alignment is counted from. */
  readonly origin: number;
}

const ROS1: Wire = { littleEndian: true, maxAlign: 1, origin: 0 };

/** Representation identifiers of CDR by their second byte: plain CDR and its second version, big- and little-endian. */
const CDR: Readonly<Record<number, Wire>> = {
  0: { littleEndian: false, maxAlign: 8, origin: 4 },
  1: { littleEndian: true, maxAlign: 8, origin: 4 },
  6: { littleEndian: false, maxAlign: 4, origin: 4 },
  7: { littleEndian: true, maxAlign: 4, origin: 4 },
};

/** Goes through the values of one message; every step is checked against its end. */
export class WireReader {
  readonly view: DataView;
  readonly wire: Wire;
  /** Offset of the next byte. */
  at: number;
  readonly #what: string;

  /**
   * @param what is read, for messages
   * @throws `ERR_CORRUPT` for CDR without its 4 bytes of header, `ERR_UNSUPPORTED` for representations other than plain
   */
  constructor(bytes: Uint8Array, encoding: 'ros1' | 'cdr', what: string) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    let wire: Wire | undefined = ROS1;
    if (encoding === 'cdr') {
      if (bytes.length < 4) throw this.corrupt(`has ${bytes.length} bytes, fewer than the header of CDR`);
      wire = bytes[0] === 0 ? CDR[bytes[1]] : undefined;
      if (wire === undefined) {
        throw new RxSpikeError('ERR_UNSUPPORTED', `${what} is in representation ${bytes[0]}.${bytes[1]} of CDR`);
      }
    }
    this.wire = wire;
    this.at = wire.origin;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.view.byteLength - this.at;
  }

  corrupt(what: string): RxSpikeError {
    return new RxSpikeError('ERR_CORRUPT', `${this.#what} ${what}`);
  }

  uint8(): number {
    return this.view.getUint8(this.#take(1, 1));
  }

  uint32(): number {
    return this.view.getUint32(this.#take(4, 4), this.wire.littleEndian);
  }

  /** Low and high word. */
  uint64(): readonly [low: number, high: number] {
    const { littleEndian } = this.wire;
    const at = this.#take(8, 8);
    const [first, second] = [this.view.getUint32(at, littleEndian), this.view.getUint32(at + 4, littleEndian)];
    return littleEndian ? [first, second] : [second, first];
  }

  string(): string {
    const bytes = this.sequenceOfBytes();
    // CDR counts the zero at the end.
    return utf8.decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes);
  }

  /** A view of an array of bytes. */
  sequenceOfBytes(): Uint8Array {
    const length = this.uint32();
    const at = this.#take(length, 1);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at, length);
  }

  /** Passes over a field. @throws `ERR_UNSUPPORTED` for arrays of messages and of strings */
  skip({ name, type, array }: Field): void {
    if (typeof type !== 'string') {
      if (array !== null) throw this.#strange(name);
      for (const field of type.fields) this.skip(field);
      return;
    }
    const size = PLAIN[type];
    if (size === undefined) {
      if (type !== 'string' || array !== null) throw this.#strange(name);
      this.#take(this.uint32(), 1);
      return;
    }
    const length = array === 'sequence' ? this.uint32() : (array ?? 1);
    if (length > 0) this.#take(size * length, type === 'time' ? 4 : size);
  }

  #strange(name: string): RxSpikeError {
    return new RxSpikeError('ERR_UNSUPPORTED', `${this.#what}: a field ${name} of its kind is not read`);
  }

  /** Offset of the next `size` bytes, which are passed over. */
  #take(size: number, align: number): number {
    const { maxAlign, origin } = this.wire;
    const unit = Math.min(align, maxAlign);
    const at = origin + Math.ceil((this.at - origin) / unit) * unit;
    const end = at + size;
    if (end > this.view.byteLength) {
      throw this.corrupt(`says ${size} bytes at its byte ${at}, it has ${this.view.byteLength}`);
    }
    this.at = end;
    return at;
  }
}
