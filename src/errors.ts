/**
 * Every code that RxSpike reports, in one table. A code is part of the public interface: scripts match on it.
 *
 * Wrong arguments throw at once; broken bytes and broken connections are errors of the stream they came from.
 */
export type ErrorCode =
  /** An argument is of the wrong type, out of range, or contradicts another. */
  | 'ERR_ARGUMENT'
  /** The path does not exist. */
  | 'ERR_NOT_FOUND'
  /** The path is a directory, or may not be read. */
  | 'ERR_NOT_READABLE'
  /** No known format fits the bytes (and the extension, for formats without a header). */
  | 'ERR_UNKNOWN_FORMAT'
  /** The format is known, this variant of it is not read. */
  | 'ERR_UNSUPPORTED'
  /** The input ends in the middle of a header, packet or event. */
  | 'ERR_TRUNCATED'
  /** The input contradicts its own format. */
  | 'ERR_CORRUPT'
  /** A declared or measured size is above a limit. */
  | 'ERR_LIMIT'
  /** Times step back where they must not. */
  | 'ERR_TIME_ORDER'
  /** Geometry or unit count of the stream does not fit the consumer. */
  | 'ERR_GEOMETRY'
  /** A network description is inconsistent (unknown layer, cycle without delay, mismatched lines). */
  | 'ERR_NETWORK'
  /** A model file is damaged or of another version. */
  | 'ERR_MODEL'
  /** A saved state is damaged, of another version, or of another operator. */
  | 'ERR_STATE'
  /** A training folder, label table or checkpoint is inconsistent. */
  | 'ERR_DATA'
  /** Training diverged: loss or gradient are not finite; or it is over. */
  | 'ERR_TRAINING'
  /** A queue is full and its policy is to fail. */
  | 'ERR_OVERFLOW'
  /** No connection could be made, or it went away before the end of the stream. */
  | 'ERR_CONNECTION'
  /** The other side does not keep to the protocol. */
  | 'ERR_PROTOCOL'
  /** The address is already in use or may not be listened on. */
  | 'ERR_LISTEN'
  /** An optional dependency is needed and not installed. */
  | 'ERR_OPTIONAL_DEPENDENCY'
  /** Writing failed. */
  | 'ERR_WRITE'
  /** The format to be written cannot hold this. */
  | 'ERR_LOSS';

/** What an error may carry besides its code. */
export interface ErrorExtras {
  /** Offending values, by name; plain data. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/**
 * The one error class: a stable `code`, a message that says what was expected, what came, and where
 * (`aedat4: packet at byte 812 says 4096 bytes, 100 remain`), and the offending values in `details`.
 */
export class RxSpikeError extends Error {
  override readonly name = 'RxSpikeError' as const;
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.details = extras.details ?? {};
  }
}
