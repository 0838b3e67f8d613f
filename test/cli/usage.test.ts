import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SIMULATED_SCENES } from '../../adapters/index.node.js';
import { FORMAT_NAMES } from '../../cli/options.js';
import { builtCli, command, commandInside, failureComplaint } from './command-line.js';
import { projectRoot } from '../shared-data.js';

const COMMANDS = ['run', 'info', 'convert', 'cat', 'check', 'repair', 'render', 'serve', 'train', 'eval'];

const helpOf = async (name: string): Promise<string> =>
  (await commandInside([name, '--help'])).stdout.replaceAll(/\s+/g, ' ');

describe('help', () => {
  it('lists the commands and shows examples', async () => {
    const { status, stdout, stderr } = await command(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of COMMANDS) expect(stdout).toContain(`  ${name} `);
    expect(stdout).toContain('Examples:\n  $ rxspike ');
  });

  it.each(COMMANDS)('of %s has its options and examples', async (name) => {
    const { status, stdout } = await commandInside([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout).toContain(`Examples:\n  $ rxspike ${name}`);
  });

  it('is also asked for with the word help', async () => {
    const [whole, run] = await Promise.all([commandInside(['help']), commandInside(['help', 'run'])]);
    expect(whole).toEqual(await commandInside(['--help']));
    expect(run).toEqual(await commandInside(['run', '--help']));
    expect(whole.stdout).toContain('  help [command] ');
  });

  it('states what is taken where nothing is said, the formats, the simulated cameras and a table of labels', async () => {
    const [run, info, train, evaluate] = await Promise.all(['run', 'info', 'train', 'eval'].map(helpOf));
    expect(run).toContain('(default: the bundled one');
    expect(evaluate).toContain('(default: the bundled one');
    expect(train).toContain('(default: OUT.ckpt)');
    for (const text of [train, evaluate]) expect(text).toContain('file,label 0001.aedat4,wave');
    for (const text of [run, info]) for (const name of FORMAT_NAMES) expect(text).toContain(name);
    const ends = SIMULATED_SCENES.filter((scene) => !/-[1-8]$/.test(scene));
    for (const scene of ends) expect(run).toContain(`sim:${scene}`);
  });

  it('names the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(projectRoot('package.json'), 'utf8')) as { version: string };
    expect((await commandInside(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('wrong use: exit status 2 and one line with the nearest right word', () => {
  it.each([
    [['run', '--sped', '2'], "unknown option '--sped'; the nearest is --speed"],
    [['run', '--onse'], "unknown option '--onse'; the nearest is --once"],
    [['run', '--josn=1'], "unknown option '--josn=1'; the nearest is --json"],
    [['info', 'x', '--digset'], "unknown option '--digset'; the nearest is --digest"],
    [['serve', 'x', '--prot', '1'], "unknown option '--prot'; the nearest is --port"],
    [['train', '--data', 'd', '--out', 'o', '--epoch', '1'], "unknown option '--epoch'; the nearest is --epochs"],
    [['eval', '--dta', 'd'], "unknown option '--dta'; the nearest is --data"],
    [['run', '--xyzzy'], "unknown option '--xyzzy'; there are --once, --speed, --loop, --model, "],
    [
      ['frobnicate'],
      "unknown command 'frobnicate'; there are run, info, convert, cat, check, repair, render, serve, record, pipe, train, eval",
    ],
    [['help', 'rnu'], "unknown command 'rnu'; the nearest is run"],
    [['run', 'sim:disk'], 'sim:disk is not known; the nearest is disc'],
    [['run', 'sim:spiral'], 'sim:spiral is not known; there are bar, edge, disc, digits, digit-0'],
    [
      ['info', 'x', '--format', 'foo'],
      'It must be one of nmnist, csv, aedat1, aedat2, aedat3.0, aedat3.1, aedat4, evt2',
    ],
    [['info', 'x', '--format', 'nmist'], 'the nearest is nmnist'],
    [['rnu'], "unknown command 'rnu'; the nearest is run"],
    [['evaluate'], "unknown command 'evaluate'; the nearest is eval"],
    [[], 'a command is needed: run, info, convert, cat, check, repair, render, serve, record, pipe, train, eval'],
    [['run', '--speed', 'fast'], "option '--speed <n|max>' argument 'fast' is invalid"],
    [['run', '--speed', '0'], "option '--speed <n|max>' argument '0' is invalid"],
    [['run', '--speed', '-2'], "option '--speed <n|max>' argument '-2' is invalid"],
    [['run', '--speed'], "option '--speed <n|max>' argument missing"],
    [['run', '--seed', '1.5'], "option '--seed <n>' argument '1.5' is invalid"],
    [['serve', 'x', '--port', '70000'], "option '--port <n>' argument '70000' is invalid"],
    [['serve', 'x', '--clients', '0'], "option '--clients <n>' argument '0' is invalid"],
    [['info'], "missing required argument 'file'"],
    [['info', 'x', '--size', '10'], "option '--size <WxH>' argument '10' is invalid. It must be a size as 346x260."],
    [['info', 'x', '--size', '0x10'], 'It must be a size as 346x260.'],
    [['info', 'x', '--time-unit', 'min'], 'It must be one of s, ms, us, ns'],
    [['convert', 'x'], "missing required argument 'out'"],
    [['convert', 'x', 'y', '--too', 'evt3'], "unknown option '--too'; the nearest is --to"],
    [['convert', 'x', 'y', '--to', 'evt4'], 'the nearest is evt2'],
    [['convert', 'x', 'y', '--to', 'evt5'], 'the nearest is evt2'],
    [['convert', 'x', 'y', '--to', 'aedat3.0'], 'the nearest is aedat3.1'],
    [['convert', 'x', 'y', '--cilp'], "unknown option '--cilp'; the nearest is --clip"],
    [['convert', 'x', 'y.raw', '--crop', '1,2,3'], 'It must be X,Y,W,H in pixels'],
    [['convert', 'x', 'y.raw', '--crop', '1,2,3,0'], 'It must be X,Y,W,H in pixels'],
    [['convert', 'x', 'y.raw', '--denoise', '0'], "option '--denoise [µs]' argument '0' is invalid"],
    [['convert', 'x', 'y.raw', '--start', 'now'], 'It must be a time in µs.'],
    [['convert', 'x', 'y.raw', '--start', '5', '--end', '5'], '--start 5 is not before --end 5'],
    [['convert', 'x', 'y'], 'y: the extension names no format that is written; --to says which it is to be'],
    [['convert', 'x', '-'], 'stdout has no extension; --to says which it is to be'],
    [['convert', 'sim:bar', 'y.raw'], 'sim:bar is not a file: convert reads a recording, or - for stdin'],
    [['cat', 'x', '--as', 'jsn'], 'the nearest is json'],
    [['check'], "missing required argument 'file'"],
    [['render', 'x', 'y.jpg'], 'y.jpg: a picture is .png, .gif or .apng'],
    [['render', 'x', 'y.gif', '--fps', '60'], '--fps 60: .gif shows 0.01 to 50 pictures a second'],
    [['render', 'x', 'y.png', '--veiw', 'events'], "unknown option '--veiw'; the nearest is --view"],
    [['render', 'x', 'y.png', '--view', 'surfaces'], 'the nearest is surface'],
    [['render', 'x', 'y.png', '--start', '2', '--end', '1'], '--start 2 is not before --end 1'],
    [['info', 'a', 'b'], 'too many arguments'],
    [['train', '--data', 'd'], 'option --out is needed'],
    [['eval'], 'option --data is needed'],
  ])('%j', async (args, message) => {
    const done = await commandInside(args);
    expect(failureComplaint(done, 2, 'ERR_ARGUMENT')).toBeNull();
    expect(done.stderr).toContain(message);
    expect(done.stdout).toBe('');
  });

  it('is said as JSON too where that was asked for', async () => {
    const done = await command(['run', '--sped', '2', '--json']);
    expect(done.json).toEqual({
      error: { code: 'ERR_ARGUMENT', message: "unknown option '--sped'; the nearest is --speed" },
    });
    expect(done.status).toBe(2);
  });

  it('shows the stack behind it only when debugging', () => {
    const { stderr } = spawnSync(process.execPath, [builtCli(), 'run', '--sped'], {
      encoding: 'utf8',
      env: { ...process.env, RXSPIKE_DEBUG: '1' },
    });
    expect(stderr).toMatch(/\n\s+at /);
  });
});
