import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monotonicStep, silence } from '../../src/index.js';
import { listOf, packet, run, SMALL } from './camera.js';

const at = (t: number): { t: number; x: number; y: number; p: number } => ({ t, x: 1, y: 1, p: 1 });

describe('monotonic', () => {
  it('clamps to, or drops before, the latest time so far', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 60 }), (times) => {
        const list = times.map(at);
        const latest = times.map((_, i) => Math.max(...times.slice(0, i + 1)));
        const late = times.filter((t, i) => t < latest[i]).length;
        const clamped = run(monotonicStep, { policy: 'clamp' }, [packet(list)]);
        expect(listOf(clamped.out)).toEqual(list.map((event, i) => ({ ...event, t: latest[i] })));
        expect(clamped.state).toMatchObject({ clamped: late, dropped: 0 });
        const dropped = run(monotonicStep, { policy: 'drop' }, [packet(list)]);
        expect(listOf(dropped.out)).toEqual(list.filter(({ t }, i) => t === latest[i]));
        expect(dropped.state).toMatchObject({ clamped: 0, dropped: late });
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('holds events to the watermark before them, and never lets that fall', () => {
    const { out } = run(monotonicStep, { policy: 'clamp' }, [
      silence(SMALL, 40),
      packet([at(10), at(50)]),
      silence(SMALL, 20),
    ]);
    expect(listOf(out).map(({ t }) => t)).toEqual([40, 50]);
    expect(out.map(({ until }) => until)).toEqual([40, 50, 50]);
  });

  it.each([NaN, Infinity])('takes the time %d for one from the past', (none) => {
    const odd = { ...packet([at(5), at(6), at(7)]), t: Float64Array.of(5, none, 7), until: none };
    const { out, state } = run(monotonicStep, { policy: 'clamp' }, [odd]);
    expect(listOf(out).map(({ t }) => t)).toEqual([5, 5, 7]);
    expect(out[0].until).toBe(7);
    expect(state.clamped).toBe(1);
  });

  it('leaves its input alone', () => {
    const input = packet([at(9), at(3)]);
    run(monotonicStep, { policy: 'clamp' }, [{ ...input, until: 9 }]);
    expect([...input.t]).toEqual([9, 3]);
  });

  it('refuses another policy', () => {
    expect(() => monotonicStep.init({ policy: 'sort' as never })).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});
