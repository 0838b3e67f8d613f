import { bar, clock } from './live-view.js';

/** How far a training is. */
export interface Progress {
  /** Epochs finished, batches finished in the one that runs, and how many there are of each. */
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Seconds until the end at the pace so far; null while nothing is known of the pace. */
  readonly left: number | null;
}

/** Share of a training that is done, 0…1. */
export function doneShare({ epoch, epochs, batch, batches }: Omit<Progress, 'loss' | 'accuracy' | 'left'>): number {
  return Math.min(1, (epoch + batch / batches) / epochs);
}

function words({ epoch, epochs, loss, accuracy, left }: Progress): string {
  const time = left === null ? '' : `  ${clock(left)} left`;
  return `epoch ${epoch} of ${epochs}  loss ${loss.toFixed(4)}  accuracy ${(accuracy * 100).toFixed(1)} %${time}`;
}

/** A training's progress as a line without a bar. */
export function progressLine(progress: Progress): string {
  return words(progress);
}

/** A training's progress as a bar with words, at most `columns` wide. */
export function progressBar(progress: Progress, columns: number): string {
  const text = words(progress);
  const width = Math.min(30, columns - text.length - 3);
  const line = width < 5 ? text : `[${bar(doneShare(progress), width).padEnd(width)}] ${text}`;
  return Array.from(line).slice(0, columns).join('');
}
