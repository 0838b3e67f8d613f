// Packs the package, installs the tarball in an empty folder as a user would, and uses it from there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT = 5_000_000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'rxspike-package-'));
const windows = process.platform === 'win32';
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: windows });

function sizeOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function expect(what, ok) {
  if (!ok) throw new Error(`package: ${what}`);
  console.log(`ok: ${what}`);
}

try {
  const tarball = run('npm', ['pack', '--silent', '--pack-destination', folder], root).trim().split('\n').at(-1);
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  run('npm', ['install', '--silent', '--omit=optional', join(folder, tarball)], folder);
  const own = sizeOf(join(folder, 'node_modules', 'rxspike'));
  console.log(`installed package: ${own} bytes; with its dependencies: ${sizeOf(join(folder, 'node_modules'))} bytes`);
  expect(`the installed package is under ${LIMIT} bytes`, own < LIMIT);

  const summary = JSON.parse(
    run('npx', ['--no-install', 'rxspike', 'run', '--once', '--speed', 'max', '--json'], folder)
      .trim()
      .split('\n')
      .at(-1),
  );
  expect(
    'the installed command decides once on each bundled recording',
    summary.decisions === 30 && summary.dropped === 0,
  );

  const script = `
    import { draw } from 'rxspike';
    import { fromPackets } from 'rxspike/streams';
    import { bundledRecordings, openRecording } from 'rxspike/adapters';
    const [first] = await bundledRecordings();
    const recording = await openRecording(first.path);
    let events = 0;
    fromPackets(recording.events()).subscribe({ next: (p) => (events += p.length), complete: () => console.log(events > 1000 && draw({ seed: 1, stream: '', pass: 0, layer: 'l' }, 0, 0) < 1) });
  `;
  writeFileSync(join(folder, 'use.mjs'), script);
  expect('the three entrances import and read a recording', run('node', ['use.mjs'], folder).trim() === 'true');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
