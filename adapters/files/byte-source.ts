import { RxSpikeError } from '../../src/index.js';

/** Bytes that a recording is read from: all of them, a file of a browser, or chunks that arrive one after another. */
export type Bytes = Uint8Array | Blob | AsyncIterable<Uint8Array>;

/** Where the bytes of a recording come from, as the decoders see it. */
export interface ByteSource {
  /** True where `read` may be called again; false for a stream, which passes once. */
  readonly rewindable: boolean;
  /** Chunks from byte `from` on, any sizes; a chunk is valid until the next one is asked for. */
  read(from: number): AsyncIterable<Uint8Array>;
  /** Any part at any time; null for what passes once or is expanded on the way. */
  readonly parts: ByteParts | null;
}

/** Bytes of which any part can be read. */
export interface ByteParts {
  /** Bytes in all. */
  readonly size: number;
  /**
   * The bytes `from … to − 1`, memory of the caller's own; fewer where the input is shorter than `size` says.
   * @throws (rejects) `ERR_NOT_READABLE`
   */
  read(from: number, to: number): Promise<Uint8Array>;
}

const PIECE = 1 << 16;

async function* pieces(bytes: Uint8Array, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* blobPieces(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < blob.size; at += PIECE) {
    yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
  }
}

function blobParts(blob: Blob): ByteParts {
  const read = async (from: number, to: number): Promise<Uint8Array> => {
    try {
      return new Uint8Array(await blob.slice(from, to).arrayBuffer());
    } catch (cause) {
      throw notReadable(cause);
    }
  };
  return { size: blob.size, read };
}

function notReadable(cause: unknown): RxSpikeError {
  return new RxSpikeError('ERR_NOT_READABLE', `source: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

async function* checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) {
      if (!(chunk instanceof Uint8Array)) {
        throw new RxSpikeError('ERR_ARGUMENT', `source: expected chunks of bytes, got ${typeof chunk}`);
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof RxSpikeError) throw cause;
    throw notReadable(cause);
  }
}

/** A {@link ByteSource} over bytes in whatever shape. @throws `ERR_ARGUMENT` for anything else. */
export function byteSource(bytes: Bytes): ByteSource {
  if (bytes instanceof Uint8Array) {
    const parts: ByteParts = { size: bytes.length, read: async (from, to) => bytes.slice(from, to) };
    return { rewindable: true, read: (from) => pieces(bytes, from), parts };
  }
  if (typeof Blob !== 'undefined' && bytes instanceof Blob) {
    return { rewindable: true, read: (from) => checked(blobPieces(bytes, from)), parts: blobParts(bytes) };
  }
  if (typeof bytes === 'object' && bytes !== null && Symbol.asyncIterator in bytes) {
    return { rewindable: false, read: () => checked(bytes), parts: null };
  }
  throw new RxSpikeError('ERR_ARGUMENT', `source: expected bytes, a Blob or an async iterable, got ${typeof bytes}`);
}
