import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CropParams,
  cropStep,
  type DownsampleParams,
  downsampleStep,
  polarityStep,
  silence,
  streamInfo,
  type ToUnitsParams,
  toUnitsStep,
  unitCount,
} from '../../src/index.js';
import { events, listBy, listOf, NMNIST, packet, packets, realEvents, run, SMALL } from './camera.js';

const wrong = expect.objectContaining({ code: 'ERR_ARGUMENT' }) as unknown;

describe('crop', () => {
  it('keeps a region and moves its corner to (0, 0)', () => {
    const region = fc.record({
      x: fc.nat(3),
      y: fc.nat(2),
      width: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(events, region, (list, params) => {
        const expected = list
          .filter(
            ({ x, y }) => x >= params.x && x < params.x + params.width && y >= params.y && y < params.y + params.height,
          )
          .map((event) => ({ ...event, x: event.x - params.x, y: event.y - params.y }));
        const { out, state } = run(cropStep, params, [packet(list)]);
        expect(listOf(out)).toEqual(expected);
        expect(state.dropped).toBe(list.length - expected.length);
        expect(out[0].stream).toMatchObject({ id: 'small', width: params.width, height: params.height });
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('gives a size to a stream that says none, and the same stream to all its packets', () => {
    const unknown = streamInfo({ id: 'unknown' });
    const list = [
      { t: 0, x: 900, y: 2, p: 1 },
      { t: 1, x: 5, y: 2, p: 1 },
    ];
    const { out } = run(cropStep, { x: 0, y: 0, width: 100, height: 50 }, [packet(list, unknown), silence(unknown, 3)]);
    expect(listOf(out)).toEqual(list.slice(1));
    expect(out[0].stream).toMatchObject({ width: 100, height: 50 });
    expect(out[1].stream).toBe(out[0].stream);
  });

  it('refuses a region beyond the sensor, and wrong numbers', () => {
    const { error } = run(cropStep, { x: 4, y: 0, width: 4, height: 5 }, [silence(SMALL, 0)]);
    expect(error).toMatchObject({ code: 'ERR_GEOMETRY' });
    const good: CropParams = { x: 0, y: 0, width: 1, height: 1 };
    for (const bad of [{ x: -1 }, { y: 0.5 }, { width: 0 }, { height: NaN }]) {
      expect(() => cropStep.init({ ...good, ...bad })).toThrow(wrong);
    }
  });
});

describe('downsample', () => {
  it('divides coordinates by a factor', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 4 }), (list, factor) => {
        const { out } = run(downsampleStep, { factor }, [packet(list)]);
        expect(listOf(out)).toEqual(
          list.map((event) => ({ ...event, x: Math.floor(event.x / factor), y: Math.floor(event.y / factor) })),
        );
        expect(out[0].stream).toMatchObject({ width: Math.ceil(7 / factor), height: Math.ceil(5 / factor) });
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  it('maps to cells over the whole sensor', () => {
    const list = realEvents();
    const { out } = run(downsampleStep, { columns: 13, rows: 5 }, packets(list, NMNIST, 400));
    expect(listOf(out)).toEqual(
      list.map((event) => ({ ...event, x: Math.floor((event.x * 13) / 34), y: Math.floor((event.y * 5) / 34) })),
    );
    expect(out[0].stream).toMatchObject({ width: 13, height: 5 });
  });

  it('gives each cell a dead time', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 60 }), (list, refractory) => {
        const passed = new Map<string, number>();
        const expected = list
          .map((event) => ({ ...event, x: Math.floor(event.x / 2), y: Math.floor(event.y / 2) }))
          .filter(({ t, x, y }) => {
            const last = passed.get(`${x},${y}`);
            if (last !== undefined && t - last < refractory) return false;
            passed.set(`${x},${y}`, t);
            return true;
          });
        const { out, state } = run(downsampleStep, { factor: 2, refractory }, [packet(list)]);
        expect(listOf(out)).toEqual(expected);
        expect(state.dropped).toBe(list.length - expected.length);
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('ends all dead times at a mark', () => {
    const list = [
      { t: 0, x: 0, y: 0, p: 1 },
      { t: 1, x: 1, y: 1, p: 1 },
    ];
    const mark = { kind: 'reset', source: null, label: null } as const;
    const through = (more: { mark?: typeof mark }): number[] =>
      listOf(
        run(downsampleStep, { factor: 2, refractory: 9 }, [
          packet(list.slice(0, 1), SMALL, more),
          packet(list.slice(1)),
        ]).out,
      ).map(({ t }) => t);
    expect(through({})).toEqual([0]);
    expect(through({ mark })).toEqual([0, 1]);
  });

  it('refuses more cells than pixels, an event outside, a stream without a size, and wrong numbers', () => {
    expect(run(downsampleStep, { columns: 8, rows: 2 }, [silence(SMALL, 0)]).error).toMatchObject({
      code: 'ERR_GEOMETRY',
    });
    expect(run(downsampleStep, { factor: 2 }, [packet([{ t: 0, x: 7, y: 0, p: 1 }])]).error).toMatchObject({
      code: 'ERR_GEOMETRY',
    });
    expect(run(downsampleStep, { factor: 2 }, [silence(streamInfo(), 0)]).error).toMatchObject({
      code: 'ERR_GEOMETRY',
    });
    const bad: DownsampleParams[] = [
      {},
      { factor: 0 },
      { factor: 1.5 },
      { columns: 2 },
      { factor: 2, columns: 2, rows: 2 },
      { factor: 2, refractory: -1 },
    ];
    for (const params of bad) expect(() => downsampleStep.init(params)).toThrow(wrong);
  });
});

describe('polarity', () => {
  it('keeps one polarity, or makes one of both', () => {
    const list = realEvents();
    expect(listBy(polarityStep, { keep: 'on' }, list, NMNIST)).toEqual(list.filter(({ p }) => p === 1));
    expect(listBy(polarityStep, { keep: 'off' }, list, NMNIST)).toEqual(list.filter(({ p }) => p === 0));
    const { out, state } = run(polarityStep, { keep: 'merge' }, [packet(list, NMNIST)]);
    expect(listOf(out)).toEqual(list.map((event) => ({ ...event, p: 1 })));
    expect(out[0].stream.polarities).toBe(1);
    expect(state.dropped).toBe(0);
    expect(run(polarityStep, { keep: 'on' }, [packet(list, NMNIST)]).state.dropped).toBe(
      list.filter(({ p }) => p === 0).length,
    );
  });

  it('refuses another word', () => {
    expect(() => polarityStep.init({ keep: 'both' as never })).toThrow(wrong);
  });
});

describe('toUnits', () => {
  const map: ToUnitsParams = { width: 34, height: 34, columns: 17, rows: 11, polarity: 'split' };

  it.each(['split', 'merge'] as const)('numbers cells row by row, %s', (polarity) => {
    const list = realEvents();
    const { out } = run(toUnitsStep, { ...map, polarity }, packets(list, NMNIST, 1000));
    const expected = list.map(({ x, y, p }) => {
      const cell = Math.floor((y * 11) / 34) * 17 + Math.floor((x * 17) / 34);
      return polarity === 'split' ? p * 17 * 11 + cell : cell;
    });
    expect(out.flatMap(({ unit, length }) => [...unit.subarray(0, length)])).toEqual(expected);
    expect(out.flatMap(({ t, length }) => [...t.subarray(0, length)])).toEqual(list.map(({ t }) => t));
    const units = polarity === 'split' ? 374 : 187;
    expect(unitCount({ ...map, polarity })).toBe(units);
    expect(out[0].stream).toMatchObject({ width: units, height: 1 });
    expect(Math.max(...expected)).toBeLessThan(units);
  });

  it('takes a stream that says no size, and holds its events to the map', () => {
    const list = [
      { t: 3, x: 33, y: 0, p: 0 },
      { t: 4, x: 34, y: 0, p: 0 },
    ];
    const { out, error } = run(toUnitsStep, map, [packet(list, streamInfo())]);
    expect([...out[0].unit]).toEqual([16]);
    expect(out[0]).toMatchObject({ length: 1, until: 4, mark: null });
    expect(error).toMatchObject({ code: 'ERR_GEOMETRY' });
  });

  it('refuses a stream of another size', () => {
    expect(run(toUnitsStep, map, [silence(SMALL, 0)]).error).toMatchObject({
      code: 'ERR_GEOMETRY',
      message: 'toUnits: stream "small" is 7×5 pixels, the map is made for 34×34',
    });
  });

  it.each([{ width: 0 }, { height: 2.5 }, { columns: 0 }, { rows: -3 }, { polarity: 'both' as never }])(
    'refuses %o',
    (bad) => {
      expect(() => toUnitsStep.init({ ...map, ...bad })).toThrow(wrong);
    },
  );
});
