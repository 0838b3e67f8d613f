import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireArgument } from './argument.js';
import type { EventPacket } from './packet.js';
import { countInside, outsideError, sameSize, sensorSize } from './sensor-size.js';
import type { StreamInfo } from './stream-info.js';
import { timeOrderError } from './time-order.js';

export interface EventFramesParams {
  /** Length of a frame, µs, above 0; `Infinity`: from one mark to the next. */
  readonly width: number;
  /** Where frames are counted from, µs. Default: the stream's origin. */
  readonly start?: number;
}

/** How many events each pixel had in the stretch [t0, t1) µs. */
export interface EventFrame {
  readonly stream: StreamInfo;
  readonly t0: number;
  readonly t1: number;
  readonly width: number;
  readonly height: number;
  /** ON events, row-major; memory of the receiver's own. */
  readonly on: Uint32Array;
  /** OFF events, as `on`. */
  readonly off: Uint32Array;
}

export interface EventFramesState {
  /** Sensor size; 0×0 before the first packet. */
  width: number;
  height: number;
  on: Uint32Array;
  off: Uint32Array;
  /** Where frames are counted from, µs; NaN before the first packet. */
  start: number;
  /** Number of the frame that is open, from 0. */
  frame: number;
  /** Events in it. */
  events: number;
  /** Latest time or watermark so far, µs. */
  now: number;
  /** Stream of the latest packet; null before the first. */
  stream: StreamInfo | null;
}

/**
 * Accumulates events into frames of a fixed length, one after another from `start` on; a stretch of silence gives empty
 * frames. A frame is handed out when an event or the watermark has passed its end. A mark, and the end of the stream,
 * hand out a frame that is not full, if it holds events; after a mark frames are counted from there.
 *
 * Source of the representation: H. Rebecq, T. Horstschaefer, D. Scaramuzza, "Real-time visual-inertial odometry for event
 * cameras using keyframe-based nonlinear optimization", 2017 (event frames), with polarities kept apart.
 *
 * @throws `ERR_TIME_ORDER` for an event or a watermark that lies before an earlier one or before `start`
 * @throws `ERR_GEOMETRY` for an event outside of the sensor, and for a stream that does not say its size
 */
export const eventFramesStep: Step<EventFramesParams, EventFramesState, EventPacket, EventFrame> = {
  name: 'eventFrames',
  version: 1,

  init({ width, start }) {
    requireArgument(width > 0, 'eventFrames', 'width', 'a number above 0', width);
    requireArgument(start === undefined || Number.isFinite(start), 'eventFrames', 'start', 'a finite number', start);
    return {
      width: 0,
      height: 0,
      on: new Uint32Array(0),
      off: new Uint32Array(0),
      start: NaN,
      frame: 0,
      events: 0,
      now: -Infinity,
      stream: null,
    };
  },

  check(_params, { width, height, on, off }) {
    if (on.length !== width * height || off.length !== width * height) {
      throw new RxSpikeError(
        'ERR_STATE',
        `eventFrames: saved ${on.length} counts do not fit ${width}×${height} pixels`,
      );
    }
  },

  advance({ width, start }, state, packet, emit) {
    const size = sensorSize('eventFrames', packet.stream);
    if (!sameSize('eventFrames', state, packet.stream, size)) {
      Object.assign(state, size);
      clear(state);
    }
    state.stream = packet.stream;
    if (Number.isNaN(state.start)) state.now = state.start = start ?? packet.stream.origin;
    let end = boundary(state, width, state.frame + 1);
    const reach = (time: number): void => {
      for (; time >= end; end = boundary(state, width, state.frame + 1)) {
        emit(frameOf(state, packet.stream, width, end));
        state.frame++;
        clear(state);
      }
    };
    const good = countInside(packet, size);
    const { t, x, y, p } = packet;
    for (let i = 0; i < good; i++) {
      if (!(t[i] >= state.now && t[i] < Infinity)) throw timeOrderError('eventFrames', 'an event', t[i], state.now);
      state.now = t[i];
      if (t[i] >= end) reach(t[i]);
      const counts = p[i] === 0 ? state.off : state.on;
      counts[y[i] * size.width + x[i]]++;
      state.events++;
    }
    if (good < packet.length) throw outsideError('eventFrames', packet, good, size);
    const { until, mark } = packet;
    if (!(until >= state.now && until < Infinity)) {
      throw timeOrderError('eventFrames', 'the watermark', until, state.now);
    }
    state.now = until;
    reach(until);
    if (!mark) return;
    if (state.events > 0) emit(frameOf(state, packet.stream, width, until));
    state.start = until;
    state.frame = 0;
    clear(state);
  },

  finish({ width }, state, emit) {
    if (state.stream !== null && state.events > 0) emit(frameOf(state, state.stream, width, state.now));
  },
};

/** Beginning of frame `n`. */
function boundary({ start }: EventFramesState, width: number, n: number): number {
  return n === 0 ? start : start + n * width;
}

function frameOf(state: EventFramesState, stream: StreamInfo, framed: number, t1: number): EventFrame {
  const { width, height, on, off } = state;
  return { stream, t0: boundary(state, framed, state.frame), t1, width, height, on, off };
}

function clear(state: EventFramesState): void {
  state.on = new Uint32Array(state.width * state.height);
  state.off = new Uint32Array(state.width * state.height);
  state.events = 0;
}
