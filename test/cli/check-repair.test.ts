import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { describeWithData, projectRoot } from '../shared-data.js';
import { type Finished, commandInside, failureComplaint } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const AEDAT4 = projectRoot('test', 'data', 'files', 'lz4.aedat4');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string): string => join(folder, name);
const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(out(name), bytes);
  return out(name);
};
const cutRecording = (): string => write('cut.bin', readFileSync(RECORDING).subarray(0, 5001));

interface Finding {
  readonly file: string;
  readonly clean: boolean;
  readonly truncated: boolean;
  readonly events: number;
  readonly violations: Record<string, number>;
  readonly error: { code: string } | null;
}

const findings = ({ json }: Finished): Finding[] => (json ?? {})['files'] as Finding[];

describe('check', () => {
  it('finds nothing in a good file: exit status 0', async () => {
    const done = await commandInside(['check', RECORDING, AEDAT4, '--json']);
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(done.json).toMatchObject({ clean: true });
    const files = findings(done);
    expect(files.map(({ file, clean, error }) => [file, clean, error])).toEqual([
      [RECORDING, true, null],
      [AEDAT4, true, null],
    ]);
    expect((await commandInside(['check', RECORDING])).stdout).toBe(`clean    ${RECORDING}: nmnist, 2,989 events\n`);
  });

  it('tells of each bad file, and goes on to the next: exit status 1', async () => {
    const missing = out('missing.bin');
    const done = await commandInside(['check', cutRecording(), missing, RECORDING, '--json']);
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/^rxspike: ERR_TRUNCATED: [^\n]*cut\.bin: [^\n]+\nrxspike: ERR_NOT_FOUND: [^\n]+\n$/);
    expect(done.json).toMatchObject({ error: { code: 'ERR_TRUNCATED' }, clean: false });
    const files = findings(done);
    expect(files.map(({ clean, truncated, events }) => [clean, truncated, events])).toEqual([
      [false, true, 1000],
      [false, false, 0],
      [true, false, 2989],
    ]);
  });

  it('takes times that step back for damage only if it is strict, other violations always', async () => {
    const bytes = readFileSync(RECORDING);
    bytes.copyWithin(5 * 200, 5 * 100, 5 * 101);
    const back = write('back.bin', bytes);
    const lenient = await commandInside(['check', back, '--json']);
    expect(lenient.status).toBe(0);
    expect(findings(lenient)[0].violations).toEqual({ timeStepBack: 1 });
    const strict = await commandInside(['check', back, '--strict', '--json']);
    expect(failureComplaint(strict, 1, 'ERR_CORRUPT')).toBeNull();
    expect(strict.stderr).toContain('violations of the format: timeStepBack 1');
    // 34 × 34 is what the first 64 KiB say; here the option says less
    const outside = await commandInside([
      'check',
      projectRoot('test/data/files/dat2-expelliarmus.dat'),
      '--size',
      '2x2',
    ]);
    expect(failureComplaint(outside, 1, 'ERR_CORRUPT')).toBeNull();
    expect(outside.stderr).toContain('outOfBounds');
  });

  it('calls an interrupted recording truncated', async () => {
    const whole = readFileSync(AEDAT4);
    const path = write('interrupted.aedat4', interrupted(whole));
    const done = await commandInside(['check', path, '--json']);
    expect(done.status).toBe(1);
    expect(findings(done)[0]).toMatchObject({ truncated: true, violations: { interrupted: 1 } });
  });
});

/** An AEDAT 4 file as a recorder leaves it that was switched off: no data table, and the header says so. */
function interrupted(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole);
  const position = bytes.indexOf(tableAt(bytes));
  bytes.writeBigInt64LE(-1n, position);
  return bytes.subarray(0, Number(whole.readBigInt64LE(position)));
}

/** The bytes in the header that say where the data table is: the only eight that name a place after which no packet fits. */
function tableAt(bytes: Buffer): Buffer {
  for (let at = 14; at < 200; at++) {
    const place = bytes.readBigInt64LE(at);
    if (place > 1000n && place < BigInt(bytes.length)) return bytes.subarray(at, at + 8);
  }
  throw new Error('no position of a data table');
}

