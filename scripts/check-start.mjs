// A fresh clone and nothing but `npm start`: the first thing that a new user does.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'rxspike-start-'));
const clone = join(folder, 'rxspike');
const shell = process.platform === 'win32';

function expect(what, ok) {
  if (!ok) throw new Error(`npm start: ${what}`);
  console.log(`ok: ${what}`);
}

/** Runs `npm start` with arguments; resolves to exit code, stdout, and seconds to the first line that matches. */
function start(args, firstLine) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let stdout = '';
    let firstAt = null;
    const child = spawn('npm', ['start', '--', ...args], { cwd: clone, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.resume();
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (firstAt === null && firstLine.test(stdout)) firstAt = (performance.now() - begin) / 1000;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, firstAt }));
  });
}

/** The summary without what a clock decides. */
function timeless(stdout) {
  const summary = JSON.parse(stdout.trim().split('\n').at(-1));
  const { decisions, correct, accuracy, events, spikes, dropped, seed, model } = summary;
  return { summary, fixed: JSON.stringify({ decisions, correct, accuracy, events, spikes, dropped, seed, model }) };
}

try {
  const cloned = spawnSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone], { stdio: 'inherit' });
  expect('the clone is made', cloned.status === 0);

  const begin = performance.now();
  const first = await start(['--once', '--json', '--speed', 'max'], /\{/);
  const one = timeless(first.stdout);
  console.log(`set-up and one run at full speed: ${((performance.now() - begin) / 1000).toFixed(1)} s; ${one.fixed}`);
  expect(
    'exit status 0, thirty decisions, nothing dropped',
    first.code === 0 && one.summary.decisions === 30 && one.summary.dropped === 0,
  );

  const second = await start(['--once', '--json', '--seed', '1'], /\{/);
  const two = timeless(second.stdout);
  const { p50, p99 } = two.summary.latencyMs;
  console.log(`at the speed of the sensor: decision latency median ${p50} ms, p99 ${p99} ms`);
  expect('the same seed gives the same summary at another speed', two.fixed === one.fixed);

  const third = await start(['--once'], /\n[^>\n][^\n]*\d[^\n]*\n/);
  console.log(`second start: first decision after ${third.firstAt?.toFixed(2)} s`);
  expect('plain lines without a terminal, no control characters', third.code === 0 && !third.stdout.includes('\u001b'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
