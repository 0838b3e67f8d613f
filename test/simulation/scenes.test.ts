import { describe, expect, test } from 'vitest';
import {
  digitPicture,
  movingBar,
  movingDisc,
  movingEdge,
  saccadeOffset,
  saccades,
  type Scene,
  simulateCamera,
  type SimulatedPacket,
} from '../../src/index.js';

const light = (scene: Scene, t: number): Float64Array => {
  const intensity = new Float64Array(scene.width * scene.height);
  scene.render(t, intensity);
  return intensity;
};
/** Centre of light above the background along x. */
function centre(scene: Scene, t: number): number {
  const intensity = light(scene, t);
  let sum = 0;
  let mass = 0;
  for (let i = 0; i < intensity.length; i++) {
    sum += (intensity[i] - 0.1) * (i % scene.width);
    mass += intensity[i] - 0.1;
  }
  return sum / mass;
}

describe('scenes', () => {
  test('shapes move at their speed', () => {
    const bar = movingBar({ speed: 100 });
    expect(centre(bar, 200_000) - centre(bar, 100_000)).toBeCloseTo(10, 6);
    const edge = movingEdge({ speed: 100 });
    const bright = (t: number): number => light(edge, t).reduce((sum, i) => sum + (i - 0.1) / 0.8, 0) / edge.height;
    expect(bright(200_000) - bright(100_000)).toBeCloseTo(10, 6);
    const disc = movingDisc({ speed: 100 });
    const quarter = ((Math.PI / 2) * (34 / 6) * 1e6) / 100;
    expect(centre(disc, 0) - centre(disc, 2 * quarter)).toBeCloseTo(34 / 3, 1);
  });

  test('the saccade path goes through its corners and rests there', () => {
    expect(saccadeOffset(0)).toEqual({ x: -2.75, y: -2.5 });
    for (const [t, x, y] of [
      [90_000, 0, 2.5],
      [200_000, 2.75, -2.5],
      [310_000, -2.75, -2.5],
    ]) {
      const offset = saccadeOffset(t);
      expect(offset.x).toBeCloseTo(x, 9);
      expect(offset.y).toBeCloseTo(y, 9);
    }
  });

  test('a picture keeps its light while it moves inside the sensor', () => {
    const picture = digitPicture(8);
    const total = picture.intensity.reduce((sum, i) => sum + i, 0);
    const scene = saccades({ picture, label: '8', seed: 3 });
    for (const t of [0, 40_000, 150_000, 260_000]) {
      expect(light(scene, t).reduce((sum, i) => sum + i, 0)).toBeCloseTo(total, 6);
    }
  });

  test('ten different digits', () => {
    const pictures = Array.from({ length: 10 }, (_, d) => digitPicture(d).intensity);
    for (let a = 0; a < 10; a++) {
      expect(Math.max(...pictures[a])).toBe(1);
      for (let b = 0; b < a; b++) {
        expect(pictures[a].reduce((sum, i, k) => sum + Math.abs(i - pictures[b][k]), 0)).toBeGreaterThan(20);
      }
    }
    expect(() => digitPicture(10)).toThrow(/0…9/);
  });
});

const three = (seed: number): SimulatedPacket[] => [
  ...simulateCamera(saccades({ picture: digitPicture(3), label: '3', seed }), { seed }),
];
const text = (seed: number): string => JSON.stringify(three(seed));

describe('simulateCamera', () => {
  test('is the same for the same seed and another for another', () => {
    expect(text(5)).toBe(text(5));
    expect(text(6)).not.toBe(text(5));
  });

  test('lets the watermark pass through silence and ends with the label', () => {
    const scene: Scene = {
      label: 'dark',
      width: 4,
      height: 4,
      duration: 50_000,
      frame: 10_000,
      render: (_t, i) => i.fill(0),
    };
    const packets = [...simulateCamera(scene, { seed: 1, noise: 0 })];
    expect(packets.map(({ until, length }) => [until, length])).toEqual([0, 1, 2, 3, 4, 5].map((k) => [k * 10_000, 0]));
    expect(packets.map(({ mark }) => mark)).toEqual([
      null,
      null,
      null,
      null,
      null,
      { kind: 'end', source: 'dark', label: 'dark' },
    ]);
  });

  test('a moving digit makes about as many events as a recorded one, on the rims of the strokes', () => {
    const packets = three(5);
    const events = packets.reduce((sum, { length }) => sum + length, 0);
    expect(events).toBeGreaterThan(1500);
    expect(events).toBeLessThan(9000);
    const ends = packets.slice(0, -1).every(({ mark }) => mark === null);
    expect(ends).toBe(true);
  });

  test('refuses a scene without duration at the call', () => {
    expect(() => simulateCamera({ ...movingBar(), duration: 0 }, { seed: 1 })).toThrow(/duration/);
  });
});
