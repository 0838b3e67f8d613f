import { from } from 'rxjs';
import type { Decision, EventPacket, Model } from '../src/index.js';
import { monotonic, runModel } from '../streams/index.js';
import { oneLine } from './failure.js';

/**
 * Decides a whole recording once, by all output spikes between its beginning and its end; null where it has none. The
 * recording is a stream of its own: `name` is its part of the random key, so neither its place in a table nor the
 * recordings before it matter.
 */
export function decideRecording(
  model: Model,
  packets: readonly EventPacket[],
  { seed, name }: { readonly seed: number; readonly name: string },
): Decision | null {
  let decision: Decision | null = null;
  let broken: { readonly error: unknown } | null = null;
  from(packets)
    .pipe(
      monotonic({ policy: 'clamp' }),
      runModel({ ...model, readout: { ...model.readout, window: { kind: 'recording' } } }, { seed, stream: name }),
    )
    .subscribe({ next: (made) => (decision = made), error: (error: unknown) => (broken = { error }) });
  if (broken !== null) throw (broken as { readonly error: unknown }).error;
  return decision;
}

/** What came out for each recording of a table. */
export class Confusion {
  readonly classes: readonly string[];
  /** Rows: truth; columns: answer. */
  readonly matrix: number[][];
  n = 0;
  correct = 0;
  /** Recordings without a decision: too short for a step. They count as wrong. */
  undecided = 0;

  constructor(classes: readonly string[]) {
    this.classes = classes;
    this.matrix = classes.map(() => classes.map(() => 0));
  }

  /** Counts a recording; `answer` null: there was no decision. */
  add(truth: string, answer: string | null): void {
    this.n++;
    if (answer === null) {
      this.undecided++;
      return;
    }
    this.matrix[this.classes.indexOf(truth)][this.classes.indexOf(answer)]++;
    if (answer === truth) this.correct++;
  }

  /** The matrix as lines for people. */
  lines(): string[] {
    const names = this.classes.map(oneLine);
    const cells = [['', ...names], ...this.matrix.map((row, i) => [names[i], ...row.map(String)])];
    const widths = cells[0].map((_, j) => Math.max(...cells.map((row) => row[j].length)));
    return cells.map((row) =>
      row
        .map((cell, j) => cell.padStart(widths[j]))
        .join('  ')
        .trimEnd(),
    );
  }
}
