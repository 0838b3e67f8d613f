/**
 * What is known of a stream; frozen and shared by reference by all its packets. Missing facts are null, never invented.
 * An operator that changes geometry (crop, downsample, mapping to units) makes a new one.
 */
export interface StreamInfo {
  /** Name of the stream, for people. */
  readonly id: string;
  /** Pixels; null where the source does not say. A stream of units has `width` = number of units, `height` = 1. */
  readonly width: number | null;
  readonly height: number | null;
  /** 2: ON and OFF are told apart; 1: they are not. */
  readonly polarities: 1 | 2;
  /** Start of the stream's time line (µs): steps are counted from here. Not the first event's time in general. */
  readonly origin: number;
  /** Where time 0 µs lies: `'unix'` for absolute times, else null. */
  readonly epoch: 'unix' | null;
  /** True where y grows upwards as stored. */
  readonly yUp: boolean;
  /** True where x is stored mirrored. */
  readonly mirroredX: boolean;
  /** Names of side streams (`frames`, `imu`, `triggers`) that the source carries. */
  readonly side: readonly string[];
}

/** A frozen {@link StreamInfo} with defaults for what is not given. */
export function streamInfo(known: Partial<StreamInfo> = {}): StreamInfo {
  return Object.freeze({
    id: known.id ?? 'stream',
    width: known.width ?? null,
    height: known.height ?? null,
    polarities: known.polarities ?? 2,
    origin: known.origin ?? 0,
    epoch: known.epoch ?? null,
    yUp: known.yUp ?? false,
    mirroredX: known.mirroredX ?? false,
    side: Object.freeze([...(known.side ?? [])]),
  });
}
