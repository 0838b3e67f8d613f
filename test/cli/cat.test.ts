import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteOutput } from '../../cli/byte-output.js';
import { JsonLines } from '../../cli/json-lines.js';
import { eventPacket } from '../../src/index.js';
import { realEvents } from '../events/camera.js';
import { projectRoot } from '../shared-data.js';
import { builtCli, command, failureComplaint } from './command-line.js';
import { temporaryFolder } from './provisional-model.js';

const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');
const EVENTS = realEvents('00936.bin');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('cat', () => {
  it('--as json prints an object a line', async () => {
    const { stdout, stderr, status } = await command(['cat', RECORDING, '--as', 'json']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(lines(stdout)).toEqual(EVENTS);
    expect(stdout.slice(0, stdout.indexOf('\n'))).toBe(
      `{"t":${EVENTS[0].t},"x":${EVENTS[0].x},"y":${EVENTS[0].y},"p":${EVENTS[0].p}}`,
    );
  });

  it('--as csv, as without it, prints what convert writes, which is read again', async () => {
    const [plain, csv] = [await command(['cat', RECORDING]), await command(['cat', RECORDING, '--as', 'csv'])];
    expect(plain.stdout).toBe(csv.stdout);
    const path = join(folder, 'x.csv');
    await command(['convert', RECORDING, path]);
    expect(readFileSync(path, 'utf8')).toBe(csv.stdout);
    const back = await command(['cat', path, '--as', 'json']);
    expect(lines(back.stdout)).toEqual(EVENTS);
  });

  it('keeps to --start and --end, and sums up with --json', async () => {
    const args = ['--start', String(EVENTS[10].t), '--end', String(EVENTS[20].t)];
    const { stdout, json } = await command(['cat', RECORDING, '--as', 'json', ...args, '--json']);
    const inside = EVENTS.filter(({ t }) => t >= EVENTS[10].t && t < EVENTS[20].t);
    expect(lines(stdout).slice(0, -1)).toEqual(inside);
    expect(json).toEqual({ file: RECORDING, format: 'nmnist', events: inside.length, read: EVENTS.length });
  });

  it('is no error where the reader has had enough', () => {
    const shell = `"${process.execPath}" "${builtCli()}" cat "${RECORDING}" --as json | head -n 2; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stdout).toMatch(/\n0\n$/);
  });

  it('gives the good part of a cut file, then the error', async () => {
    const path = join(folder, 'cut.bin');
    writeFileSync(path, readFileSync(RECORDING).subarray(0, 501));
    const done = await command(['cat', path, '--as', 'json', '--json']);
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(lines(done.stdout).slice(0, -1)).toEqual(EVENTS.slice(0, 100));
    expect(done.json).toMatchObject({ error: { code: 'ERR_TRUNCATED' }, events: 100 });
  });
});

describe('JSON lines', () => {
  it('write every time exactly, in pieces of bounded size', async () => {
    const times = [
      0,
      7,
      999_999,
      1e6,
      1_000_001,
      12_345_678.5,
      -3,
      1_605_537_493_718_345,
      Number.MAX_SAFE_INTEGER,
      1e17,
    ];
    const t = Array.from({ length: 5000 }, (_, i) => times[i % times.length]);
    const [x, y] = [t.map((_, i) => (i * 977) % 65536), t.map((_, i) => (i * 31) % 65536)];
    const p = t.map((_, i) => i % 2);
    let text = '';
    let longest = 0;
    const out: ByteOutput = {
      name: 'test',
      bytes: 0,
      write: async (bytes) => {
        longest = Math.max(longest, bytes.length);
        text += new TextDecoder().decode(bytes);
      },
      close: async () => {},
      abort: async () => {},
    };
    await new JsonLines(out).write(eventPacket({ t, x, y, p }));
    expect(lines(text)).toEqual(t.map((_, i) => ({ t: t[i], x: x[i], y: y[i], p: p[i] })));
    expect(longest).toBeLessThanOrEqual(1 << 16);
  });
});
