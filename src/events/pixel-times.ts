import { RxSpikeError } from '../errors.js';
import { type SensorSize, sameSize, sensorSize } from './sensor-size.js';
import type { StreamInfo } from './stream-info.js';

/** A time for each pixel, made when the first packet says how many there are; plain data. */
export interface PixelTimes {
  width: number;
  height: number;
  /**
   * µs, −Infinity for never. Row-major with a border of one pixel on each side, so that all eight neighbours of a pixel
   * can be read: pixel (x, y) is at `(y + 1)·(width + 2) + x + 1`.
   */
  times: Float64Array;
}

/** Times of a sensor whose size is not known yet. */
export function noPixelTimes(): PixelTimes {
  return { width: 0, height: 0, times: new Float64Array(0) };
}

/**
 * Makes the times fit a stream and returns its size.
 *
 * @throws `ERR_GEOMETRY` where the stream does not say its size or the size has changed, `ERR_LIMIT` when it is too large
 */
export function fitPixelTimes(step: string, pixels: PixelTimes, stream: StreamInfo): SensorSize {
  const size = sensorSize(step, stream);
  if (!sameSize(step, pixels, stream, size)) {
    pixels.width = size.width;
    pixels.height = size.height;
    pixels.times = new Float64Array((size.width + 2) * (size.height + 2)).fill(-Infinity);
  }
  return size;
}

/** @throws `ERR_STATE` when restored times are not of their own size */
export function checkPixelTimes(step: string, pixels: PixelTimes): void {
  const { width, height, times } = pixels;
  const made = width !== 0 || height !== 0;
  if (times.length !== (made ? (width + 2) * (height + 2) : 0)) {
    throw new RxSpikeError('ERR_STATE', `${step}: saved ${times.length} times do not fit ${width}×${height} pixels`);
  }
}
