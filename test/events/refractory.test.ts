import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refractoryStep } from '../../src/index.js';
import { type CameraEvent, events, listBy, listOf, NMNIST, packet, packets, realEvents, run, SMALL } from './camera.js';

function alive(list: readonly CameraEvent[], dt: number): CameraEvent[] {
  const passed: CameraEvent[] = [];
  for (const event of list) {
    const last = passed.findLast(({ x, y }) => x === event.x && y === event.y);
    if (!last || event.t - last.t >= dt) passed.push(event);
  }
  return passed;
}

describe('refractory', () => {
  it('passes an event when the pixel has been silent for the dead time since the last that passed', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 200 }), (list, dt) => {
        expect(listBy(refractoryStep, { dt }, list)).toEqual(alive(list, dt));
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('does the same on a real recording, and counts what it drops', () => {
    const list = realEvents();
    const expected = alive(list, 20_000);
    const { out, state } = run(refractoryStep, { dt: 20_000 }, packets(list, NMNIST, 333));
    expect(listOf(out)).toEqual(expected);
    expect(state.dropped).toBe(list.length - expected.length);
    expect(state.dropped).toBeGreaterThan(100);
  });

  it('ends all dead times at a mark', () => {
    const mark = { kind: 'reset', source: null, label: null } as const;
    const [a, b] = [
      { t: 0, x: 3, y: 2, p: 1 },
      { t: 1, x: 3, y: 2, p: 1 },
    ];
    expect(listOf(run(refractoryStep, { dt: 10 }, [packet([a], SMALL, { mark }), packet([b])]).out)).toEqual([a, b]);
    expect(listOf(run(refractoryStep, { dt: 10 }, [packet([a]), packet([b])]).out)).toEqual([a]);
  });

  it('refuses an event outside of the sensor and a wrong dead time', () => {
    const { error } = run(refractoryStep, { dt: 10 }, [packet([{ t: 0, x: 0, y: 5, p: 1 }])]);
    expect(error).toMatchObject({ code: 'ERR_GEOMETRY', details: { x: 0, y: 5, t: 0, width: 7, height: 5 } });
    expect(() => refractoryStep.init({ dt: 0 })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
