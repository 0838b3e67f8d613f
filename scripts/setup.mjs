// Sets the project up: dependencies as the lock file says, then the build. What is up to date is left alone, and what an
// interruption left half done is done again: a stamp is removed before the work that it vouches for and written after it.
// Everything it says goes to stderr.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What ends set-up with one line for people. */
export class SetupError extends Error {}

const OLDEST = [20, 19];

/** A line that says why this Node version cannot run the project, or null. */
export function nodeTooOld(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return null;
  return `Node ${OLDEST.join('.')} or newer is needed, this is ${version}: see https://nodejs.org`;
}

const readText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const parse = (text) => {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
};

const say = (text) => process.stderr.write(`rxspike set-up: ${text}\n`);

// ---------------------------------------------------------------------------------------------------- dependencies

/** What the installed packages depend on: the lock file's bytes, Node's major version, the platform. */
export function dependencyStamp(lockText, nodeVersion, platform) {
  const lock = createHash('sha256').update(lockText).digest('hex');
  return `${lock} node-${nodeVersion.replace(/^v/, '').split('.')[0]} ${platform}`;
}

/**
 * True where npm's own record of an installation (`node_modules/.package-lock.json`, parsed) holds every package of the
 * lock file (parsed). Optional packages may be missing: which of them are installed depends on the platform.
 */
export function recordCovers(lock, record) {
  const installed = record?.packages;
  if (!lock?.packages || !installed) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '' || wanted.optional || wanted.devOptional || wanted.peer) return true;
    const found = installed[path];
    return found?.version === wanted.version && found?.integrity === wanted.integrity;
  });
}

/** True where every package that `package.json` (parsed) names itself has its folder. */
function foldersThere(root, manifest) {
  const names = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies });
  return names.every((name) => existsSync(join(root, 'node_modules', name, 'package.json')));
}

/** How npm is called: through the script that started us where there is one, so that no shell is needed. */
export function npmCall(environment, platform, args) {
  const script = environment.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script))
    return { file: process.execPath, args: [script, ...args], shell: false };
  return { file: 'npm', args, shell: platform === 'win32' };
}

const QUIET = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * `npm ci`; where it refuses the lock file because packages for other platforms are not in it (a registry need not have
 * them all), `npm install`, which takes the very same versions and leaves those out. The lock file stays as it is.
 */
