import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../shared-data.js';
import { command, start } from './command-line.js';
import { temporaryFolder, writeModel } from './provisional-model.js';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const LEAVE_PATTERN = /\?1049l/;
const RECORDING = projectRoot('assets', 'nmnist', '00936.bin');

let folder: string;
let model: string;
beforeAll(() => {
  folder = temporaryFolder();
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('on a terminal', () => {
  it('run shows the live view, and restores the terminal before the summary when interrupted', async () => {
    const running = start(['run', '--model', model, '--speed', '4'], { terminal: true });
    await running.seen(/truth \d [✓✗]/);
    running.child.kill('SIGINT');
    const { status, stdout } = await running.finished;
    expect(status).toBe(130);
    expect(stdout.startsWith(ENTER)).toBe(true);
    const [shown, after] = stdout.split(LEAVE);
    expect(shown).toContain('accuracy');
    expect(shown).toContain('\u001b[H');
    expect(after).toMatch(/^(\d\.\d{3} s {2}\d {2}confidence .*\n){1,10}decisions [1-9]/);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(after).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(shown).not.toMatch(/\d\.\d{3} s {2}\d {2}confidence/);
  });

  it('run leaves the decisions on the screen: all of a few, of many the last ones', async () => {
    const once = await command(['run', '--model', model, '--once', '--speed', 'max'], { terminal: true });
    const lines = once.stdout.split(LEAVE)[1].trimEnd().split('\n');
    expect(lines).toHaveLength(33);
    expect(lines[0]).toMatch(/^0\.3\d\d s {2}\d {2}confidence .*00980\.bin$/);
    expect(lines[30]).toMatch(/^decisions 30,/);
    const many = Array.from({ length: 45 }, () => RECORDING);
    const long = await command(['run', '--model', model, '--speed', 'max', ...many], { terminal: true });
    const after = long.stdout.split(LEAVE)[1].trimEnd().split('\n');
    expect(after).toHaveLength(44);
    expect(after[0]).toBe('the last 40 decisions, after 5 before');
    expect(after[41]).toBe('decisions 45');
  });

  it.skipIf(process.platform === 'win32')('run gives the terminal back while it is stopped with Ctrl-Z', async () => {
    const running = start(['run', '--model', model, '--speed', '4'], { terminal: true });
    await running.seen('accuracy');
    running.child.kill('SIGTSTP');
    const stopped = await running.seen(LEAVE_PATTERN);
    expect(stopped.endsWith(LEAVE)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await running.seen(LEAVE_PATTERN)).toBe(stopped);
    running.child.kill('SIGCONT');
    const again = await running.seen(/1049l[^]*1049h[^]*accuracy/);
    expect(again.slice(stopped.length).startsWith(ENTER)).toBe(true);
    running.child.kill('SIGINT');
    const { status, stdout } = await running.finished;
    expect(status).toBe(130);
    expect(stdout.split(LEAVE)).toHaveLength(3);
  });

  it('run restores the terminal before an error is told', async () => {
    const cut = join(folder, 'cut.bin');
    writeFileSync(cut, readFileSync(RECORDING).subarray(0, 5001));
    const { status, stdout, stderr } = await command(['run', '--model', model, cut, '--speed', '4'], {
      terminal: true,
    });
    expect(status).toBe(1);
    expect(stdout.split(LEAVE)).toHaveLength(2);
    expect(stderr).toMatch(/^rxspike: ERR_TRUNCATED: .*\n$/);
  });

  it('run --json keeps stdout free of the view', async () => {
    const { stdout, json } = await command(['run', '--model', model, RECORDING, '--speed', 'max', '--json'], {
      terminal: true,
    });
    expect(stdout).not.toContain('\u001b');
    expect(json).toMatchObject({ decisions: 1 });
  });

  it('train draws a bar on stderr and ends its line', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const rows = ['00980.bin,0', '00962.bin,1'];
    writeFileSync(join(data, 'labels.csv'), `file,label\n${rows.join('\n')}\n`);
    for (const row of rows) {
      const [file] = row.split(',');
      writeFileSync(join(data, file), readFileSync(projectRoot('assets', 'nmnist', file)));
    }
    const args = ['train', '--data', data, '--out', join(folder, 'm'), '--hidden', '4', '--epochs', '3'];
    const { status, stdout, stderr } = await command(args, { terminal: true });
    expect(status).toBe(0);
    expect(stderr).toMatch(/\r\[█+ *\] epoch 3 of 3 /);
    expect(stderr.endsWith('\u001b[K\n')).toBe(true);
    expect(stdout).toMatch(/^wrote .* after [\d.]+ s\n$/);
  });

  it('eval shows on stderr how far it is, and clears that away', async () => {
    const data = projectRoot('assets', 'nmnist');
    const { status, stdout, stderr } = await command(['eval', '--data', data, '--model', model], { terminal: true });
    expect(status).toBe(0);
    expect(stderr).toMatch(/\r\[█+ *\] \d+ of 30 recordings, \d+ right/);
    expect(stderr).toContain('30 of 30 recordings');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
    expect(stdout).toMatch(/^accuracy /);
    expect((await command(['eval', '--data', data, '--model', model])).stderr).toBe('');
  });
});
