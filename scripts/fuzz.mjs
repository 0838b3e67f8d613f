// Damages the sample of each format again and again and holds what its reader makes of that against the laws of
// test/adapters/files/fuzz/laws.ts.
//
//   node scripts/fuzz.mjs [--format F | --file PATH [--size N]] [--inputs N] [--seed S] [--guided] [--keep FOLDER] [--json]
//
// --format   a sample by its name or a format by its; default all
// --file     a recording of one's own, or the first --size bytes of it
// --inputs   a sample, default 100000; a million takes minutes a format
// --seed     default 1; the same seed gives the same inputs
// --guided   builds on inputs that reached code that none before them did
// --keep     folder for inputs that broke a law
// A law that was broken is an exit status of 1. An input that takes more than 10 s is a hang, and ends its sample.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { ROOT } from './setup.mjs';

const HANG = 10_000;
const { values } = parseArgs({
  options: {
    format: { type: 'string' },
    file: { type: 'string' },
    size: { type: 'string' },
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    guided: { type: 'boolean', default: false },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
if (!(Number.isInteger(inputs) && inputs > 0 && Number.isInteger(seed)))
  throw new Error('--inputs N and --seed S are whole numbers');

/** The tests' own code, made runnable, in a folder from which packages are found. */
function build() {
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'rxspike-fuzz-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', 'false', '--declaration', 'false', '--isolatedDeclarations', 'false'];
  const done = spawnSync(
    process.execPath,
    [tsc, '-p', 'tsconfig.json', ...options, '--rootDir', '.', '--outDir', folder],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  if (!existsSync(join(folder, 'test/adapters/files/fuzz/worker.js')))
    throw new Error(`the build failed: ${done.stdout}`);
  return folder;
}

/** Runs one sample in a thread that is ended when it hangs. */
function run(folder, sample) {
  return new Promise((done) => {
    const shared = new SharedArrayBuffer(4);
    const at = new Int32Array(shared);
    const begin = performance.now();
    const result = { sample: sample.name, inputs: 0, seconds: 0, codes: {}, breaches: [], largest: 0, total: 0 };
    const worker = new Worker(join(folder, 'test/adapters/files/fuzz/worker.js'), {
      workerData: { sample, seed, from: 0, to: inputs, guided: values.guided, shared },
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    let [last, since] = [-1, performance.now()];
    const watchdog = setInterval(() => {
      const current = Atomics.load(at, 0);
      if (current !== last) [last, since] = [current, performance.now()];
      else if (performance.now() - since > HANG) {
        result.breaches.push({ input: current, what: '', breach: `hangs: more than ${HANG / 1000} s` });
        void worker.terminate();
      }
    }, 500);
    worker.on('message', (message) => {
      if (message.kind === 'breach') {
        const { input, what, breach, bytes } = message;
        result.breaches.push({ input, what, breach });
        if (values.keep !== undefined) {
          mkdirSync(values.keep, { recursive: true });
          writeFileSync(join(values.keep, `${seed}-${input}-${sample.name}`), bytes);
        }
      } else {
        const { kind: _, breaches: count, ...rest } = message;
        Object.assign(result, rest, { broken: count });
      }
    });
    worker.on('error', (error) => {
      result.breaches.push({ input: Atomics.load(at, 0), what: '', breach: `ends the thread: ${error.stack}` });
    });
    worker.on('exit', () => {
      clearInterval(watchdog);
      result.inputs = Atomics.load(at, 0) + 1;
      result.seconds = Math.round((performance.now() - begin) / 100) / 10;
      done(result);
    });
  });
}

const folder = build();
let failed = false;
try {
  const { SAMPLE_ROWS } = await import(pathToFileURL(join(folder, 'test/adapters/files/samples.js')).href);
  const own = values.file && {
    name: basename(values.file),
    file: values.file,
    size: values.size && Number(values.size),
  };
  const rows = own
    ? [own]
    : SAMPLE_ROWS.filter(({ name, format, variant }) =>
        values.format === undefined ? variant !== true : name === values.format || format === values.format,
      );
  if (rows.length === 0) throw new Error(`no sample or format ${values.format}`);
  for (const row of rows) {
    const { name } = row;
    const result = await run(folder, { ...row, file: own ? resolve(row.file) : join(ROOT, row.file) });
    failed ||= result.breaches.length > 0;
    if (values.json) {
      console.log(JSON.stringify(result));
      continue;
    }
    const { codes, largest, total, corpus, covered } = result;
    const ends = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
    const guided = values.guided ? `; ${corpus} inputs kept, ${covered} stretches of code` : '';
    console.log(`${name}: ${result.inputs} inputs in ${result.seconds} s; ${ends.join(', ')}${guided}`);
    console.log(`  largest array ${largest} bytes, most for one input ${total} bytes`);
    for (const { input, what, breach } of result.breaches)
      console.log(`  BROKEN by input ${input} (${what}): ${breach}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
