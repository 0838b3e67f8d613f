import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecording, type OpenOptions, type SideItem } from '../../../adapters/files/index.js';
import { RandomSequence } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { WRITTEN, file, held, write, type Event } from './prophesee-files.js';
import { chunked, read } from './reading.js';

const evt2 = (...words: number[]): Uint8Array =>
  file(
    ['evt 2.0'],
    4,
    words.map((word) => word >>> 0),
  );
const evt3 = (...words: number[]): Uint8Array => file(['evt 3.0'], 2, words);
const evt4 = (...words: number[]): Uint8Array =>
  file(
    ['format EVT4'],
    4,
    words.map((word) => word >>> 0),
  );

const high2 = (t: number): number => (8 << 28) | (Math.floor(t / 64) % 2 ** 28);
const cd2 = (t: number, x: number, y: number, p: number): number => (p << 28) | ((t % 64) << 22) | (x << 11) | y;
/** Both time words of EVT3, row, and column. */
const cd3 = (t: number, x: number, y: number, p: number): number[] => [
  0x8000 | (Math.floor(t / 4096) % 4096),
  0x6000 | (t % 4096),
  y,
  0x2000 | (p << 11) | x,
];

const dat = (lines: string[], type: number, size: number, words: number[]): Uint8Array => {
  const [header, data] = [file(lines, 1, [type, size]), file([], 4, words)];
  return new Uint8Array([...header, ...data]);
};

const load = (name: string): Uint8Array => new Uint8Array(readFileSync(projectRoot('test', 'data', 'files', name)));

/** Time of EVT3's clock. */
const time3 = (loop: number, high: number, low: number): number => loop * 2 ** 24 + high * 4096 + low;

const cd4 = (type: number, t: number, x: number, y: number): number => (type << 28) | (t << 22) | (x << 11) | y;

async function sideOf(bytes: Uint8Array, name: string): Promise<SideItem[]> {
  const items: SideItem[] = [];
  for await (const item of (await openRecording(bytes)).side(name)) items.push(item);
  return items;
}

const fails = (bytes: Uint8Array, options: OpenOptions = {}): Promise<unknown> =>
  openRecording(bytes, options).then(
    () => null,
    (error: unknown) => error,
  );

