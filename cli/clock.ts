import { type SchedulerLike, asyncScheduler } from 'rxjs';

/** Milliseconds since 1970 with fractions, on the monotonic clock. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Real time for replays: the timers of `asyncScheduler`, and a clock that is finer than whole milliseconds. */
export const realTime: SchedulerLike = {
  now,
  schedule: asyncScheduler.schedule.bind(asyncScheduler),
};
