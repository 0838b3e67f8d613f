import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireArgument, requireInteger, requirePositive } from './argument.js';
import { emitKept } from './kept-events.js';
import type { EventPacket } from './packet.js';
import { countInside, outsideError, sameSize, type SensorSize, sensorSize } from './sensor-size.js';

/** Learn the mask (`period` and `factor`), give it (`pixels`), or both. */
export interface HotPixelsParams {
  /** Length of the learning period from the first event on, µs of event time. */
  readonly period?: number;
  /** A pixel is hot if it had more than `factor` times the mean of all pixels that had any event. */
  readonly factor?: number;
  /** … and at least so many events; default 10. */
  readonly least?: number;
  /** Pixels dropped from the beginning. */
  readonly pixels?: readonly { readonly x: number; readonly y: number }[];
}

export interface HotPixelsState {
  width: number;
  height: number;
  /** End of the learning period, µs; null before the first event and where nothing is learned. */
  learnUntil: number | null;
  /** True while events are counted. */
  learning: boolean;
  /** Events of each pixel, row-major; empty once learned. */
  counts: Uint32Array;
  /** 1 for a pixel whose events are dropped, row-major. */
  mask: Uint8Array;
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Drops the events of hot pixels: ones that fire far more often than the others.
 *
 * All events of the learning period `[t_first, t_first + period)` pass (but those of given `pixels`) and are counted;
 * from its end on, the events of pixels with `count > factor · mean` and `count ≥ least` are dropped. The mask is kept
 * through marks, since it belongs to the sensor, and in saved states. Expects ordered times.
 *
 * @throws `ERR_GEOMETRY` for an event or a given pixel outside of the sensor, and for a stream that does not say its size
 */
export const hotPixelsStep: Step<HotPixelsParams, HotPixelsState, EventPacket, EventPacket> = {
  name: 'hotPixels',
  version: 1,

  init({ period, factor, least = 10, pixels }) {
    const learns = period !== undefined || factor !== undefined;
    requireArgument(learns || pixels !== undefined, 'hotPixels', 'period and factor, or pixels,', 'given', undefined);
    if (learns) {
      requirePositive('hotPixels', 'period', period);
      requirePositive('hotPixels', 'factor', factor);
      requireInteger('hotPixels', 'least', least, 1);
    }
    for (const { x, y } of pixels ?? []) {
      requireInteger('hotPixels', 'x of a pixel', x, 0);
      requireInteger('hotPixels', 'y of a pixel', y, 0);
    }
    return {
      width: 0,
      height: 0,
      learnUntil: null,
      learning: learns,
      counts: new Uint32Array(0),
      mask: new Uint8Array(0),
      dropped: 0,
    };
  },

  check(_params, { width, height, learning, counts, mask }) {
    const pixels = width * height;
    if (mask.length !== pixels || counts.length !== (learning ? pixels : 0)) {
      throw new RxSpikeError('ERR_STATE', `hotPixels: the saved mask does not fit ${width}×${height} pixels`);
    }
  },

  advance(params, state, packet, emit) {
    const size = sensorSize('hotPixels', packet.stream);
    if (!sameSize('hotPixels', state, packet.stream, size)) startMask(params, state, size);
    const good = countInside(packet, size);
    const keep = new Uint32Array(good);
    const { t, x, y } = packet;
    const { width } = size;
    let kept = 0;
    for (let i = 0; i < good; i++) {
      const pixel = y[i] * width + x[i];
      if (state.learning) count(params, state, pixel, t[i]);
      if (state.mask[pixel] === 0) keep[kept++] = i;
    }
    state.dropped += good - kept;
    emitKept(packet, good, keep, kept, emit);
    if (good < packet.length) throw outsideError('hotPixels', packet, good, size);
  },
};

function startMask(params: HotPixelsParams, state: HotPixelsState, { width, height }: SensorSize): void {
  const mask = new Uint8Array(width * height);
  for (const { x, y } of params.pixels ?? []) {
    if (x >= width || y >= height) {
      throw new RxSpikeError('ERR_GEOMETRY', `hotPixels: pixel (${x}, ${y}) lies outside of ${width}×${height} pixels`);
    }
    mask[y * width + x] = 1;
  }
  state.width = width;
  state.height = height;
  state.mask = mask;
  if (state.learning) state.counts = new Uint32Array(width * height);
}

function count(params: HotPixelsParams, state: HotPixelsState, pixel: number, t: number): void {
  state.learnUntil ??= t + params.period!;
  if (t < state.learnUntil) state.counts[pixel]++;
  else learn(params, state);
}

function learn({ factor = Infinity, least = 10 }: HotPixelsParams, state: HotPixelsState): void {
  const { counts, mask } = state;
  let events = 0;
  let active = 0;
  for (const n of counts) {
    events += n;
    if (n > 0) active++;
  }
  const threshold = (factor * events) / active;
  for (let pixel = 0; pixel < counts.length; pixel++) {
    if (counts[pixel] > threshold && counts[pixel] >= least) mask[pixel] = 1;
  }
  state.learning = false;
  state.counts = new Uint32Array(0);
}