describe('headers', () => {
  const word = [high2(0), cd2(5, 1, 2, 1)].map((each) => each >>> 0);
  const opened = async (...lines: string[]): Promise<unknown> => {
    const { format, info, facts } = await openRecording(file(lines, 4, word));
    return { format, size: [info.width, info.height], sensor: facts.sensor };
  };

  it('name format, size and sensor in several ways', async () => {
    const nothing = { format: 'evt2', size: [null, null], sensor: null };
    expect(await opened('evt 2.0')).toEqual(nothing);
    expect(await opened('evt 2.0', 'system_ID 21')).toEqual({ ...nothing, sensor: 'system 21' });
    expect(await opened('format EVT2;height=480;width=640', 'end')).toEqual({ ...nothing, size: [640, 480] });
    expect(await opened('evt 2.0', 'geometry 640x480', 'plugin_name a', 'sensor_name IMX636')).toEqual({
      ...nothing,
      size: [640, 480],
      sensor: 'IMX636',
    });
    expect(await opened('evt 2.0', 'Width 640', 'Height 480')).toEqual({ ...nothing, size: [640, 480] });
    expect(await opened('evt 3.0', 'format EVT2')).toEqual(nothing);
  });

  it('that contradict themselves give no size', async () => {
    expect(await opened('format EVT2;height=480;width=640', 'geometry 320x480')).toMatchObject({ size: [null, null] });
    expect(await opened('evt 2.0', 'geometry 640x', 'Width 640')).toMatchObject({ size: [null, null] });
    expect(await opened('evt 2.0', 'geometry 0x70000')).toMatchObject({ size: [null, null] });
  });

  it('may end lines with CR LF, and need not say where they end', async () => {
    const lines = new TextEncoder().encode('% evt 2.0\r\n% geometry 64x32\r\n');
    const data = file([], 4, word);
    const { events, info } = await held(new Uint8Array([...lines, ...data]));
    expect([events, info.width, info.height]).toEqual([[[5, 1, 2, 1]], 64, 32]);
  });

  it('end at data that begin like a line', async () => {
    // The first words are "% " and a control character.
    const bytes = file(['evt 3.0'], 2, [0x2025, 0x0001, ...cd3(7, 1, 2, 1)]);
    expect((await held(bytes)).events).toEqual([[7, 1, 2, 1]]);
    // After "% end" anything is data.
    const text = file(['evt 3.0', 'end'], 2, [0x2025, 0x2061, 0x0a61, ...cd3(7, 1, 2, 1)]);
    expect((await held(text)).events).toEqual([[7, 1, 2, 1]]);
  });

  it('may be of files of other kinds', async () => {
    expect(await fails(file(['date 2020'], 4, word))).toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
    expect(await fails(file(['format HISTO3D;height=320;width=320'], 4, word))).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      details: { named: 'HISTO3D' },
    });
    expect(await fails(file(['evt 5.0'], 4, word))).toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await fails(file(['evt 2.0'], 4, word), { format: 'evt3' })).toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
    expect((await held(file(['date 2020'], 4, word), { format: 'evt2' })).events).toEqual([[5, 1, 2, 1]]);
  });

  it('are bounded and whole', async () => {
    const long = new TextEncoder().encode(`% evt ${'2'.repeat(5_000)}`);
    expect(await fails(long, { maxHeaderBytes: 1_000 })).toMatchObject({ code: 'ERR_LIMIT' });
    expect(await fails(new TextEncoder().encode('% evt 2.'))).toMatchObject({ code: 'ERR_TRUNCATED' });
  });

  it('give the time of the clock’s zero', async () => {
    const bytes = file(['evt 2.0', 't0 1700000000000000', 'time_epoch unix'], 4, word);
    const { events, info } = await held(bytes);
    expect([events, info.origin, info.epoch]).toEqual([
      [[1_700_000_000_000_005, 1, 2, 1]],
      1_700_000_000_000_005,
      'unix',
    ]);
  });

  it('may say that words are big-endian', async () => {
    const bytes = file(['evt 2.0', 'endianness big'], 4, word);
    for (let at = bytes.length - 8; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
    expect((await held(bytes)).events).toEqual([[5, 1, 2, 1]]);
  });
});

