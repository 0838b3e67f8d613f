import { RxSpikeError } from '../../../src/index.js';

const utf8 = new TextDecoder();

/** Goes through the fields of one MCAP record; every step is checked against its end. */
export class McapFields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** @param bytes borrowed @param what is read, for messages */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** @throws `ERR_CORRUPT` */
  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** @throws `ERR_CORRUPT` */
  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Rounded above 2⁵³. @throws `ERR_CORRUPT` */
  uint64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at + 4, true) * 4294967296 + this.#view.getUint32(at, true);
  }

  /** @throws `ERR_CORRUPT` */
  string(): string {
    return utf8.decode(this.bytes(this.uint32()));
  }

  /** A view of the next bytes. @throws `ERR_CORRUPT` */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Names and values. @throws `ERR_CORRUPT` */
  map(): Map<string, string> {
    const size = this.uint32();
    const end = this.#at + size;
    if (end > this.#bytes.length) throw this.#corrupt(size);
    const map = new Map<string, string>();
    while (this.#at < end) map.set(this.string(), this.string());
    return map;
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw this.#corrupt(size);
    this.#at = at + size;
    return at;
  }

  #corrupt(size: number): RxSpikeError {
    return new RxSpikeError(
      'ERR_CORRUPT',
      `${this.#what} says ${size} bytes at its byte ${this.#at}, it has ${this.#bytes.length}`,
    );
  }
}
