import { type Observable, VirtualTimeScheduler } from 'rxjs';

/**
 * Virtual time for what waits for promises as well as for timers: between two timers everything that is pending settles.
 */
export class VirtualClock extends VirtualTimeScheduler {
  /** Lets time pass until nothing is left to do, or until `end` (ms). */
  async run(end: number = Infinity): Promise<void> {
    for (;;) {
      await settled();
      const next = Math.min(...this.actions.map(({ delay }) => delay ?? 0));
      if (this.actions.length === 0 || next > end) break;
      this.maxFrames = next;
      this.flush();
    }
    if (end !== Infinity) this.frame = Math.max(this.frame, end);
  }
}

/** Resolves when promises that are on their way have settled. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Subscribes, and writes down what comes when, in the manner of marbles: `5 value` at 5 ms, `7 |` completed,
 * `7 # ERR_…` failed.
 */
export function watch<T>(
  clock: VirtualClock,
  source: Observable<T>,
  as: (value: T) => string,
): { readonly seen: string[]; unsubscribe(): void } {
  const seen: string[] = [];
  const note = (what: string): void => void seen.push(`${clock.frame} ${what}`);
  const subscription = source.subscribe({
    next: (value) => note(as(value)),
    error: (error: Error) => note(`# ${'code' in error ? String(error.code) : error.message}`),
    complete: () => note('|'),
  });
  return { seen, unsubscribe: () => subscription.unsubscribe() };
}
