import { type Observable, tap } from 'rxjs';
import type { Decision, EventPacket, Model, MonotonicState } from '../src/index.js';
import { Checkpoint, decide, monotonic, preprocess, sqsNetwork, steps, toUnits } from '../streams/index.js';
import { LastEvents } from './last-events.js';
import type { Statistics } from './statistics.js';

/** How a stream is classified and watched. */
export interface ClassifyOptions {
  readonly seed: number;
  /** Time in ms. */
  readonly now: () => number;
  /** When the event at `t` µs was due (ms), where the stream is paced; else null. */
  readonly wallTime: (t: number) => number | null;
  readonly statistics: Statistics;
}

/** Runs a model on camera events, as its file describes, with a meter between every two parts. */
export function classify(
  packets: Observable<EventPacket>,
  model: Model,
  { seed, now, wallTime, statistics }: ClassifyOptions,
): Observable<Decision> {
  const order = new Checkpoint<MonotonicState>();
  const lastEvents = new LastEvents();
  const units = packets.pipe(
    tap((packet) => (statistics.events += packet.length)),
    monotonic({ policy: 'clamp' }, { checkpoint: order }),
    tap((packet) => {
      statistics.clamped = order.state?.clamped ?? 0;
      lastEvents.note(packet, now());
    }),
    preprocess(model.preprocessing),
    tap((packet) => (statistics.kept += packet.length)),
    toUnits(model.units),
  );
  return units.pipe(
    steps(model.steps),
    sqsNetwork(model.network, { seed, firing: true }),
    tap((packet) => (statistics.spikes += packet.length)),
    decide(model.readout),
    tap((decision) => {
      const last = lastEvents.earlierThan(decision.t1);
      const since = last === null ? wallTime(decision.t1) : (wallTime(last.t) ?? last.arrived);
      const possible = decision.truth !== null && model.readout.classes.includes(decision.truth);
      statistics.decide(decision, since === null ? 0 : Math.max(0, now() - since), possible);
    }),
  );
}
