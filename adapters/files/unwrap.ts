import { RxSpikeError } from '../../src/index.js';
import type { ByteSource } from './byte-source.js';
import type { Expander } from './compression/expander.js';
import type { Prefix } from './prefix.js';
import type { OpenOptions } from './recording.js';

/** Compressions that a whole recording may be wrapped in. */
export type Wrapping = 'gzip' | 'zstd';

/** A wrapping that has been recognised. */
export interface Unwrapped {
  readonly wrapping: Wrapping;
  /** The content; any part of it only by expanding what comes before. */
  readonly source: ByteSource;
  /** The name of the content: without `.gz`, `.zst`. */
  readonly name: string | undefined;
}

const LOOK = 4;
/**
 * Content up to this size is believed whatever it came from, bytes: an Event Stream that begins late begins with so many
 * bytes of nothing, some 35 minutes, which shrink a thousandfold.
 */
const BELIEVED = 1 << 24;
/** Recordings of cameras shrink to a tenth at best, a simulated one of regular patterns to a seventieth. */
const DEFAULT_EXPANSION = 200;
const DEFAULT_WINDOW = 1 << 23;

/** First bytes and the bits of them that count; a file of Zstandard may begin with a frame to be skipped. */
const BEGINNINGS: readonly (readonly [wrapping: Wrapping, bytes: readonly number[], firstMask: number])[] = [
  ['gzip', [0x1f, 0x8b, 0x08], 0xff],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 0xff],
  ['zstd', [0x50, 0x2a, 0x4d, 0x18], 0xf0],
];

const EXTENSIONS = /\.(?:gz|gzip|zst|zstd)$/i;

/** Loads a wrapping's code; what is not met is not loaded. */
const EXPANDERS: Readonly<Record<Wrapping, (options: OpenOptions) => Promise<() => Expander>>> = {
  gzip: async () => {
    const { GzipExpander } = await import('./compression/gzip.js');
    return () => new GzipExpander();
  },
  zstd: async ({ maxPacketBytes = DEFAULT_WINDOW }) => {
    const { ZstdExpander } = await import('./compression/zstd-expander.js');
    return () => new ZstdExpander(maxPacketBytes);
  },
};

/** The wrapping that the first bytes say, else null. */
export async function wrappingOf(prefix: Prefix): Promise<Wrapping | null> {
  await prefix.fill(LOOK);
  const { bytes } = prefix;
  const [wrapping] =
    BEGINNINGS.find(([, magic, mask]) =>
      magic.every((byte, k) => k < bytes.length && byte === (k === 0 ? bytes[0] & mask : bytes[k])),
    ) ?? [];
  return wrapping ?? null;
}

/**
 * What is inside of a wrapped recording; null where it is not wrapped. `prefix` is the beginning of the wrapping, of a
 * source that is `rewindable` or not.
 */
export async function unwrap(prefix: Prefix, rewindable: boolean, options: OpenOptions): Promise<Unwrapped | null> {
  const wrapping = await wrappingOf(prefix);
  if (wrapping === null) return null;
  const make = await EXPANDERS[wrapping](options);
  const most = options.maxExpansion ?? DEFAULT_EXPANSION;
  const read = (from: number): AsyncIterable<Uint8Array> =>
    after(from, expanded(prefix.read(0), make(), { wrapping, most }));
  return { wrapping, source: { rewindable, read, parts: null }, name: options.name?.replace(EXTENSIONS, '') };
}

interface Expansion {
  readonly wrapping: Wrapping;
  /** Most bytes of content for a byte of the input. */
  readonly most: number;
}

async function* expanded(
  chunks: AsyncIterable<Uint8Array>,
  expander: Expander,
  { wrapping, most }: Expansion,
): AsyncGenerator<Uint8Array> {
  let content = 0;
  for await (const chunk of chunks) {
    for (const piece of expander.push(chunk)) {
      content += piece.length;
      if (content > BELIEVED && content > most * expander.consumed) {
        const message = `${wrapping}: ${expander.consumed} bytes expand to ${content} and more, the limit is ${most} for one`;
        throw new RxSpikeError('ERR_LIMIT', message, { details: { limit: most, offset: expander.consumed } });
      }
      yield piece;
    }
  }
  expander.end();
}

/** The bytes from number `from` on. */
async function* after(from: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = from;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield left > 0 ? chunk.subarray(left) : chunk;
    left = Math.max(0, left - chunk.length);
  }
}
