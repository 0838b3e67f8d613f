import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomSequence } from '../../src/random.js';
import { realEvents } from '../events/camera.js';
import { projectRoot } from '../shared-data.js';
import { command, commandInside, failureComplaint } from './command-line.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rxspike-info-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

/** What the bytes of an N-MNIST file say, read the plain way. */
function byHand(bytes: Uint8Array): { events: number; on: number; t0: number; t1: number; digest: string } {
  const count = Math.floor(bytes.length / 5);
  let [on, t0, t1] = [0, 0, 0];
  let hash = 0xcbf29ce484222325n;
  const record = new DataView(new ArrayBuffer(13));
  for (let i = 0; i < count; i++) {
    const [x, y, a, b, c] = bytes.subarray(5 * i, 5 * i + 5);
    const t = ((a & 0x7f) << 16) | (b << 8) | c;
    on += a >> 7;
    if (i === 0) t0 = t;
    t1 = t;
    record.setBigUint64(0, BigInt(t), true);
    record.setUint16(8, x, true);
    record.setUint16(10, y, true);
    record.setUint8(12, a >> 7);
    for (let k = 0; k < 13; k++) hash = BigInt.asUintN(64, (hash ^ BigInt(record.getUint8(k))) * 0x100000001b3n);
  }
  return { events: count, on, t0, t1, digest: hash.toString(16).padStart(16, '0') };
}

const as = async (...args: string[]): Promise<Record<string, unknown> | null> =>
  (await commandInside(['info', ...args, '--json'])).json;

