import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeakRate, PixelCounts, streamInfo } from '../../src/index.js';
import { type CameraEvent, packet, packets, realEvents, NMNIST } from './camera.js';

const anywhere = streamInfo();
const coordinate = fc.oneof(fc.nat(5), fc.nat(65535), fc.constant(65535), fc.constant(64));

describe('PixelCounts', () => {
  it('counts each pixel of a plane of any size and ranks them', () => {
    const plane = fc.array(fc.record({ t: fc.nat(9), x: coordinate, y: coordinate, p: fc.nat(1) }), { maxLength: 300 });
    fc.assert(
      fc.property(plane, fc.integer({ min: 1, max: 9 }), (list, most) => {
        const counts = new PixelCounts();
        for (const one of packets(list, anywhere, 17)) counts.add(one);
        const byHand = new Map<string, { x: number; y: number; count: number }>();
        for (const { x, y } of list) {
          const key = `${x},${y}`;
          byHand.set(key, { x, y, count: (byHand.get(key)?.count ?? 0) + 1 });
        }
        const ranked = [...byHand.values()].toSorted((a, b) => b.count - a.count || a.y - b.y || a.x - b.x);
        expect(counts.hottest(most)).toEqual(ranked.slice(0, most));
        expect(counts.missed).toBe(0);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('stops at a bound, and says what it missed', () => {
    const counts = new PixelCounts();
    const list = Array.from({ length: 2000 }, (_, i) => ({
      t: i,
      x: (i % 500) * 64,
      y: Math.floor(i / 500) * 64,
      p: 1,
    }));
    counts.add(packet(list, anywhere));
    expect(counts.missed).toBe(2000 - 1024);
    expect(counts.hottest(3)).toHaveLength(3);
  });
});

/** The most events in a window of ten parts, every part tried. */
function busiest(list: readonly CameraEvent[], width: number): number {
  const part = width / 10;
  const number = ({ t }: CameraEvent): number => Math.floor((t - list[0].t) / part);
  const last = Math.max(...list.map(number));
  let most = 0;
  for (let n = 0; n <= last; n++) {
    most = Math.max(most, list.filter((event) => number(event) <= n && number(event) > n - 10).length);
  }
  return most;
}

describe('PeakRate', () => {
  it('finds the busiest window of a real recording', () => {
    const list = realEvents();
    const rate = new PeakRate(10_000);
    for (const one of packets(list, NMNIST, 100)) rate.add(one);
    expect(rate.most).toBe(busiest(list, 10_000));
    expect(rate.duration).toBe(list.at(-1)!.t - list[0].t);
  });

  it('takes all of a recording that is shorter than a window, and none of an empty one', () => {
    const rate = new PeakRate(10_000);
    expect([rate.most, rate.duration]).toEqual([0, null]);
    rate.add(
      packet(
        [5, 9000, 12].map((t) => ({ t, x: 0, y: 0, p: 1 })),
        anywhere,
      ),
    );
    expect([rate.most, rate.duration]).toEqual([3, 8995]);
  });

  it('keeps apart what is far apart, also backwards in time', () => {
    const rate = new PeakRate(10);
    rate.add(
      packet(
        [0, 1, 2, 1e15, 1e15, 3].map((t) => ({ t, x: 0, y: 0, p: 1 })),
        anywhere,
      ),
    );
    expect(rate.most).toBe(3);
  });
});
