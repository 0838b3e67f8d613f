import { RxSpikeError } from '../../../src/index.js';
import type { Decompressor } from '../compression/decompressor.js';
import type { Decoder } from '../decoder.js';
import type { RosEvents } from './ros-events.js';

/** What decoders of bags and of MCAP files are made of. */
export interface RosParts {
  /** Offset of the first record. */
  readonly offset: number;
  readonly maxPacketBytes: number;
  readonly maxExpansion: number;
  readonly events: RosEvents;
}

/** A {@link Decoder} of messages of ROS. */
export interface RosDecoder extends Decoder {
  readonly events: RosEvents;
}

const FREE = 1 << 20;

/** Expands the chunks of a file and watches that what they make stays in proportion to what was stored. */
export class ChunkExpander {
  readonly #limit: number;
  readonly #expansion: number;
  readonly #decompressors = new Map<string, Decompressor>();
  #stored = 0;
  #content = 0;

  constructor({ maxPacketBytes, maxExpansion }: RosParts) {
    this.#limit = maxPacketBytes;
    this.#expansion = maxExpansion;
  }

  /**
   * The content of a chunk, which says its size; valid until the next call.
   * @throws `ERR_CORRUPT`, `ERR_LIMIT`, `ERR_UNSUPPORTED`
   */
  expand(
    method: string,
    make: (limit: number) => Decompressor,
    stored: Uint8Array,
    size: number,
    place: { readonly what: string; readonly offset: number },
  ): Uint8Array {
    this.#stored += stored.length;
    this.#content += size;
    const { what, offset } = place;
    const details = { offset };
    if (size > this.#limit || (this.#content > FREE && this.#content > this.#stored * this.#expansion)) {
      const message = `${what}: ${stored.length} bytes say that they hold ${size}; `;
      throw new RxSpikeError(
        'ERR_LIMIT',
        message + (size > this.#limit ? `the limit is ${this.#limit}` : `at most ${this.#expansion} for one are taken`),
        { details },
      );
    }
    let decompressor = this.#decompressors.get(method);
    if (decompressor === undefined) {
      decompressor = make(this.#limit);
      this.#decompressors.set(method, decompressor);
    }
    let content: Uint8Array;
    try {
      content = decompressor.expand(stored);
    } catch (cause) {
      if (!(cause instanceof RxSpikeError)) throw cause;
      // The chunk is whole: content that ends early inside it is damage, not a cut.
      const code = cause.code === 'ERR_TRUNCATED' ? 'ERR_CORRUPT' : cause.code;
      throw new RxSpikeError(code, `${what}: ${cause.message}`, { cause, details: { ...cause.details, offset } });
    }
    if (content.length === size) return content;
    throw new RxSpikeError('ERR_CORRUPT', `${what} says ${size} bytes of content, it has ${content.length}`, {
      details,
    });
  }
}
