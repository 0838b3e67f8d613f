import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, RxSpikeError, type TrainingReport } from '../../src/index.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import type { Output, TerminalStream } from '../output.js';
import { checkReplaceable, isCheckpoint, isModel } from '../output-file.js';
import type { CommandResult } from '../command.js';
import { type Progress, doneShare, progressBar, progressLine } from '../progress.js';
import type { TrainingNews, TrainingTask } from '../training-worker.js';

export interface TrainOptions {
  readonly data?: string;
  readonly out?: string;
  readonly epochs: number;
  readonly hidden: number;
  readonly lr: number;
  readonly checkpoint?: string;
  readonly resume: boolean;
  readonly seed: number;
}

/** A bar is drawn anew at most this often, ms. */
const REDRAW = 100;

/** Shows how far a training is: a bar on a terminal, else a line an epoch. */
class ProgressView {
  readonly #output: Output;
  readonly #terminal: TerminalStream | null;
  readonly #epochs: number;
  readonly #begin = performance.now();
  #first: number | null = null;
  #drawn = -Infinity;

  constructor(output: Output, epochs: number) {
    this.#output = output;
    this.#terminal = output.noteTerminal;
    this.#epochs = epochs;
  }

  show(report: TrainingReport): void {
    const now = performance.now();
    const share = doneShare({ ...report, epochs: this.#epochs });
    this.#first ??= share;
    const gone = share - this.#first;
    const left = gone > 0 ? (((now - this.#begin) / gone) * (1 - share)) / 1000 : null;
    const endOfEpoch = report.batch === report.batches;
    const epoch = endOfEpoch ? report.epoch + 1 : report.epoch;
    const progress: Progress = { ...report, epoch, batch: endOfEpoch ? 0 : report.batch, epochs: this.#epochs, left };
    if (this.#terminal === null) {
      if (endOfEpoch) this.#output.note(progressLine(progress));
    } else if (now - this.#drawn > REDRAW || endOfEpoch) {
      this.#drawn = now;
      this.#terminal.write(`\r${progressBar(progress, (this.#terminal.columns ?? 80) - 1)}\u001b[K`);
    }
  }

  end(): void {
    if (this.#terminal !== null && this.#drawn > 0) this.#terminal.write('\n');
  }
}

/** Runs the worker to its end; `ask` stops it after the batch that it is at. */
function runWorker(
  task: Omit<TrainingTask, 'stop'>,
  interrupted: AbortSignal,
  hear: (news: TrainingNews) => void,
): Promise<TrainingNews> {
  const stop = new SharedArrayBuffer(4);
  const ask = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
  interrupted.addEventListener('abort', ask, { once: true });
  if (interrupted.aborted) ask();
  return new Promise((resolveNews, reject) => {
    const worker = new Worker(new URL('../training-worker.js', import.meta.url), { workerData: { ...task, stop } });
    worker.on('message', (news: TrainingNews) => {
      hear(news);
      if (news.kind === 'done' || news.kind === 'stopped') resolveNews(news);
      else if (news.kind === 'failed') {
        const error = new RxSpikeError(news.code as ErrorCode, news.message);
        error.stack = news.stack;
        reject(error);
      }
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the training thread ended without a word')));
  });
}

/** `rxspike train`: trains a model off the main thread; goes on where an interrupted training of the same kind stopped. */
export async function train(options: TrainOptions, output: Output): Promise<CommandResult> {
  const { data, out, epochs, hidden, lr, seed } = options;
  if (data === undefined) throw new UsageError('option --data is needed: the folder with labels.csv');
  if (out === undefined) throw new UsageError('option --out is needed: the model file to write');
  const checkpoint = options.checkpoint ?? `${out}.ckpt`;
  if (resolve(checkpoint) === resolve(out)) throw new UsageError('--checkpoint and --out name the same file');
  await checkReplaceable(out, 'model', isModel);
  await checkReplaceable(checkpoint, 'checkpoint', isCheckpoint);
  const begin = performance.now();
  const facts: Record<string, unknown> = {
    model: out,
    epochs: 0,
    samples: 0,
    classes: [],
    loss: null,
    accuracy: null,
    seed,
  };
  let view: ProgressView | null = null;
  const hear = (news: TrainingNews): void => {
    if (news.kind === 'begun') {
      Object.assign(facts, { samples: news.samples, classes: news.classes, resumed: news.resumed });
      const goesOn = news.resumed > 0 ? `, goes on after epoch ${news.resumed}` : '';
      output.note(
        `${news.samples} samples of ${news.classes.length} classes: ${oneLine(news.classes.join(', '))}${goesOn}`,
      );
      view = new ProgressView(output, epochs);
    } else if (news.kind === 'progress') {
      view?.show(news.report);
      Object.assign(facts, { loss: news.report.loss, accuracy: news.report.accuracy });
    } else if (news.kind === 'done' || news.kind === 'stopped') facts['epochs'] = news.epochs;
  };
  const task = { data, out, checkpoint, resume: options.resume, epochs, hidden, rate: lr, seed };
  let end: TrainingNews;
  try {
    end = await runWorker(task, output.interrupted, hear);
  } catch (error) {
    (view as ProgressView | null)?.end();
    throw new PartialFailure(error, facts);
  }
  (view as ProgressView | null)?.end();
  facts['seconds'] = Math.round((performance.now() - begin) / 100) / 10;
  if (end.kind === 'stopped') {
    if (!end.checkpoint) output.line('stopped before the training began');
    else {
      const again = options.resume ? 'the same command goes' : 'without --no-resume it goes';
      output.line(`stopped after epoch ${end.epochs}: ${again} on from ${oneLine(checkpoint)}`);
    }
    return { json: { ...facts, checkpoint: end.checkpoint ? checkpoint : null }, status: 130 };
  }
  await rm(checkpoint, { force: true });
  output.line(`wrote ${oneLine(out)} after ${String(facts['seconds'])} s`);
  return { json: facts, status: 0 };
}
