import { describe, expect, it } from 'vitest';
import {
  delayStepsStep,
  denoiseStep,
  downsampleStep,
  encodeState,
  hotPixelsStep,
  MAX_DELAYED,
  MAX_SLICE,
  refractoryStep,
  restoreState,
  type SpikePacket,
  type Step,
  streamInfo,
  timeSlicesStep,
} from '../../src/index.js';
import { packet, run } from './camera.js';

const EVENT = packet([{ t: 5, x: 1, y: 1, p: 1 }]);
const SPIKE: SpikePacket = {
  stream: streamInfo({ width: 1, height: 1 }),
  length: 1,
  t: Float64Array.of(0),
  unit: Uint32Array.of(0),
  step: Float64Array.of(0),
  until: 0,
  untilStep: 0,
  grid: { t0: 0, step0: 0, dt: 10 },
  firing: null,
  mark: null,
};
const limit = expect.objectContaining({ code: 'ERR_LIMIT' }) as unknown;

describe('what is held back is bounded', () => {
  it('in a slice', () => {
    const state = timeSlicesStep.init({ width: 10 });
    state.held.length = MAX_SLICE;
    state.held.t = Float64Array.of(1);
    expect(() => timeSlicesStep.advance({ width: 10 }, state, EVENT, () => undefined)).toThrow(limit);
  });

  it('on its way', () => {
    const state = delayStepsStep.init({ steps: 1 });
    state.tail = MAX_DELAYED;
    expect(() => delayStepsStep.advance({ steps: 1 }, state, SPIKE, () => undefined)).toThrow(limit);
  });
});

/** A saved state of the step after one event, with something in it changed. */
function altered<P, S, I>(step: Step<P, S, I, unknown>, params: P, input: I, change: (state: S) => void): () => S {
  const { state } = run(step, params, [input]);
  restoreState(step, params, encodeState(step.name, step.version, state));
  change(state);
  const bytes = encodeState(step.name, step.version, state);
  return () => restoreState(step, params, bytes);
}

describe('a saved state whose columns do not fit is refused', () => {
  const bad = expect.objectContaining({ code: 'ERR_STATE' }) as unknown;

  it.each([
    ['denoise', altered(denoiseStep, { dt: 1 }, EVENT, ({ pixels }) => (pixels.times = pixels.times.slice(1)))],
    ['refractory', altered(refractoryStep, { dt: 1 }, EVENT, ({ pixels }) => (pixels.height = 900))],
    ['downsample', altered(downsampleStep, { factor: 2, refractory: 1 }, EVENT, ({ cells }) => (cells.width = 0))],
    ['hotPixels, mask', altered(hotPixelsStep, { period: 9, factor: 1 }, EVENT, (s) => (s.mask = new Uint8Array(3)))],
    [
      'hotPixels, counts',
      altered(hotPixelsStep, { period: 9, factor: 1 }, EVENT, (s) => (s.counts = new Uint32Array(3))),
    ],
    ['timeSlices', altered(timeSlicesStep, { width: 99 }, EVENT, ({ held }) => (held.x = new Uint16Array(1)))],
    ['delaySteps', altered(delayStepsStep, { steps: 4 }, SPIKE, (state) => (state.tail = 1000))],
  ])('%s', (_, restore) => {
    expect(restore).toThrow(bad);
  });
});
