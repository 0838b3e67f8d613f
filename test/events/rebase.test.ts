import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RxSpikeError, rebaseStep, silence, streamInfo } from '../../src/index.js';
import { events, listOf, packet, packets, run, SMALL } from './camera.js';

const UNIX = streamInfo({ ...SMALL, epoch: 'unix', origin: 1e15 });

describe('rebase', () => {
  it('moves the first event to the origin and all others with it, wherever packets are cut', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 50 }), fc.integer(), (list, size, origin) => {
        const late = list.map((event) => ({ ...event, t: event.t + 1e15 }));
        const first = late[0]?.t ?? 0;
        const { out, state } = run(rebaseStep, { origin }, packets(late, UNIX, size));
        expect(listOf(out)).toEqual(late.map((event) => ({ ...event, t: event.t - (first - origin) })));
        expect(state.shift).toBe(late.length === 0 ? null : first - origin);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('makes a stream that begins there and has no epoch, and moves the watermark', () => {
    const { out } = run(rebaseStep, {}, [
      silence(UNIX, 1e15),
      packet([{ t: 1e15 + 7, x: 0, y: 0, p: 1 }], UNIX, { until: 1e15 + 9 }),
    ]);
    expect(out).toHaveLength(1);
    expect(out[0].stream).toEqual({ ...UNIX, epoch: null, origin: 0 });
    expect(out[0].until).toBe(2);
  });

  it('hands a mark on even without events, and leaves the packet it was given alone', () => {
    const mark = { kind: 'end', source: null, label: null } as const;
    expect(run(rebaseStep, { origin: 5 }, [silence(UNIX, 1e15, mark)]).out).toMatchObject([{ until: 5, mark }]);
    const given = packet([{ t: 9, x: 0, y: 0, p: 1 }]);
    run(rebaseStep, {}, [given]);
    expect(given.t[0]).toBe(9);
  });

  it('refuses an origin that is no time', () => {
    expect(() => rebaseStep.init({ origin: Infinity })).toThrow(RxSpikeError);
  });
});
