// A thread of `scripts/fuzz.mjs`: damages one sample again and again, and tells what it found.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { RandomSequence } from '../../../../src/index.js';
import type { SampleRow } from '../samples.js';
import { watchAllocations } from './allocations.js';
import { Coverage } from './coverage.js';
import { judge } from './laws.js';
import { mutate, plan, type Plan } from './mutate.js';
import { subject } from './subject.js';

interface Task {
  readonly sample: Pick<SampleRow, 'name' | 'file' | 'size' | 'options' | 'looksFar'>;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly guided: boolean;
  /** [number of the input that is being read, for the watchdog]. */
  readonly shared: SharedArrayBuffer;
}

/** Inputs that a guided search builds on: no larger than this, bytes. */
const LARGEST = 1 << 16;

const task = workerData as Task;
const now = new Int32Array(task.shared);
const { name, file, size, options, looksFar } = task.sample;
const whole = new Uint8Array(readFileSync(file)).slice(0, size);
const known = await subject({ name, bytes: whole, open: { name, ...options }, ...(looksFar && { looksFar }) });
const allocations = watchAllocations();
const codes: Record<string, number> = {};
const corpus: { readonly bytes: Uint8Array; readonly plan: Plan }[] = [{ bytes: whole, plan: known.plan }];
const coverage = task.guided ? new Coverage() : null;
const tell = (message: object): void => parentPort?.postMessage(message, []);
let [largest, total, breaches] = [0, 0, 0];

for (let k = task.from; k < task.to; k++) {
  Atomics.store(now, 0, k);
  const random = new RandomSequence(k + task.seed * 2 ** 32, name);
  // A guided search goes on from what it kept, and from the undamaged file as often.
  const parent = corpus[random.integer(2) * random.integer(corpus.length)];
  const mutant = mutate(parent.bytes, parent.plan, random);
  const verdict = await judge(mutant.bytes, known, random, allocations);
  codes[verdict.code ?? 'clean'] = (codes[verdict.code ?? 'clean'] ?? 0) + 1;
  largest = Math.max(largest, verdict.largest);
  total = Math.max(total, verdict.total);
  if (verdict.breach !== null && ++breaches <= 20) {
    tell({
      kind: 'breach',
      input: k,
      what: mutant.what,
      breach: verdict.breach,
      bytes: mutant.bytes,
    });
  }
  if (coverage?.news() === true && mutant.bytes.length <= LARGEST && mutant.bytes.length > 0) {
    corpus.push({ bytes: mutant.bytes, plan: plan(mutant.bytes) });
  }
  // Lets messages out.
  if (k % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
}
tell({
  kind: 'done',
  codes,
  largest,
  total,
  breaches,
  corpus: corpus.length,
  covered: coverage?.size ?? null,
});
coverage?.end();
