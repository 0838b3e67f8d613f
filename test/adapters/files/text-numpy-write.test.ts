import fc from 'fast-check';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRecording, eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import type { WriteOptions } from '../../../adapters/files/index.node.js';
import { streamInfo, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';

const folder = projectRoot('test', 'data', 'files');
const work = mkdtempSync(join(tmpdir(), 'rxspike-write-'));
afterAll(() => rmSync(work, { recursive: true }));

const FORMATS = ['csv', 'npy', 'npz'] as const;
type Row = readonly [t: number, x: number, y: number, p: number];

function packet(rows: readonly Row[], stream: StreamInfo = streamInfo()): EventPacket {
  return {
    stream,
    t: Float64Array.from(rows, ([t]) => t),
    x: Uint16Array.from(rows, ([, x]) => x),
    y: Uint16Array.from(rows, ([, , y]) => y),
    p: Uint8Array.from(rows, ([, , , p]) => p),
    length: rows.length,
    until: Infinity,
    mark: null,
  };
}

let files = 0;
/** Writes rows in packets of these sizes. @returns the path */
async function write(
  format: (typeof FORMATS)[number],
  rows: readonly Row[],
  info: Partial<StreamInfo> = {},
  sizes: readonly number[] = [3_000],
  options: WriteOptions = {},
): Promise<string> {
  const path = join(work, `${files++}.${format}`);
  const sink = await createRecording(path, streamInfo(info), options);
  try {
    for (let at = 0, k = 0; at < rows.length; at += sizes[k++ % sizes.length]) {
      await sink.write(packet(rows.slice(at, at + sizes[k % sizes.length])));
    }
  } catch (error) {
    await sink.abort();
    throw error;
  }
  await sink.close();
  return path;
}

async function readBack(path: string): Promise<{ rows: Row[]; info: StreamInfo }> {
  const recording = await openRecording(path);
  const rows: Row[] = [];
  for await (const { t, x, y, p, length } of recording.events()) {
    for (let i = 0; i < length; i++) rows.push([t[i], x[i], y[i], p[i]]);
  }
  expect(recording.report.violations.outOfBounds).toBeUndefined();
  return { rows, info: recording.info };
}

async function events(name: string): Promise<Row[]> {
  return (await readBack(`${folder}/${name}`)).rows;
}

const time = fc.oneof(
  fc.nat({ max: 30_000 }),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    9_999,
    10_000,
    99_999_999,
    2 ** 32,
    2 ** 32 - 1,
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ),
);
const fraction = fc.oneof(
  time,
  fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((t) => t + 0),
  fc.constantFrom(0.5, 1e-7, 123_456.125, 1 / 3),
);
const row = (t: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc.tuple(
    t,
    fc.nat(65_535),
    fc.oneof(fc.nat(65_535), fc.constantFrom(0, 9, 10, 99, 100, 999, 1_000, 9_999, 10_000)),
    fc.nat(1),
  );

describe.each(FORMATS)('%s', (format) => {
  it('gives back any events, whatever packets they came in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row(format === 'npy' ? time : fraction), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        async (rows, sizes) => {
          const path = await write(format, rows, {}, sizes);
          expect((await readBack(path)).rows).toEqual(rows);
          expect(readFileSync(path).equals(readFileSync(await write(format, rows, {}, [rows.length])))).toBe(true);
        },
      ),
      { numRuns: 20, seed: 8 },
    );
  });

  it('gives back a recording of a camera: digest, and size where the format has a place for it', async () => {
    const source = await openRecording(projectRoot('assets', 'nmnist', '00936.bin'));
    const [before, after] = [eventDigest(), eventDigest()];
    const path = join(work, `camera.${format}`);
    const sink = await createRecording(path, source.info);
    for await (const part of source.events()) {
      before.add(part);
      await sink.write(part);
    }
    await sink.close();
    const recording = await openRecording(path);
    for await (const part of recording.events()) after.add(part);
    expect(after.hex()).toBe(before.hex());
    expect(sink.report.events).toBe(source.report.events);
    const { width, height } = source.info;
    expect([recording.info.width, recording.info.height]).toEqual(format === 'npy' ? [null, null] : [width, height]);
  });

  it('no events', async () => {
    expect((await readBack(await write(format, [], { width: 9, height: 7 }))).rows).toEqual([]);
  });

  it('leaves nothing behind when it is given up, and no file where there is no folder', async () => {
    const before = readdirSync(work);
    const sink = await createRecording(join(work, `given-up.${format}`), streamInfo());
    await sink.write(packet([[1, 2, 3, 1]]));
    expect(existsSync(join(work, `given-up.${format}`))).toBe(false);
    await sink.abort();
    expect(readdirSync(work)).toEqual(before);
    await expect(createRecording(join(work, 'none', `a.${format}`), streamInfo())).rejects.toMatchObject({
      code: 'ERR_WRITE',
    });
  });

  it('leaves only the file when it is whole', async () => {
    const path = await write(format, [[1, 2, 3, 1]]);
    expect(readdirSync(work).filter((name) => name.startsWith(path.slice(work.length + 1)))).toHaveLength(1);
  });
});

