import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomSequence } from '../../../src/index.js';
import { WRITTEN, digestOf, held, write, type Event, type Written } from './prophesee-files.js';

/** Period of each clock, µs. */
const LOOP: Readonly<Record<Written, number>> = { evt2: 2 ** 34, 'evt2.1': 2 ** 34, evt3: 2 ** 24, dat: 2 ** 32 };
const LONGEST: Readonly<Record<Written, number>> = {
  evt2: 2 ** 40,
  'evt2.1': 2 ** 40,
  evt3: 2 ** 40,
  dat: 2 ** 28,
};

/** Events of all sorts that a format can hold: runs in a row, equal times, gaps, steps back within a loop. */
function recording(seed: number, format: Written, count: number): Event[] {
  const random = new RandomSequence(seed, format);
  const loop = LOOP[format];
  const corner = format === 'dat' ? 16_383 : 2_047;
  const events: Event[] = [];
  let t = [0, 1, random.integer(1e6), loop - 3, 5 * loop + random.integer(1e7), 1.6e15][random.integer(6)];
  let [x, y, p] = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const what = random.integer(40);
    if (what < 24) x = Math.min(corner, x + 1 + random.integer(4));
    else if (what < 30) [x, y, p] = [random.integer(640), random.integer(480), random.integer(2)];
    else if (what === 30) [x, y] = [corner, corner];
    else if (what === 31) [x, y] = [0, 0];
    else if (what < 36) t += random.integer(200);
    else if (what === 36) t += random.integer(20_000);
    else if (what === 37) {
      const back = random.integer([50, 5_000, 9_000_000, Math.min(2 ** 31, LONGEST[format])][random.integer(4)]);
      if (Math.floor((t - back) / loop) === Math.floor(t / loop) && t >= back) t -= back;
    } else if (what === 38 && random.integer(20) === 0) t += random.integer(Math.min(loop / 2, LONGEST[format]));
    else if (what === 39 && random.integer(60) === 0) t += Math.min(LONGEST[format], random.integer(3) * loop + 77);
    events.push([t, x, y, p]);
  }
  return events;
}

