import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TextDecoding } from '../../../adapters/files/text/decoder.js';
import { parseTime } from '../../../adapters/files/text/parse-field.js';
import { openRecording, type OpenOptions } from '../../../adapters/files/index.node.js';
import { projectRoot } from '../../shared-data.js';
import { chunked, read } from './reading.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const folder = projectRoot('test', 'data', 'files');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}/${name}`));

interface Expected {
  readonly events: number;
  readonly digest: string;
  readonly width?: number;
  readonly height?: number;
  readonly order: string;
  readonly unit: string;
}
const expected = JSON.parse(readFileSync(`${folder}/expected-text.json`, 'utf8')) as Record<string, Expected>;

type Row = [t: number, x: number, y: number, p: number];

async function rows(text: string | Uint8Array, options: OpenOptions = { name: 'a.csv' }): Promise<Row[]> {
  const recording = await openRecording(typeof text === 'string' ? bytesOf(text) : text, options);
  const all: Row[] = [];
  for await (const { t, x, y, p, length } of recording.events()) {
    for (let i = 0; i < length; i++) all.push([t[i], x[i], y[i], p[i]]);
  }
  return all;
}

const THREE: Row[] = [
  [10, 300, 200, 1],
  [25, 301, 7, 0],
  [40, 2, 250, 1],
];

describe('files of other tools', () => {
  it.each(Object.entries(expected))('%s', async (name, { events, digest, width, height, order, unit }) => {
    const recording = await openRecording(fixture(name), { name });
    expect([recording.format, recording.info.width, recording.info.height]).toEqual([
      'csv',
      width ?? null,
      height ?? null,
    ]);
    expect(recording.facts.sniffed).toContain(`columns ${order} `);
    expect(recording.facts.sniffed).toContain(`times in ${unit} `);
    const outcome = await read(fixture(name), { name });
    expect(outcome).toMatchObject({ events, digest, code: null, report: { violations: {} } });
  });

  it.each(Object.keys(expected))('%s in chunks of any size', async (name) => {
    const bytes = fixture(name);
    const whole = await read(bytes, { name });
    for (const sizes of [[1], [7, 1, 300], [40, 3], [5_000]]) {
      const cut = await read(chunked(bytes, sizes), { name });
      expect([cut.digest, cut.report, cut.marks, cut.code]).toEqual([whole.digest, whole.report, whole.marks, null]);
    }
  });
});

const body = (separator: string, end: string, polarity: (p: number) => string): string =>
  THREE.map(([t, x, y, p]) => [t, x, y, polarity(p)].join(separator)).join(end) + end;
const plain = (p: number): string => String(p);

const digits = (most: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));

const lines = (times: readonly (number | string)[]): string =>
  times.map((t, i) => `${t} ${(i * 31) % 300} ${(i * 97) % 240} ${i % 2}`).join('\n') + '\n';
const many = (step: (i: number) => number): number[] => Array.from({ length: 600 }, (_, i) => step(i) + 1000);
const uneven = (i: number): number => 17 * i + ((i * i * 7919) % 13);

