import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Mark,
  type SpikePacket,
  type StepsParams,
  stepsStep,
  type StreamInfo,
  streamInfo,
  type UnitPacket,
} from '../../src/index.js';
import { run } from './camera.js';

const STREAM = streamInfo({ id: 'units', width: 4, height: 1 });
const END: Mark = { kind: 'end', source: 'a', label: '7' };
const RESET: Mark = { kind: 'reset', source: null, label: null };

function units(t: readonly number[], until: number, mark: Mark | null = null, stream: StreamInfo = STREAM): UnitPacket {
  return { stream, length: t.length, t: Float64Array.from(t), unit: Uint32Array.from(t, (_, i) => i % 4), until, mark };
}

/** Packets in short: steps of the spikes, watermarks, beginning of the grid, kind of the mark. */
const short = (out: readonly SpikePacket[]): unknown[] =>
  out.map(({ step, until, untilStep, grid, mark, length }) => [
    [...step.subarray(0, length)],
    until,
    untilStep,
    [grid.t0, grid.step0],
    mark?.kind ?? null,
  ]);

const stepped = (params: StepsParams, packets: readonly UnitPacket[]): unknown[] => {
  const { out, error } = run(stepsStep, params, packets);
  if (error) throw error as Error;
  return short(out);
};

describe('steps on a grid', () => {
  it('counts from the origin of the stream', () => {
    const stream = streamInfo({ width: 4, height: 1, origin: 100 });
    expect(stepped({ dt: 10 }, [units([100, 109, 110, 145], 150, null, stream)])).toEqual([
      [[0, 0, 1, 4], 150, 5, [100, 0], null],
    ]);
  });

  it('follows the formula on any times', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(50), fc.nat(5000)), { maxLength: 50 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 30 }), fc.nat(40), (pauses, dt, rest) => {
        let t = 0;
        const times = pauses.map((gap) => (t += gap));
        const { out } = run(stepsStep, { dt }, [units(times, t + rest)]);
        expect([...out[0].step]).toEqual(times.map((time) => Math.floor(time / dt)));
        expect(out[0].untilStep).toBe(Math.floor((t + rest) / dt));
        expect([...out[0].t]).toEqual(times);
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  it('begins a new grid at a mark, whose step counts whole', () => {
    expect(
      stepped({ dt: 10 }, [units([5, 12], 25, END), units([25, 34, 35], 40), units([], 45, RESET), units([45], 50)]),
    ).toEqual([
      [[0, 1], 25, 3, [0, 0], 'end'],
      [[3, 3, 4], 40, 4, [25, 3], null],
      [[], 45, 5, [25, 3], 'reset'],
      [[5], 50, 5, [45, 5], null],
    ]);
  });

  it('gives no step twice when an event stands at the very time of a mark', () => {
    expect(stepped({ dt: 10 }, [units([20], 20, END), units([20], 21)])).toEqual([
      [[2], 20, 3, [0, 0], 'end'],
      [[3], 21, 3, [20, 3], null],
    ]);
  });

  it('counts beyond 32 bits', () => {
    const late = 2 ** 40;
    expect(stepped({ dt: 1 }, [units([late], late + 1)])).toEqual([[[late], late + 1, late + 1, [0, 0], null]]);
  });

  it('leaves its input alone, and keeps none of it', () => {
    const input = units([1, 2], 3);
    const { out } = run(stepsStep, { dt: 1 }, [input]);
    input.t.fill(99);
    input.unit.fill(99);
    expect([...out[0].t]).toEqual([1, 2]);
    expect([...out[0].unit]).toEqual([0, 1]);
  });
});

describe('resetEvery on a grid', () => {
  const params = { dt: 10, resetEvery: 3 };

  it('closes each window that held an event, as soon as the stream is past it', () => {
    expect(stepped(params, [units([5], 30), units([], 31), units([35, 61], 62)])).toEqual([
      [[0], 30, 3, [0, 0], null],
      [[], 30, 3, [0, 0], 'reset'],
      // nothing has come in the window that begins at 30: the watermark stands at its beginning
      [[3], 60, 6, [30, 3], 'reset'],
      [[6], 62, 6, [60, 6], null],
    ]);
  });

  it('closes silence, however long, with one mark where events come again', () => {
    const years = 30 * 1e12;
    expect(stepped(params, [units([5], 6), units([], years + 17), units([years + 18], years + 20)])).toEqual([
      [[0], 6, 0, [0, 0], null],
      [[], 30, 3, [0, 0], 'reset'],
      [[], years, years / 10, [30, 3], null],
      [[], years, years / 10, [30, 3], 'reset'],
      [[years / 10 + 1], years + 20, years / 10 + 2, [years, years / 10], null],
    ]);
  });

  it('gives way to a mark of the stream at the end of a window', () => {
    expect(stepped(params, [units([5], 30), units([], 30, END), units([33], 34)])).toEqual([
      [[0], 30, 3, [0, 0], null],
      [[], 30, 3, [0, 0], 'end'],
      [[3], 34, 3, [30, 3], null],
    ]);
  });

  it('stands before a mark of the stream behind the end of a window', () => {
    expect(stepped(params, [units([5], 31, END)])).toEqual([
      [[0], 30, 3, [0, 0], 'reset'],
      [[], 31, 4, [30, 3], 'end'],
    ]);
  });

  it('hands out what it held back when the stream ends', () => {
    expect(stepped(params, [units([5], 30)])).toEqual([
      [[0], 30, 3, [0, 0], null],
      [[], 30, 3, [0, 0], 'reset'],
    ]);
    expect(stepped(params, [units([], 44)])).toEqual([
      [[], 30, 3, [0, 0], null],
      [[], 44, 4, [0, 0], null],
    ]);
    expect(stepped(params, [])).toEqual([]);
  });
});

