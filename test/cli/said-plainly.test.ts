import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../shared-data.js';
import { type Finished, builtCli, command, commandInside, failureComplaint } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

// What goes wrong is said in the words of the command line, with the cause and what helps.
const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const fixture = (name: string): string => projectRoot('test', 'data', 'files', name);

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string): string => join(folder, name);
const said = async (args: readonly string[]): Promise<string> => (await commandInside(args)).stderr;
const convert = (...args: string[]): Promise<Finished> => commandInside(['convert', ...args]);

describe('reading', () => {
  it('of what is not recognised on a pipe names --format', async () => {
    const done = await command(['info', '-'], { input: readFileSync(RECORDING) });
    expect(failureComplaint(done, 1, 'ERR_UNKNOWN_FORMAT')).toBeNull();
    expect(done.stderr).toContain('--format NAME says what it is');
    const empty = await command(['info', '-'], { input: new Uint8Array(0) });
    expect(empty.stderr).not.toContain('--format');
  });

  it('of a file that is not there is told as that, not as damage', async () => {
    const done = await commandInside(['check', out('nosuch'), RECORDING]);
    expect(done.status).toBe(1);
    expect(done.stdout).toMatch(/^not found {2}[^\n]*nosuch\nclean {4}/);
  });

  it('names the chips and streams that there are', async () => {
    const chip = await commandInside(['info', fixture('davis240.aedat'), '--chip', 'FOO']);
    expect(failureComplaint(chip, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(chip.stderr).toMatch(/--chip: FOO is not known; there are DVS128, /);
    const stream = await commandInside(['info', fixture('lz4.aedat4'), '--stream', '7']);
    expect(failureComplaint(stream, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(stream.stderr).toContain('--stream: 7 is not an event stream of this file; there is 0');
  });

  it('takes the order of columns', async () => {
    writeFileSync(out('odd.csv'), '3,4,1,5000\n5,6,0,5001\n');
    const done = await commandInside(['info', out('odd.csv'), '--columns', 'x,y,p,t', '--time-unit', 'us', '--json']);
    expect(done.json).toMatchObject({ events: 2, on: 1, t0: 5000, t1: 5001 });
  });
});

describe('writing', () => {
  it.skipIf(!existsSync('/dev/full'))('to a stdout that is full is one line and exit status 1', () => {
    for (const args of ['cat', 'info']) {
      const shell = `"${process.execPath}" "${builtCli()}" ${args} "${RECORDING}" > /dev/full`;
      const { status, stderr } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([1, 'rxspike: ERR_WRITE: stdout: no space is left\n']);
    }
  });

  it.each(['x.png', 'x.gif'])('of %s into a folder that there is none of says so as convert does', async (name) => {
    const path = join(folder, 'none', name);
    const done = await commandInside(['render', RECORDING, path]);
    expect(failureComplaint(done, 1, 'ERR_WRITE')).toBeNull();
    expect(done.stderr).toBe(`rxspike: ERR_WRITE: ${path}: there is no such folder\n`);
  });

  it('a range without events is told, with where they are', async () => {
    const done = await convert(RECORDING, out('x.npy'), '--start', '1e9');
    expect(done.status).toBe(0);
    expect(done.stderr).toMatch(/^nothing lies in the range: the recording has events from .* µs, on 34×34 pixels$/m);
    expect((await convert(RECORDING, out('y.npy'), '--start', '0')).stderr).toBe('');
    const printed = await command(['cat', RECORDING, '--start', '1e9']);
    expect(printed.stderr).toContain('nothing lies in the range');
  });

  it.skipIf('zstdCompressSync' in zlib)('names a compression without an encoder before anything else', async () => {
    writeFileSync(out('in.csv'), 't,x,y,p\n5,1,1,1\n6,2,2,0\n');
    const done = await convert(out('in.csv'), out('x.aedat4'), '--compression', 'zstd');
    expect(failureComplaint(done, 1, 'ERR_OPTIONAL_DEPENDENCY')).toBeNull();
    expect(readdirSync(folder)).toEqual(['in.csv']);
  });

  it('tells of options that mean nothing to the formats at hand', async () => {
    expect(await said(['convert', RECORDING, out('x.raw'), '--compression', 'lz4'])).toBe(
      '--compression means nothing to evt3: it is not used\n',
    );
    expect(await said(['convert', out('x.raw'), out('x.aedat4'), '--compression', 'lz4'])).toBe('');
    expect(await said(['info', fixture('dat2-faery.dat'), '--time-unit', 'ms'])).toBe(
      '--time-unit means nothing to dat: it is not used\n',
    );
    expect(await said(['render', RECORDING, out('x.png'), '--fps', '10', '--tau', '5'])).toBe(
      '--fps means nothing to .png: it is not used\n--tau means nothing to --view events: it is not used\n',
    );
    expect(await said(['cat', RECORDING, '--as', 'csv', '--chip', 'DVS128', '--end', '-1'])).toContain('--chip');
  });

  it('is refused in the words of the command line', async () => {
    const range = await convert(RECORDING, out('x.npy'), '--start', '9', '--end', '5');
    expect(failureComplaint(range, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(range.stderr).toBe('rxspike: ERR_ARGUMENT: --start 9 is not before --end 5\n');
    const crop = await convert(RECORDING, out('x.npy'), '--crop', '0,0,99,99');
    expect(failureComplaint(crop, 1, 'ERR_GEOMETRY')).toBeNull();
    expect(crop.stderr).toMatch(/--crop: 99×99 pixels from \(0, 0\) on reach beyond the 34×34 that are read/);
    writeFileSync(out('in.csv'), 't,x,y,p\n5,1,1,1\n6,2,2,0\n');
    const denoise = await convert(out('in.csv'), out('x.npy'), '--denoise');
    expect(denoise.stderr).toMatch(/the size of the sensor is not known; --size WxH says how large the sensor is/);
    expect(denoise.stderr).not.toContain('({');
  });

  it('offers --size only where a larger one helps', async () => {
    writeFileSync(out('far.csv'), 't,x,y,p\n5,5000,1,1\n6,2,2,0\n');
    const done = await convert(out('far.csv'), out('x.raw'));
    expect(failureComplaint(done, 1, 'ERR_LOSS')).toBeNull();
    expect(done.stderr).not.toContain('--size');
  });

  it('--plain is a first line that others know, and says nothing of the size', async () => {
    await convert(RECORDING, out('plain.csv'), '--plain');
    await convert(RECORDING, out('full.csv'));
    const [plain, full] = ['plain.csv', 'full.csv'].map((name) => readFileSync(out(name), 'utf8'));
    expect(plain.slice(0, 8)).toBe('t,x,y,p\n');
    expect(full.slice(0, 15)).toBe('t,x@34,y@34,on\n');
    expect(plain.slice(8)).toBe(full.slice(15));
    expect((await command(['cat', RECORDING, '--plain'])).stdout).toBe(plain);
    const digest = async (name: string): Promise<unknown> =>
      (await commandInside(['info', out(name), '--digest', '--json'])).json?.['digest'];
    expect(await digest('plain.csv')).toBe(await digest('full.csv'));
  });
});