describe('spellings', () => {
  it.each<[string, string, OpenOptions?]>([
    ['comma', body(',', '\n', plain)],
    ['semicolon', body(';', '\n', plain)],
    ['tab', body('\t', '\n', plain)],
    ['blank', body(' ', '\n', plain)],
    ['blanks around', body('  \t ', '\n', plain).replaceAll(/^/gm, '  ').trimEnd()],
    ['comma and blank', body(', ', '\n', plain)],
    ['CRLF', body(',', '\r\n', plain)],
    ['byte order mark', `\ufeff${body(',', '\n', plain)}`],
    ['no final newline', body(',', '\n', plain).trimEnd()],
    ['−1 and 1', body(' ', '\n', (p) => (p === 1 ? '1' : '-1'))],
    ['true and false', body(',', '\n', (p) => (p === 1 ? 'True' : 'False'))],
    ['on and off', body(',', '\n', (p) => (p === 1 ? 'on' : 'OFF'))],
    ['floats', body(' ', '\n', plain).replaceAll(/ (\d+) (\d+) (\d)$/gm, ' $1.0 $2.00 $3.')],
    ['plus signs', body(',', '\n', plain).replaceAll(/^(?=\d)/gm, '+')],
    ['comments and empty lines', `# made by hand\n\n%another\n${body(',', '\n# and here\n\n', plain)}`],
    ['names', `Timestamp,X,Y,Polarity\n${body(',', '\n', plain)}`],
    ['names in quotes', `"ts";"col";"row";"on"\n${body(';', '\n', plain)}`],
    ['names in a comment', `# t x y p\n${body(' ', '\n', plain)}`],
    ['trailing separator', body(',', ',\n', plain)],
    ['size in a line of its own', `640 480\n${body(' ', '\n', plain)}`],
  ])('%s', async (_, text) => {
    expect(await rows(text, { name: 'a.csv' })).toEqual(THREE);
    expect(await rows(text, { name: 'a.dat', format: 'csv' })).toEqual(THREE);
  });

  it('a column that stands still is no time where another goes on', async () => {
    expect(await rows('1 5 7 1\n2 9 7 0\n3 4 7 1\n')).toEqual([
      [1, 5, 7, 1],
      [2, 9, 7, 0],
      [3, 4, 7, 1],
    ]);
  });

  it('columns in any order, others left out', async () => {
    expect(await rows(`,polarity,y,frame,t_us,x\n0,1,200,9,10,300\n1,0,7,9,25,301\n2,1,250,,40,2\n`)).toEqual(THREE);
  });

  it('columns as asked for', async () => {
    const text = '300 200 a 1 10\n301 7 b 0 25\n2 250 c 1 40\n';
    expect(await rows(text, { name: 'a.txt', columns: 'x,y,-,p,t' })).toEqual(THREE);
    const swapped = await rows('t,x,y,p\n10,200,300,1\n25,7,301,0\n40,250,2,1\n', {
      name: 'a.csv',
      columns: 't,y,x,p',
    });
    expect(swapped).toEqual(THREE);
    await expect(rows(text, { name: 'a.txt', columns: 'x,y,t' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(rows(text, { name: 'a.txt', columns: 'x,y,t,p' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
    });
  });

  it('a decimal comma where something else stands between the columns', async () => {
    const text = '0,000010;300;200;1\n0,000025;301;7;0\n0,000040;2;250;1\n';
    expect(await rows(text)).toEqual(THREE);
    expect(await rows(text.replaceAll(';', ' '))).toEqual(THREE);
    await expect(rows(text.replaceAll(';', ','))).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
      message: expect.stringContaining('Decimal commas') as string,
    });
  });

  it('what faery writes behind its names, and more', async () => {
    const { info } = await openRecording(bytesOf('t@unix,x@640@mirrored,y@480@up,on\n5,1,2,1\n'), { name: 'a.csv' });
    expect(info).toMatchObject({ width: 640, height: 480, yUp: true, mirroredX: true, epoch: 'unix', origin: 5 });
  });

  it('sizes from comments, and events outside of them', async () => {
    const { info } = await openRecording(bytesOf('# geometry: 300x300\n10 299 299 1\n20 300 5 0\n'), { name: 'a.txt' });
    expect([info.width, info.height]).toEqual([300, 300]);
    const outcome = await read(bytesOf('# geometry: 300x300\n10 299 299 1\n20 300 5 0\n'), { name: 'a.txt' });
    expect(outcome.report?.violations).toEqual({ outOfBounds: 1 });
  });
});

describe('times', () => {
  it.each([
    ['0.123456', 6, 123_456],
    ['0.003811000', 6, 3811],
    ['0.003811019', 6, 3811.019],
    ['12.3456', 6, 12_345_600],
    ['1468939993.067416019', 6, 1_468_939_993_067_416],
    ['3.811000000000000106e-03', 6, 3811],
    ['1.001234570000000005e+02', 6, 100_123_457],
    ['-0.5', 6, -500_000],
    ['0.1', 3, 100],
    ['123.456789', 3, 123_456.789],
    ['1468939993067416019', -3, 1_468_939_993_067_416],
    ['1500', -3, 1.5],
    ['9007199254740993', 0, 9_007_199_254_740_992],
    ['-0', 0, 0],
    ['1e3', 0, 1000],
    ['1e400', 0, null],
    ['1e', 0, null],
    ['.', 0, null],
    ['0x10', 0, null],
    ['NaN', 0, null],
    ['1 2', 0, null],
  ])('%s · 10^%d µs', (text, exponent, us) => {
    expect(parseTime(text, exponent)).toBe(us);
  });

  it('the fast loops give what the slow reading gives', () => {
    const time = fc.oneof(
      digits(18),
      fc.tuple(digits(10), digits(12)).map(([whole, decimals]) => `${whole}.${decimals}`),
    );
    fc.assert(
      fc.property(time, fc.constantFrom(6, 3, 0, -3), fc.constantFrom(0x2c, 0x20), (text, exponent, separator) => {
        const decoder = new TextDecoding(
          { separator, decimal: 0x2e, roles: ['t', 'x', 'y', 'p'], exponent },
          0,
          1,
          false,
        );
        const line = bytesOf(`${text},12,345,1\n`.replaceAll(',', String.fromCharCode(separator)));
        // The second time another loop is tried, if the first one was not for such lines.
        for (let k = 0; k < 2; k++) {
          const [batch] = decoder.push(line);
          expect([batch.t[0], batch.x[0], batch.y[0], batch.p[0]]).toEqual([parseTime(text, exponent), 12, 345, 1]);
        }
      }),
      { numRuns: 3_000, seed: 5 },
    );
  });

  it.each<[string, (number | string)[], string]>([
    ['seconds with six decimals', many(uneven).map((t) => (t / 1e6).toFixed(6)), 's'],
    ['seconds with four decimals', many(uneven).map((t) => (t / 1e6).toFixed(4)), 's'],
    ['seconds with three decimals, many events each', many(uneven).map((t) => (t / 1e6).toFixed(3)), 's'],
    ['seconds since 1970', many(uneven).map((t) => `1468939993.${String(t).padStart(6, '0')}`), 's'],
    ['whole µs', many(uneven), 'us'],
    ['whole µs, few and far between', [5, 100_000, 2_000_000], 'us'],
    ['whole µs, made by hand', many((i) => 1000 * i), 'us'],
    ['µs since 1970', many(uneven).map((t) => 1_700_000_000_000_000 + t), 'us'],
    ['ns of a µs clock', many((i) => 1000 * uneven(i)), 'ns'],
    ['ns since 1970', many(uneven).map((t) => `1700000000${String(t).padStart(9, '0')}`), 'ns'],
  ])('%s', async (_, times, unit) => {
    const { facts } = await openRecording(bytesOf(lines(times)), { name: 'a.txt' });
    expect(facts.sniffed).toContain(`times in ${unit} `);
  });

  it('all of one time', async () => {
    const { facts } = await openRecording(bytesOf(`t x y p\n${lines(many(() => 5))}`), { name: 'a.txt' });
    expect(facts.sniffed).toContain('times in us ');
  });

  it.each<[string, (number | string)[]]>([
    ['three decimals, each event with a time of its own', many(uneven).map((t) => (t / 1e3).toFixed(3))],
    ['whole numbers, hundreds of events each', many((i) => Math.floor(i / 200))],
    ['six decimals, seconds apart', [1.123456, 3.123456, 9.654321]],
  ])('what could be in two units is refused, and read as asked for: %s', async (_, times) => {
    await expect(openRecording(bytesOf(lines(times)), { name: 'a.txt' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
      message: expect.stringContaining('timeUnit') as string,
    });
    const [[first]] = await rows(lines(times), { name: 'a.txt', timeUnit: 'ms' });
    expect(first).toBe(Math.round(Number(times[0]) * 1e6) / 1e3);
  });
});

describe('what is no recording, or one of two', () => {
  it.each<[string, string, string]>([
    ['prose', 'Dear reader,\nthis is no recording.\n', 'ERR_UNKNOWN_FORMAT'],
    ['three columns', '10 300 200\n20 301 7\n', 'ERR_UNKNOWN_FORMAT'],
    ['five columns without names', '10 300 200 1 9\n20 301 7 0 9\n', 'ERR_UNKNOWN_FORMAT'],
    ['no polarity', '10 300 200 7\n20 301 7 9\n', 'ERR_UNKNOWN_FORMAT'],
    ['coordinates with decimals', 't,x,y,p\n10,300.5,200,1\n', 'ERR_UNKNOWN_FORMAT'],
    ['coordinates below zero', '10 -3 200 1\n', 'ERR_UNKNOWN_FORMAT'],
    ['two orders', '1 1 1 1\n2 1 1 1\n', 'ERR_UNKNOWN_FORMAT'],
    ['a name twice', 't,x,x,p\n1,2,3,1\n', 'ERR_UNKNOWN_FORMAT'],
    ['comments alone', '# nothing\n', 'ERR_UNKNOWN_FORMAT'],
    ['UTF-16', '\u00ff\u00fe1\u0000', 'ERR_UNKNOWN_FORMAT'],
    ['bytes', '1,2\u0000,3,1\n', 'ERR_UNKNOWN_FORMAT'],
    ['CR alone', '1,2,3,1\r2,3,4,0\r', 'ERR_UNKNOWN_FORMAT'],
    ['one endless line', '1'.repeat(70_000), 'ERR_UNKNOWN_FORMAT'],
    ['a cut line of names', 't,x@640,y@4', 'ERR_TRUNCATED'],
    ['a cut first line', 't,x,y,p\n10,30', 'ERR_TRUNCATED'],
    ['comments without an end', '#\n'.repeat(600_000), 'ERR_LIMIT'],
  ])('%s', async (_, text, code) => {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const options = { name: 'a.csv', maxHeaderBytes: 1 << 18 };
    await expect(openRecording(bytes, options)).rejects.toMatchObject({ code });
    expect(await read(chunked(bytes, [4_000]), options)).toMatchObject({ code, events: 0 });
  });

  it('is not taken by another extension', async () => {
    await expect(rows('10 300 200 1\n', { name: 'a.log' })).rejects.toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
  });

  it('a head without events is a recording', async () => {
    for (const head of ['t,x@640,y@480,on\n', '%geometry:640,480\n', 't,x,y,p']) {
      expect(await read(bytesOf(head), { name: 'a.csv' })).toMatchObject({ events: 0, code: null });
    }
  });
});

const good = (n: number): string =>
  Array.from({ length: n }, (_, i) => `${100 + 3 * i},${i % 300},7,${i % 2}`).join('\n');

describe('lines that cannot be read', () => {
  const head = 't,x@300,y@300,on\n';

  it.each([
    '1,2,3',
    '1,2,3,4',
    '1,2,3,1,5',
    'x',
    '1,-2,3,1',
    '1,2,70000,1',
    '1,70000,2,1',
    '1;2;3;1',
    ',,,',
    head.trim(),
  ])('after everything good before them: %s', async (line) => {
    const text = `${head}${good(5_000)}\n${line}\n${good(10)}\n`;
    const bytes = bytesOf(text);
    const offset = text.indexOf(`\n${line}\n`, head.length) + 1;
    for (const source of [bytes, chunked(bytes, [9]), chunked(bytes, [3_000, 1])]) {
      const outcome = await read(source, { name: 'a.csv' });
      expect(outcome).toMatchObject({ events: 5_000, code: 'ERR_CORRUPT' });
      expect(outcome.message).toContain(`line 5002 (byte ${offset})`);
    }
    for (const source of [bytes, chunked(bytes, [9])]) {
      const salvaged = await read(source, { name: 'a.csv', salvage: true });
      expect(salvaged).toMatchObject({ events: 5_010, code: null, report: { violations: { unreadableLine: 1 } } });
    }
  });

  it('a cut last line', async () => {
    const text = `${head}${good(50)}\n`;
    for (const cut of ['1', '1,2', '1,2,3', '1,2,3,', '1,2,3,-']) {
      const outcome = await read(bytesOf(text + cut), { name: 'a.csv' });
      expect(outcome).toMatchObject({ events: 50, code: 'ERR_TRUNCATED' });
      expect(outcome.message).toContain(`line 52 (byte ${text.length})`);
      const salvaged = await read(bytesOf(text + cut), { name: 'a.csv', salvage: true });
      expect(salvaged).toMatchObject({ events: 50, code: null, report: { violations: { unreadableLine: 1 } } });
    }
  });

  it('a last line without an end whose last digits may be missing', async () => {
    const text = '%geometry:640,480\n1,2,1,1000\n3,4,0,1100\n5,6,1,';
    expect(await read(bytesOf(`${text}1150`), { name: 'a.csv' })).toMatchObject({
      events: 3,
      code: null,
      report: { violations: { unfinishedLine: 1 } },
    });
    // Earlier than the one before it.
    expect(await read(bytesOf(`${text}11`), { name: 'a.csv' })).toMatchObject({ events: 2, code: 'ERR_TRUNCATED' });
  });

  it('a line that is too long', async () => {
    const text = `${head}${good(20_000)}\n1,2,3,${' '.repeat(70_000)}1\n${good(5)}\n`;
    const early = `${head}${good(5)}\n1,2,3,${' '.repeat(70_000)}1\n${good(5)}\n`;
    expect(await read(bytesOf(early), { name: 'a.csv' })).toMatchObject({ events: 5, code: 'ERR_LIMIT' });
    for (const sizes of [[1_000_000], [1_000], [70_000, 7]]) {
      const outcome = await read(chunked(bytesOf(text), sizes), { name: 'a.csv' });
      expect(outcome).toMatchObject({ events: 20_000, code: 'ERR_LIMIT' });
      const salvaged = await read(chunked(bytesOf(text), sizes), { name: 'a.csv', salvage: true });
      expect(salvaged).toMatchObject({ events: 20_005, code: null, report: { violations: { unreadableLine: 1 } } });
      const cut = await read(chunked(bytesOf(text.slice(0, -1_000)), sizes), { name: 'a.csv', salvage: true });
      expect(cut).toMatchObject({ events: 20_000, code: null, report: { violations: { unreadableLine: 1 } } });
    }
  });

  it('steps back are kept and counted; two notations of OFF are told', async () => {
    expect(await read(bytesOf('t@us,x,y,p\n5,1,2,0\n3,1,2,-1\n9,1,2,1\n'), { name: 'a.csv' })).toMatchObject({
      events: 3,
      report: { off: 2, violations: { timeStepBack: 1, mixedPolarity: 1 } },
    });
  });
});
