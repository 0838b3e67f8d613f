import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denoiseStep, silence, type StreamInfo, streamInfo } from '../../src/index.js';
import { type CameraEvent, events, listBy, listOf, NMNIST, packet, packets, realEvents, run, SMALL } from './camera.js';

/** The rule, read aloud: look back over all events, one by one. */
function supported(list: readonly CameraEvent[], dt: number, neighbours: 4 | 8): CameraEvent[] {
  return list.filter((event, i) =>
    list.slice(0, i).some((before) => {
      const dx = Math.abs(before.x - event.x);
      const dy = Math.abs(before.y - event.y);
      const beside = neighbours === 8 ? Math.max(dx, dy) === 1 : dx + dy === 1;
      return beside && event.t - before.t < dt;
    }),
  );
}

const pair = (later: CameraEvent): CameraEvent[] =>
  listBy(denoiseStep, { dt: 10 }, [{ t: 0, x: 3, y: 2, p: 1 }, later]);
const at = (stream: StreamInfo): unknown => run(denoiseStep, { dt: 10 }, [silence(stream, 0)]).error;

describe('denoise', () => {
  it.each([4, 8] as const)('passes what one of %i neighbours supports', (neighbours) => {
    let passed = 0;
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 80 }), (list, dt) => {
        const expected = supported(list, dt, neighbours);
        passed += expected.length;
        expect(listBy(denoiseStep, { dt, neighbours }, list)).toEqual(expected);
      }),
      { numRuns: 100, seed: 1 },
    );
    expect(passed).toBeGreaterThan(500);
  });

  it('does the same on a real recording, and counts what it drops', () => {
    const list = realEvents();
    const expected = supported(list, 5000, 8);
    const { out, state } = run(denoiseStep, { dt: 5000 }, packets(list, NMNIST, 700));
    expect(listOf(out)).toEqual(expected);
    expect(state.dropped).toBe(list.length - expected.length);
    expect(state.dropped).toBeGreaterThan(10);
    expect(expected.length).toBeGreaterThan(1000);
  });

  it('lets a neighbour support up to dt, exclusive, and a pixel never itself', () => {
    expect(pair({ t: 9, x: 4, y: 3, p: 0 })).toHaveLength(1);
    expect(pair({ t: 10, x: 4, y: 3, p: 0 })).toHaveLength(0);
    expect(pair({ t: 1, x: 3, y: 2, p: 1 })).toHaveLength(0);
  });

  it('sees no neighbour across the edge of the sensor', () => {
    const corner = [
      { t: 0, x: 6, y: 1, p: 1 },
      { t: 1, x: 0, y: 2, p: 1 },
      { t: 2, x: 6, y: 3, p: 1 },
    ];
    expect(listBy(denoiseStep, { dt: 100 }, corner)).toEqual([]);
  });

  it('forgets at a mark', () => {
    const mark = { kind: 'end', source: null, label: null } as const;
    const [a, b] = [
      { t: 0, x: 3, y: 2, p: 1 },
      { t: 1, x: 4, y: 2, p: 1 },
    ];
    const { out } = run(denoiseStep, { dt: 10 }, [packet([a], SMALL, { mark }), packet([b])]);
    expect(listOf(out)).toEqual([]);
    expect(out[0].mark).toBe(mark);
  });

  it('hands on silence', () => {
    expect(run(denoiseStep, { dt: 10 }, [silence(SMALL, 70)]).out).toMatchObject([{ length: 0, until: 70 }]);
  });

  it('refuses an event outside of the sensor, after what came before it', () => {
    const { out, error } = run(denoiseStep, { dt: 10 }, [
      packet([
        { t: 0, x: 3, y: 2, p: 1 },
        { t: 1, x: 4, y: 2, p: 1 },
        { t: 2, x: 7, y: 2, p: 1 },
        { t: 3, x: 3, y: 2, p: 1 },
      ]),
    ]);
    expect(listOf(out)).toEqual([{ t: 1, x: 4, y: 2, p: 1 }]);
    expect(error).toMatchObject({
      code: 'ERR_GEOMETRY',
      message: 'denoise: event at (7, 2), t = 2 µs, lies outside of 7×5 pixels',
    });
  });

  it('needs to know the size of the sensor, within bounds, and that it stays', () => {
    expect(at(streamInfo())).toMatchObject({
      code: 'ERR_GEOMETRY',
      message: expect.stringContaining('crop(') as string,
    });
    expect(at(streamInfo({ width: 65_536, height: 65_536 }))).toMatchObject({ code: 'ERR_LIMIT' });
    const changed = run(denoiseStep, { dt: 10 }, [silence(SMALL, 0), silence(NMNIST, 1)]);
    expect(changed.error).toMatchObject({ code: 'ERR_GEOMETRY' });
    expect(changed.out).toHaveLength(1);
  });

  it.each([
    { dt: 0 },
    { dt: NaN },
    { dt: -1 },
    { dt: Infinity },
    { dt: '5' as never },
    { dt: 5, neighbours: 6 as never },
  ])('refuses %o', (params) => {
    expect(() => denoiseStep.init(params)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
