import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../cli/statistics.js';
import { projectRoot } from '../shared-data.js';
import { type Finished, command, commandInside, failureComplaint, start } from './command-line.js';
import { temporaryFolder, writeModel } from './provisional-model.js';

const NMNIST = projectRoot('assets', 'nmnist');
const recordings = readdirSync(NMNIST).filter((name) => name.endsWith('.bin'));
const at = (name: string): string => join(NMNIST, name);

let folder: string;
let model: string;
beforeAll(() => {
  folder = temporaryFolder();
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Finished> => command(['run', '--model', model, '--speed', 'max', ...args]);
const runInside = (...args: string[]): Promise<Finished> =>
  commandInside(['run', '--model', model, '--speed', 'max', ...args]);
const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
/** A summary without what a clock decides. */
const timeless = ({ json }: Finished): unknown => ({ ...json, latencyMs: null });

describe('run --once on the bundled recordings', () => {
  it('decides once on each, loses nothing, and sums up with the fields of the contract', async () => {
    const { json, status, stderr, stdout } = await run('--once', '--json');
    const events = recordings.reduce((sum, name) => sum + statSync(at(name)).size / 5, 0);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(recordings).toHaveLength(30);
    expect(json).toMatchObject({ decisions: 30, events, dropped: 0, seed: 1, model: 'provisional', clamped: 0 });
    expect(json?.['accuracy']).toBe((json?.['correct'] as number) / 30);
    expect(json?.['spikes']).toBeGreaterThan(1000);
    const latency = json?.['latencyMs'] as Summary['latencyMs'];
    expect(latency.p50).toBeGreaterThan(0);
    expect(latency.p99).toBeGreaterThanOrEqual(latency.p50 ?? Infinity);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('gives the same summary for the same seed, at any speed, and another for another seed', async () => {
    const [one, same, paced, other] = await Promise.all([
      run('--once', '--json', '--seed', '7'),
      run('--once', '--json', '--seed', '7'),
      command(['run', '--model', model, '--speed', '20', '--once', '--json', '--seed', '7']),
      run('--once', '--json', '--seed', '8'),
    ]);
    expect(timeless(same)).toEqual(timeless(one));
    expect(timeless(paced)).toEqual(timeless(one));
    expect(other.json?.['spikes']).not.toBe(one.json?.['spikes']);
  });

  it('prints a line a decision and a summary without --json, and no control characters', async () => {
    const { stdout } = await run('--once');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(33);
    expect(lines[0]).toMatch(
      /^0\.3\d\d s {2}\d {2}confidence [01]\.\d\d {2}truth 0 (right|wrong) {2}latency .* {2}00980\.bin$/,
    );
    expect(lines[30]).toMatch(/^decisions 30, \d+ right/);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('goes round for ever without --once, until it is interrupted: exit status 130 after the summary', async () => {
    const running = start(['run', '--model', model, '--speed', '40']);
    await running.seen(/00995\.bin\n(.*\n)+.*00980\.bin\n/);
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    expect(stdout).toMatch(/\ndecisions \d+, .*\n.*\n.*\n$/);
  });

  it('ends at once when interrupted, with the summary as JSON', async () => {
    const running = start(['run', '--model', model, '--json', 'sim:bar', '--speed', '0.001']);
    await new Promise((resolve) => setTimeout(resolve, 700));
    running.child.kill('SIGTERM');
    const { status, json } = await running.finished;
    expect(status).toBe(130);
    expect(json).toMatchObject({ decisions: 0, correct: null, accuracy: null, latencyMs: { p50: null, p99: null } });
  });

  it('ends quietly when its reader goes away', async () => {
    const running = start(['run', '--model', model, '--speed', '40']);
    await running.seen('\n');
    running.child.stdout?.destroy();
    const { status, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('run SOURCE', () => {
  it('plays several files one after another, once; their truth is not known', async () => {
    const { json, status } = await run('--json', at(recordings[0]), at(recordings[1]));
    expect(status).toBe(0);
    expect(json).toMatchObject({ decisions: 2, correct: null, accuracy: null });
  });

  it('reads stdin, and decides the same as on the file', async () => {
    const input = readFileSync(at(recordings[0]));
    const [file, stdin] = await Promise.all([
      run('--json', at(recordings[0])),
      command(['run', '--model', model, '--speed', 'max', '--json', '-', '--format', 'nmnist'], { input }),
    ]);
    expect(file.json).toMatchObject({ decisions: 1 });
    expect(timeless(stdin)).toEqual(timeless(file));
  });

  it('plays simulated cameras, the same for the same seed', async () => {
    const [one, same, other] = await Promise.all([
      run('--json', 'sim:bar'),
      run('--json', 'sim:bar'),
      run('--json', 'sim:bar', '--seed', '2'),
    ]);
    expect(one.status).toBe(0);
    expect(one.json?.['events']).toBeGreaterThan(100);
    expect(timeless(same)).toEqual(timeless(one));
    expect(other.json?.['events']).not.toBe(one.json?.['events']);
  });

  it('puts times in order that step back, and says how many', async () => {
    const bytes = new Uint8Array(readFileSync(at(recordings[0])));
    // The 40th event gets the time of the 20th.
    bytes.set(bytes.subarray(5 * 20 + 2, 5 * 20 + 5), 5 * 40 + 2);
    const { json, status } = await run('--json', write('back.bin', bytes));
    expect(status).toBe(0);
    expect(json).toMatchObject({ decisions: 1, clamped: 1, dropped: 0, events: bytes.length / 5 });
  });
});

describe('run on bad input: one line, a code, exit status 1', () => {
  const broken: [string, () => string[], string][] = [
    ['a file that is not there', () => [join(folder, 'nowhere.bin')], 'ERR_NOT_FOUND'],
    ['a directory', () => [folder], 'ERR_NOT_READABLE'],
    ['an empty file', () => [write('empty.bin', '')], 'ERR_UNKNOWN_FORMAT'],
    ['text', () => [write('text.txt', 'hello there, this is no recording\n')], 'ERR_UNKNOWN_FORMAT'],
    ['a recording that does not fit the model', () => [write('other.aedat', aedat2())], 'ERR_GEOMETRY'],
    ['a second file that is not there', () => [at(recordings[0]), join(folder, 'nowhere.bin')], 'ERR_NOT_FOUND'],
    ['a server that is not there', () => ['ws://127.0.0.1:9'], 'ERR_CONNECTION'],
  ];
  it.each(broken)('%s', async (_, sources, code) => {
    const done = await runInside('--json', ...sources());
    expect(failureComplaint(done, 1, code)).toBeNull();
    expect(done.json).toMatchObject({ error: { code } });
  });

  it('a file that is cut: what came before is counted', async () => {
    const bytes = readFileSync(at(recordings[0]));
    const done = await run('--json', at(recordings[1]), write('cut.bin', bytes.subarray(0, 5001)));
    expect(failureComplaint(done, 1, 'ERR_TRUNCATED')).toBeNull();
    expect(done.json).toMatchObject({
      error: { code: 'ERR_TRUNCATED' },
      decisions: 1,
      events: statSync(at(recordings[1])).size / 5 + 1000,
    });
  });

  it('a recording of another size: in words of the command line, before anything is played', async () => {
    const other = write('other.aedat', aedat2());
    const takes = 'model provisional takes 34×34 (rxspike train makes a model for other recordings)';
    for (const speed of ['max', '50']) {
      const done = await commandInside(['run', '--model', model, '--speed', speed, '--json', other]);
      expect(failureComplaint(done, 1, 'ERR_GEOMETRY')).toBeNull();
      expect(done.stderr).toBe(`rxspike: ERR_GEOMETRY: ${other} is 240×180 pixels, ${takes}\n`);
      expect(done.json).toMatchObject({ events: 0, decisions: 0, model: 'provisional' });
    }
    const sizeless = write('sizeless.aedat', aedat2(''));
    const done = await runInside('--json', sizeless);
    expect(done.stderr).toBe(`rxspike: ERR_GEOMETRY: ${sizeless}: event with x = 60 at 1000 µs, ${takes}\n`);
    const inside = write('inside.aedat', aedat2('', 3, 4));
    expect((await runInside('--json', inside)).stderr).toBe(
      `rxspike: ERR_GEOMETRY: ${inside} does not say its size, ${takes}\n`,
    );
  });

  it('a model that is missing, damaged, cut, or of another version', async () => {
    const good = readFileSync(model);
    const cases = [
      [join(folder, 'no.safetensors'), 'ERR_NOT_FOUND'],
      [folder, 'ERR_NOT_READABLE'],
      [write('empty.safetensors', ''), 'ERR_MODEL'],
      [write('cut.safetensors', good.subarray(0, good.length - 7)), 'ERR_MODEL'],
      [write('noise.safetensors', Buffer.alloc(5000, 0x5a)), 'ERR_MODEL'],
      [at(recordings[0]), 'ERR_MODEL'],
      [write('other.safetensors', otherVersion(good)), 'ERR_MODEL'],
    ] as const;
    for (const [path, code] of cases) {
      const done = await commandInside(['run', '--model', path, '--once', '--json']);
      expect(failureComplaint(done, 1, code)).toBeNull();
      expect(done.json).toMatchObject({ error: { code } });
      const names = code === 'ERR_MODEL' ? `ERR_MODEL: ${path}: ` : `${code}: model ${path}: `;
      expect(done.stderr).toContain(names);
    }
    const missing = await commandInside(['run', '--model', 'no.safetensors', '--once']);
    expect(missing.stderr).toBe('rxspike: ERR_NOT_FOUND: model no.safetensors: no such file\n');
  });

  it('an empty input: it is named, whatever it is called', async () => {
    const empty = write('e', '');
    const stdin = await command(['run', '--model', model, '-'], { input: new Uint8Array() });
    expect((await runInside(empty)).stderr).toBe(`rxspike: ERR_UNKNOWN_FORMAT: ${empty}: the input is empty\n`);
    expect(stdin.stderr).toBe('rxspike: ERR_UNKNOWN_FORMAT: stdin: the input is empty\n');
  });

  it('a server that answers with a status: what it means', async () => {
    const server = createServer();
    server.on('upgrade', ({ url }, socket) => {
      const status = /\d+/.exec(url ?? '')?.[0] ?? '404';
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const cases = [
      ['401', '--token is missing or wrong (answer 401)'],
      ['403', 'does not take connections from here or under this name (answer 403)'],
      ['404', 'there is no RxSpike stream at this address (answer 404)'],
    ];
    for (const [status, message] of cases) {
      const done = await runInside(`ws://127.0.0.1:${port}/${status}?token=hush`);
      expect(failureComplaint(done, 1, 'ERR_CONNECTION')).toBeNull();
      expect(done.stderr).toContain(message);
      expect(done.stderr).not.toContain('hush');
    }
    server.close();
  });

  it('wrong use: exit status 2', async () => {
    const cases = [
      ['--once', '--loop'],
      ['udp://127.0.0.1'],
      ['mqtt://127.0.0.1:3000'],
      ['sim:bar', '--stream', 'events'],
      ['ws://'],
      ['sim:nothing'],
      ['-', '--loop'],
      ['ws://127.0.0.1:9', at(recordings[0])],
      [at(recordings[0]), '--format', 'nothing'],
    ];
    for (const args of cases) expect(failureComplaint(await runInside(...args), 2, 'ERR_ARGUMENT')).toBeNull();
  });
});

/** An AEDAT 2.0 file of a DAVIS240C, or of a chip that is not named, with two events. */
function aedat2(chip = '# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n', x = 60, y = 50): Uint8Array {
  const header = Buffer.from(`#!AER-DAT2.0\r\n${chip}`);
  const events = Buffer.alloc(16);
  events.writeUInt32BE(((y << 22) | (x << 12)) >>> 0, 0);
  events.writeUInt32BE(1000, 4);
  events.writeUInt32BE(((y << 22) | ((x + 1) << 12)) >>> 0, 8);
  events.writeUInt32BE(1001, 12);
  return Buffer.concat([header, events]);
}

/** A model file that says it is of a version that there is none of yet. */
function otherVersion(bytes: Buffer): Uint8Array {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = bytes.toString('utf8', 8, 8 + length);
  const changed = header.replace('"version":"1"', '"version":"9"');
  expect(changed).not.toBe(header);
  return Buffer.concat([bytes.subarray(0, 8), Buffer.from(changed), bytes.subarray(8 + length)]);
}
