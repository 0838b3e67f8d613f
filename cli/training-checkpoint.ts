import { readFile } from 'node:fs/promises';
import { RxSpikeError, type Trainer, decodeState, encodeState } from '../src/index.js';

/** Options of a training that must be the same where it goes on. */
export interface TrainingChoice {
  readonly epochs: number;
  readonly hidden: number;
  readonly rate: number;
  readonly seed: number;
}

const NAME = 'training';
const VERSION = 1;

/** Every choice by the option that makes it. */
const OPTIONS: Readonly<Record<keyof TrainingChoice, string>> = {
  epochs: '--epochs',
  hidden: '--hidden',
  rate: '--lr',
  seed: '--seed',
};

const stateError = (path: string, what: string, cause?: unknown): RxSpikeError =>
  new RxSpikeError('ERR_STATE', `${path}: ${what}; --no-resume starts anew`, { cause });

/** An interrupted training: the trainer's state beside the options that it was started with. */
export function encodeCheckpoint({ epochs, hidden, rate, seed }: TrainingChoice, trainer: Trainer): Uint8Array {
  return encodeState(NAME, VERSION, { choice: { epochs, hidden, rate, seed }, trainer: trainer.save() });
}

/** Which options differ, or null. */
function difference(saved: Partial<TrainingChoice>, asked: TrainingChoice): string | null {
  const names = Object.keys(OPTIONS) as (keyof TrainingChoice)[];
  const differing = names.filter((name) => saved[name] !== asked[name]);
  if (differing.length === 0) return null;
  const text = differing.map((name) => `${OPTIONS[name]} ${String(saved[name])}, not ${asked[name]}`).join('; ');
  const why = differing.includes('epochs')
    ? ' (the learning rate falls along all epochs, so their number is fixed)'
    : '';
  return `that training was begun with ${text}${why}`;
}

/**
 * State for the trainer out of the checkpoint of an interrupted training; null where there is none.
 * @throws `ERR_STATE` where it is damaged or was made with other options: which ones
 */
export async function readCheckpoint(path: string, asked: TrainingChoice): Promise<Uint8Array | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new RxSpikeError('ERR_NOT_READABLE', `${path}: ${(cause as Error).message}`, { cause });
  }
  let saved: { choice?: Partial<TrainingChoice>; trainer?: unknown };
  try {
    saved = decodeState(NAME, VERSION, bytes) ?? {};
  } catch (cause) {
    throw stateError(path, (cause as Error).message, cause);
  }
  if (!(saved.trainer instanceof Uint8Array) || typeof saved.choice !== 'object') {
    throw stateError(path, 'is no checkpoint of a training');
  }
  const differing = difference(saved.choice, asked);
  if (differing !== null) throw stateError(path, differing);
  return saved.trainer;
}

/** Lets a trainer go on from {@link readCheckpoint}'s state. @throws `ERR_STATE` where the recordings are others */
export function restoreTrainer(trainer: Trainer, path: string, state: Uint8Array): void {
  try {
    trainer.restore(state);
  } catch (cause) {
    throw stateError(path, 'that training was on other recordings or labels', cause);
  }
}
