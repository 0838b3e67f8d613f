import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packer } from '../../../adapters/files/packer.js';
import type { Report } from '../../../adapters/files/recording.js';
import { streamInfo } from '../../../src/index.js';

type Event = readonly [t: number, x: number, y: number, p: number];

const report = (): Report => ({ events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} });

describe('what is counted of decoded events', () => {
  it('is what one loop over all of them counts, whatever the sizes', () => {
    const event = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(65535), fc.nat(65535), fc.nat(1));
    const size = fc.constantFrom(null, 1, 34, 1280, 32767, 32768, 32769, 65535, 65536);
    fc.assert(
      fc.property(
        fc.array(fc.array(event, { maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.constantFrom(0, 1, 33, 34, 1279, 1280, 32767, 32768, 65535), { maxLength: 5 }),
        size,
        size,
        (batches, corners, width, height) => {
          const edges = corners.map((at) => [at, at, 0, 1] as const);
          const all: readonly (readonly Event[])[] = [...batches, edges.map(([x, y, t, p]) => [t, x, y, p] as const)];
          const got = report();
          const packer = new Packer(streamInfo({ width, height }), got, {
            packetEvents: 16,
            reuse: false,
            from: -Infinity,
          });
          for (const batch of all) {
            const columns = {
              t: Float64Array.from(batch.map(([t]) => t)),
              x: Uint16Array.from(batch.map(([, x]) => x)),
              y: Uint16Array.from(batch.map(([, , y]) => y)),
              p: Uint8Array.from(batch.map(([, , , p]) => p)),
            };
            for (const _ of packer.add({ ...columns, length: batch.length }));
          }
          const events = all.flat();
          const outside = events.filter(([, x, y]) => x >= (width ?? 65536) || y >= (height ?? 65536)).length;
          const back = events.filter(([t], i) => i > 0 && t < events[i - 1][0]).length;
          const on = events.filter(([, , , p]) => p === 1).length;
          expect(got).toEqual({
            events: events.length,
            on,
            off: events.length - on,
            t0: events[0]?.[0] ?? null,
            t1: events.at(-1)?.[0] ?? null,
            violations: { ...(outside > 0 && { outOfBounds: outside }), ...(back > 0 && { timeStepBack: back }) },
            side: {},
          });
          expect(packer.latest).toBe(Math.max(-Infinity, ...events.map(([t]) => t)));
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });

  it('counts polarities of long batches without overflowing a byte', () => {
    const got = report();
    const packer = new Packer(streamInfo(), got, { packetEvents: 65536, reuse: false, from: -Infinity });
    const n = 20_003;
    const zeros = new Uint16Array(n);
    const batch = { t: new Float64Array(n), x: zeros, y: zeros, p: new Uint8Array(n).fill(1), length: n };
    for (const _ of packer.add(batch));
    expect(got).toMatchObject({ events: n, on: n, off: 0 });
  });
});
