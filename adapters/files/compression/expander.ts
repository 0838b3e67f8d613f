import { RxSpikeError } from '../../../src/index.js';
import { ByteFeed } from './byte-feed.js';

/** Expands a wrapped input, as a state machine: any cut into chunks gives the same content. */
export interface Expander {
  /**
   * Content of a chunk in pieces, each valid until the next one is asked for; the chunk is borrowed for that long.
   * @throws `ERR_CORRUPT`, `ERR_LIMIT` or `ERR_UNSUPPORTED` after everything good before it was yielded
   */
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  /** Says that the input has ended. @throws `ERR_TRUNCATED`, `ERR_CORRUPT` */
  end(): void;
  /** Bytes of the input that the content so far was made of. */
  readonly consumed: number;
}

/** Most bytes of the beginning of a part that are looked at to tell what part it is. */
const MAGIC_BYTES = 4;

/** The frame of an expander that goes in steps: a header, a block, a checksum. */
export abstract class SteppedExpander implements Expander {
  protected readonly input: ByteFeed = new ByteFeed();
  readonly #name: string;

  /** `name`: of the wrapping, for messages. */
  constructor(name: string) {
    this.#name = name;
  }

  get consumed(): number {
    return this.input.offset;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.input.add(chunk);
    for (let piece = this.step(); piece !== null; piece = this.step()) if (piece.length > 0) yield piece;
    this.input.keep();
  }

  end(): void {
    if (this.between && this.input.length === 0) return;
    const rest = this.input.view(Math.min(MAGIC_BYTES, this.input.length));
    if (this.between && !this.begins(rest)) throw this.trailing();
    throw this.error('ERR_TRUNCATED', 'the input ends in the middle');
  }

  /** Does the next step; null where that needs more input. What is returned is valid until the next step. */
  protected abstract step(): Uint8Array | null;
  /** True where the input may end: after at least one whole part, before the next. */
  protected abstract readonly between: boolean;
  /** Whether a part may begin like this; fewer than four bytes where the input has ended. */
  protected abstract begins(bytes: Uint8Array): boolean;

  /** An error at the place in the input that has been reached. */
  protected error(code: 'ERR_TRUNCATED' | 'ERR_CORRUPT' | 'ERR_LIMIT' | 'ERR_UNSUPPORTED', what: string): RxSpikeError {
    const offset = this.input.offset;
    return new RxSpikeError(code, `${this.#name}: ${what}, at byte ${offset}`, { details: { offset } });
  }

  protected trailing(): RxSpikeError {
    return this.error('ERR_CORRUPT', 'something else follows');
  }
}
