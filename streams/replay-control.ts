import { requireSpeed } from '../src/index.js';

/** What a {@link ReplayControl} commands. */
export interface Replayed {
  /** The wanted speed or pause has changed. */
  changed(): void;
  stop(): void;
  readonly lag: number | null;
  readonly position: number | null;
  wallTime(t: number): number | null;
}

/**
 * Pauses, resumes, stops a running replay and changes its speed; tells how far it is and how far behind.
 * Commands reach every replay that was given this control; what it tells is of the newest of them.
 */
export class ReplayControl {
  #speed: number;
  #paused: boolean;
  #lag: number | null = null;
  #most: number | null = null;
  #position: number | null = null;
  readonly #replays: Set<Replayed> = new Set();
  #newest: Replayed | null = null;

  /** @throws `ERR_ARGUMENT` unless `speed` is above 0 (Infinity or `'max'`: as fast as it is taken) */
  constructor(start: { readonly speed?: number | 'max'; readonly paused?: boolean } = {}) {
    this.#speed = speedOf(start.speed ?? 1);
    this.#paused = start.paused ?? false;
  }

  /** Event time per time of the clock; Infinity: as fast as it is taken. May be set while running. */
  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number | 'max') {
    this.#speed = speedOf(speed);
    for (const replay of this.#replays) replay.changed();
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /** Ends the running replays: they complete, without an end mark. */
  stop(): void {
    for (const replay of this.#replays) replay.stop();
  }

  /** How much later than due the newest packet was handed out, ms; null at speed Infinity and before the first. */
  get lag(): number | null {
    return this.#newest ? this.#newest.lag : this.#lag;
  }

  /** The greatest {@link lag} so far, ms. */
  get mostLag(): number | null {
    return this.#most;
  }

  /** Event time handed out so far, µs: the `until` of the newest packet; null before the first. */
  get position(): number | null {
    return this.#newest ? this.#newest.position : this.#position;
  }

  /**
   * Time of the clock (ms) at which event time `t` (µs) is or was due at the present speed; null at speed Infinity,
   * while paused and when nothing is running. What happened after it is latency.
   */
  wallTime(t: number): number | null {
    return this.#newest ? this.#newest.wallTime(t) : null;
  }

  /** @internal */
  attach(replay: Replayed): void {
    this.#replays.add(replay);
    this.#newest = replay;
  }

  /** @internal */
  detach(replay: Replayed): void {
    this.#replays.delete(replay);
    if (this.#newest !== replay) return;
    this.#lag = replay.lag;
    this.#position = replay.position;
    this.#newest = null;
  }

  /** @internal */
  note(lag: number | null): void {
    if (lag !== null && (this.#most === null || lag > this.#most)) this.#most = lag;
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const replay of this.#replays) replay.changed();
  }
}

/** `'max'` as a number. @throws `ERR_ARGUMENT` */
export function speedOf(speed: unknown): number {
  const value = speed === 'max' ? Infinity : speed;
  requireSpeed('replay', value);
  return value;
}
