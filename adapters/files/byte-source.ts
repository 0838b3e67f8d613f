import { RxSpikeError } from '../../src/index.js';

/** Bytes that a recording is read from: all of them, a file of a browser, or chunks that arrive one after another. */
export type Bytes = Uint8Array | Blob | AsyncIterable<Uint8Array>;

/** Where the bytes of a recording come from, as the decoders see it. */
export interface ByteSource {
  /** True where `read` may be called again; false for a stream, which passes once. */
  readonly rewindable: boolean;
  /** Chunks from byte `from` on, any sizes; a chunk is valid until the next one is asked for. */
  read(from: number): AsyncIterable<Uint8Array>;
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
    throw new RxSpikeError('ERR_NOT_READABLE', `source: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** A {@link ByteSource} over bytes in whatever shape. @throws `ERR_ARGUMENT` for anything else. */
export function byteSource(bytes: Bytes): ByteSource {
  if (bytes instanceof Uint8Array) return { rewindable: true, read: (from) => pieces(bytes, from) };
  if (typeof Blob !== 'undefined' && bytes instanceof Blob) {
    return { rewindable: true, read: (from) => checked(blobPieces(bytes, from)) };
  }
  if (typeof bytes === 'object' && bytes !== null && Symbol.asyncIterator in bytes) {
    return { rewindable: false, read: () => checked(bytes) };
  }
  throw new RxSpikeError('ERR_ARGUMENT', `source: expected bytes, a Blob or an async iterable, got ${typeof bytes}`);
}