describe('EVT2', () => {
  it('counts what has no time and what is not known', async () => {
    const words = [
      cd2(5, 1, 2, 1),
      0xa0000000,
      0x20000000,
      high2(64),
      cd2(3, 4, 5, 0),
      0xc0000000,
      0xe0000001,
      0xf0000002,
      0xd0000000,
    ];
    const { events, report } = await held(evt2(...words));
    expect(events).toEqual([[67, 4, 5, 0]]);
    expect(report.violations).toEqual({ missingTimeHigh: 2, unknownWord: 2 });
    expect(report.side).toEqual({ others: 1, continued: 1, imu: 1 });
  });

  it('keeps steps back and resolves wraps', async () => {
    const late = 2 ** 34 - 64;
    const words = [
      high2(6400),
      cd2(1, 0, 0, 1),
      high2(640),
      cd2(2, 0, 0, 1),
      high2(late - 64),
      high2(late),
      cd2(63, 0, 0, 1),
      high2(0),
      cd2(0, 0, 0, 1),
    ];
    const { events, report } = await held(evt2(...words, high2(2 ** 33 + 128), high2(128), cd2(1, 0, 0, 0)));
    expect(events.map(([t]) => t)).toEqual([6401, 642, 2 ** 34 - 1, 2 ** 34, 2 ** 34 + 129]);
    expect(report.violations).toEqual({ nonMonotonicTimeHigh: 2, timeStepBack: 1 });
  });

  it('keeps triggers as a side stream', async () => {
    const bytes = evt2(high2(640), 0xa0000000 | (5 << 22) | (3 << 8) | 1, 0xa0000000 | (6 << 22) | (31 << 8));
    expect(await sideOf(bytes, 'triggers')).toEqual([
      { kind: 'trigger', t: 645, id: 3, edge: 'rising' },
      { kind: 'trigger', t: 646, id: 31, edge: 'falling' },
    ]);
    expect((await held(bytes)).report.side).toEqual({ triggers: 2 });
    await expect(sideOf(bytes, 'others')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});

describe('EVT2.1', () => {
  const words: [number, number][] = [
    [high2(64), 0],
    ...Array.from({ length: 20 }, (_, k): [number, number] => [cd2(k, 32, k, k % 2), 0x80000001]),
  ];
  const whole = words.flatMap(([type, mask]) => [mask >>> 0, type >>> 0]);
  const swapped = words.flatMap(([type, mask]) => [type >>> 0, mask >>> 0]);
  const events: Event[] = Array.from({ length: 20 }, (_, k) => k).flatMap((k) => [
    [64 + k, 32, k, k % 2],
    [64 + k, 63, k, k % 2],
  ]);

  it.each([
    [['format EVT21;endianness=legacy'], swapped, /legacy order\): by the header/],
    [['format EVT21', 'endianness legacy'], swapped, /legacy order\): by the header/],
    [['evt 2.1', 'endianness little'], whole, /one piece: by the header/],
    [['evt 2.1'], swapped, /legacy order\): by the words/],
    [['evt 2.1', 'integrator_name Prophesee', 'system_ID 49'], whole, /one piece: by the words/],
    [['evt 2.1'], whole, /one piece: by the words/],
  ])('%j', async (lines, data, sniffed) => {
    const bytes = file(lines, 4, data);
    const found = await held(bytes);
    expect([found.format, found.events, found.report.violations]).toEqual(['evt2.1', events, {}]);
    expect((await openRecording(bytes)).facts.sniffed).toMatch(sniffed);
  });

  it('goes by the camera where there is too little to see', async () => {
    const lines = ['evt 2.1', 'integrator_name Prophesee', 'system_ID 49'];
    const { facts } = await openRecording(file(lines, 8, []));
    expect(facts.sniffed).toContain("by the header's system");
    expect((await openRecording(file(['evt 2.1'], 8, []))).facts.sniffed).toContain('assumed');
  });

  it('counts what has no time, triggers and unknown words', async () => {
    const lead = [
      cd2(1, 0, 0, 1) >>> 0,
      0x111,
      0xa0000000,
      0,
      high2(64) >>> 0,
      0,
      (0xa0000000 | (7 << 22) | (2 << 8) | 1) >>> 0,
      0,
      0x50000000,
      0,
      0xe0000000,
      0,
    ];
    const bytes = file(['format EVT21;endianness=legacy'], 4, lead);
    const { report } = await held(bytes);
    expect(report.violations).toEqual({ missingTimeHigh: 4, unknownWord: 1 });
    expect(report.side).toEqual({ triggers: 1, others: 1 });
    expect(await sideOf(bytes, 'triggers')).toEqual([{ kind: 'trigger', t: 71, id: 2, edge: 'rising' }]);
  });

  it('reads big-endian words', async () => {
    const bytes = file(['format EVT21', 'endianness big'], 4, whole);
    for (let at = bytes.length - 4 * whole.length; at < bytes.length; at += 8) bytes.subarray(at, at + 8).reverse();
    expect((await held(bytes)).events).toEqual(events);
  });
});

