/** An image that a camera took beside its events. */
export interface Frame {
  readonly kind: 'frame';
  /** Time of the frame, µs: the middle of its exposure where the file has that, else the time stored. */
  readonly t: number;
  readonly width: number;
  readonly height: number;
  /** Values a pixel: 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 3 | 4;
  /** Row-major, channels interleaved, as stored. */
  readonly pixels: Uint8Array | Uint16Array;
}

/** A reading of a camera's inertial sensor; axes as the file names them. What it does not hold is null. */
export interface ImuSample {
  readonly kind: 'imu';
  /** µs */
  readonly t: number;
  /** x, y, z in g. */
  readonly acceleration: readonly [number, number, number] | null;
  /** x, y, z in °/s. */
  readonly rotation: readonly [number, number, number] | null;
  /** x, y, z in µT. */
  readonly magneticField: readonly [number, number, number] | null;
  /** °C */
  readonly temperature: number | null;
}

/** A signal from outside, or a mark that the camera set. */
export interface Trigger {
  readonly kind: 'trigger';
  /** µs */
  readonly t: number;
  /** Channel, or type, as stored. */
  readonly id: number;
  readonly edge: 'rising' | 'falling' | 'pulse' | null;
}

/** What a side stream carries. A packet of the file becomes as many items as it holds. */
export type SideItem = Frame | ImuSample | Trigger;

/** Takes in what a decoder finds of the one side stream that is read. */
export interface SideSink {
  /** Name of the side stream; a decoder need not decode what is of others. */
  readonly name: string;
  /** Takes an item, which owns its memory. */
  add(item: SideItem): void;
}