describe('what a format cannot hold', () => {
  it('npy: times between two µs', async () => {
    await expect(write('npy', [[1.5, 2, 3, 1]])).rejects.toMatchObject({ code: 'ERR_LOSS' });
    const path = await write('npy', [[1.5, 2, 3, 1]], {}, [1], { clip: true });
    expect((await readBack(path)).rows).toEqual([[1, 2, 3, 1]]);
  });

  it('npy, npz: a pipe', async () => {
    const pipe = { name: 'pipe', write: async () => {}, close: async () => {}, abort: async () => {} };
    for (const format of ['npy', 'npz'] as const) {
      await expect(createRecording(pipe, streamInfo(), { format })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });
});

const times = async (path: string): Promise<number[]> => (await readBack(path)).rows.map(([t]) => t);

it('recordings that are written in turns do not mix', async () => {
  const paths = [join(work, 'one.csv'), join(work, 'two.csv')];
  const sinks = [await createRecording(paths[0], streamInfo()), await createRecording(paths[1], streamInfo())];
  for (let i = 0; i < 4; i++) {
    await sinks[0].write(packet([[12_345_670 + i, 1, 1, 1]]));
    await sinks[1].write(packet([[98_765_430 + i, 2, 2, 0]]));
  }
  for (const sink of sinks) await sink.close();
  expect(await times(paths[0])).toEqual([12_345_670, 12_345_671, 12_345_672, 12_345_673]);
  expect(await times(paths[1])).toEqual([98_765_430, 98_765_431, 98_765_432, 98_765_433]);
});

describe('orientation and epoch', () => {
  const turned = { width: 128, height: 96, yUp: true, mirroredX: true, epoch: 'unix' } as const;
  it.each(['csv', 'npz'] as const)('%s', async (format) => {
    for (const info of [turned, { ...turned, width: null, height: null }, { ...turned, yUp: false, epoch: null }]) {
      const back = await readBack(
        await write(
          format,
          [
            [1.25, 2, 3, 1],
            [7, 5, 5, 0],
          ],
          info,
        ),
      );
      expect(back.info).toMatchObject(info);
      expect(back.rows[0][0]).toBe(1.25);
    }
  });
});

const later = (rows: readonly Row[]): Row[] => rows.map(([t, x, y, p]) => [t + 0.125, x, y, p]);

describe('files that other readers check', () => {
  const info = { width: 640, height: 480 };
  it.each<[string, (rows: readonly Row[]) => Promise<string>]>([
    ['rxspike.csv', (rows) => write('csv', rows, info)],
    ['rxspike-turned.csv', (rows) => write('csv', rows, { ...info, yUp: true, mirroredX: true, epoch: 'unix' })],
    ['rxspike-fractions.csv', (rows) => write('csv', later(rows), info)],
    ['rxspike.npy', (rows) => write('npy', rows, info)],
    ['rxspike.npz', (rows) => write('npz', rows, info)],
    [
      'rxspike-fractions.npz',
      (rows) => write('npz', later(rows), { ...info, yUp: true, mirroredX: true, epoch: 'unix' }),
    ],
  ])('%s comes out the same', async (name, make) => {
    const path = await make(await events('faery.csv'));
    if (process.env['RXSPIKE_WRITE_FIXTURES'] === '1') writeFileSync(`${folder}/${name}`, readFileSync(path));
    expect(readFileSync(path).equals(readFileSync(`${folder}/${name}`))).toBe(true);
  });
});
