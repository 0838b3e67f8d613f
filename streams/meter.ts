import { type MonoTypeOperatorFunction, Observable, type SchedulerLike, asyncScheduler, tap } from 'rxjs';
import {
  type Packet,
  type QuantileState,
  type RateReport,
  RxSpikeError,
  addValue,
  countPacket,
  quantileState,
  quantilesOf,
  rateState,
  reportRate,
} from '../src/index.js';

/** How a stream is measured. */
export interface MeterOptions {
  /** Time between reports, ms; Infinity: only the last one. Default 1000. */
  readonly every?: number;
  /** Source of time and of timers. Default `asyncScheduler`. */
  readonly clock?: SchedulerLike;
  /** Takes each report; the last one comes when the stream completes, fails or is unsubscribed from. */
  readonly report: (report: RateReport) => void;
}

/**
 * Passes packets of any kind on and reports how many went by: packets, events, marks since the subscription, and
 * packets and events per second over the time since the report before.
 *
 * ```ts
 * packets.pipe(meter({ every: 500, report: ({ eventRate }) => console.log(eventRate) })).subscribe();
 * ```
 *
 * @throws `ERR_ARGUMENT` unless `every` is above 0
 */
export function meter<P extends Packet>({
  every = 1000,
  clock = asyncScheduler,
  report,
}: MeterOptions): MonoTypeOperatorFunction<P> {
  if (!(every > 0)) throw new RxSpikeError('ERR_ARGUMENT', `meter: every must be above 0 ms, got ${every}`);
  return (source) =>
    new Observable((subscriber) => {
      const state = rateState(clock.now());
      const tell = (): void => report(reportRate(state, clock.now()));
      if (every !== Infinity) {
        subscriber.add(
          clock.schedule(function again() {
            tell();
            this.schedule(undefined, every);
          }, every),
        );
      }
      let told = false;
      const tellLast = (): void => {
        if (!told) tell();
        told = true;
      };
      subscriber.add(tellLast);
      const measured = tap<P>({ next: (packet) => countPacket(state, packet), error: tellLast, complete: tellLast });
      subscriber.add(source.pipe(measured).subscribe(subscriber));
    });
}

/** Latencies measured so far. */
export class LatencyGauge {
  readonly #state: QuantileState;

  /** @param recent number of newest values that quantiles are taken of, exactly. Default 4096. @throws `ERR_ARGUMENT` */
  constructor(recent = 4096) {
    this.#state = quantileState(recent);
  }

  get count(): number {
    return this.#state.count;
  }

  /** Greatest so far, ms; null before the first. */
  get most(): number | null {
    return this.#state.count === 0 ? null : this.#state.most;
  }

  /** Smallest value, ms, that the share `q` (0…1) of the newest values does not exceed; null before the first. */
  at(q: number): number | null {
    return quantilesOf(this.#state, [q])[0];
  }

  /** Adds a value, ms. */
  add(ms: number): void {
    addValue(this.#state, ms);
  }
}

/** How latency is measured. */
export interface LatencyOptions<T> {
  /** Time of the clock (ms) from which a value is waited for; null: this one is not measured. */
  readonly since: (value: T) => number | null;
  readonly gauge: LatencyGauge;
  /** Source of time, the same that `since` reads. Default `asyncScheduler`. */
  readonly clock?: { now(): number };
}

/**
 * Passes values on and measures how long after `since` each one comes.
 *
 * ```ts
 * decisions.pipe(latency({ since: ({ t1 }) => control.wallTime(t1), gauge })).subscribe();
 * gauge.at(0.99); // ms from the end of a window, as the replay is due, to its decision
 * ```
 */
export function latency<T>({ since, gauge, clock = asyncScheduler }: LatencyOptions<T>): MonoTypeOperatorFunction<T> {
  return tap((value) => {
    const from = since(value);
    if (from !== null) gauge.add(clock.now() - from);
  });
}
