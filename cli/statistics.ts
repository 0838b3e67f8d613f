import { type Decision, type QuantileState, addValue, quantileState, quantilesOf } from '../src/index.js';

/** What is counted while a stream runs: plain numbers, added to by the meters of the pipeline. */
export class Statistics {
  /** Camera events that came in. */
  events = 0;
  /** Events that the filters let through. */
  kept = 0;
  /** Spikes of the output neurons. */
  spikes = 0;
  /**
   * Events that the sources had and that did not arrive: those that a server has told to be missing, and at the end of a
   * stream whatever else the comparison of the two counts shows.
   */
  dropped = 0;
  /** What a server has told to be missing, by reason. */
  missing: Readonly<Record<string, number>> = {};
  /** How often the connection to a server was lost and made again. */
  reconnects = 0;
  /** Events whose time stepped back and was clamped. */
  clamped = 0;
  decisions = 0;
  /** Decisions whose truth is known, and those of them that are right. */
  known = 0;
  correct = 0;
  /** The newest decision, and how long it took (ms). */
  last: Decision | null = null;
  lastLatency = 0;
  /** From the last event of a window to its decision, ms; of the most recent decisions. */
  readonly latency: QuantileState = quantileState(10_000);

  /**
   * Counts a decision that came `latency` ms after the last event of its window.
   * @param judged whether its truth is known, and one that the model could have found
   */
  decide(decision: Decision, latency: number, judged: boolean): void {
    this.decisions++;
    if (judged) {
      this.known++;
      if (decision.truth === decision.label) this.correct++;
    }
    this.last = decision;
    this.lastLatency = latency;
    addValue(this.latency, latency);
  }

  /** Share of right decisions among those whose truth is known; null where none is. */
  get accuracy(): number | null {
    return this.known === 0 ? null : this.correct / this.known;
  }
}

/** The summary of a run: what `--json` prints. */
export interface Summary {
  readonly decisions: number;
  readonly correct: number | null;
  readonly accuracy: number | null;
  readonly events: number;
  readonly spikes: number;
  readonly dropped: number;
  /** Those of the dropped ones that a server has told to be missing, by reason. */
  readonly missing: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
  readonly seed: number;
  readonly model: string;
  /** Events after the filters. */
  readonly kept: number;
  /** Events whose time stepped back and was clamped. */
  readonly clamped: number;
}

const microseconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1000) / 1000);

/** Sums a run up. */
export function summarize(statistics: Statistics, seed: number, model: string): Summary {
  const [p50, p99] = quantilesOf(statistics.latency, [0.5, 0.99]);
  return {
    decisions: statistics.decisions,
    correct: statistics.known === 0 ? null : statistics.correct,
    accuracy: statistics.accuracy,
    events: statistics.events,
    spikes: statistics.spikes,
    dropped: statistics.dropped,
    missing: statistics.missing,
    reconnects: statistics.reconnects,
    latencyMs: { p50: microseconds(p50), p99: microseconds(p99) },
    seed,
    model,
    kept: statistics.kept,
    clamped: statistics.clamped,
  };
}