describe('EVT3', () => {
  it('follows the vendor’s rule of time', async () => {
    const x = 0x2001;
    const bytes = evt3(
      0x8000 | 3000,
      0x6005,
      7,
      x, // 3000, 5
      0x6003,
      x, // low bits back: no overflow
      0x8000 | 3000,
      x, // the same high bits leave the low ones
      0x8000 | 3001,
      x, // new ones set them to 0
      0x8000 | 2999,
      x, // back by less than 2048
      0x8000 | 951,
      0x6001,
      x, // back by 2048: a wrap
    );
    const { events, report } = await held(bytes);
    expect(events.map(([t]) => t)).toEqual([
      time3(0, 3000, 5),
      time3(0, 3000, 3),
      time3(0, 3000, 3),
      time3(0, 3001, 0),
      time3(0, 2999, 0),
      time3(1, 951, 1),
    ]);
    expect(report.violations).toEqual({ timeStepBack: 2, nonMonotonicTimeHigh: 2 });
  });

  it('counts high bits that are left out, but not a wrap nor what sets the clock', async () => {
    const bytes = evt3(0x8005, 0x8800, 0x8000 | 4094, 7, 0x2001, 0x8fff, 0x8000, 0x8001, 0x2001, 0x8004, 0x2001);
    const { events, report } = await held(bytes);
    expect(events.map(([t]) => t)).toEqual([4094 * 4096, 2 ** 24 + 4096, 2 ** 24 + 4 * 4096]);
    expect(report.violations).toEqual({ nonContinuousTimeHigh: 1 });
  });

  it('reads vector groups, whole and in parts', async () => {
    const bytes = evt3(
      0x8000,
      0x6009,
      20,
      0x3800 | 100,
      0x4801,
      0x4002,
      0x5080, // 100, 111; 113; 131
      0x4001,
      0x4000,
      0x5001, // on from 132: 132, 156
      0x4001,
      0x600a,
      0x5001, // two parts: 164, then at 176
      0x3000 | 5,
      0x5003, // 5, 6
    );
    const { events, report } = await held(bytes);
    expect(events.map(([t, x, , p]) => [t, x, p])).toEqual([
      [9, 100, 1],
      [9, 111, 1],
      [9, 113, 1],
      [9, 131, 1],
      [9, 132, 1],
      [9, 156, 1],
      [9, 164, 1],
      [10, 176, 1],
      [10, 5, 0],
      [10, 6, 0],
    ]);
    expect(report.violations).toEqual({ partialVect12_12_8: 3 });
  });

  it('leaves out and counts events that have no time, row or column', async () => {
    const lost = evt3(7, 0x2001, 0x3001, 0x4003, 0x8000, 0x6001, 0x2001);
    expect((await held(lost)).report.violations).toEqual({ missingTimeHigh: 3 });
    expect((await held(lost)).events).toEqual([[1, 1, 7, 0]]);
    const rowless = evt3(0x8000, 0x2001, 0x3001, 0x4003, 7, 0x2001);
    expect((await held(rowless)).report.violations).toEqual({ missingYAddr: 3 });
    const baseless = evt3(0x8000, 7, 0x4003, 0x4000, 0x5001);
    expect((await held(baseless)).report.violations).toEqual({ invalidVectBase: 3 });
    const beyond = evt3(0x8000, 7, 0x37ff, 0x4801, 0x4001, 0x5001);
    expect((await held(beyond)).events.map(([, x]) => x)).toEqual([2047, 2058]);
    expect((await held(beyond)).report.violations).toEqual({ invalidVectBase: 2 });
  });

  it('passes over words that are not known, and rows of other events', async () => {
    const bytes = evt3(0x8000, 7, 0x2001, 0x9123, 0xb000, 0xc000, 0x2002, 0x1005, 0x2003, 8, 0x2004, 0xd000);
    const { events, report } = await held(bytes);
    expect(events.map(([, x, y]) => [x, y])).toEqual([
      [1, 7],
      [2, 7],
      [4, 8],
    ]);
    expect(report.violations).toEqual({ unknownWord: 4, missingYAddr: 1 });
    expect(report.side).toEqual({ imu: 1 });
  });

  it('follows monitoring words and their contents', async () => {
    const whole = [0xe014, 0xf001, 0xf002, 0x7003];
    const { report } = await held(
      evt3(0x8000, 7, ...whole, 0xe016, 0x2001, 0xe001, 0xf000, 0xf000, 0x7000, 0xf000, 0x7000),
    );
    expect([report.violations, report.side]).toEqual([{}, { others: 3, continued: 8 }]);
    const torn = evt3(0x8000, 7, 0xe014, 0xf001, 0x2001, 0xf002, 0x7003, 0xe014, 0xf001);
    expect((await held(torn)).report.violations).toEqual({ partialContinued12_12_4: 3 });
  });

  it('delivers rows and columns beyond the sensor, and counts them', async () => {
    const bytes = file(['evt 3.0', 'geometry 100x50'], 2, [0x8000, 60, 0x2001, 5, 0x2000 | 100]);
    const { events, report } = await held(bytes);
    expect([events.length, report.violations]).toEqual([2, { outOfBounds: 2 }]);
  });

  it('keeps triggers as a side stream', async () => {
    const bytes = evt3(0xa000, 0x8001, 0x6002, 0xa101, 0xa200);
    expect(await sideOf(bytes, 'triggers')).toEqual([
      { kind: 'trigger', t: 4098, id: 1, edge: 'rising' },
      { kind: 'trigger', t: 4098, id: 2, edge: 'falling' },
    ]);
    expect((await held(bytes)).report).toMatchObject({ side: { triggers: 2 }, violations: { missingTimeHigh: 1 } });
  });
});

