import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecording } from '../../adapters/files/index.node.js';
import { denoiseStep } from '../../src/index.js';
import { type CameraEvent, NMNIST, listBy, listOf, realEvents } from '../events/camera.js';
import { projectRoot } from '../shared-data.js';
import { builtCli, command, commandInside, failureComplaint, start } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const EVENTS = realEvents('00936.bin');
const DAVIS = projectRoot('test', 'data', 'files', 'davis240.aedat');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string): string => join(folder, name);

function piped(args: string[], input: Buffer): Buffer {
  return spawnSync(process.execPath, [builtCli(), ...args], { input }).stdout;
}

function convert(...args: string[]): ReturnType<typeof commandInside> {
  return commandInside(['convert', RECORDING, out('x.es'), '--json', ...args]);
}

async function eventsOf(path: string): Promise<CameraEvent[]> {
  const packets = [];
  for await (const packet of (await openRecording(path)).events()) packets.push(packet);
  return listOf(packets);
}

describe('convert', () => {
  it('writes what was read, in the format of the extension, and says so', async () => {
    const done = await command(['convert', RECORDING, out('x.es'), '--json']);
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(done.json).toEqual({
      in: RECORDING,
      out: out('x.es'),
      from: 'nmnist',
      to: 'es',
      events: EVENTS.length,
      read: EVENTS.length,
      written: EVENTS.length,
      clipped: {},
      leftOut: {},
      violations: {},
      bytes: statSync(out('x.es')).size,
      raised: 0,
      sizeAssumed: null,
    });
    expect(await eventsOf(out('x.es'))).toEqual(EVENTS);
    const said = await command(['convert', RECORDING, out('x.dat')]);
    expect(said.stdout).toMatch(/^wrote .*x\.dat: dat, 2,989 events, [\d.]+ kB\n$/);
  });

  it('goes through pipes', () => {
    const raw = piped(['convert', '-', '-', '--format', 'nmnist', '--to', 'evt3'], readFileSync(RECORDING));
    writeFileSync(out('x.raw'), raw);
    writeFileSync(out('back.bin'), piped(['convert', '-', '-', '--to', 'nmnist'], raw));
    expect(readFileSync(out('back.bin'))).toEqual(readFileSync(RECORDING));
  });

  it('says on stderr what it wrote where stdout holds it, and refuses to mix it with JSON', async () => {
    const done = await command(['convert', RECORDING, '-', '--to', 'csv']);
    expect(done.stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(EVENTS.length);
    expect(done.stderr).toMatch(/^wrote stdout: csv, 2,989 events/);
    const mixed = await command(['convert', RECORDING, '-', '--to', 'csv', '--json']);
    expect(failureComplaint(mixed, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(mixed.json).toMatchObject({ error: { code: 'ERR_ARGUMENT' } });
  });

  it('will not fill a terminal with bytes', async () => {
    const done = await command(['convert', RECORDING, '-', '--to', 'evt3'], { terminal: true });
    expect(done.status).toBe(2);
    expect(done.stderr).toContain('stdout is a terminal, which cannot show evt3');
  });

  it('is a null device or a named pipe as well', async () => {
    expect((await command(['convert', RECORDING, '/dev/null', '--to', 'es'])).status).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('what convert cuts and changes', () => {
  it('--start and --end: start ≤ t < end, times of the file', async () => {
    const [from, to] = [EVENTS[100].t, EVENTS[500].t];
    const inside = EVENTS.filter(({ t }) => t >= from && t < to);
    const done = await convert('--start', String(from), '--end', String(to));
    expect(done.json).toMatchObject({ read: EVENTS.length, written: inside.length });
    expect(await eventsOf(out('x.es'))).toEqual(inside);
  });

  it('--crop: a region, its corner at (0, 0), the new size', async () => {
    await convert('--crop', '5,10,20,12');
    const inside = EVENTS.filter(({ x, y }) => x >= 5 && x < 25 && y >= 10 && y < 22);
    expect(await eventsOf(out('x.es'))).toEqual(inside.map((e) => ({ ...e, x: e.x - 5, y: e.y - 10 })));
    expect((await openRecording(out('x.es'))).info).toMatchObject({ width: 20, height: 12 });
    const beyond = await commandInside(['convert', RECORDING, out('y.es'), '--crop', '20,0,20,20']);
    expect(failureComplaint(beyond, 1, 'ERR_GEOMETRY')).toBeNull();
  });

  it('--denoise with and without a time', async () => {
    await convert('--denoise');
    expect(await eventsOf(out('x.es'))).toEqual(listBy(denoiseStep, { dt: 10_000 }, EVENTS, NMNIST));
    await convert('--denoise', '2000', '--force');
    expect(await eventsOf(out('x.es'))).toEqual(listBy(denoiseStep, { dt: 2000 }, EVENTS, NMNIST));
  });

  it('--denoise of times that step back: they are raised, counted and told', async () => {
    const bytes = readFileSync(RECORDING);
    bytes.copyWithin(5 * 200, 5 * 100, 5 * 101); // the 201st event is the 101st again
    writeFileSync(out('back.bin'), bytes);
    const done = await commandInside(['convert', out('back.bin'), out('x.es'), '--denoise', '--json']);
    expect(done.json).toMatchObject({ violations: { timeStepBack: 1 }, raised: 1 });
    expect(done.stderr).toBe('times that stepped back before the filter were raised: 1\n');
  });

  it('--rebase: the first event that is kept is at 0', async () => {
    await convert('--rebase', '--start', String(EVENTS[100].t));
    const kept = EVENTS.filter(({ t }) => t >= EVENTS[100].t);
    expect(await eventsOf(out('x.es'))).toEqual(kept.map((e) => ({ ...e, t: e.t - kept[0].t })));
  });

  it('--size says how large the sensor is, and must not contradict the file', async () => {
    const unknown = ['convert', projectRoot('test', 'data', 'files', 'dat2-expelliarmus.dat')];
    const bare = await commandInside([...unknown, out('b.es'), '--json']);
    const known = await commandInside([...unknown, out('y.es'), '--size', '1280x720', '--json']);
    expect([bare.status, known.status]).toEqual([0, 0]);
    const { width, height } = (await openRecording(out('b.es'))).info;
    expect(bare.json).toMatchObject({ sizeAssumed: { width, height } });
    expect(bare.stderr).toContain(`written as ${width}×${height}, the smallest that holds every event; --size WxH`);
    expect(known.json).toMatchObject({ sizeAssumed: null });
    expect((await openRecording(out('y.es'))).info).toMatchObject({ width: 1280, height: 720 });
    const wrong = await convert('--size', '20x20', '--force');
    expect(failureComplaint(wrong, 1, 'ERR_GEOMETRY')).toBeNull();
  });
});

describe('orientation', () => {
  it('is as stored, and told where readers of OUT will show it wrongly', async () => {
    const done = await commandInside(['convert', DAVIS, out('x.raw')]);
    expect(done.stderr).toContain('readers of evt3 will show them upside down and mirrored; --upright turns them');
    const same = await commandInside(['convert', DAVIS, out('x.aedat')]);
    expect(same.stderr).not.toContain('--upright');
    const other = await commandInside(['convert', RECORDING, out('y.aedat')]);
    expect(other.stderr).toContain('readers of aedat2 will show them upside down and mirrored');
  });

  it('--upright turns coordinates to what readers of OUT expect', async () => {
    const stored = await eventsOf(DAVIS);
    const done = await commandInside(['convert', DAVIS, out('x.dat'), '--upright', '--json']);
    expect(done.stderr).not.toContain('--upright');
    expect(await eventsOf(out('x.dat'))).toEqual(stored.map((e) => ({ ...e, x: 239 - e.x, y: 179 - e.y })));
    expect((await openRecording(out('x.dat'))).info).toMatchObject({ yUp: false, mirroredX: false });
    await commandInside(['convert', out('x.dat'), out('back.aedat'), '--upright']);
    expect(await eventsOf(out('back.aedat'))).toEqual(stored);
  });
});

describe('nothing is lost without a word', () => {
  it('names side streams that are not carried over', async () => {
    const done = await commandInside(['convert', DAVIS, out('x.dat'), '--json']);
    const { json } = await commandInside(['info', DAVIS, '--json']);
    expect(done.json?.['leftOut']).toEqual(json?.['side']);
    expect(Object.keys(done.json?.['leftOut'] as object).length).toBeGreaterThan(0);
    expect(done.stderr).toMatch(/^left out, not events: (aps|imu|triggers) \d/);
  });

  it('writes no part of a damaged recording, and names repair', async () => {
    writeFileSync(out('cut.bin'), readFileSync(RECORDING).subarray(0, 5001));
    const done = await command(['convert', out('cut.bin'), out('x.es'), '--json']);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.stderr).toContain('"rxspike repair" keeps what is whole');
    expect(done.json).toMatchObject({ from: 'nmnist', to: 'es', read: 1000, written: 0, bytes: 0 });
    expect(readdirSync(folder)).toEqual(['cut.bin']);
  });

  it('leaves what lies at OUT, unless it is empty or --force is given', async () => {
    writeFileSync(out('x.es'), 'mine');
    const refused = await commandInside(['convert', RECORDING, out('x.es')]);
    expect(failureComplaint(refused, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(refused.stderr).toContain('--force replaces it');
    expect(readFileSync(out('x.es'), 'utf8')).toBe('mine');
    expect((await commandInside(['convert', RECORDING, out('x.es'), '--force'])).status).toBe(0);
    writeFileSync(out('empty.es'), '');
    expect((await commandInside(['convert', RECORDING, out('empty.es')])).status).toBe(0);
    expect(statSync(out('empty.es')).size).toBeGreaterThan(0);
  });

  it('keeps a file that is to be replaced when the conversion fails', async () => {
    writeFileSync(out('cut.bin'), readFileSync(RECORDING).subarray(0, 5001));
    writeFileSync(out('x.es'), 'mine');
    await commandInside(['convert', out('cut.bin'), out('x.es'), '--force']);
    expect(readFileSync(out('x.es'), 'utf8')).toBe('mine');
    expect(readdirSync(folder).toSorted()).toEqual(['cut.bin', 'x.es']);
  });

  it('never takes the input for OUT, by whatever name', async () => {
    const copy = out('in.bin');
    writeFileSync(copy, readFileSync(RECORDING));
    symlinkSync(copy, out('soft.bin'));
    linkSync(copy, out('hard.bin'));
    for (const name of ['in.bin', 'soft.bin', 'hard.bin', 'sub/../in.bin']) {
      mkdirSync(out('sub'), { recursive: true });
      const done = await commandInside(['convert', copy, out(name), '--force']);
      expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
      expect(done.stderr).toContain('is the input itself');
    }
    expect(readFileSync(copy)).toEqual(readFileSync(RECORDING));
  });

  it('replaces what a link leads to, not the link', async () => {
    writeFileSync(out('real.es'), '');
    symlinkSync(out('real.es'), out('link.es'));
    await commandInside(['convert', RECORDING, out('link.es')]);
    expect(statSync(out('real.es')).size).toBeGreaterThan(0);
  });

  it.each([
    ['a folder that is not there', () => out('no/x.es'), 'there is no such folder'],
    ['a directory', () => folder, 'is a directory'],
  ])('%s: ERR_WRITE', async (_, path, words) => {
    const done = await commandInside(['convert', RECORDING, path(), '--to', 'es', '--json']);
    expect(failureComplaint(done, 1, 'ERR_WRITE')).toBeNull();
    expect(done.stderr).toContain(words);
  });

  it('interrupted: exit status 130, and no file', async () => {
    const running = start(['convert', '-', out('x.es'), '--format', 'nmnist', '--json'], { open: true });
    running.child.stdin?.write(readFileSync(RECORDING));
    await until(() => readdirSync(folder).some((name) => name.endsWith('.part')));
    running.child.kill('SIGINT');
    const done = await running.finished;
    expect(done.status).toBe(130);
    expect(done.json).toMatchObject({ written: 0, bytes: 0 });
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(out('x.es'))).toBe(false);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('on a terminal', () => {
  it('shows how far it is on stderr, and clears that away', async () => {
    const records = readFileSync(RECORDING);
    const body = Buffer.alloc(records.length * 1200);
    for (let i = 0; i < 1200; i++) records.copy(body, i * records.length);
    writeFileSync(out('long.bin'), body);
    const done = await command(['convert', out('long.bin'), out('x.npy')], { terminal: true });
    const plain = await command(['convert', out('long.bin'), out('y.npy')]);
    expect(plain.stderr).toBe('');
    const drawn = done.stderr.split('\r').map((part) => part.replace('\u001b[K', ''));
    expect(drawn.length).toBeGreaterThan(2);
    expect([drawn[0], drawn.at(-1)]).toEqual(['', '']);
    for (const bar of drawn.slice(1, -1)) expect(bar).toMatch(/^\[[^\]]{30}\] \d+ %, [\d,]+ events, \d\d:\d\d left$/);
  });
});