describe('what is written is read', () => {
  it.each(WRITTEN)('%s: every recording that it can hold, in the same order', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e9), fc.constantFrom(1, 7, 300, 5_000), async (seed, count) => {
        const events = recording(seed, format, count);
        const back = await held(await write(format, events));
        expect(back.format).toBe(format);
        expect(back.digest).toBe(digestOf(events));
        expect(back.events).toEqual(events);
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  it.each(WRITTEN)('%s: the same file whatever the packets', async (format) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e9),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6_000 })), { minLength: 1 }),
        async (seed, sizes) => {
          const events = recording(seed, format, 5_000);
          const whole = await write(format, events, { sizes: [5_000] });
          expect(Buffer.compare(await write(format, events, { sizes }), whole)).toBe(0);
        },
      ),
      { numRuns: 10, seed: 6 },
    );
  });

  it.each(WRITTEN)('%s: two files at once', async (format) => {
    const [one, two] = [recording(1, format, 9_000), recording(2, format, 9_000)];
    const [a, b] = await Promise.all([write(format, one), write(format, two)]);
    expect([(await held(a)).digest, (await held(b)).digest]).toEqual([digestOf(one), digestOf(two)]);
  });

  it.each(WRITTEN)('%s: nothing is a file with nothing', async (format) => {
    const back = await held(await write(format, []));
    expect([back.format, back.events, back.info.width, back.info.height]).toEqual([format, [], 640, 480]);
  });

  it.each(WRITTEN)('%s: a size that is not known stays so', async (format) => {
    const back = await held(await write(format, [[5, 2, 3, 1]], { info: {} }));
    expect([back.info.width, back.info.height, back.events]).toEqual([null, null, [[5, 2, 3, 1]]]);
  });

  it.each(WRITTEN)('%s: orientation, epoch and sensor stand in the header', async (format) => {
    const info = { width: 64, height: 32, yUp: true, mirroredX: true, epoch: 'unix' } as const;
    const back = await held(await write(format, [[1.6e15, 2, 3, 1]], { info, options: { sensor: 'DAVIS346' } }));
    expect(back.info).toMatchObject(info);
    expect(back.events).toEqual([[1.6e15, 2, 3, 1]]);
    await expect(write(format, [], { options: { sensor: 'a\nb' } })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it.each(WRITTEN)('%s: a sensor that it cannot hold is refused', async (format) => {
    const width = format === 'dat' ? 16_385 : 2_049;
    await expect(write(format, [], { info: { width, height: 1 } })).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
  });

  it('EVT3 puts neighbours into groups, which never reach beyond the sensor', async () => {
    const row: Event[] = Array.from({ length: 640 }, (_, x) => [100, x, 7, 1]);
    const bytes = await write('evt3', row);
    const end = new TextDecoder('latin1').decode(bytes).indexOf('% end\n') + 6;
    // High bits, low bits, row, first column, and twenty groups of three words.
    expect(bytes.length - end).toBe(2 * (4 + 60));
    expect((await held(bytes)).report.violations).toEqual({});
    const edge: Event[] = [635, 636, 637, 638, 639].map((x) => [100, x, 7, 0]);
    const back = await held(await write('evt3', edge));
    expect([back.events, back.report.violations]).toEqual([edge, {}]);
    const narrow: Event[] = [0, 1, 2, 3, 4, 5, 6].map((x) => [100, x, 7, 0]);
    expect((await held(await write('evt3', narrow, { info: { width: 20, height: 20 } }))).events).toEqual(narrow);
  });

  it.each(['evt2', 'evt2.1', 'evt3'] as const)('%s: a gap leaves no trace but its words', async (format) => {
    const events: Event[] = [
      [10, 1, 1, 1],
      [10 + 100e6, 2, 2, 0],
      [10 + 100e6, 3, 2, 0],
    ];
    const back = await held(await write(format, events));
    expect([back.events, back.report.violations, back.report.side]).toEqual([events, {}, {}]);
  });

  it.each(WRITTEN)('%s: data never begin with what readers take for a header', async (format) => {
    for (const t of [0x25 * 64, 0x25 * 4096, 0x2025 * 64, 0x25, 0x2025]) {
      const bytes = await write(format, [[t, 5, 6, 1]]);
      const end = new TextDecoder('latin1').decode(bytes).indexOf('% end\n') + 6;
      expect(bytes[end]).not.toBe(0x25);
      expect((await held(bytes)).events).toEqual([[t, 5, 6, 1]]);
    }
  });
});

describe('what cannot be held is refused', () => {
  const refused: readonly (readonly [Written, string, Event[]])[] = [
    ['evt2', 'coordinates', [[0, 2_048, 0, 1]]],
    ['evt3', 'coordinates', [[0, 0, 2_048, 1]]],
    ['dat', 'coordinates', [[0, 16_384, 0, 1]]],
    ['evt3', 'time', [[-1, 0, 0, 1]]],
    ['evt2.1', 'fraction', [[0.5, 0, 0, 1]]],
    [
      'evt3',
      'timeStepBack',
      [
        [2 ** 24 + 5, 0, 0, 1],
        [2 ** 24 - 5, 0, 0, 1],
      ],
    ],
    [
      'evt2',
      'timeStepBack',
      [
        [2 ** 34 + 5, 0, 0, 1],
        [2 ** 34 - 5, 0, 0, 1],
      ],
    ],
    [
      'dat',
      'timeGap',
      [
        [0, 0, 0, 1],
        [2 ** 28 + 1, 0, 0, 1],
      ],
    ],
    [
      'evt3',
      'timeGap',
      [
        [0, 0, 0, 1],
        [2 ** 41, 0, 0, 1],
      ],
    ],
  ];
  it.each(refused)('%s: %s', async (format, why, events) => {
    await expect(write(format, events)).rejects.toMatchObject({ code: 'ERR_LOSS', details: { why } });
  });
});
