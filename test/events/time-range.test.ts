import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RxSpikeError, silence, timeRangeStep } from '../../src/index.js';
import { events, listBy, listOf, packet, packets, run, SMALL } from './camera.js';

describe('timeRange', () => {
  it('keeps start ≤ t < end, each event by its own time, wherever packets are cut', () => {
    fc.assert(
      fc.property(events, fc.nat(800), fc.nat(800), fc.integer({ min: 1, max: 50 }), (list, a, b, size) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b) + 1];
        // times that step back must not matter
        const shuffled = list.map((event, i) => ({ ...event, t: i % 7 === 3 ? event.t / 2 : event.t }));
        const expected = shuffled.filter(({ t }) => t >= start && t < end);
        const { out, state } = run(timeRangeStep, { start, end }, packets(shuffled, SMALL, size));
        expect(listOf(out)).toEqual(expected);
        expect(state.dropped).toBe(shuffled.length - expected.length);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('keeps the watermark within the stretch', () => {
    const { out } = run(timeRangeStep, { start: 10, end: 20 }, [
      silence(SMALL, 3),
      silence(SMALL, 15),
      silence(SMALL, 99),
    ]);
    expect(out.map(({ until }) => until)).toEqual([10, 15, 20]);
  });

  it('is open where no bound is given, and hands the mark on', () => {
    const list = [{ t: -5, x: 1, y: 1, p: 1 }];
    expect(listBy(timeRangeStep, {}, list)).toEqual(list);
    const mark = { kind: 'end', source: null, label: null } as const;
    const { out } = run(timeRangeStep, { end: 0 }, [packet(list, SMALL, { mark })]);
    expect(out[0].mark).toBe(mark);
  });

  it.each([{ start: 2, end: 2 }, { start: 3, end: 2 }, { start: NaN }])('refuses %j', (params) => {
    expect(() => timeRangeStep.init(params)).toThrow(RxSpikeError);
  });
});
