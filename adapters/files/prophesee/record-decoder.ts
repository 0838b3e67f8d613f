import type { EventBatch } from '../decoder.js';
import { FixedSizeDecoder } from '../fixed-size-decoder.js';
import { RxSpikeError } from '../../../src/index.js';
import type { SideSink } from '../side.js';

/** What a decoder of this family is told besides the bytes. */
export interface RecordOptions {
  /** Format as it is called in messages. */
  readonly format: string;
  /** Offset of the first record. */
  readonly offset: number;
  /** Added to all times, µs: the header's `t0`. */
  readonly t0: number;
  /** True where the bytes of a record have to be turned round. */
  readonly swap: boolean;
  readonly side: SideSink | undefined;
}

/** What the decoders of this family share: how side streams and violations are told. */
export abstract class RecordDecoder extends FixedSizeDecoder {
  protected readonly t0: number;
  protected readonly swap: boolean;
  protected readonly format: string;
  protected readonly dataStart: number;
  readonly #sink: SideSink | null;
  #room = 0;
  #t = new Float64Array(0);
  #x = new Uint16Array(0);
  #y = new Uint16Array(0);
  #p = new Uint8Array(0);

  /** @throws `ERR_UNSUPPORTED` for a side stream that is counted only */
  constructor(options: RecordOptions, size: number) {
    super({ format: options.format, record: 'word' }, size, options.offset);
    this.format = options.format;
    this.dataStart = options.offset;
    this.t0 = options.t0;
    this.swap = options.swap;
    this.#sink = options.side ?? null;
    if (this.#sink !== null && this.#sink.name !== 'triggers') {
      throw new RxSpikeError('ERR_UNSUPPORTED', `${options.format}: ${this.#sink.name} are counted only`);
    }
  }

  protected trigger(t: number, id: number, rising: boolean): void {
    this.aside('triggers', 1);
    this.#sink?.add({ kind: 'trigger', t, id, edge: rising ? 'rising' : 'falling' });
  }

  protected aside(name: string, count: number): void {
    if (count > 0) this.side[name] = (this.side[name] ?? 0) + count;
  }

  protected violation(name: string, count: number): void {
    if (count > 0) this.violations[name] = (this.violations[name] ?? 0) + count;
  }

  /**
   * Events of the working columns as a batch of this decoder's own: recordings may be read in turns, and the working
   * columns are shared by all decoders of a kind.
   */
  protected batch(t: Float64Array, x: Uint16Array, y: Uint16Array, p: Uint8Array, length: number): EventBatch {
    if (length > this.#room) {
      this.#room = Math.max(length, Math.min(2 * this.#room, t.length));
      this.#t = new Float64Array(this.#room);
      this.#x = new Uint16Array(this.#room);
      this.#y = new Uint16Array(this.#room);
      this.#p = new Uint8Array(this.#room);
    }
    this.#t.set(t.subarray(0, length));
    this.#x.set(x.subarray(0, length));
    this.#y.set(y.subarray(0, length));
    this.#p.set(p.subarray(0, length));
    return { t: this.#t, x: this.#x, y: this.#y, p: this.#p, length };
  }
}