describe('steps of fractions of a µs', () => {
  it('has no event behind the watermark where a division rounds up at the end of a window', () => {
    const last = 1999.8; // < 6 · 333.3, but last / 333.3 is 6
    expect([last < 6 * 333.3, last / 333.3]).toEqual([true, 6]);
    const out = stepped({ dt: 333.3, resetEvery: 6 }, [units([5], last), units([last], last)]);
    expect(out.slice(0, 2)).toEqual([
      [[0], last, 5, [0, 0], null],
      [[5], last, 5, [0, 0], null],
    ]);
  });

  it('keeps events and watermarks in order, close to any boundary', () => {
    const near = fc.tuple(fc.nat(12), fc.integer({ min: -2, max: 2 }), fc.boolean());
    const params = fc.record({
      dt: fc.constantFrom(0.1, 0.3, 0.7, 3.7, 333.3, 1 / 3, 1e6 / 30),
      resetEvery: fc.nat(9),
    });
    fc.assert(
      fc.property(params, fc.array(near, { maxLength: 8 }), (grid, list) => {
        let [t, start] = [0, 0];
        const state = stepsStep.init(grid);
        const out: SpikePacket[] = [];
        for (const [steps, ulps, event] of list) {
          const at = start + steps * grid.dt;
          t = Math.max(t, at + ulps * at * 2 ** -53);
          stepsStep.advance(grid, state, units(event ? [t] : [], t), (packet) => out.push(packet));
          start = state.t0;
        }
        let passed = 0;
        for (const { step, untilStep } of out) {
          for (const s of step) expect(s).toBeGreaterThanOrEqual(passed);
          expect(untilStep).toBeGreaterThanOrEqual(passed);
          passed = untilStep;
        }
      }),
      { numRuns: 3000, seed: 8 },
    );
  });
});

describe('every event a step of its own', () => {
  it('counts events', () => {
    expect(stepped({ dt: 0 }, [units([5, 5, 9], 10), units([12], 13, END), units([14], 15)])).toEqual([
      [[0, 1, 2], 10, 3, [0, 0], null],
      [[3], 13, 4, [0, 0], 'end'],
      [[4], 15, 5, [13, 4], null],
    ]);
  });

  it('resets before the event that follows the k-th', () => {
    expect(stepped({ dt: 0, resetEvery: 2 }, [units([5, 6, 7], 8), units([9], 10, END), units([11, 11], 12)])).toEqual([
      [[0, 1], 7, 2, [0, 0], 'reset'],
      [[2], 8, 3, [7, 2], null],
      [[3], 10, 4, [7, 2], 'end'],
      [[4, 5], 12, 6, [10, 4], null],
      [[], 12, 6, [10, 4], 'reset'],
    ]);
  });
});

describe('times out of order', () => {
  it.each<[string, UnitPacket[], number]>([
    ['an event before an earlier one', [units([5, 9, 7], 10)], 2],
    ['an event before the watermark', [units([5], 20), units([19], 20)], 1],
    ['an event before the origin', [units([3], 4, null, streamInfo({ origin: 4 }))], 0],
    ['an event without a time', [units([1, NaN], 2)], 1],
    ['an event at the end of all times', [units([1, Infinity], Infinity)], 1],
    ['a watermark that falls', [units([5], 20), units([], 19)], 1],
    ['a watermark before an event', [units([5], 4)], 1],
    ['a watermark without end', [units([5], Infinity)], 1],
  ])('%s is an error, after what came before it', (_, packets, good) => {
    const { out, error } = run(stepsStep, { dt: 10 }, packets);
    expect(error).toMatchObject({
      code: 'ERR_TIME_ORDER',
      message: expect.stringMatching(/monotonic|finite/) as string,
    });
    expect(out.reduce((sum, { length }) => sum + length, 0)).toBe(good);
  });

  it('does not go on to the end of all times for an event that stands there', () => {
    for (const resetEvery of [0, 3]) {
      const { out } = run(stepsStep, { dt: 10, resetEvery }, [units([1, Infinity], Infinity)]);
      expect(out.map(({ until, mark }) => [until, mark])).toEqual([[1, null]]);
    }
  });

  it.each<StepsParams>([
    { dt: -1 },
    { dt: NaN },
    { dt: Infinity },
    { dt: 1, resetEvery: 1.5 },
    { dt: 1, resetEvery: -1 },
  ])('refuses %o', (params) => {
    expect(() => stepsStep.init(params)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
