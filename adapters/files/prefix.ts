import { RxSpikeError } from '../../src/index.js';
import type { ByteParts, ByteSource } from './byte-source.js';

const DAMAGE: ReadonlySet<string> = new Set(['ERR_TRUNCATED', 'ERR_CORRUPT', 'ERR_LIMIT', 'ERR_UNSUPPORTED']);

/** The beginning of a source, read on demand and kept, so that looking ahead loses nothing. */
export class Prefix {
  readonly #source: ByteSource;
  #iterator: AsyncIterator<Uint8Array> | null = null;
  #buffer = new Uint8Array(0);
  #length = 0;
  #ended = false;
  #broken: RxSpikeError | null = null;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Any part of the source, where it allows that. */
  get parts(): ByteParts | null {
    return this.#source.parts;
  }

  /** What has been read so far; a view that is valid until the next `fill`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** True when `bytes` is the whole source. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What the source broke with after `bytes`, where it did; `read` throws it when it gets there. */
  get broken(): RxSpikeError | null {
    return this.#broken;
  }

  /** Reads until at least `size` bytes are there; false if the source ends before. */
  async fill(size: number): Promise<boolean> {
    while (this.#length < size && !this.#ended) {
      try {
        const chunk = await this.#next();
        if (chunk) this.#append(chunk);
      } catch (error) {
        // Content that cannot be expanded any further: what is before it is good.
        if (!(error instanceof RxSpikeError) || !DAMAGE.has(error.code)) throw error;
        this.#broken = error;
        this.#ended = true;
      }
    }
    return this.#length >= size;
  }

  /** The next chunk after `bytes`, not kept; null at the end. */
  async #next(): Promise<Uint8Array | null> {
    this.#iterator ??= this.#source.read(0)[Symbol.asyncIterator]();
    const result = await this.#iterator.next();
    if (result.done !== true) return result.value;
    this.#ended = true;
    return null;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, Math.min(2 * this.#buffer.length, length + (1 << 20))));
      buffer.set(this.bytes);
      this.#buffer = buffer;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  /** Lets go of what a rewindable source holds open; the bytes stay. One that passes once is needed for the rest. */
  async close(): Promise<void> {
    if (this.#source.rewindable) await this.#release();
  }

  /** Lets go of the source, whatever it is: nothing more is read. */
  async abandon(): Promise<void> {
    this.#ended = true;
    await this.#release();
  }

  async #release(): Promise<void> {
    const iterator = this.#iterator;
    this.#iterator = null;
    await iterator?.return?.();
  }

  /** All bytes from `from` (within `bytes`) on: what is kept, then the rest of the source. */
  async *read(from: number): AsyncGenerator<Uint8Array> {
    const kept = this.bytes;
    try {
      if (from < kept.length) yield kept.subarray(from);
      if (this.#broken !== null) throw this.#broken;
      if (this.#ended) return;
      if (this.#source.rewindable) yield* this.#source.read(kept.length);
      else for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
    } finally {
      if (!this.#source.rewindable) await this.abandon();
    }
  }
}
