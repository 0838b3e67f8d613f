import { Observable, type OperatorFunction, type SchedulerLike, Subscription, asapScheduler, takeWhile } from 'rxjs';
import {
  type Packet,
  type QueueParams,
  RxSpikeError,
  offerPacket,
  queueState,
  requireQueueParams,
  takePacket,
} from '../src/index.js';
import type { QueueGauge } from './queue-gauge.js';

/** Capacity and policy of a queue in a stream. */
export interface QueueOptions extends Partial<QueueParams> {
  /** Shows what is held and what was dropped. */
  readonly gauge?: QueueGauge;
}

/** Capacity and policy with defaults: policy `error`, 1024 packets, 4 million events. */
export function queueParams({ policy = 'error', packets = 1024, events = 4_000_000 }: QueueOptions): QueueParams {
  const params = { policy, packets, events };
  requireQueueParams(params, 'queue');
  return params;
}

/**
 * A bounded queue between a producer that cannot be slowed down and what is subscribed: a burst is taken in at once and
 * handed out by the scheduler, and what does not fit is treated by the policy. Every packet, event and mark that is
 * dropped is counted in the gauge; marks outlive events (see `offerPacket`).
 *
 * A producer that can wait is read through {@link pullQueue} instead, with the policy `block`.
 *
 * ```ts
 * const gauge = new QueueGauge();
 * camera.pipe(boundedQueue({ policy: 'dropOldest', packets: 64, gauge })).subscribe(slow);
 * gauge.counts.dropped.events;
 * ```
 *
 * @param options `scheduler`: when to hand out. Default `asapScheduler`
 * @throws `ERR_ARGUMENT`, also for the policy `block`; as an error of the stream: `ERR_OVERFLOW`, after everything held
 */
export function boundedQueue<P extends Packet>(
  options: QueueOptions & { readonly scheduler?: SchedulerLike } = {},
): OperatorFunction<P, P> {
  const params = queueParams(options);
  const { gauge, scheduler = asapScheduler } = options;
  if (params.policy === 'block') {
    throw new RxSpikeError('ERR_ARGUMENT', 'boundedQueue: an Observable cannot be blocked; pullQueue can block');
  }
  return (source) =>
    new Observable<P>((subscriber) => {
      const state = queueState<P>();
      gauge?.watch(() => [state]);
      let end: { readonly error?: unknown } | null = null;
      let waiting = false;
      const reading = new Subscription();

      const handOut = (): void => {
        while (!subscriber.closed) {
          const packet = takePacket(state);
          if (!packet) break;
          subscriber.next(packet);
        }
        if (end && 'error' in end) subscriber.error(end.error);
        else if (end) subscriber.complete();
      };
      const schedule = (): void => {
        if (waiting) return;
        waiting = true;
        // The scheduler may run this at once; an action that is over must not pile up among the subscriber's teardowns.
        const action = scheduler.schedule(function once() {
          waiting = false;
          this.unsubscribe();
          handOut();
        });
        subscriber.add(action);
      };
      // A source that emits while it is being subscribed to can only be stopped from inside.
      const open = source.pipe(takeWhile(() => !end && !subscriber.closed));
      const upstream = open.subscribe({
        next: (packet) => {
          try {
            offerPacket(params, state, packet);
          } catch (error) {
            end = { error };
            reading.unsubscribe();
          }
          schedule();
        },
        error: (error: unknown) => {
          end ??= { error };
          schedule();
        },
        complete: () => {
          end ??= {};
          schedule();
        },
      });
      reading.add(upstream);
      subscriber.add(reading);
    });
}
