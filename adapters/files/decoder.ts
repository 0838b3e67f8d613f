import type { StreamInfo } from '../../src/index.js';
import type { FormatName, RecordingFacts } from './recording.js';

/** Decoded events, structure of arrays; valid until its decoder is asked for more. */
export interface EventBatch {
  /** Time as stored, overflows resolved, µs. */
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
  readonly length: number;
}

/** How often something happened, by name. */
export type Counts = Record<string, number>;

/**
 * Bytes after the header → events, as a state machine: any cut into chunks gives the same events. A chunk is borrowed
 * until its iterable is exhausted. Memory is bounded by the chunk and by one packet of the format.
 */
export interface Decoder {
  /**
   * Decodes a chunk.
   * @throws `ERR_CORRUPT`, `ERR_LIMIT` or `ERR_UNSUPPORTED` after everything good before it was yielded.
   */
  push(chunk: Uint8Array): Iterable<EventBatch>;
  /** Says that the input has ended. @throws `ERR_TRUNCATED` when that is in the middle of something. */
  end(): void;
  /** What was met that is not an event, by name. */
  readonly side: Counts;
  /** What was met that the format does not allow but that can be read past, by name. */
  readonly violations: Counts;
}

/** A recording whose header has been read. */
export interface OpenedFormat {
  readonly format: FormatName;
  /** Offset of the first byte after the header. */
  readonly dataStart: number;
  /** What the header says of the stream; `origin` is given only where the format fixes it. */
  readonly stream: Partial<StreamInfo>;
  readonly facts: RecordingFacts;
  /** A decoder that expects the byte at `dataStart`. */
  decoder(): Decoder;
}
