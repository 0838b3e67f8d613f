import { describe, expect, it } from 'vitest';
import { Fit } from '../../../adapters/files/fit.js';
import type { Holds } from '../../../adapters/files/encoder.js';
import { eventPacket, streamInfo, type EventPacket } from '../../../src/index.js';

const HOLDS: Holds = {
  maxX: 10,
  maxY: 20,
  minTime: 0,
  maxTime: 1000,
  stepsBack: false,
  maxGap: 100,
  fractions: false,
};
const info = streamInfo();

type Row = readonly [t: number, x: number, y: number];

function packet(rows: readonly Row[]): EventPacket {
  return eventPacket({
    stream: info,
    until: 1e12,
    t: Float64Array.from(rows, ([t]) => t),
    x: Uint16Array.from(rows, ([, x]) => x),
    y: Uint16Array.from(rows, ([, , y]) => y),
    p: new Uint8Array(rows.length),
  });
}

const times = ({ t, length }: EventPacket): number[] => [...t.subarray(0, length)];

describe('what a format can hold', () => {
  it('passes on what fits as it is, bounds included', () => {
    const fit = new Fit('test', HOLDS, false);
    const good = packet([
      [0, 10, 20],
      [100, 0, 0],
      [100, 0, 0],
    ]);
    expect(fit.fit(good)).toBe(good);
    expect(fit.clipped).toEqual({});
  });

  it.each<[string, Row, RegExp]>([
    ['coordinates', [5, 11, 0], /event 1 lies at \(11, 0\); at most \(10, 20\)/],
    ['coordinates', [5, 0, 21], /event 1 lies at \(0, 21\)/],
    ['time', [-1, 0, 0], /event 1 is at -1 µs; 0 to 1000/],
    ['time', [Number.NaN, 0, 0], /event 1 is at NaN/],
    ['timeStepBack', [3, 0, 0], /before the one at 4 µs/],
    ['timeGap', [105, 0, 0], /more than 100 µs from/],
    ['fraction', [4.5, 0, 0], /only whole µs/],
  ])('%s: an error at the event, or left out and counted', (why, bad, message) => {
    const rows: readonly Row[] = [[4, 0, 0], bad, [6, 1, 1]];
    let thrown: unknown;
    try {
      new Fit('test', HOLDS, false).fit(packet(rows));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'ERR_LOSS', message: expect.stringMatching(message), details: { why } });
    const clipping = new Fit('test', HOLDS, true);
    expect(times(clipping.fit(packet(rows)))).toEqual(why === 'fraction' ? [4, 4, 6] : [4, 6]);
    expect(clipping.clipped).toEqual({ [why]: 1 });
  });

  it('order and gaps are those of the events let through, across packets and stages', () => {
    const fit = new Fit('test', { ...HOLDS, maxTime: 1e9 }, true);
    fit.fit(packet([[50, 0, 0]]));
    expect(
      times(
        fit.fit(
          packet([
            [40, 0, 0],
            [150, 0, 0],
          ]),
        ),
      ),
    ).toEqual([150]);
    const long = packet(Array.from({ length: 10_000 }, (_, i) => [150 + i, i === 9_000 ? 11 : 0, 0] as const));
    expect(fit.fit(long).length).toBe(9_999);
    expect(
      times(
        fit.fit(
          packet([
            [10_249, 0, 0],
            [10_350, 0, 0],
          ]),
        ),
      ),
    ).toEqual([10_249]);
    expect(fit.clipped).toEqual({ timeStepBack: 1, coordinates: 1, timeGap: 1 });
  });

  it('names an event by its place in the whole stream', () => {
    const fit = new Fit('test', HOLDS, false);
    fit.fit(
      packet([
        [1, 0, 0],
        [2, 0, 0],
      ]),
    );
    expect(() =>
      fit.fit(
        packet([
          [3, 0, 0],
          [1001, 0, 0],
        ]),
      ),
    ).toThrow(/event 3 /);
  });

  it('where steps back are held, they are bounded by the gap', () => {
    const fit = new Fit('test', { ...HOLDS, stepsBack: true }, false);
    const back = packet([
      [150, 0, 0],
      [50, 0, 0],
    ]);
    expect(fit.fit(back)).toBe(back);
    expect(() =>
      fit.fit(
        packet([
          [151, 0, 0],
          [50, 0, 0],
        ]),
      ),
    ).toThrow(/more than 100 µs/);
  });
});
