import { requireArgument } from '../events/argument.js';

/**
 * Which event time is due at which time of the clock, `position = event + (now − wall)·1000·speed`, and where the
 * stretches end in which events are handed out. Clock in ms, event time in µs.
 */
export interface Pace {
  /** Event time per time of the clock, above 0; Infinity: everything is due at once. */
  speed: number;
  /** Length of a stretch in µs of the clock: `slice · speed` of event time, 1 µs at least. */
  readonly slice: number;
  /** At `wall` (ms) the event time `event` (µs) is due. */
  wall: number;
  event: number;
  paused: boolean;
}

/** @throws `ERR_ARGUMENT` unless `speed` is a number above 0 or Infinity */
export function requireSpeed(name: string, speed: unknown): asserts speed is number {
  requireArgument(typeof speed === 'number' && speed > 0, name, 'speed', 'a number above 0, or "max"', speed);
}

/** Event time (µs) that is due at `now`; `delivered` (the event time handed out so far) where nothing else tells. */
export function positionAt(pace: Pace, now: number, delivered: number): number {
  if (pace.speed === Infinity) return delivered;
  return pace.paused ? pace.event : pace.event + (now - pace.wall) * 1000 * pace.speed;
}

/** Time of the clock (ms) at which event time `t` is due; −Infinity at speed Infinity, +Infinity while paused. */
export function dueTime(pace: Pace, t: number): number {
  if (pace.paused) return Infinity;
  return pace.speed === Infinity ? -Infinity : pace.wall + (t - pace.event) / (1000 * pace.speed);
}

/** End of the stretch (µs) that comes after event time `t`: a whole µs later than `t`; Infinity at speed Infinity. */
export function stretchEnd(pace: Pace, t: number): number {
  if (pace.speed === Infinity) return Infinity;
  const length = Math.max(1, pace.slice * pace.speed);
  const k = Math.floor((t - pace.event) / length) + 1;
  const end = Math.ceil(pace.event + k * length);
  return end > t ? end : Math.ceil(pace.event + (k + 1) * length);
}

/** Goes on from `now` at another speed, or pauses, or goes on after a pause; event time does not jump. */
export function changePace(pace: Pace, now: number, delivered: number, speed: number, paused: boolean): void {
  pace.event = positionAt(pace, now, delivered);
  pace.wall = now;
  pace.speed = speed;
  pace.paused = paused;
}
