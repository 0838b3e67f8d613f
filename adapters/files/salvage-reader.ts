import { RxSpikeError } from '../../src/index.js';
import type { BatchReader, Counts, EventBatch } from './decoder.js';
import type { Prefix } from './prefix.js';

/** What is needed to find the packets of a format, and to read one of them. */
export interface PacketFormat {
  /** Bytes by which the beginning of a packet is known. */
  readonly headBytes: number;
  /** True where a damaged packet is found out when it is decoded, because its content is packed or marked. */
  readonly selfChecking: boolean;
  /**
   * Bytes of the packet whose first `headBytes` lie at `at`; 0 where nothing there looks like a packet. `expected`: a
   * packet ended there, so that kinds may be taken that look like many things.
   */
  look(bytes: Uint8Array, at: number, expected: boolean): number;
  /** True where the packets end at this offset in the file. */
  endsAt(offset: number): boolean;
  /** Decodes a whole packet that lies at `offset` in the file. @throws `RxSpikeError` where it is damaged */
  decode(packet: Uint8Array, offset: number): Iterable<EventBatch>;
  readonly side: Counts;
  readonly violations: Counts;
}

/** A recording is salvaged in passes of its own. @throws `ERR_UNSUPPORTED` for a source that passes once */
export function requireRewindable(prefix: Prefix, format: string): void {
  if (prefix.parts !== null) return;
  throw new RxSpikeError('ERR_UNSUPPORTED', `${format}: a damaged recording is read from a file, not from a pipe`);
}

/** Packets that cannot be read are looked through again for others, up to this many bytes a byte of the input. */
const MOST_WORK = 16;
const WORK_ALLOWED_AT_FIRST = 1 << 20;

/**
 * Reads the packets of a damaged recording that can be read. Counts `damagedPacket`, `truncatedPacket` (those that the
 * input ends in) and `skippedByte` (bytes that belong to no packet that was read).
 */
export class SalvageReader implements BatchReader {
  readonly side: Counts;
  readonly violations: Counts;
  readonly #format: PacketFormat;
  readonly #chunks: () => AsyncIterable<Uint8Array>;
  /** What is not done with lies at `#at … #length − 1`. */
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #length = 0;
  #offset: number;
  #seen = 0;
  #work = 0;
  #over = false;
  /** True where a packet that was read ended. */
  #expected = true;

  /** `chunks` give the bytes from `offset` on. */
  constructor(format: PacketFormat, offset: number, chunks: () => AsyncIterable<Uint8Array>) {
    this.#format = format;
    this.#offset = offset;
    this.#chunks = chunks;
    this.side = format.side;
    this.violations = format.violations;
  }

  async *parts(): AsyncGenerator<Iterable<EventBatch>> {
    for await (const chunk of this.#chunks()) {
      this.#seen += chunk.length;
      this.#append(chunk);
      yield this.#packets(false);
      if (this.#over) return;
    }
    yield this.#packets(true);
  }

  #append(chunk: Uint8Array): void {
    const left = this.#length - this.#at;
    if (this.#length + chunk.length > this.#bytes.length) {
      const room = left + chunk.length;
      // What is left moves to the front where half of the room is free, so that a byte is moved a few times at most.
      const into = 2 * room <= this.#bytes.length ? this.#bytes : new Uint8Array(2 * room);
      into.set(this.#bytes.subarray(this.#at, this.#length));
      this.#bytes = into;
      this.#at = 0;
      this.#length = left;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  *#packets(ended: boolean): Generator<EventBatch> {
    const { headBytes, selfChecking } = this.#format;
    for (;;) {
      const left = this.#length - this.#at;
      if (this.#format.endsAt(this.#offset)) this.#over = true;
      if (this.#over || left === 0 || (left < headBytes && !ended)) return;
      const size = this.#look(this.#at, this.#expected);
      if (size === 0) {
        this.#skip(1);
      } else if (size + headBytes > left && !ended) {
        return;
      } else if (size > left) {
        this.#count('truncatedPacket', 1);
        if (selfChecking) this.#skip(1);
        else yield* this.#believePacket(left);
      } else if (selfChecking) {
        yield* this.#tryPacket(size);
      } else {
        yield* this.#believePacket(size);
      }
    }
  }

  *#tryPacket(size: number): Generator<EventBatch> {
    this.#work += size;
    try {
      yield* this.#format.decode(this.#bytes.subarray(this.#at, this.#at + size), this.#offset);
      this.#pass(size);
    } catch (error) {
      if (!(error instanceof RxSpikeError)) throw error;
      this.#count('damagedPacket', 1);
      const believed = this.#isFollowed(size) || this.#work > MOST_WORK * this.#seen + WORK_ALLOWED_AT_FIRST;
      this.#skip(believed ? size : 1);
    }
  }

  /** A packet whose size is wrong runs over the beginning of the next one. */
  *#believePacket(size: number): Generator<EventBatch> {
    let inside = size;
    if (!this.#isFollowed(size)) {
      for (inside = this.#format.headBytes; inside < size; inside++) if (this.#look(this.#at + inside) > 0) break;
    }
    if (inside < size) {
      this.#count('damagedPacket', 1);
      this.#skip(inside);
      return;
    }
    yield* this.#format.decode(this.#bytes.subarray(this.#at, this.#at + size), this.#offset);
    this.#pass(size);
  }

  /** True where another packet, or the end of all, comes after the next `size` bytes. */
  #isFollowed(size: number): boolean {
    const next = this.#at + size;
    return next === this.#length || this.#format.endsAt(this.#offset + size) || this.#look(next) > 0;
  }

  #look(at: number, expected = false): number {
    return at + this.#format.headBytes > this.#length ? 0 : this.#format.look(this.#bytes, at, expected);
  }

  #pass(size: number): void {
    this.#at += size;
    this.#offset += size;
    this.#expected = true;
  }

  #skip(size: number): void {
    this.#count('skippedByte', size);
    this.#pass(size);
    this.#expected = false;
  }

  #count(name: string, n: number): void {
    this.violations[name] = (this.violations[name] ?? 0) + n;
  }
}
