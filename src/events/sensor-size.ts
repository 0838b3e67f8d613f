import { RxSpikeError } from '../errors.js';
import type { EventPacket } from './packet.js';
import type { StreamInfo } from './stream-info.js';

/** Pixels of a sensor. */
export interface SensorSize {
  readonly width: number;
  readonly height: number;
}

/** Most pixels that a step keeps memory for: 4096 × 4096. */
export const MAX_PIXELS = 16_777_216;

/**
 * Size of a stream's sensor, for steps that keep memory per pixel.
 *
 * @throws `ERR_GEOMETRY` where the stream does not say it: `crop` with a region gives a stream a size
 * @throws `ERR_LIMIT` above {@link MAX_PIXELS}
 */
export function sensorSize(step: string, stream: StreamInfo): SensorSize {
  const { width, height } = stream;
  if (width === null || height === null) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `${step}: stream "${stream.id}" does not say its width and height; crop({ x: 0, y: 0, width, height }) before it gives it a size`,
    );
  }
  if (!(width * height <= MAX_PIXELS)) {
    throw new RxSpikeError('ERR_LIMIT', `${step}: ${width}×${height} pixels, at most ${MAX_PIXELS} are kept`, {
      details: { width, height },
    });
  }
  return { width, height };
}

/** Number of leading events of a packet that lie inside of the sensor: `packet.length` when all do. */
export function countInside(packet: EventPacket, { width, height }: SensorSize): number {
  const { length, x, y } = packet;
  for (let i = 0; i < length; i++) if (x[i] >= width || y[i] >= height) return i;
  return length;
}

/** The error for event `i` of a packet, which lies outside of the sensor: `ERR_GEOMETRY`. */
export function outsideError(step: string, packet: EventPacket, i: number, size: SensorSize): RxSpikeError {
  const [t, x, y] = [packet.t[i], packet.x[i], packet.y[i]];
  return new RxSpikeError(
    'ERR_GEOMETRY',
    `${step}: event at (${x}, ${y}), t = ${t} µs, lies outside of ${size.width}×${size.height} pixels`,
    { details: { x, y, t, width: size.width, height: size.height } },
  );
}

/** @throws `ERR_GEOMETRY` when memory kept for one size (0×0: none yet) meets a stream of another */
export function sameSize(step: string, known: SensorSize, stream: StreamInfo, size: SensorSize): boolean {
  if (known.width === size.width && known.height === size.height) return true;
  if (known.width === 0 && known.height === 0) return false;
  throw new RxSpikeError(
    'ERR_GEOMETRY',
    `${step}: stream "${stream.id}" of ${size.width}×${size.height} pixels follows one of ${known.width}×${known.height}`,
  );
}