describe('EVT4', () => {
  it('reads events and vectors as the vendor’s tests do', async () => {
    const bytes = evt4(
      cd4(0xa, 1, 3, 2),
      cd4(0xc, 7, 9, 8),
      0xe0000011, // no time yet; the mask is no high bits
      0xe0000003,
      cd4(0xa, 1, 5, 4),
      cd4(0xb, 2, 7, 6),
      cd4(0xc, 0, 5, 4),
      (1 << 7) | (1 << 3) | 1,
      cd4(0xd, 0, 10, 6),
      1 << 31,
      -1,
    );
    const { events, report } = await held(bytes);
    expect(events).toEqual([
      [193, 5, 4, 0],
      [194, 7, 6, 1],
      [192, 5, 4, 0],
      [192, 8, 4, 0],
      [192, 12, 4, 0],
      [192, 41, 6, 1],
    ]);
    expect(report.violations).toEqual({ missingTimeHigh: 6, timeStepBack: 1 });
    expect(report.side).toEqual({ padding: 1 });
  });

  it('wraps, and tells other words', async () => {
    const bytes = evt4(
      0xefffffff,
      cd4(0xb, 63, 1, 1),
      0xe0000000,
      cd4(0xb, 0, 1, 1),
      (0x9 << 28) | (3 << 22) | (4 << 8) | 1,
      0x60000014,
      0x70000005,
      0x10000000,
      0xf0000000,
    );
    const { events, report } = await held(bytes);
    expect(events.map(([t]) => t)).toEqual([2 ** 34 - 1, 2 ** 34]);
    expect(report.side).toEqual({ triggers: 1, others: 1, continued: 1 });
    expect(report.violations).toEqual({ unknownWord: 2 });
    expect(await sideOf(bytes, 'triggers')).toEqual([{ kind: 'trigger', t: 2 ** 34 + 3, id: 4, edge: 'rising' }]);
  });

  it('misses a mask at the end', async () => {
    const { code, events } = await read(evt4(0xe0000003, cd4(0xa, 1, 5, 4), cd4(0xc, 1, 5, 4)), {});
    expect([code, events]).toEqual(['ERR_TRUNCATED', 1]);
  });
});

describe('DAT', () => {
  it('keeps steps back and resolves wraps', async () => {
    const times = [10, 5, 2 ** 31 + 5, 4, 2 ** 32 - 2, 2 ** 32 - 1, 0];
    const bytes = dat(
      ['Version 2'],
      0x0c,
      8,
      times.flatMap((t) => [t, (1 << 28) | (16383 << 14) | 16383]),
    );
    const { events, report } = await held(bytes);
    expect(events.map(([t]) => t)).toEqual([10, 5, 2 ** 31 + 5, 4, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32]);
    expect(report.violations).toEqual({ timeStepBack: 2 });
  });

  it('reads version 1', async () => {
    const bytes = dat(['Data file containing CD events.', 'Version 1', 'Width 304', 'Height 240'], 0, 8, [
      7,
      (1 << 17) | (239 << 9) | 303,
    ]);
    const { events, info } = await held(bytes);
    expect([events, info.width, info.height]).toEqual([[[7, 303, 239, 1]], 304, 240]);
  });

  it('reads records of triggers as a side stream', async () => {
    const bytes = dat(['Version 2'], 0x0e, 8, [9, (5 << 26) | 1, 11, 0]);
    expect((await held(bytes)).report).toMatchObject({ events: 0, side: { triggers: 2 } });
    expect(await sideOf(bytes, 'triggers')).toEqual([
      { kind: 'trigger', t: 9, id: 5, edge: 'rising' },
      { kind: 'trigger', t: 11, id: 0, edge: 'falling' },
    ]);
  });

  it('refuses other records', async () => {
    const unsupported = { code: 'ERR_UNSUPPORTED', details: { format: 'dat' } };
    expect(await fails(dat(['Version 2'], 40, 28, [1, 2]))).toMatchObject(unsupported);
    expect(await fails(dat(['Version 2'], 12, 16, [1, 2]))).toMatchObject(unsupported);
    expect(await fails(dat(['Version 3'], 12, 8, [1, 2]))).toMatchObject(unsupported);
    expect(await fails(file(['Version 2'], 1, [12]))).toMatchObject({
      code: 'ERR_TRUNCATED',
      details: { format: 'dat' },
    });
  });
});

