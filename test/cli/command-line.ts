import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../cli/program.js';
import { sourceStamp } from '../../scripts/setup.mjs';
import { projectRoot } from '../shared-data.js';

/** What a command did. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout as JSON; null where it is none. */
  readonly json: Record<string, unknown> | null;
}

const BUILDS = projectRoot('.setup', 'test-builds');
const STALE = 3_600_000;
let built: string | null = null;

/**
 * The command line built from the sources as they are now, apart from `dist`: path of its `main.js`. Test workers share
 * a build; types are left to the type check.
 */
export function builtCli(): string {
  if (built !== null) return built;
  const folder = join(BUILDS, sourceStamp(projectRoot()).slice(0, 16));
  if (!existsSync(folder)) {
    const next = `${folder}.${process.pid}`;
    mkdirSync(BUILDS, { recursive: true });
    const tsc = projectRoot('node_modules', 'typescript', 'bin', 'tsc');
    const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', next], {
      cwd: projectRoot(),
      encoding: 'utf8',
    });
    if (!existsSync(join(next, 'cli', 'main.js'))) throw new Error(`the build failed:\n${done.stdout}${done.stderr}`);
    try {
      renameSync(next, folder);
    } catch {
      rmSync(next, { recursive: true, force: true }); // another worker was first
    }
    for (const name of readdirSync(BUILDS)) {
      const old = statSync(join(BUILDS, name), { throwIfNoEntry: false });
      if (old && Date.now() - old.mtimeMs > STALE) rmSync(join(BUILDS, name), { recursive: true, force: true });
    }
  }
  utimesSync(folder, new Date(), new Date());
  built = join(folder, 'cli', 'main.js');
  return built;
}

function parsed(stdout: string): Record<string, unknown> | null {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** A command that is running. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves once `text` has appeared on stdout, with all of stdout so far. */
  seen(text: string | RegExp): Promise<string>;
  /** All of stderr so far. */
  complaints(): string;
  readonly finished: Promise<Finished>;
}

/** How the command line is started. */
export interface StartOptions {
  readonly input?: Uint8Array;
  readonly timeout?: number;
  /** Leaves stdin open, to be written to. */
  readonly open?: boolean;
  /** Makes it believe that it writes to a terminal of 80 × 24. */
  readonly terminal?: boolean;
}

/** Starts the command line as a child process. It is killed, and so fails its test, if it takes longer than `timeout` ms. */
export function start(
  args: readonly string[],
  { input, timeout = 60_000, open = false, terminal = false }: StartOptions = {},
): Running {
  // Output is still a pipe: what a terminal would be sent can be read.
  const pretend = `for (const s of [process.stdout, process.stderr]) Object.assign(s, { isTTY: true, columns: 80, rows: 24 })`;
  const preload = terminal ? ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`] : [];
  const child = spawn(process.execPath, [...preload, builtCli(), ...args], {
    cwd: projectRoot(),
    env: { ...process.env, RXSPIKE_DEBUG: '', NO_COLOR: '1', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    watchers.forEach((watch) => watch());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  if (!open) child.stdin.end(input);
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (status) => {
      resolve({ status, stdout, stderr, json: parsed(stdout) });
      watchers.forEach((watch) => watch());
    });
  });
  const seen = (text: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (stdout.search(text) < 0) {
          if (child.exitCode !== null) reject(new Error(`never said ${String(text)}: ${stdout}${stderr}`));
          return;
        }
        watchers.delete(watch);
        resolve(stdout);
      };
      watchers.add(watch);
      watch();
    });
  return { child, seen, complaints: () => stderr, finished };
}

/** Runs the command line to its end. */
export function command(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return start(args, options).finished;
}

/** What is wrong with how a command failed, by the contract: exit status, one line with the code on stderr, no stack. */
export function failureComplaint(done: Finished, status: number, code: string): string | null {
  if (done.status !== status) return `exit status ${done.status}: ${done.stderr}`;
  if (!/^rxspike: ERR_[A-Z_]+: [^\n]+\n$/.test(done.stderr))
    return `stderr is not one line: ${JSON.stringify(done.stderr)}`;
  if (!done.stderr.startsWith(`rxspike: ${code}: `)) return `not ${code}: ${done.stderr}`;
  if (/\n\s+at |\.js:\d+/.test(done.stderr)) return `a stack: ${done.stderr}`;
  return null;
}

/** Runs the command line within the test's own process: quicker, for what needs no process of its own. */
export async function commandInside(args: readonly string[]): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  const status = await runCommand(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    interrupted: new AbortController().signal,
  });
  return { status, stdout, stderr, json: parsed(stdout) };
}
