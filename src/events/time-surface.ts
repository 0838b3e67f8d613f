import { RxSpikeError } from '../errors.js';
import { exp } from '../elementary.js';
import type { Step } from '../step.js';
import { requireArgument, requirePositive } from './argument.js';
import type { EventPacket } from './packet.js';
import { countInside, outsideError, sameSize, sensorSize } from './sensor-size.js';
import type { StreamInfo } from './stream-info.js';
import { timeOrderError } from './time-order.js';

export interface TimeSurfaceParams {
  /** Time in which an event fades to 1/e, µs, above 0. */
  readonly tau: number;
  /** Time from one surface to the next, µs, above 0; `Infinity`: one at each mark and at the end. */
  readonly every: number;
  /** Where surfaces are counted from, µs. Default: the stream's origin. */
  readonly start?: number;
}

/** How recent the last event of each pixel is at time `t` µs. */
export interface TimeSurface {
  readonly stream: StreamInfo;
  readonly t: number;
  readonly width: number;
  readonly height: number;
  /**
   * ±exp(−(t − t_last)/tau), row-major: above 0 where a pixel's last event was ON, below where it was OFF, 0 where it had
   * none; memory of the receiver's own.
   */
  readonly value: Float32Array;
}

export interface TimeSurfaceState {
  /** Sensor size; 0×0 before the first packet. */
  width: number;
  height: number;
  /** Time of each pixel's last event, µs, row-major; −Infinity for none. */
  last: Float64Array;
  /** Its polarity. */
  on: Uint8Array;
  /** Where surfaces are counted from, µs; NaN before the first packet. */
  start: number;
  /** Surfaces handed out since then. */
  surfaces: number;
  /** Events since the last one. */
  events: number;
  /** Latest time or watermark so far, µs. */
  now: number;
  /** Stream of the latest packet; null before the first. */
  stream: StreamInfo | null;
}

/**
 * Exponential time surfaces: one at each `start + n·every`, of the events before it, as soon as the stream is past that;
 * at a mark, and at the end of the stream, one more there if events came since the last. A mark empties the memory, and
 * surfaces are counted from it.
 *
 * Source: X. Lagorce et al., "HOTS: a hierarchy of event-based time-surfaces for pattern recognition", 2017, with both
 * polarities on one surface.
 *
 * @throws `ERR_TIME_ORDER` for an event or a watermark that lies before an earlier one or before `start`
 * @throws `ERR_GEOMETRY` for an event outside of the sensor, and for a stream that does not say its size
 */
export const timeSurfaceStep: Step<TimeSurfaceParams, TimeSurfaceState, EventPacket, TimeSurface> = {
  name: 'timeSurface',
  version: 1,

  init({ tau, every, start }) {
    requirePositive('timeSurface', 'tau', tau);
    requireArgument(every > 0, 'timeSurface', 'every', 'a number above 0', every);
    requireArgument(start === undefined || Number.isFinite(start), 'timeSurface', 'start', 'a finite number', start);
    return {
      width: 0,
      height: 0,
      last: new Float64Array(0),
      on: new Uint8Array(0),
      start: NaN,
      surfaces: 0,
      events: 0,
      now: -Infinity,
      stream: null,
    };
  },

  check(_params, { width, height, last, on }) {
    if (last.length !== width * height || on.length !== width * height) {
      throw new RxSpikeError(
        'ERR_STATE',
        `timeSurface: saved ${last.length} times do not fit ${width}×${height} pixels`,
      );
    }
  },

  advance({ tau, every, start }, state, packet, emit) {
    const { stream, until, mark } = packet;
    const size = sensorSize('timeSurface', stream);
    if (!sameSize('timeSurface', state, stream, size)) {
      Object.assign(state, size);
      state.last = new Float64Array(size.width * size.height).fill(-Infinity);
      state.on = new Uint8Array(size.width * size.height);
    }
    state.stream = stream;
    if (Number.isNaN(state.start)) state.now = state.start = start ?? stream.origin;
    let due = state.start + (state.surfaces + 1) * every;
    const reach = (time: number): void => {
      for (; time >= due; due = state.start + (state.surfaces + 1) * every) {
        emit(surfaceAt(state, stream, due, tau));
        state.surfaces++;
        state.events = 0;
      }
    };
    const good = countInside(packet, size);
    const { t, x, y, p } = packet;
    for (let i = 0; i < good; i++) {
      if (!(t[i] >= state.now && t[i] < Infinity)) throw timeOrderError('timeSurface', 'an event', t[i], state.now);
      state.now = t[i];
      if (t[i] >= due) reach(t[i]);
      state.events++;
      const at = y[i] * size.width + x[i];
      state.last[at] = t[i];
      state.on[at] = p[i];
    }
    if (good < packet.length) throw outsideError('timeSurface', packet, good, size);
    if (!(until >= state.now && until < Infinity)) {
      throw timeOrderError('timeSurface', 'the watermark', until, state.now);
    }
    state.now = until;
    reach(until);
    if (!mark) return;
    if (state.events > 0) emit(surfaceAt(state, stream, until, tau));
    state.last.fill(-Infinity);
    state.start = until;
    state.surfaces = 0;
    state.events = 0;
  },

  finish({ tau }, state, emit) {
    if (state.stream !== null && state.events > 0) emit(surfaceAt(state, state.stream, state.now, tau));
  },
};

function surfaceAt(
  { width, height, last, on }: TimeSurfaceState,
  stream: StreamInfo,
  t: number,
  tau: number,
): TimeSurface {
  const value = new Float32Array(last.length);
  for (let at = 0; at < value.length; at++) {
    if (last[at] === -Infinity) continue;
    const fresh = exp((last[at] - t) / tau);
    value[at] = on[at] === 0 ? -fresh : fresh;
  }
  return { stream, t, width, height, value };
}
