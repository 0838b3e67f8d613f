import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventPacket, silence, streamInfo, timeSurfaceStep } from '../../src/index.js';
import { type CameraEvent, events, packet, packets, run, SMALL } from './camera.js';

const END = { kind: 'end', source: null, label: null } as const;

/** The surface at `t` by the definition: the last event of each pixel before `t`. */
function surface(list: readonly CameraEvent[], t: number, tau: number): number[] {
  return Array.from({ length: 35 }, (_, pixel) => {
    const last = list.filter((e) => e.t < t && e.y * 7 + e.x === pixel).at(-1);
    return last === undefined ? 0 : Math.fround((last.p === 1 ? 1 : -1) * Math.exp((last.t - t) / tau));
  });
}

const at = (t: number, x = 0): EventPacket => packet([{ t, x, y: 0, p: 1 }]);
const code = (input: EventPacket[]): unknown => run(timeSurfaceStep, { tau: 1, every: 10 }, input).error;

describe('timeSurface', () => {
  it('says how recent each pixel is, at each time that is due and at the end, wherever packets are cut', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 20, max: 400 }), fc.integer({ min: 1, max: 60 }), (list, every, size) => {
        const until = (list.at(-1)?.t ?? 0) + 1;
        const input = [...packets(list, SMALL, size), silence(SMALL, until, END)];
        const { out, error } = run(timeSurfaceStep, { tau: 50, every }, input);
        expect(error).toBeNull();
        const due = Array.from({ length: Math.floor(until / every) }, (_, n) => (n + 1) * every);
        const rest = list.some(({ t }) => t >= (due.at(-1) ?? 0));
        expect(out.map(({ t }) => t)).toEqual(rest ? [...due, until] : due);
        for (const { t, value } of out) {
          surface(list, t, 50).forEach((expected, pixel) => expect(value[pixel]).toBeCloseTo(expected, 6));
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('forgets at a mark', () => {
    const first = packet([{ t: 1, x: 3, y: 2, p: 1 }], SMALL, { until: 2, mark: END });
    const { out } = run(timeSurfaceStep, { tau: 10, every: Infinity }, [first, packet([{ t: 5, x: 0, y: 0, p: 0 }])]);
    expect(out.map(({ value }) => value.filter((v) => v !== 0).length)).toEqual([1, 1]);
    expect(out[1].value[0]).toBe(-1);
  });

  it('refuses times that step back, events outside, and streams without a size', () => {
    expect(code([at(5), at(4)])).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(code([silence(SMALL, Infinity)])).toMatchObject({ code: 'ERR_TIME_ORDER' });
    expect(code([at(5, 7)])).toMatchObject({ code: 'ERR_GEOMETRY' });
    expect(code([silence(streamInfo(), 0)])).toMatchObject({ code: 'ERR_GEOMETRY' });
    expect(() => timeSurfaceStep.init({ tau: 0, every: 1 })).toThrow('timeSurface: tau');
    expect(() => timeSurfaceStep.init({ tau: 1, every: 0 })).toThrow('timeSurface: every');
  });

  it('refuses a saved state of another size', () => {
    const params = { tau: 1, every: 1 };
    const state = timeSurfaceStep.init(params);
    expect(() => timeSurfaceStep.check?.(params, { ...state, width: 2, height: 2 })).toThrow('do not fit 2×2');
  });
});
