import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRecording, type OpenOptions } from '../../../adapters/files/index.node.js';
import { parseLiteral } from '../../../adapters/files/numpy/python-literal.js';
import { npyStart } from '../../../adapters/files/numpy/write-header.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, read } from './reading.js';

const folder = projectRoot('test', 'data', 'files');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}/${name}`));
const expected = JSON.parse(readFileSync(`${folder}/expected-numpy.json`, 'utf8')) as Record<
  string,
  { events: number; digest: string; width?: number; height?: number }
>;
const NPY = Object.entries(expected).filter(([name]) => name.endsWith('.npy'));
/** Those whose columns stand one after another. */
const APART = ['fortran.npy', 'lying.npy'];

const work = mkdtempSync(join(tmpdir(), 'rxspike-npy-'));
afterAll(() => rmSync(work, { recursive: true }));

function npy(descr: string, shape: string, content: Uint8Array): Uint8Array {
  const start = npyStart(descr, shape);
  const bytes = new Uint8Array(start.length + content.length);
  bytes.set(start);
  bytes.set(content, start.length);
  return bytes;
}

/** A plain table of float64. */
const floats = (rows: readonly (readonly number[])[]): Uint8Array =>
  npy("'<f8'", `(${rows.length}, ${rows[0].length})`, new Uint8Array(Float64Array.from(rows.flat()).buffer));

describe('arrays that numpy wrote', () => {
  it.each(NPY)('%s', async (name, { events, digest }) => {
    const outcome = await read(fixture(name), { name });
    expect(outcome).toMatchObject({ events, digest, code: null, report: { violations: {} } });
    // The content decides, not the name.
    expect((await read(fixture(name), { name: 'a.bin' })).digest).toBe(digest);
    const { info } = await openRecording(fixture(name));
    expect([info.width, info.height]).toEqual([null, null]);
  });

  it.each(NPY.filter(([name]) => !APART.includes(name)))('%s in chunks of any size', async (name, { digest }) => {
    for (const sizes of [[1], [13, 1, 500], [4_000]]) {
      const outcome = await read(chunked(fixture(name), sizes), {});
      expect([outcome.digest, outcome.code, outcome.marks.length]).toEqual([digest, null, 1]);
    }
  });

  it.each(APART)('%s is not read from a pipe', async (name) => {
    expect(await read(chunked(fixture(name), [100]), {})).toMatchObject({ code: 'ERR_UNSUPPORTED', events: 0 });
  });

  it('times of a type with a unit, and of floats, are told', async () => {
    expect((await openRecording(fixture('nanoseconds.npy'))).facts.sniffed).toContain(
      'times in ns by their name or type',
    );
    expect((await openRecording(fixture('seconds.npy'))).facts.sniffed).toContain('times in s by their decimals');
    expect((await openRecording(fixture('seconds.npy'))).facts.sniffed).toContain('columns t x y p by what they hold');
    expect((await openRecording(fixture('lying.npy'))).facts.sniffed).toContain('columns x y t p by what they hold');
  });

  it('objects are never loaded', async () => {
    const { code, message } = await read(fixture('pickled.npy'), {});
    expect([code, message?.includes('pickle')]).toEqual(['ERR_UNSUPPORTED', true]);
  });
});

describe('arrays that are short, long or not what they say', () => {
  it.each(['tonic.npy', 'aligned.npy', 'fortran.npy', 'lying.npy'])('%s cut anywhere', async (name) => {
    const bytes = fixture(name);
    const whole = await read(bytes, {});
    const apart = APART.includes(name);
    const header = 10 + bytes[8] + 256 * bytes[9];
    for (let length = 0; length < bytes.length; length += length < 160 ? 1 : 61) {
      const outcome = await read(bytes.subarray(0, length), { name });
      expect(['ERR_TRUNCATED', 'ERR_UNKNOWN_FORMAT']).toContain(outcome.code);
      const there = Math.floor(((length - header) * whole.events) / (bytes.length - header));
      expect([length, outcome.events]).toEqual([length, apart || length <= header ? outcome.events : there]);
    }
    const last = await read(bytes.subarray(0, bytes.length - 1), {});
    expect([last.events, last.code]).toEqual([whole.events - 1, 'ERR_TRUNCATED']);
  });

  it('bytes after the last row are counted', async () => {
    for (const name of ['tonic.npy', 'fortran.npy']) {
      const bytes = fixture(name);
      const long = new Uint8Array(bytes.length + 5);
      long.set(bytes);
      const { digest, code, report } = await read(long, {});
      expect([digest, code, report?.violations]).toEqual([expected[name].digest, null, { trailingBytes: 5 }]);
    }
  });

  it('a value that is none is an error after the events before it', async () => {
    const good = Array.from({ length: 5_000 }, (_, i) => [i / 1e5, i % 300, (i * 31) % 200, i & 1]);
    for (const [place, value] of [
      [0, Number.NaN],
      [0, Infinity],
      [1, 0.5],
      [1, -1],
      [2, 65_536],
    ]) {
      const rows = good.map((row) => [...row]);
      rows[4_321][place] = value;
      const outcome = await read(floats(rows), {});
      expect(outcome).toMatchObject({ events: 4_321, code: 'ERR_CORRUPT' });
      expect(outcome.message).toContain('event 4321');
    }
    const odd = good.map((row) => [...row]);
    odd[4_999][3] = 7;
    expect(await read(floats(odd), {})).toMatchObject({
      events: 5_000,
      report: { violations: { unknownPolarity: 1 } },
    });
  });

  it.each([0, 123_456_789_000_000, 1_468_939_993_000_000])(
    'whole times of seconds in float64 are whole µs, from %d on',
    async (first) => {
      const wanted = Array.from({ length: 1_000 }, (_, i) => first + 37 * i + 1);
      const recording = await openRecording(floats(wanted.map((t, i) => [t / 1e6, i % 9, (7 * i) % 11, i & 1])));
      const times: number[] = [];
      for await (const { t, length } of recording.events()) times.push(...t.subarray(0, length));
      expect(times).toEqual(wanted);
    },
  );

  it('times of seconds in float32 are whole µs', async () => {
    const wanted = Array.from({ length: 1_000 }, (_, i) => 1_234_567 + 37 * i);
    const values = Float32Array.from(wanted.flatMap((t, i) => [t / 1e6, i % 9, (7 * i) % 11, i & 1]));
    const recording = await openRecording(npy("'<f4'", '(1000, 4)', new Uint8Array(values.buffer)));
    const times: number[] = [];
    for await (const { t, length } of recording.events()) times.push(...t.subarray(0, length));
    expect(times).toEqual(wanted);
  });

  it('columns and units as asked for', async () => {
    const rows = [
      [9, 1, 5, 300, 7],
      [9, 0, 6, 301, 8],
    ];
    const options: OpenOptions = { columns: '-,p,t,x,y', timeUnit: 'ms' };
    expect(await read(floats(rows), options)).toMatchObject({
      events: 2,
      code: null,
      report: { t0: 5_000, t1: 6_000, on: 1 },
    });
    await expect(openRecording(floats(rows))).rejects.toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
    await expect(openRecording(floats(rows), { columns: 't,x,y,p' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
    });
  });

  it('an empty array is a recording without events', async () => {
    const structured = npyStart("[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '?')]", '(0,)');
    for (const bytes of [structured, npyStart("'<f8'", '(0, 4)')]) {
      expect(await read(bytes, {})).toMatchObject({ events: 0, code: null });
    }
  });
});

const start = (descr: string, shape: string): Promise<unknown> =>
  openRecording(npy(descr, shape, new Uint8Array(4_000)));

describe('types whose times are in µs whatever they look like', () => {
  // A step of a second from event to event, which could be of another unit.
  const N = 300;
  it.each([
    ['Prophesee', "[('x', '<u2'), ('y', '<u2'), ('p', '<i2'), ('', '|V2'), ('t', '<i8')]", 16, [8, 0, 2, 4]],
    [
      'dv-processing',
      "[('timestamp', '<i8'), ('x', '<i2'), ('y', '<i2'), ('polarity', 'i1'), ('', '|V3')]",
      16,
      [0, 8, 10, 12],
    ],
  ] as const)('%s', async (_, descr, stride, [t, x, y, p]) => {
    const content = new Uint8Array(N * stride);
    const view = new DataView(content.buffer);
    for (let i = 0; i < N; i++) {
      view.setBigInt64(i * stride + t, BigInt(i) * 1_000_000n, true);
      view.setInt16(i * stride + x, i, true);
      view.setInt16(i * stride + y, 2 * i, true);
      view.setInt8(i * stride + p, i & 1);
    }
    const { events, report } = await read(npy(descr, `(${N},)`, content), {});
    expect([events, report?.t1, report?.on]).toEqual([N, (N - 1) * 1e6, N / 2]);
  });
});

describe('headers', () => {
  it.each<[string, string, string]>([
    ["'<f8'", '(100,)', 'ERR_UNKNOWN_FORMAT'],
    ["'<f8'", '(10, 3)', 'ERR_UNKNOWN_FORMAT'],
    ["'<f8'", '()', 'ERR_UNKNOWN_FORMAT'],
    ["'<f8'", '(2, 4, 4)', 'ERR_UNKNOWN_FORMAT'],
    ["'<i3'", '(10, 4)', 'ERR_CORRUPT'],
    ["'<U5'", '(10, 4)', 'ERR_UNKNOWN_FORMAT'],
    ["'|O'", '(10, 4)', 'ERR_UNSUPPORTED'],
    ["'O'", '(10,)', 'ERR_UNSUPPORTED'],
    ["[('t', '<i8'), ('o', '|O')]", '(1,)', 'ERR_UNSUPPORTED'],
    ["'|V999999999'", '(1,)', 'ERR_LIMIT'],
    ["[('t', '<i8', (999999999,))]", '(1,)', 'ERR_LIMIT'],
    ["'<f8'", '(9007199254740991, 4)', 'ERR_CORRUPT'],
    ["'<f8'", '(-1, 4)', 'ERR_CORRUPT'],
    ["[('t', '<c16'), ('x', '<i2'), ('y', '<i2'), ('p', '?')]", '(9,)', 'ERR_UNKNOWN_FORMAT'],
    ['__import__("os")', '(1,)', 'ERR_CORRUPT'],
    ["'<f8'", '1 + 1', 'ERR_CORRUPT'],
    ["'<f8'", '((((((((((((((((((1,),),),),),),),),),),),),),),),),),)', 'ERR_CORRUPT'],
  ])('%s of shape %s: %s', async (descr, shape, code) => {
    await expect(start(descr, shape)).rejects.toMatchObject({ code });
  });

  it('of another version, without an end, too long', async () => {
    const bytes = fixture('tonic.npy');
    const other = bytes.slice();
    other[6] = 9;
    await expect(openRecording(other)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    const long = bytes.slice();
    long.set([2, 0, 0xff, 0xff, 0xff, 0xff], 6);
    await expect(openRecording(long)).rejects.toMatchObject({ code: 'ERR_LIMIT' });
    await expect(openRecording(bytes, { maxHeaderBytes: 20 })).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });

  it('are literals and nothing else', () => {
    expect(parseLiteral(" {'a': (1, 2L,), \"b\": [True, None], 'c': ('x')} ")).toEqual(
      new Map<string, unknown>([
        ['a', [1, 2]],
        ['b', [true, null]],
        ['c', ['x']],
      ]),
    );
    for (const text of [
      '',
      '{',
      "{'a' 1}",
      "{'a': 1, 'a': 2}",
      "'a\\n'",
      '[1',
      '1 2',
      'True()',
      '-',
      '{1: 2}',
      '99999999999999999999',
    ]) {
      expect(() => parseLiteral(text)).toThrowError(expect.objectContaining({ code: 'ERR_CORRUPT' }) as Error);
    }
  });
});
