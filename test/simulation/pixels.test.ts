import { describe, expect, test } from 'vitest';
import {
  type LightFrame,
  type PixelParams,
  pixelStep,
  restoreState,
  RxSpikeError,
  saveState,
  type SimulatedPacket,
  streamInfo,
} from '../../src/index.js';

const ideal: PixelParams = {
  stream: streamInfo({ width: 2, height: 1 }),
  threshold: 0.2,
  spread: 0,
  gain: 0,
  lowPass: 0,
  noise: 0,
  seed: 4,
};
/** Light on two pixels as e^(a·t), e^(b·t) times the same beginning, so that levels move on straight lines. */
const ramp = (t: number, a: number, b: number): LightFrame => ({
  t,
  intensity: Float64Array.of(Math.exp((a * t) / 1e6) - 0.15, Math.exp((b * t) / 1e6) - 0.15),
  mark: null,
});

function run(params: PixelParams, frames: readonly LightFrame[], cut = -1): SimulatedPacket[] {
  const out: SimulatedPacket[] = [];
  let state = pixelStep.init(params);
  for (const [i, frame] of frames.entries()) {
    if (i === cut) state = restoreState(pixelStep, params, saveState(pixelStep, state));
    pixelStep.advance(params, state, frame, (packet) => out.push(packet));
  }
  return out;
}

const events = (packets: readonly SimulatedPacket[]): number[][] =>
  packets.flatMap(({ length, t, x, y, p, noise }) =>
    Array.from({ length }, (_, i) => [t[i], x[i], y[i], p[i], noise[i]]),
  );

const code = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as RxSpikeError).code;
  }
  return 'none';
};

const step = (t: number): LightFrame => ({ t, intensity: Float64Array.of(t === 0 ? 0 : 1, 0), mark: null });

describe('pixels of a simulated camera', () => {
  const frames = Array.from({ length: 11 }, (_, k) => ramp(k * 100_000, 3, -2));

  test('an ideal pixel fires once a threshold, at interpolated times, with the right polarity', () => {
    const all = events(run(ideal, frames));
    const bright = all.filter(([, x]) => x === 0);
    const darker = all.filter(([, x]) => x === 1);
    // 3 and 2 units of log intensity by 0.2 each, begun within half a threshold
    expect(Math.abs(bright.length - 15)).toBeLessThanOrEqual(1);
    expect(Math.abs(darker.length - 10)).toBeLessThanOrEqual(1);
    expect(bright.every(([, , , p]) => p === 1)).toBe(true);
    expect(darker.every(([, , , p]) => p === 0)).toBe(true);
    for (const [pixel, gap] of [
      [bright, 0.2 / 3],
      [darker, 0.2 / 2],
    ] as const) {
      for (let i = 1; i < pixel.length; i++)
        expect(Math.abs(pixel[i][0] - pixel[i - 1][0] - gap * 1e6)).toBeLessThan(2);
    }
  });

  test('a finer grid of frames on straight lines changes no event by more than a µs', () => {
    const fine = Array.from({ length: 101 }, (_, k) => ramp(k * 10_000, 3, -2));
    const coarse = events(run(ideal, frames));
    const other = events(run(ideal, fine));
    expect(other.length).toBe(coarse.length);
    for (const [i, [t, x, , p]] of coarse.entries()) {
      expect(Math.abs(other[i][0] - t)).toBeLessThanOrEqual(1);
      expect(other[i].slice(1, 4)).toEqual([x, 0, p]);
    }
  });

  test('inverted swaps polarities and nothing else', () => {
    const straight = events(run(ideal, frames));
    const swapped = events(run({ ...ideal, inverted: true }, frames));
    expect(swapped).toEqual(straight.map(([t, x, y, p, noise]) => [t, x, y, 1 - p, noise]));
  });

  test('the low pass lags, and follows in the end', () => {
    const times = [0, 1000, 2000, 4000, 8000, 16_000, 32_000].map(step);
    const fast = events(run(ideal, times));
    const slow = events(run({ ...ideal, lowPass: 4000 }, times));
    // ln(1.15/0.15) = 2.04: ten thresholds
    expect(Math.abs(fast.length - 10)).toBeLessThanOrEqual(1);
    expect(fast.length - slow.length).toBeLessThanOrEqual(1);
    expect(slow[slow.length - 1][0]).toBeGreaterThan(8000);
    expect(fast[fast.length - 1][0]).toBeLessThanOrEqual(1000);
  });

  test('noise comes at its rate over all pixels, marked as such', () => {
    const stream = streamInfo({ width: 20, height: 10 });
    const dark = Array.from({ length: 101 }, (_, k) => ({ t: k * 1e5, intensity: new Float64Array(200), mark: null }));
    const all = events(run({ ...ideal, stream, noise: 2 }, dark));
    const mean = 2 * 200 * 10; // Poisson: 4 standard deviations
    expect(Math.abs(all.length - mean)).toBeLessThan(4 * Math.sqrt(mean));
    expect(all.every(([, , , , noise]) => noise === 1)).toBe(true);
    const on = all.filter(([, , , p]) => p === 1).length;
    expect(Math.abs(on - all.length / 2)).toBeLessThan(2 * Math.sqrt(all.length));
    expect(new Set(all.map(([, x, y]) => y * 20 + x)).size).toBe(200);
  });

  test('events are in order of time, also across packets, and never before the watermark', () => {
    const packets = run({ ...ideal, noise: 500 }, frames);
    let last = 0;
    for (const { t, length, until } of packets) {
      for (let i = 0; i < length; i++) {
        expect(t[i]).toBeGreaterThanOrEqual(last);
        last = t[i];
      }
      expect(until).toBeGreaterThanOrEqual(last);
      last = until;
    }
  });

  test('saved and restored anywhere, it goes on the same', () => {
    const noisy = { ...ideal, noise: 50, spread: 0.3, gain: 0.2, lowPass: 5000 };
    const whole = events(run(noisy, frames));
    expect(whole.length).toBeGreaterThan(20);
    for (const cut of [0, 1, 5, 10]) expect(events(run(noisy, frames, cut))).toEqual(whole);
  });

  test('refuses what makes no sense, with its code', () => {
    expect(code(() => pixelStep.init({ ...ideal, stream: streamInfo({}) }))).toBe('ERR_GEOMETRY');
    expect(code(() => pixelStep.init({ ...ideal, threshold: 0 }))).toBe('ERR_ARGUMENT');
    expect(code(() => pixelStep.init({ ...ideal, noise: -1 }))).toBe('ERR_ARGUMENT');
    expect(code(() => run(ideal, [frames[1], frames[0]]))).toBe('ERR_TIME_ORDER');
    expect(code(() => run(ideal, [{ t: 0, intensity: new Float64Array(3), mark: null }]))).toBe('ERR_GEOMETRY');
    const saved = saveState(pixelStep, pixelStep.init({ ...ideal, stream: streamInfo({ width: 3, height: 1 }) }));
    expect(code(() => restoreState(pixelStep, ideal, saved))).toBe('ERR_STATE');
  });
});
