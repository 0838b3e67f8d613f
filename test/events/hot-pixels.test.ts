import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HotPixelsParams, hotPixelsStep, restoreState, saveState } from '../../src/index.js';
import { type CameraEvent, events, listBy, listOf, NMNIST, packet, packets, realEvents, run, SMALL } from './camera.js';

const key = ({ x, y }: CameraEvent): string => `${x},${y}`;

function cooled(list: readonly CameraEvent[], period: number, factor: number, least: number): CameraEvent[] {
  const end = (list[0]?.t ?? 0) + period;
  const counts = new Map<string, number>();
  for (const event of list) if (event.t < end) counts.set(key(event), (counts.get(key(event)) ?? 0) + 1);
  const mean = [...counts.values()].reduce((a, b) => a + b, 0) / counts.size;
  const hot = (event: CameraEvent): boolean => {
    const n = counts.get(key(event)) ?? 0;
    return n > factor * mean && n >= least;
  };
  return list.filter((event) => event.t < end || !hot(event));
}

describe('hotPixels', () => {
  it('drops pixels far above the mean once the learning period is over', () => {
    let dropped = 0;
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 800 }), fc.constantFrom(1, 1.5, 2.2), (list, period, factor) => {
        const expected = cooled(list, period, factor, 2);
        dropped += list.length - expected.length;
        expect(listBy(hotPixelsStep, { period, factor, least: 2 }, list)).toEqual(expected);
      }),
      { numRuns: 150, seed: 3 },
    );
    expect(dropped).toBeGreaterThan(200);
  });

  it('finds a hot pixel planted in a real recording, and no other', () => {
    const real = realEvents();
    const hot = Array.from({ length: 3000 }, (_, i) => ({ t: i * 100, x: 20, y: 5, p: i & 1 }));
    const list = [...real, ...hot].toSorted((a, b) => a.t - b.t);
    const params = { period: 100_000, factor: 20 };
    const { out, state } = run(hotPixelsStep, params, packets(list, NMNIST, 500));
    expect(listOf(out)).toEqual(cooled(list, 100_000, 20, 10));
    expect([...state.mask.keys()].filter((pixel) => state.mask[pixel] === 1)).toEqual([5 * 34 + 20]);
    expect(state.dropped).toBeGreaterThan(1900);
    expect(state.counts).toHaveLength(0);
  });

  it('keeps the mask through marks and in saved states', () => {
    const params: HotPixelsParams = { period: 10, factor: 1.5, least: 3 };
    const noisy = Array.from({ length: 9 }, (_, t) => ({ t, x: 1, y: 1, p: 1 }));
    const quiet = [{ t: 9, x: 4, y: 4, p: 1 }];
    const mark = { kind: 'end', source: null, label: null } as const;
    const { state } = run(hotPixelsStep, params, [
      packet([...noisy, ...quiet, { t: 10, x: 1, y: 1, p: 1 }], SMALL, { mark }),
    ]);
    expect(state.dropped).toBe(1);
    const restored = restoreState(hotPixelsStep, params, saveState(hotPixelsStep, state));
    const out: number[] = [];
    hotPixelsStep.advance(
      params,
      restored,
      packet([
        { t: 11, x: 1, y: 1, p: 0 },
        { t: 12, x: 2, y: 1, p: 0 },
      ]),
      ({ length }) => out.push(length),
    );
    expect(out).toEqual([1]);
    expect(restored.dropped).toBe(2);
  });

  it('drops given pixels from the beginning', () => {
    const list = [
      { t: 0, x: 1, y: 1, p: 1 },
      { t: 1, x: 2, y: 1, p: 1 },
    ];
    expect(listBy(hotPixelsStep, { pixels: [{ x: 1, y: 1 }] }, list)).toEqual(list.slice(1));
    const outside = run(hotPixelsStep, { pixels: [{ x: 7, y: 0 }] }, [packet(list)]);
    expect(outside.error).toMatchObject({ code: 'ERR_GEOMETRY' });
  });

  it.each<HotPixelsParams>([
    {},
    { period: 10 },
    { factor: 2 },
    { period: 0, factor: 2 },
    { period: 10, factor: 2, least: 0 },
    { pixels: [{ x: -1, y: 0 }] },
  ])('refuses %o', (params) => {
    expect(() => hotPixelsStep.init(params)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