describe('repair', () => {
  it('keeps what is whole of a cut file, says what was lost, and leaves the input alone', async () => {
    const cut = cutRecording();
    const before = readFileSync(cut);
    const done = await commandInside(['repair', cut, out('whole.bin'), '--json']);
    expect(done.status).toBe(0);
    expect(done.json).toMatchObject({
      from: 'nmnist',
      to: 'nmnist',
      written: 1000,
      damage: { code: 'ERR_TRUNCATED' },
      lost: { bytes: 1, packets: 0, events: null },
    });
    expect(readFileSync(out('whole.bin'))).toEqual(before.subarray(0, 5000));
    expect(readFileSync(cut)).toEqual(before);
    expect((await commandInside(['check', out('whole.bin')])).status).toBe(0);
    expect((await commandInside(['repair', cut, out('w2.bin')])).stdout).toMatch(
      /^wrote .*: nmnist, 1,000 events; lost: 1 B\n$/,
    );
  });

  it('gives an interrupted recording its data table back', async () => {
    const path = write('interrupted.aedat4', interrupted(readFileSync(AEDAT4)));
    const done = await commandInside(['repair', path, out('whole.aedat4'), '--json']);
    expect(done.json).toMatchObject({ to: 'aedat4', lost: { bytes: 0, packets: 0, events: 0 }, damage: null });
    expect((await commandInside(['check', out('whole.aedat4')])).status).toBe(0);
    expect(await digestOf(out('whole.aedat4'))).toBe(await digestOf(AEDAT4));
  });

  it('passes over a damaged packet and keeps the ones around it', async () => {
    const bytes = readFileSync(AEDAT4);
    bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 64);
    const path = write('damaged.aedat4', bytes);
    const plain = await commandInside(['info', path, '--json']);
    const done = await commandInside(['repair', path, out('whole.aedat4'), '--json']);
    expect(plain.status).toBe(1);
    expect(done.status).toBe(0);
    expect(Number(done.json?.['written'])).toBeGreaterThan(Number(plain.json?.['events']));
    expect(done.json?.['lost']).toMatchObject({ packets: expect.any(Number) as unknown, events: null });
    expect(done.stderr).toContain('read past: ');
    expect((await commandInside(['check', out('whole.aedat4')])).status).toBe(0);
  });

  it('says of a good file that nothing is known to be lost', async () => {
    const done = await commandInside(['repair', RECORDING, out('same.bin')]);
    expect(done.stdout).toContain('; nothing is known to be lost\n');
    expect(readFileSync(out('same.bin'))).toEqual(readFileSync(RECORDING));
  });

  it('writes the nearest format where its own is not written, and the one that --to names', async () => {
    const old = projectRoot('test', 'data', 'files', 'dvs128-3.0.aedat');
    const near = await commandInside(['repair', old, out('x.aedat'), '--json']);
    expect(near.json).toMatchObject({ from: 'aedat3.0', to: 'aedat3.1' });
    const named = await commandInside(['repair', cutRecording(), out('x.csv'), '--to', 'csv', '--json']);
    expect(named.json).toMatchObject({ from: 'nmnist', to: 'csv', written: 1000 });
    const other = await commandInside(['repair', cutRecording(), out('y.csv')]);
    expect(failureComplaint(other, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(other.stderr).toContain('--to decides');
  });

  it('makes no file of what has no header', async () => {
    const done = await commandInside([
      'repair',
      write('head.aedat4', Buffer.from('#!AER-DAT4.0\r\n\u0001')),
      out('x.aedat4'),
      '--json',
    ]);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({ from: 'aedat4', written: 0 });
    expect(readdirSync(folder)).toEqual(['head.aedat4']);
  });
});

async function digestOf(path: string): Promise<string> {
  const digest = eventDigest();
  for await (const packet of (await openRecording(path)).events()) digest.add(packet);
  return digest.hex();
}

describeWithData('real recordings', ['recordings'], (recordings) => {
  it('are clean', async () => {
    const files = readdirSync(recordings).filter((name) => name !== 'truth.json');
    const done = await commandInside(['check', ...files.map((name) => join(recordings, name)), '--json']);
    expect(done.json).toMatchObject({ clean: true });
    expect(done.status).toBe(0);
  });

  it.each([
    'atis-dvs.es',
    'davis240c-rotating-disk.aedat',
    'davis346-lz4.aedat4',
    'ncars.dat',
    'prophesee-evt2.raw',
    'prophesee-evt3.raw',
  ])('%s, cut at nine tenths: repair keeps what info counts', async (name) => {
    const bytes = readFileSync(join(recordings, name));
    const cut = write(name, bytes.subarray(0, Math.floor(bytes.length * 0.9)));
    const { json } = await commandInside(['info', cut, '--digest', '--json']);
    const done = await commandInside(['repair', cut, out(`whole-${name}`), '--json']);
    expect(done.status).toBe(0);
    expect(done.json).toMatchObject({ written: json?.['events'] });
    expect(await digestOf(out(`whole-${name}`))).toBe(json?.['digest']);
    expect((await commandInside(['check', out(`whole-${name}`)])).status).toBe(0);
  });
});
