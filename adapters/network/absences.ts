import type { Delivery } from './delivery.js';
import { Reception } from './reception.js';

type Place = Delivery | Reception;

/** Those that lost their connection: waited for a time, and only so many of them. */
export class Absences {
  readonly #grace: number;
  readonly #most: number;
  readonly #timers: Map<Place, ReturnType<typeof setTimeout>> = new Map();

  /** @param grace ms @param most places kept; where there are more, the oldest go */
  constructor(grace: number, most: number) {
    this.#grace = grace;
    this.#most = most;
  }

  /** How many are waited for. */
  get size(): number {
    this.#look();
    return this.#timers.size;
  }

  /** One has lost its connection. */
  add(one: Place): void {
    if (one.isAttached || one.isDone) return;
    // A sender that cannot say where it was does not come back.
    if (one instanceof Reception && !one.isKept) return lose(one);
    this.#forget(one);
    const timer = setTimeout(() => this.#end(one), this.#grace);
    // Does not keep a process from ending.
    (timer as { unref?(): void }).unref?.();
    this.#timers.set(one, timer);
    this.#look();
    for (const [oldest] of this.#timers) {
      if (this.#timers.size <= this.#most) break;
      this.#end(oldest);
    }
  }

  /** Waits no more; ends nothing. */
  stop(): void {
    for (const one of this.#timers.keys()) this.#forget(one);
  }

  /** Those that came back, or are done, are not waited for. */
  #look(): void {
    for (const one of this.#timers.keys()) if (one.isAttached || one.isDone) this.#forget(one);
  }

  #forget(one: Place): void {
    clearTimeout(this.#timers.get(one));
    this.#timers.delete(one);
  }

  #end(one: Place): void {
    this.#forget(one);
    if (!one.isAttached && !one.isDone) lose(one);
  }
}

function lose(one: Place): void {
  if (one instanceof Reception) one.lose('the sender has gone');
  else one.close('lost');
}