function npmInstall(root, lockText) {
  const clean = npmCall(process.env, process.platform, ['ci', ...QUIET]);
  const done = spawnSync(clean.file, clean.args, {
    cwd: root,
    shell: clean.shell,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (done.status === 0) return;
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}`;
  if (done.error || done.signal || !output.includes('EUSAGE')) {
    process.stderr.write(output.split('\n').slice(0, 20).join('\n'));
    check(done, 'npm ci failed: is the package registry reachable?');
  }
  const install = npmCall(process.env, process.platform, ['install', '--no-save', ...QUIET]);
  try {
    run(install, root, 'npm install failed: is the package registry reachable?');
  } finally {
    const lockFile = join(root, 'package-lock.json');
    if (readText(lockFile) !== lockText) writeFileSync(lockFile, lockText);
  }
}

function installDependencies(root) {
  const stampFile = join(root, 'node_modules', '.rxspike-setup');
  const lockText = readText(join(root, 'package-lock.json'));
  if (lockText === null) throw new SetupError('package-lock.json is missing: this is not a complete clone');
  const wanted = dependencyStamp(lockText, process.versions.node, `${process.platform}-${process.arch}`);
  const manifest = parse(readText(join(root, 'package.json')));
  const stamp = readText(stampFile);
  const record = join(root, 'node_modules', '.package-lock.json');
  const complete = () => foldersThere(root, manifest);
  if (stamp === wanted && complete()) return false;
  const exclusive = lockSetup(root);
  try {
    if (stamp === null && complete() && recordCovers(parse(lockText), parse(readText(record)))) {
      writeStamp(stampFile, wanted);
      return false;
    }
    if (readText(stampFile) === wanted && complete()) return false; // another set-up did it while this one waited
    say('installing dependencies …');
    rmSync(stampFile, { force: true });
    rmSync(record, { force: true });
    npmInstall(root, lockText);
    writeStamp(stampFile, wanted);
    return true;
  } finally {
    exclusive.release();
  }
}

// ----------------------------------------------------------------------------------------------------------- build

const SOURCE_FOLDERS = ['src', 'streams', 'adapters', 'cli'];

/** Digest over paths and bytes of everything that the build reads. */
export function sourceStamp(root) {
  const hash = createHash('sha256');
  const add = (path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  for (const folder of SOURCE_FOLDERS) {
    if (!existsSync(join(root, folder))) continue;
    const files = readdirSync(join(root, folder), { recursive: true })
      .map((name) => `${folder}/${String(name).replaceAll('\\', '/')}`)
      .filter((path) => /\.(ts|mts|json)$/.test(path));
    files.sort().forEach(add);
  }
  for (const file of ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) add(file);
  return hash.digest('hex');
}

function buildSources(root, force) {
  const dist = join(root, 'dist');
  const stampFile = join(dist, '.rxspike-build');
  const wanted = sourceStamp(root);
  const fresh = () => readText(stampFile) === wanted && existsSync(join(dist, 'cli', 'main.js'));
  if (!force && fresh()) return false;
  const exclusive = lockSetup(root);
  try {
    if (!force && fresh()) return false;
    say('building …');
    const next = join(root, '.setup', 'dist');
    rmSync(next, { recursive: true, force: true });
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const call = { file: process.execPath, args: [tsc, '-p', 'tsconfig.build.json', '--outDir', next], shell: false };
    run(call, root, 'the build failed (see above)');
    writeStamp(join(next, '.rxspike-build'), wanted);
    rmSync(dist, { recursive: true, force: true, maxRetries: 3 });
    renameSync(next, dist);
    return true;
  } finally {
    exclusive.release();
  }
}

// ---------------------------------------------------------------------------------------------------------- ground

function run({ file, args, shell }, cwd, failure) {
  // The child's stdout goes to our stderr: stdout carries results only.
  check(spawnSync(file, args, { cwd, shell, stdio: ['ignore', 2, 2] }), failure);
}

function check(done, failure) {
  if (done.error) throw new SetupError(`${failure} (${done.error.message})`);
  if (done.signal) {
    const interrupted = new SetupError(`interrupted (${done.signal})`);
    interrupted.exitCode = 130;
    throw interrupted;
  }
  if (done.status !== 0) throw new SetupError(failure);
}

function writeStamp(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** True where a process of that number lives. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A lock is written within this time, and kept no longer than that, ms. */
const BEING_WRITTEN = 5000;
const LONGEST = 900_000;

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Keeps two set-ups of one clone from working at the same time: waits while another lives, and takes over what a dead one
 * left. A lock without a number in it is being written, unless it is old. One of a quarter of an hour is taken over in any
 * case: no set-up lasts as long, and the number of a dead one may be another process by now.
 */
export function lockSetup(root, wait = pause) {
  const folder = join(root, '.setup');
  const path = join(folder, 'lock');
  mkdirSync(folder, { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readText(path));
    const abandoned =
      owner > 0 ? owner === process.pid || !isAlive(owner) || isOld(path, LONGEST) : isOld(path, BEING_WRITTEN);
    if (abandoned) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say(`waiting for another set-up${owner > 0 ? ` (process ${owner})` : ''} …`);
    told = true;
    wait(100);
  }
}

function isOld(path, ms) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > ms;
}

/**
 * Sets up `root`; returns what was done. `build`: 'always' builds even where nothing changed.
 * Throws a SetupError with one line for people.
 */
export function setUp(root = ROOT, { build = 'changed' } = {}) {
  const complaint = nodeTooOld(process.versions.node);
  if (complaint) throw new SetupError(complaint);
  const begin = Date.now();
  const installed = installDependencies(root);
  const built = buildSources(root, build === 'always');
  if (installed || built) say(`done in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  return { installed, built };
}

/** Runs `setUp` for a script: says what went wrong in one line and ends the process. */
export function setUpOrExit(options) {
  try {
    setUp(ROOT, options);
  } catch (error) {
    if (process.env.RXSPIKE_DEBUG === '1') throw error;
    process.stderr.write(`rxspike set-up: ${error.message}\n`);
    process.exit(error.exitCode ?? 1);
  }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === realpathSync(process.argv[1])) setUpOrExit();
