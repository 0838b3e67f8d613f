import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';
import { RxSpikeError } from '../src/index.js';

export interface FromPacketsOptions {
  /** Clock and timer of the pauses; default: real time. */
  readonly scheduler?: SchedulerLike;
  /** Longest time (ms) that packets which are ready at once may flow without a pause; default 20. */
  readonly pauseAfter?: number;
}

/**
 * The bridge from pull to push: each subscriber iterates `packets` by itself, asking for the next one when the last has
 * been handled. Between packets it waits for the iterator, and every `pauseAfter` ms it lets timers and input run, so
 * that a long recording can be stopped while it flows. Unsubscribing closes the iterator (`return`), also while it is
 * waited for. What it throws is the error of the stream.
 *
 * ```ts
 * const recording = await openRecording('00001.bin');
 * fromPackets(recording.events()).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for a wrong `pauseAfter`
 */
export function fromPackets<T>(
  packets: AsyncIterable<T>,
  { scheduler = asyncScheduler, pauseAfter = 20 }: FromPacketsOptions = {},
): Observable<T> {
  if (!(pauseAfter >= 0)) {
    throw new RxSpikeError('ERR_ARGUMENT', `fromPackets: pauseAfter must be at least 0 ms, got ${pauseAfter}`);
  }
  return new Observable<T>((subscriber) => {
    const iterator = packets[Symbol.asyncIterator]();
    let finished = false;
    subscriber.add(() => {
      // the stream is gone: nobody is left to hear of an error in closing
      if (!finished) close().catch(() => undefined);
    });
    const close = async (): Promise<void> => {
      await iterator.return?.();
    };

    const iterate = async (): Promise<void> => {
      let resumed = scheduler.now();
      while (!subscriber.closed) {
        const result = await iterator.next();
        if (result.done) break;
        subscriber.next(result.value);
        if (scheduler.now() - resumed >= pauseAfter && !subscriber.closed) {
          await pause(scheduler);
          resumed = scheduler.now();
        }
      }
      finished = !subscriber.closed;
      subscriber.complete();
    };
    iterate().catch((error: unknown) => {
      finished = true;
      subscriber.error(error);
    });
  });
}

/** Resolves when timers and input have had their turn. */
function pause(scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => void scheduler.schedule(() => resolve()));
}