describe('all of them', () => {
  const NAMES = [
    'evt2-spec.raw',
    'evt21-spec.raw',
    'evt21-legacy-spec.raw',
    'evt3-spec.raw',
    'evt3-faery.raw',
    'evt4-spec.raw',
    'dat1-spec.dat',
    'triggers-spec.dat',
  ];
  it.each(NAMES)('%s: any cut into chunks gives the same', async (name) => {
    const bytes = load(name);
    const whole = await held(bytes);
    const same = async (sizes: number[]): Promise<void> => {
      const cut = await held(chunked(bytes, sizes));
      expect([cut.digest, cut.report]).toEqual([whole.digest, whole.report]);
    };
    await same([1]);
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 }), same), {
      numRuns: 30,
      seed: 8,
    });
  });

  it.each(['evt3', 'evt4', 'evt2'] as const)('%s: noise gives the same however it is cut', async (format) => {
    const random = new RandomSequence(9, format);
    for (let k = 0; k < 25; k++) {
      // Types come in runs, so that groups, whole and torn, are among them.
      const words = Array.from({ length: 400 }, () => random.integer(65536));
      if (format === 'evt3') {
        for (let i = 0; i < 300; i++)
          words[i] =
            (words[i] & 0xfff) |
            ([0, 2, 3, 4, 4, 5, 6, 8, 14, 15, 15, 7][words[i] >> 12 < 12 ? words[i] >> 12 : 3] << 12);
      }
      const bytes = file([format === 'evt4' ? 'format EVT4' : `evt ${format.slice(3)}.0`], 2, words);
      const whole = await read(bytes, {});
      const cut = await read(chunked(bytes, [1 + random.integer(9), 1 + random.integer(64)]), {});
      expect([cut.digest, cut.report, cut.code]).toEqual([whole.digest, whole.report, whole.code]);
    }
  });

  it('a recording read in turns with another one is not mixed up with it', async () => {
    for (const name of ['evt3-spec.raw', 'evt2-spec.raw']) {
      const [bytes, other] = [load(name), load(name.replace('spec', 'faery'))];
      const whole = await held(bytes);
      const [one, two] = [
        (await openRecording(bytes, { packetEvents: 7 })).events()[Symbol.asyncIterator](),
        (await openRecording(other, { packetEvents: 5 })).events()[Symbol.asyncIterator](),
      ];
      const events: Event[] = [];
      for (;;) {
        const { value, done } = await one.next();
        if (done === true) break;
        await two.next();
        for (let i = 0; i < value.length; i++) events.push([value.t[i], value.x[i], value.y[i], value.p[i]]);
      }
      expect(events).toEqual(whole.events);
    }
  });

  it('a million events at one microsecond', async () => {
    const events = Array.from({ length: 1_000_000 }, (_, k): Event => [2 ** 34 + 5, (k * 7) % 640, k % 480, k & 1]);
    for (const format of WRITTEN) {
      const recording = await openRecording(await write(format, events, { sizes: [50_000] }));
      let [count, good] = [0, 0];
      for await (const { t, x, length } of recording.events()) {
        for (let i = 0; i < length; i++) if (t[i] === 2 ** 34 + 5 && x[i] === ((count + i) * 7) % 640) good++;
        count += length;
      }
      expect([format, count, good, recording.report.violations]).toEqual([format, 1_000_000, 1_000_000, {}]);
    }
  });
});
