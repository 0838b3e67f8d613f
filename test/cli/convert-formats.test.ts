import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { WRITABLE_NAMES } from '../../cli/options.js';
import { describeWithData } from '../shared-data.js';
import { type Finished, commandInside, failureComplaint } from './command-line.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxspike-formats-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXTENSION: Readonly<Record<string, string>> = {
  aedat2: 'aedat',
  'aedat3.1': 'aedat',
  evt2: 'raw',
  'evt2.1': 'raw',
  evt3: 'raw',
  nmnist: 'bin',
  hdf5: 'h5',
};

const target = (format: string): string => join(folder, `${format}.${EXTENSION[format] ?? format}`);

interface Truth {
  readonly digest: string;
  readonly events: number;
}

/** Sizes of sensors that the files do not name, from the papers and cameras that they come from. */
const SIZES: Readonly<Record<string, string>> = {
  'ncars.dat': '100x100',
  'prophesee-evt2.raw': '640x480',
  'prophesee-evt3.raw': '1280x720',
  'synthetic-bar.aedat': '240x180',
};

/** What a format cannot hold, and why; every other pair must keep its digest. */
const CANNOT: Readonly<Record<string, Readonly<Record<string, readonly [code: string, words: string]>>>> = {
  es: { 'davis346-lz4.aedat4': ['ERR_LOSS', '--rebase begins at 0 µs'] },
  nmnist: {
    'atis-dvs.es': ['ERR_LOSS', 'lies at (256, 0)'],
    'color.es': ['ERR_LOSS', 'lies at (256, 239)'],
    'davis346-lz4.aedat4': ['ERR_LOSS', '--rebase begins at 0 µs'],
    'prophesee-evt2.raw': ['ERR_LOSS', '--crop X,Y,W,H'],
    'prophesee-evt3.raw': ['ERR_LOSS', '--crop X,Y,W,H'],
  },
};

async function digestOf(path: string): Promise<string> {
  const digest = eventDigest();
  for await (const packet of (await openRecording(path, { reuse: true })).events()) digest.add(packet);
  return digest.hex();
}

describeWithData('every recording to every format that is written', ['recordings'], (recordings) => {
  const truth = (
    JSON.parse(readFileSync(join(recordings, 'truth.json'), 'utf8')) as { recordings: Record<string, Truth> }
  ).recordings;
  const pairs = Object.keys(truth).flatMap((file) => WRITABLE_NAMES.map((format) => ({ file, format })));

  const convert = (file: string, format: string, ...more: string[]): Promise<Finished> =>
    commandInside(['convert', join(recordings, file), target(format), '--to', format, '--force', '--json', ...more]);

  it('names only files and formats that there are in the table of what cannot be', () => {
    expect(Object.keys(CANNOT).filter((format) => !WRITABLE_NAMES.includes(format))).toEqual([]);
    expect(Object.values(CANNOT).flatMap((files) => Object.keys(files).filter((file) => !(file in truth)))).toEqual([]);
  });

  it.each(pairs.filter(({ file, format }) => CANNOT[format]?.[file] === undefined))(
    '$file to $format and back keeps its digest',
    async ({ file, format }) => {
      const { digest, events } = truth[file];
      const done = await convert(file, format);
      expect(done.stderr).not.toContain('ERR_');
      expect(done.json).toMatchObject({ to: format, read: events, written: events, events, clipped: {} });
      expect(done.json?.['bytes']).toBe(statSync(target(format)).size);
      expect(await digestOf(target(format))).toBe(digest);
    },
  );

  it.each(pairs.filter(({ file, format }) => CANNOT[format]?.[file] !== undefined))(
    '$file to $format is refused in words, and nothing is left',
    async ({ file, format }) => {
      const [code, words] = CANNOT[format][file];
      rmSync(target(format), { force: true });
      const done = await convert(file, format);
      expect(failureComplaint(done, 1, code)).toBeNull();
      expect(done.stderr).toContain(words);
      expect(done.json).toMatchObject({ error: { code }, written: 0, bytes: 0 });
      expect(statSync(target(format), { throwIfNoEntry: false })).toBeUndefined();
    },
  );

  it.each([
    ...Object.keys(SIZES).flatMap((file) => ['aedat4', 'es'].map((format) => ({ file, format }))),
    { file: 'prophesee-evt3.raw', format: 'aedat2' },
  ])('$file to $format keeps its digest once --size says how large the sensor is', async ({ file, format }) => {
    const done = await convert(file, format, '--size', SIZES[file]);
    expect(done.stderr).not.toContain('ERR_');
    expect(await digestOf(target(format))).toBe(truth[file].digest);
  });

  it.each(['es', 'nmnist'])('absolute times fit into %s with --rebase', async (format) => {
    const crop = format === 'nmnist' ? ['--crop', '0,0,256,240'] : [];
    const done = await convert('davis346-lz4.aedat4', format, '--rebase', ...crop);
    expect(done.status).toBe(0);
    const { json } = await commandInside(['info', target(format), '--json']);
    expect(json).toMatchObject({ events: done.json?.['written'], t0: 0 });
    expect(json?.['t1']).toBeGreaterThan(500_000);
  });

  it.each(Object.keys(CANNOT['nmnist']))(
    '--clip writes of %s to nmnist what fits and counts the rest',
    async (file) => {
      const done = await convert(file, 'nmnist', '--clip');
      expect(done.status).toBe(0);
      const clipped = done.json?.['clipped'] as Record<string, number>;
      const written = Number(done.json?.['written']);
      const lost = Object.values(clipped).reduce((a, b) => a + b, 0);
      expect(lost).toBeGreaterThan(0);
      expect(written + lost).toBe(truth[file].events);
      expect(done.stderr).toContain('clipped: ');
      expect((await commandInside(['info', target('nmnist'), '--json'])).json).toMatchObject({ events: written });
    },
  );
});
