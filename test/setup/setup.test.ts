import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dependencyStamp,
  isAlive,
  lockSetup,
  nodeTooOld,
  npmCall,
  recordCovers,
  sourceStamp,
} from '../../scripts/setup.mjs';
import { projectRoot } from '../shared-data.js';

// A clone in miniature: the real set-up scripts, a stand-in for npm and one for the compiler. Both write down that they
// were called, and die where the file named in their environment tells them to.
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('calls.log', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
if (process.argv[2] === 'ci' && fs.existsSync('refuse-ci')) {
  console.error('npm error code EUSAGE\\nnpm error Missing: elsewhere@ from lock file');
  process.exit(1);
}
if (fs.existsSync('no-network')) { console.error('npm error code ENOTFOUND'); process.exit(1); }
if (process.argv[2] === 'install') fs.appendFileSync('package-lock.json', ' ');
console.error('npm warns');
fs.rmSync('node_modules', { recursive: true, force: true });
fs.mkdirSync('node_modules/typescript/bin', { recursive: true });
fs.writeFileSync('node_modules/typescript/package.json', '{}');
if (fs.existsSync('break-npm')) { fs.rmSync('break-npm'); process.kill(process.pid, 'SIGKILL'); }
fs.copyFileSync('fake-tsc.cjs', 'node_modules/typescript/bin/tsc');
fs.writeFileSync('node_modules/.package-lock.json', fs.readFileSync('package-lock.json'));
`;
const TSC = `
const fs = require('node:fs');
const out = process.argv[process.argv.indexOf('--outDir') + 1];
fs.appendFileSync('calls.log', 'tsc\\n');
fs.mkdirSync(out + '/cli', { recursive: true });
fs.writeFileSync(out + '/cli/main.js', '');
if (fs.existsSync('break-tsc')) { fs.rmSync('break-tsc'); console.log('cli/main.ts: error TS1'); process.exit(1); }
fs.writeFileSync(out + '/cli/program.js',
  'export const main = (argv) => { console.log("ran " + argv.join(" ")); process.exitCode = 7; };');
`;

let root: string;
const path = (...parts: string[]): string => join(root, ...parts);
const write = (name: string, text: string): void => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};
const calls = (): string[] => {
  if (!existsSync(path('calls.log'))) return [];
  const lines = readFileSync(path('calls.log'), 'utf8').trim().split('\n');
  rmSync(path('calls.log'));
  return lines.map((line) => line.split(' ').slice(0, 2).join(' '));
};
const start = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['scripts/start.mjs', 'run', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: path('npm-cli.cjs'), RXSPIKE_DEBUG: '' },
  });
const lockFile = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/typescript': { version, integrity: `sha512-${version}` } } });

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'rxspike-setup-')));
  for (const script of ['setup.mjs', 'start.mjs', 'build.mjs']) {
    mkdirSync(path('scripts'), { recursive: true });
    cpSync(projectRoot('scripts', script), path('scripts', script));
  }
  write('npm-cli.cjs', NPM);
  write('fake-tsc.cjs', TSC);
  write('package.json', JSON.stringify({ type: 'module', devDependencies: { typescript: '1' } }));
  write('package-lock.json', lockFile('1.0.0'));
  write('tsconfig.json', '{}');
  write('tsconfig.build.json', '{}');
  write('cli/main.ts', 'export {};');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('npm start in a fresh clone', () => {
  it('installs, builds and runs; stdout carries the results alone', () => {
    const first = start('--once', '--json');
    expect(calls()).toEqual(['npm ci', 'tsc']);
    expect(first.stdout).toBe('ran run --once --json\n');
    expect(first.status).toBe(7);
    expect(first.stderr).toContain('installing');
  });

  it('does nothing again where nothing changed, and says nothing', () => {
    start();
    calls();
    utimesSync(path('cli/main.ts'), new Date(), new Date());
    const second = start();
    expect(calls()).toEqual([]);
    expect(second).toMatchObject({ stdout: 'ran run\n', stderr: '', status: 7 });
  });

  it('builds again where a source changed, came or went, and installs where the lock file changed', () => {
    start();
    calls();
    write('cli/main.ts', 'export const changed = 1;');
    start();
    expect(calls()).toEqual(['tsc']);
    write('src/new.ts', '');
    start();
    expect(calls()).toEqual(['tsc']);
    rmSync(path('src/new.ts'));
    start();
    expect(calls()).toEqual(['tsc']);
    write('package-lock.json', lockFile('1.0.1'));
    start();
    expect(calls()).toEqual(['npm ci', 'tsc']);
    rmSync(path('node_modules/typescript'), { recursive: true });
    start();
    expect(calls()).toEqual(['npm ci']);
  });

  it('takes paths from where npm was called, or from the project where that folder is gone', () => {
    start();
    write('dist/cli/program.js', 'export const main = () => console.log(process.cwd());');
    mkdirSync(path('sub'));
    const from = (folder: string, event?: string): string => {
      const { npm_lifecycle_event: _, ...env } = process.env;
      const asNpm = event === undefined ? {} : { npm_lifecycle_event: event };
      const run = spawnSync(process.execPath, ['scripts/start.mjs'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...env, ...asNpm, INIT_CWD: folder, npm_execpath: path('npm-cli.cjs') },
      });
      return run.stdout.trim();
    };
    expect(from(path('sub'), 'rxspike')).toBe(path('sub'));
    expect(from(path('gone'), 'rxspike')).toBe(root);
    expect(from(path('sub'))).toBe(root);
  });

  it('builds anew when asked to', () => {
    start();
    calls();
    spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root });
    expect(calls()).toEqual(['tsc']);
  });

  it.skipIf(process.platform === 'win32')('ends when the shell that npm put between is ended', async () => {
    start();
    write(
      'dist/cli/program.js',
      `export const main = () => {
        process.on('SIGTERM', () => { console.log('ended'); process.exit(130); });
        setInterval(() => {}, 1000);
        console.log('runs');
      };`,
    );
    const shell = spawn('/bin/sh', ['-c', `'${process.execPath}' scripts/start.mjs; true`], {
      cwd: root,
      env: { ...process.env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    await new Promise<void>((resolve) => {
      shell.stdout.on('data', (text: Buffer) => {
        stdout += text.toString();
        if (stdout === 'runs\n') shell.kill('SIGTERM');
      });
      shell.stdout.on('close', resolve);
    });
    expect(stdout).toBe('runs\nended\n');
  });

  it('heals after an installation that was killed', () => {
    write('break-npm', '');
    const broken = start();
    expect(broken.status).toBe(130);
    expect(broken.stdout).toBe('');
    expect(broken.stderr).toContain('interrupted');
    expect(calls()).toEqual(['npm ci']);
    expect(start().status).toBe(7);
    expect(calls()).toEqual(['npm ci', 'tsc']);
  });

  it('takes npm install where the lock file lacks packages of other platforms, and leaves the lock file as it is', () => {
    write('refuse-ci', '');
    expect(start().status).toBe(7);
    expect(calls()).toEqual(['npm ci', 'npm install', 'tsc']);
    expect(readFileSync(path('package-lock.json'), 'utf8')).toBe(lockFile('1.0.0'));
    start();
    expect(calls()).toEqual([]);
  });

  it('says what npm said where there is no registry', () => {
    write('no-network', '');
    const broken = start();
    expect(broken.status).toBe(1);
    expect(broken.stdout).toBe('');
    expect(broken.stderr).toMatch(/ENOTFOUND\n.*npm ci failed: is the package registry reachable\?\n$/);
    expect(calls()).toEqual(['npm ci']);
  });

  it('heals after a build that failed, and leaves the last good one alone until then', () => {
    start();
    calls();
    write('cli/main.ts', 'export const broken = 1;');
    write('break-tsc', '');
    const broken = start();
    expect(broken.status).toBe(1);
    expect(broken.stdout).toBe('');
    expect(broken.stderr).toContain('error TS1');
    expect(broken.stderr).not.toContain('at ');
    expect(existsSync(path('dist/cli/program.js'))).toBe(true);
    expect(start().status).toBe(7);
    expect(calls()).toEqual(['tsc', 'tsc']);
  });

  it('takes packages that npm installed by itself, if they are those of the lock file', () => {
    start();
    rmSync(path('node_modules/.rxspike-setup'));
    calls();
    start();
    expect(calls()).toEqual([]);
    rmSync(path('node_modules/.rxspike-setup'));
    write('node_modules/.package-lock.json', lockFile('0.9.0'));
    start();
    expect(calls()).toEqual(['npm ci']);
  });

  it('says in one line that it may not write', () => {
    write('.setup', '');
    const broken = start();
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/^rxspike set-up: EEXIST: [^\n]*\n$/);
  });

  it('says in one line that a clone without lock file is not complete', () => {
    rmSync(path('package-lock.json'));
    const broken = start();
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/^rxspike set-up: package-lock.json is missing.*\n$/);
  });
});

describe('the lock of a set-up', () => {
  it('is taken over when it is older than any set-up lasts, whoever has its number now', () => {
    write('.setup/lock', String(process.ppid));
    const old = new Date(Date.now() - 1_000_000);
    utimesSync(path('.setup/lock'), old, old);
    lockSetup(root, () => {
      throw new Error('waited');
    }).release();
    expect(existsSync(path('.setup/lock'))).toBe(false);
  });

  it('is waited for while its owner lives, and taken over when the owner is dead', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    expect(isAlive(dead)).toBe(false);
    expect(isAlive(process.pid)).toBe(true);
    write('.setup/lock', String(dead));
    lockSetup(root).release();
    write('.setup/lock', String(process.ppid));
    let waits = 0;
    const lock = lockSetup(root, () => {
      if (++waits === 3) rmSync(path('.setup/lock'));
    });
    expect(waits).toBe(3);
    lock.release();
    expect(existsSync(path('.setup/lock'))).toBe(false);
  });

  it('without a number is being written, unless it is old', () => {
    write('.setup/lock', '');
    let waits = 0;
    lockSetup(root, () => {
      waits++;
      utimesSync(path('.setup/lock'), new Date(0), new Date(0));
    }).release();
    expect(waits).toBe(1);
  });
});

describe('decisions of set-up', () => {
  it.each([
    ['20.19.0', null],
    ['v20.20.2', null],
    ['22.0.0', null],
    ['20.18.3', 'Node 20.19 or newer is needed, this is 20.18.3: see https://nodejs.org'],
    ['v18.20.4', 'Node 20.19 or newer is needed, this is v18.20.4: see https://nodejs.org'],
  ])('on Node %s it says %s', (version, complaint) => {
    expect(nodeTooOld(version)).toBe(complaint);
  });

  it('stamps dependencies by lock file, Node major version and platform', () => {
    const stamp = dependencyStamp('a', '20.19.0', 'linux-x64');
    expect(dependencyStamp('a', '20.20.1', 'linux-x64')).toBe(stamp);
    expect(dependencyStamp('b', '20.19.0', 'linux-x64')).not.toBe(stamp);
    expect(dependencyStamp('a', '22.0.0', 'linux-x64')).not.toBe(stamp);
    expect(dependencyStamp('a', '20.19.0', 'win32-x64')).not.toBe(stamp);
  });

  it('stamps sources by path and content', () => {
    const before = sourceStamp(root);
    write('src/a.ts', 'ab');
    const one = sourceStamp(root);
    write('src/a.ts', 'a');
    write('src/b.ts', 'b');
    expect(new Set([before, one, sourceStamp(root)]).size).toBe(3);
    write('src/notes.md', 'x');
    expect(sourceStamp(root)).toBe(sourceStamp(root));
  });

  it('reads an installation record: versions and hashes must be those of the lock file', () => {
    const lock = JSON.parse(lockFile('1')) as { packages: Record<string, object> };
    expect(recordCovers(lock, lock)).toBe(true);
    expect(recordCovers(lock, JSON.parse(lockFile('2')))).toBe(false);
    expect(recordCovers(lock, null)).toBe(false);
    const withOptional = { packages: { ...lock.packages, 'node_modules/elsewhere': { version: '1', optional: true } } };
    expect(recordCovers(withOptional, lock)).toBe(true);
    const withMissing = { packages: { ...lock.packages, 'node_modules/elsewhere': { version: '1' } } };
    expect(recordCovers(withMissing, lock)).toBe(false);
  });

  it('calls npm without a shell where npm started it, and with one on Windows where it did not', () => {
    expect(npmCall({ npm_execpath: '/lib/npm-cli.js' }, 'win32', ['ci'])).toEqual({
      file: process.execPath,
      args: ['/lib/npm-cli.js', 'ci'],
      shell: false,
    });
    expect(npmCall({ npm_execpath: '/lib/yarn.js' }, 'linux', ['ci'])).toEqual({
      file: 'npm',
      args: ['ci'],
      shell: false,
    });
    expect(npmCall({}, 'win32', ['ci'])).toEqual({ file: 'npm', args: ['ci'], shell: true });
  });
});

describe('packing', () => {
  it('sets up and builds first, so that a package of a fresh clone is whole', () => {
    const { scripts } = JSON.parse(readFileSync(projectRoot('package.json'), 'utf8')) as { scripts: unknown };
    expect(scripts).toMatchObject({ prepack: 'node scripts/setup.mjs' });
  });
});