describe('info', () => {
  it('says what a recording holds, exactly', async () => {
    const { events, on, t0, t1, digest } = byHand(readFileSync(RECORDING));
    const done = await command(['info', RECORDING, '--json', '--digest']);
    expect(done.json).toEqual({
      format: 'nmnist',
      width: 34,
      height: 34,
      events,
      on,
      off: events - on,
      t0,
      t1,
      durationUs: expect.any(Number) as unknown,
      eventRate: { mean: expect.any(Number) as unknown, peak: expect.any(Number) as unknown, windowUs: 10_000 },
      epoch: null,
      yUp: false,
      mirroredX: false,
      sensor: null,
      chipAssumed: false,
      sniffed: 'extension .bin and plausible events',
      violations: expect.any(Object) as unknown,
      side: {},
      hottest: expect.any(Array) as unknown,
      digest,
    });
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(done.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('says how fast events came and which pixels had most', async () => {
    const events = realEvents('00936.bin');
    const { json } = await commandInside(['info', RECORDING, '--json']);
    const duration = events.at(-1)!.t - events[0].t;
    const rate = json?.['eventRate'] as { mean: number; peak: number; windowUs: number };
    expect(json?.['durationUs']).toBe(duration);
    expect(rate.mean).toBeCloseTo((events.length / duration) * 1e6, 3);
    const parts = events.map(({ t }) => Math.floor((t - events[0].t) / 1000));
    const windows = parts.map((last) => parts.filter((part) => part <= last && part > last - 10).length);
    expect(rate.peak).toBe(Math.max(...windows) * 100);
    const hottest = json?.['hottest'] as { x: number; y: number; count: number; share: number }[];
    expect(hottest).toHaveLength(5);
    for (const { x, y, count, share } of hottest) {
      expect(events.filter((event) => event.x === x && event.y === y)).toHaveLength(count);
      expect(share).toBeCloseTo(count / events.length, 6);
    }
  });

  it('says of a header without events that there are none', async () => {
    const path = write(
      'none.es',
      Buffer.from('Event Stream\u0002\u0000\u0000\u0001\u0022\u0000\u0022\u0000', 'latin1'),
    );
    const done = await commandInside(['info', path, '--json']);
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(done.json).toMatchObject({ format: 'es', width: 34, events: 0, t0: null, t1: null, durationUs: null });
    expect(done.json).toMatchObject({ hottest: [], eventRate: { mean: null, peak: null } });
  });

  it('hands its options on to the reader', async () => {
    const dvs = projectRoot('test', 'data', 'files', 'dvs128.aedat');
    const seconds = projectRoot('test', 'data', 'files', 'rpg.txt');
    expect(await as(dvs)).toMatchObject({ width: 128, height: 128 });
    // where the header names no chip; one that it names is not contradicted
    writeFileSync(join(folder, 'nameless.aedat'), '#!AER-DAT2.0\r\n12345678');
    expect(await as(join(folder, 'nameless.aedat'), '--chip', 'DAVIS240C')).toMatchObject({ width: 240, height: 180 });
    expect(await as(dvs, '--chip', 'DAVIS240C')).toMatchObject({ error: { code: 'ERR_ARGUMENT' } });
    const [right, wrong] = [await as(seconds), await as(seconds, '--time-unit', 'ms')];
    expect(Number(right?.['durationUs'])).toBeCloseTo(Number(wrong?.['durationUs']) * 1000, -3);
    expect(await as(seconds, '--size', '300x200')).toMatchObject({ width: 300, height: 200 });
    expect(await as(projectRoot('test', 'data', 'files', 'lz4.aedat4'), '--stream', '77')).toHaveProperty('error');
  });

  it('says it in lines for people without --json', async () => {
    const { stdout, status } = await command(['info', RECORDING]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^format +nmnist: extension .bin and plausible events\nwidth +34\nheight +34\nevents +\d,\d{3}\n/,
    );
    expect(stdout).toContain('sensor       not known');
    expect(stdout).not.toContain('digest');
  });

  it('reads stdin where the format is named', async () => {
    const input = readFileSync(RECORDING);
    const done = await command(['info', '-', '--format', 'nmnist', '--json', '--digest'], { input });
    expect(done.json).toMatchObject({ events: byHand(input).events, digest: byHand(input).digest });
  });

  it('gives the good part of a cut file, then the error', async () => {
    const bytes = readFileSync(RECORDING);
    for (const cut of [5 * 100 + 1, 5 * 100 + 4, bytes.length - 1]) {
      const path = write(`cut-${cut}.bin`, bytes.subarray(0, cut));
      const done = await command(['info', path, '--json', '--digest']);
      expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
      const good = byHand(bytes.subarray(0, cut));
      expect(done.json).toMatchObject({
        error: { code: 'ERR_TRUNCATED', message: expect.stringContaining('nmnist') as string },
        format: 'nmnist',
        events: good.events,
        t1: good.t1,
        digest: good.digest,
      });
    }
  });

  it.each([
    ['a file that is not there', () => join(folder, 'nowhere.bin'), 'ERR_NOT_FOUND'],
    ['a directory', () => folder, 'ERR_NOT_READABLE'],
    ['an empty file', () => write('empty.aedat4', new Uint8Array(0)), 'ERR_UNKNOWN_FORMAT'],
    ['noise', () => write('noise.dat', noise(5000)), 'ERR_UNKNOWN_FORMAT'],
    ['noise with an extension of a headerless format', () => write('noise.bin', noise(5000)), 'ERR_UNKNOWN_FORMAT'],
    ['a text', () => projectRoot('package.json'), 'ERR_UNKNOWN_FORMAT'],
  ])('%s: one line, exit status 1', async (_, path, code) => {
    const done = await commandInside(['info', path(), '--json']);
    expect(failureComplaint(done, 1, code)).toBeNull();
    expect(done.json).toMatchObject({ error: { code } });
    expect(done.stderr).toContain(path());
  });

  it('gives what is known, the format at most, of a file that breaks in its header', async () => {
    const path = write('head.aedat', Buffer.from('#!AER-DAT2.0'));
    const done = await commandInside(['info', path, '--json']);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({ format: null, width: null, events: 0, t0: null, violations: {}, side: {} });
    const recognised = write('head.aedat4', Buffer.from('#!AER-DAT4.0\r\n\u0001'));
    const broken = await commandInside(['info', recognised, '--json']);
    expect(failureComplaint(broken, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(broken.json).toMatchObject({ format: 'aedat4', width: null, events: 0 });
  });

  it('says of a source that is no file that it is none', async () => {
    for (const source of ['sim:bar', 'ws://127.0.0.1:9']) {
      const done = await commandInside(['info', source]);
      expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
      expect(done.stderr).toContain(`${source} is not a file`);
    }
  });

  it('refuses a format that there is none of', async () => {
    const done = await commandInside(['info', RECORDING, '--format', 'nmist']);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toContain('nmnist');
  });
});

function noise(length: number): Uint8Array {
  const random = new RandomSequence(1, 'noise');
  return Uint8Array.from({ length }, () => random.integer(256));
}
