import type { Decision, Model } from '../src/index.js';
import { quantilesOf } from '../src/index.js';
import type { ReplayControl } from '../streams/index.js';
import { oneLine } from './failure.js';
import { type LiveRecord, type ViewSize, liveView } from './live-view.js';
import type { Speed } from './options.js';
import { Rate } from './rate.js';
import type { Statistics } from './statistics.js';

/** Decisions that the view keeps for its last line. */
const RECENT = 60;

/** Follows a run and makes the live view's record of it. */
export class LiveWatch {
  readonly #model: Model;
  readonly #options: { readonly seed: number; readonly speed: Speed };
  readonly #statistics: Statistics;
  readonly #control: ReplayControl;
  readonly #isUp: (() => boolean) | null;
  readonly #events = new Rate();
  readonly #kept = new Rate();
  readonly #spikes = new Rate();
  readonly #classes: readonly string[];
  readonly #begin: number;
  readonly #recent: { readonly label: string; readonly truth: string | null }[] = [];

  /** @param isUp whether the connection to a server stands; null where there is none */
  constructor(
    model: Model,
    options: { readonly seed: number; readonly speed: Speed },
    statistics: Statistics,
    control: ReplayControl,
    isUp: (() => boolean) | null = null,
  ) {
    this.#isUp = isUp;
    this.#model = model;
    this.#options = options;
    this.#statistics = statistics;
    this.#control = control;
    // Names come from files and from the network: what a terminal would obey is taken out.
    this.#classes = model.readout.classes.map(oneLine);
    this.#begin = performance.now();
  }

  /** Takes note of a decision. */
  note({ label, truth }: Decision): void {
    this.#recent.push({ label: oneLine(label), truth: truth === null ? null : oneLine(truth) });
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  /** The record of this moment; to be asked for at regular times, because rates are taken between them. */
  record(now: number): LiveRecord {
    const { last, latency, ...counted } = this.#statistics;
    const [p50, p99] = quantilesOf(latency, [0.5, 0.99]);
    const guess = this.#recent.at(-1);
    return {
      model: oneLine(this.#model.name),
      seed: this.#options.seed,
      speed: this.#options.speed,
      source: last?.source == null ? null : oneLine(last.source),
      elapsed: (now - this.#begin) / 1000,
      classes: this.#classes,
      guess: last && guess ? { ...guess, confidence: last.confidence, counts: Array.from(last.counts) } : null,
      decisions: counted.decisions,
      known: counted.known,
      correct: counted.correct,
      eventsPerSecond: this.#events.show(now, counted.events),
      keptPerSecond: this.#kept.show(now, counted.kept),
      spikesPerSecond: this.#spikes.show(now, counted.spikes),
      latency: { p50, p99 },
      lag: this.#control.lag,
      dropped: counted.dropped,
      missing: Object.fromEntries(Object.entries(counted.missing).map(([reason, n]) => [oneLine(reason), n])),
      connection: this.#isUp && { reconnects: counted.reconnects, isUp: this.#isUp() },
      recent: this.#recent,
    };
  }

  /** The view of this moment. */
  draw(size: ViewSize): string[] {
    return liveView(this.record(performance.now()), size);
  }
}
