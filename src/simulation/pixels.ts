import { exp, log } from '../elementary.js';
import { RxSpikeError } from '../errors.js';
import type { EventPacket, Mark } from '../events/packet.js';
import type { StreamInfo } from '../events/stream-info.js';
import { RandomSequence } from '../random.js';
import type { Emit, Step } from '../step.js';

/** Pixels of a simulated event camera. */
export interface PixelParams {
  /** Width, height and origin of time; both sizes must be known. */
  readonly stream: StreamInfo;
  /** Mean change of log intensity that makes an event; default 0.31. */
  readonly threshold?: number;
  /** Relative standard deviation of thresholds over pixels and polarities (never below 0.4 of the mean); default 0.2. */
  readonly spread?: number;
  /** Standard deviation of a factor e^N(0, sd) that all thresholds of a recording share; default 0.15. */
  readonly gain?: number;
  /** Intensity that is added before the logarithm (dark current), in units of the scene's white; default 0.15. */
  readonly dark?: number;
  /** Time constant of the photoreceptor, µs; default 4,000, 0: none. */
  readonly lowPass?: number;
  /** Noise events a second and pixel, of either polarity; default 0.26. */
  readonly noise?: number;
  /** True: brighter is p = 0, as N-MNIST files have it; default false. */
  readonly inverted?: boolean;
  readonly seed: number;
}

/** Light on the sensor at one time; row-major, white is 1. Read, not kept. */
export interface LightFrame {
  /** µs, increasing. */
  readonly t: number;
  readonly intensity: Float64Array;
  /** Boundary right after this frame's last event, or null. */
  readonly mark: Mark | null;
}

/** Events of a simulated camera with what no real camera tells. */
export interface SimulatedPacket extends EventPacket {
  /** 1 for a noise event. */
  readonly noise: Uint8Array;
}

/** Plain data. */
export interface PixelState {
  started: boolean;
  t: number;
  /** Per pixel: intensity and its logarithm last seen, low-passed logarithm, level of the last event. */
  readonly intensity: Float64Array;
  readonly logarithm: Float64Array;
  readonly level: Float64Array;
  readonly reference: Float64Array;
  /** Thresholds, ON then OFF. */
  readonly threshold: Float64Array;
  /** Time of the next noise event, µs. */
  nextNoise: number;
  /** Position of the random sequence. */
  position: number;
}

interface Columns {
  t: number[];
  pixel: number[];
  p: number[];
  noise: number[];
}

/**
 * Pixel model of an event camera: each pixel low-passes `ln(dark + intensity)` and emits an event whenever that has moved
 * by its threshold from the level of its last event. Between two frames the level moves on a straight line, and the
 * times of crossings are interpolated. Noise events arrive as a Poisson process, uniform over the pixels.
 *
 * Model after P. Lichtsteiner, C. Posch, T. Delbruck, IEEE JSSC 43:566 (2008); thresholds and low pass as in
 * v2e (Y. Hu, S.-C. Liu, T. Delbruck, CVPRW 2021).
 *
 * @throws `ERR_GEOMETRY` when the stream has no size or a frame another one, `ERR_TIME_ORDER` when frames step back
 */
export const pixelStep: Step<PixelParams, PixelState, LightFrame, SimulatedPacket> = {
  name: 'pixels',
  version: 1,

  init(params) {
    const pixels = sensorPixels(params);
    checkNumbers(params);
    return {
      started: false,
      t: 0,
      intensity: new Float64Array(pixels),
      logarithm: new Float64Array(pixels),
      level: new Float64Array(pixels),
      reference: new Float64Array(pixels),
      threshold: new Float64Array(2 * pixels),
      nextNoise: Infinity,
      position: 0,
    };
  },

  check(params, state) {
    const pixels = sensorPixels(params);
    const { intensity, logarithm, level, reference, threshold } = state;
    if ([intensity, logarithm, level, reference].some((a) => a.length !== pixels) || threshold.length !== 2 * pixels) {
      throw new RxSpikeError('ERR_STATE', `pixels: the saved state is not of ${pixels} pixels`);
    }
  },

  advance(params, state, frame, emit) {
    if (frame.intensity.length !== state.level.length) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `pixels: a frame of ${frame.intensity.length} pixels for a sensor of ${state.level.length}`,
      );
    }
    const random = new RandomSequence(params.seed, 'pixels');
    random.position = state.position;
    const columns: Columns = { t: [], pixel: [], p: [], noise: [] };
    if (!state.started) begin(params, state, frame, random);
    else {
      if (!(frame.t > state.t)) {
        throw new RxSpikeError('ERR_TIME_ORDER', `pixels: frame at ${frame.t} µs after one at ${state.t} µs`);
      }
      expose(params, state, frame, columns);
      addNoise(params, state, frame.t, random, columns);
    }
    state.t = frame.t;
    state.position = random.position;
    emitColumns(params, columns, frame, emit);
  },
};

