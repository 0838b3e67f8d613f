import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Model, Trainer, type TrainingReport, encodeModel } from '../src/index.js';
import { failureOf, stackOf } from './failure.js';
import { readLabels } from './labels.js';
import { readTrainingData } from './training-data.js';
import { encodeCheckpoint, readCheckpoint, restoreTrainer } from './training-checkpoint.js';
import { untrainedModel } from './training-plan.js';
import { writeWhole } from './write-whole.js';

/** What the worker is started with. */
export interface TrainingTask {
  readonly data: string;
  readonly out: string;
  readonly checkpoint: string;
  readonly resume: boolean;
  readonly epochs: number;
  readonly hidden: number;
  readonly rate: number;
  readonly seed: number;
  /** One int32: not 0 asks the worker to stop after the batch it is at. */
  readonly stop: SharedArrayBuffer;
}

/** What the worker tells. */
export type TrainingNews =
  | { readonly kind: 'begun'; readonly samples: number; readonly classes: readonly string[]; readonly resumed: number }
  | { readonly kind: 'progress'; readonly report: TrainingReport }
  | { readonly kind: 'done'; readonly epochs: number; readonly report: TrainingReport | null }
  | {
      readonly kind: 'stopped';
      readonly epochs: number;
      readonly report: TrainingReport | null;
      /** Whether there was something to keep. */
      readonly checkpoint: boolean;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly stack: string };

/** A checkpoint is written after an epoch when the one before it is older than this, ms. */
const CHECKPOINT_EVERY = 5000;

function note(task: TrainingTask, samples: number, report: TrainingReport | null): string {
  const { epochs, hidden, rate, seed } = task;
  const reached = report ? `; last epoch: loss ${report.loss.toFixed(4)}, accuracy ${report.accuracy.toFixed(4)}` : '';
  return (
    `rxspike train: surrogate gradient, Adam, ${epochs} epochs over ${samples} samples, ${hidden} hidden neurons, ` +
    `rate ${rate}, seed ${seed}${reached} (on the training recordings, moved at random)`
  );
}

async function train(task: TrainingTask, tell: (news: TrainingNews) => void): Promise<void> {
  const { epochs, rate, seed, hidden, checkpoint } = task;
  const stop = new Int32Array(task.stop);
  const rows = await readLabels(task.data);
  const state = task.resume ? await readCheckpoint(checkpoint, task) : null;
  const going = (): boolean => Atomics.load(stop, 0) === 0;
  const data = await readTrainingData(rows, going);
  if (data === null) return tell({ kind: 'stopped', epochs: 0, report: null, checkpoint: false });
  const name = basename(task.out).replace(/\.safetensors$/i, '');
  const model = untrainedModel(name, data.shape, { hidden, seed });
  const samples = await data.samples(model);
  const trainer = new Trainer(model, samples, { epochs, rate, seed });
  if (state !== null) restoreTrainer(trainer, checkpoint, state);
  tell({ kind: 'begun', samples: samples.length, classes: data.shape.classes, resumed: trainer.epochs });
  let report: TrainingReport | null = null;
  let saved = Date.now();
  while (!trainer.done && going()) {
    report = trainer.trainBatch();
    tell({ kind: 'progress', report });
    if (report.batch === report.batches && Date.now() - saved > CHECKPOINT_EVERY) {
      await writeWhole(checkpoint, encodeCheckpoint(task, trainer));
      saved = Date.now();
    }
  }
  if (!trainer.done) {
    await writeWhole(checkpoint, encodeCheckpoint(task, trainer));
    return tell({ kind: 'stopped', epochs: trainer.epochs, report, checkpoint: true });
  }
  const trained: Model = {
    ...model,
    network: trainer.network,
    training: { files: data.files, images: [], seed, note: note(task, samples.length, report) },
  };
  await writeWhole(task.out, encodeModel(trained));
  tell({ kind: 'done', epochs: trainer.epochs, report });
}

const port = parentPort;
if (port) {
  train(workerData as TrainingTask, (news) => port.postMessage(news)).catch((error: unknown) => {
    const { code, message } = failureOf(error);
    port.postMessage({ kind: 'failed', code, message, stack: stackOf(error) } satisfies TrainingNews);
  });
}
