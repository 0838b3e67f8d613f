import { RxSpikeError } from '../../../src/index.js';
import { FixedSizeDecoder } from '../fixed-size-decoder.js';
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

  /** Counts a word of this kind; without a name it is of none that is known. */
  protected asideOrUnknown(name: string | undefined): void {
    if (name === undefined) this.violation('unknownWord', 1);
    else this.aside(name, 1);
  }

  protected violation(name: string, count: number): void {
    if (count > 0) this.violations[name] = (this.violations[name] ?? 0) + count;
  }
}