function sensorPixels({ stream }: PixelParams): number {
  const { width, height } = stream;
  if (width === null || height === null) throw new RxSpikeError('ERR_GEOMETRY', 'pixels: the stream has no size');
  return width * height;
}

function checkNumbers(params: PixelParams): void {
  for (const name of ['threshold', 'spread', 'gain', 'dark', 'lowPass', 'noise', 'seed'] as const) {
    const value = params[name];
    const positive = name === 'threshold' || name === 'dark';
    if (value !== undefined && !(Number.isFinite(value) && (positive ? value > 0 : value >= 0))) {
      throw new RxSpikeError(
        'ERR_ARGUMENT',
        `pixels: ${name} must be a number ${positive ? '>' : '≥'} 0, got ${value}`,
        {
          details: { [name]: value },
        },
      );
    }
  }
}

/** The first frame: thresholds are drawn, and every pixel is somewhere within half a threshold of its next event. */
function begin(params: PixelParams, state: PixelState, frame: LightFrame, random: RandomSequence): void {
  const { threshold = 0.31, spread = 0.2, gain = 0.15, dark = 0.15 } = params;
  const shared = threshold * exp(gain * random.normal());
  for (let i = 0; i < state.threshold.length; i++) {
    state.threshold[i] = shared * Math.max(0.4, 1 + spread * random.normal());
  }
  for (let i = 0; i < state.level.length; i++) {
    const level = log(dark + frame.intensity[i]);
    state.intensity[i] = frame.intensity[i];
    state.logarithm[i] = level;
    state.level[i] = level;
    state.reference[i] = level + (random.uniform() - 0.5) * threshold;
  }
  state.started = true;
  state.nextNoise = frame.t + noiseGap(params, state.level.length, random);
}

/** Time to the next noise event of the whole sensor, µs. */
function noiseGap({ noise = 0.26 }: PixelParams, pixels: number, random: RandomSequence): number {
  return noise === 0 ? Infinity : (-log(1 - random.uniform()) * 1e6) / (noise * pixels);
}

/** Every crossing between the frame before and this one. */
function expose(params: PixelParams, state: PixelState, frame: LightFrame, columns: Columns): void {
  const { dark = 0.15, lowPass = 4000, inverted = false } = params;
  const { intensity, logarithm, level, reference, threshold } = state;
  const span = frame.t - state.t;
  const follow = lowPass === 0 ? 1 : 1 - exp(-span / lowPass);
  const pixels = level.length;
  for (let i = 0; i < pixels; i++) {
    if (frame.intensity[i] !== intensity[i]) {
      intensity[i] = frame.intensity[i];
      logarithm[i] = log(dark + intensity[i]);
    }
    const from = level[i];
    const to = from + follow * (logarithm[i] - from);
    if (to === from) continue;
    level[i] = to;
    const up = to > from;
    const size = threshold[up ? i : pixels + i];
    const sign = up ? 1 : -1;
    for (let next = reference[i] + sign * size; (to - next) * sign >= 0; next += sign * size) {
      reference[i] = next;
      // a level that was already past the crossing fires at once
      columns.t.push(state.t + span * Math.max(0, (next - from) / (to - from)));
      columns.pixel.push(i);
      columns.p.push(up === inverted ? 0 : 1);
      columns.noise.push(0);
    }
  }
}

function addNoise(
  params: PixelParams,
  state: PixelState,
  until: number,
  random: RandomSequence,
  columns: Columns,
): void {
  const pixels = state.level.length;
  while (state.nextNoise < until) {
    columns.t.push(state.nextNoise);
    columns.pixel.push(random.integer(pixels));
    columns.p.push(random.integer(2));
    columns.noise.push(1);
    state.nextNoise += noiseGap(params, pixels, random);
  }
}

/** Events in order of time (whole µs, as cameras give them), of equal times by pixel. */
function emitColumns(params: PixelParams, columns: Columns, frame: LightFrame, emit: Emit<SimulatedPacket>): void {
  const { stream } = params;
  const width = stream.width as number;
  const { t: times, pixel } = columns;
  const length = times.length;
  for (let i = 0; i < length; i++) times[i] = Math.floor(times[i]);
  const order = times.map((_, i) => i).sort((i, j) => times[i] - times[j] || pixel[i] - pixel[j] || i - j);
  const t = new Float64Array(length);
  const x = new Uint16Array(length);
  const y = new Uint16Array(length);
  const p = new Uint8Array(length);
  const noise = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const k = order[i];
    t[i] = times[k];
    x[i] = pixel[k] % width;
    y[i] = Math.floor(pixel[k] / width);
    p[i] = columns.p[k];
    noise[i] = columns.noise[k];
  }
  const last = length > 0 ? t[length - 1] : -1;
  const until = Math.max(Math.floor(frame.t), frame.mark ? last + 1 : last);
  emit({ stream, length, t, x, y, p, noise, until, mark: frame.mark });
}
