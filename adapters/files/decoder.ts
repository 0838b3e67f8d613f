import type { StreamInfo } from '../../src/index.js';
import type { FormatName, RecordingFacts } from './recording.js';
import type { SideSink } from './side.js';

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
  /**
   * Says that the input has ended; gives what only the end has made whole, where there is such a thing.
   * @throws `ERR_TRUNCATED` when that is in the middle of something.
   */
  end(): EventBatch | void;
  /** What was met that is not an event, by name. */
  readonly side: Counts;
  /** What was met that the format does not allow but that can be read past, by name. */
  readonly violations: Counts;
}

/** Batches of a format that is not read from front to back. */
export interface BatchReader {
  /**
   * The events in the order of the file, read once: parts that are there, whose batches are made as they are asked for.
   * A part is gone through before the next one is asked for. Readers share the arrays of a batch and anything may run
   * while one waits, so no batch is ever handed on by a promise. Memory is bounded by a chunk of the format.
   * @throws (while iterating, after everything good before the break) as {@link Decoder}, and `ERR_NOT_READABLE`
   */
  parts(): AsyncIterable<Iterable<EventBatch>>;
  /** As those of a {@link Decoder}. */
  readonly side: Counts;
  readonly violations: Counts;
}

/** What all recordings whose header has been read have. */
interface Opened {
  readonly format: FormatName;
  /** What the header says of the stream; `origin` is given only where the format fixes it. */
  readonly stream: Partial<StreamInfo>;
  readonly facts: RecordingFacts;
}

/** A recording that is read from front to back. */
export interface OpenedSequence extends Opened {
  /** Offset of the first byte after the header. */
  readonly dataStart: number;
  /** A decoder that expects the byte at `dataStart`; `side` takes in what it finds of one side stream. */
  decoder(side?: SideSink): Decoder;
}

/** A recording that is read by looking up parts of it. */
export interface OpenedArchive extends Opened {
  /** A reader from the beginning; `side` takes in what it finds of one side stream. */
  reader(side?: SideSink): BatchReader;
}

/** A recording whose header has been read. */
export type OpenedFormat = OpenedSequence | OpenedArchive;
