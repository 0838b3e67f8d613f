import type { Decision } from '../src/index.js';
import { oneLine } from './failure.js';
import { duration } from './live-view.js';

/** What is said of a decision's truth; a truth that is no class of the model could not have been found. */
function verdict(truth: string, label: string, classes: readonly string[]): string {
  if (!classes.includes(truth)) return 'not a class of this model';
  return truth === label ? 'right' : 'wrong';
}

/** A decision of a model of `classes` as a line, with its latency in ms. */
export function decisionLine(decision: Decision, latency: number, classes: readonly string[]): string {
  const { label, confidence, truth, source } = decision;
  const parts = [
    `${(decision.t1 / 1e6).toFixed(3)} s`,
    oneLine(label),
    `confidence ${confidence.toFixed(2)}`,
    truth === null ? null : `truth ${oneLine(truth)} ${verdict(truth, label, classes)}`,
    `latency ${duration(latency)}`,
    source === null ? null : oneLine(source),
  ];
  return parts.filter((part) => part !== null).join('  ');
}

/** Keeps the last `most` lines of those that are added, and says how many came before. */
export class LastLines {
  readonly #most: number;
  readonly #kept: string[] = [];
  #before = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(line: string): void {
    this.#kept.push(line);
    if (this.#kept.length <= this.#most) return;
    this.#kept.shift();
    this.#before++;
  }

  /** The kept lines, after one that says how many there were before where there were any. */
  lines(): string[] {
    const { length } = this.#kept;
    return this.#before === 0
      ? [...this.#kept]
      : [`the last ${length} decisions, after ${this.#before} before`, ...this.#kept];
  }
}
