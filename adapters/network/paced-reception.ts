import { Budget } from './budget.js';
import type { StreamPacket } from './packet-fields.js';
import type { Reception } from './reception.js';

/**
 * A stream that a client sends, no faster than it may: credit is given as packets are taken, so a packet that is taken
 * later slows the client down. A reserve of one second's events lets bursts pass.
 *
 * @param waited is told for how long it was made to wait, ms
 */
export function pacedReception(
  reception: Reception,
  eventsPerSecond: number,
  waited: (ms: number) => void,
): AsyncIterableIterator<StreamPacket, undefined> {
  const budget = new Budget(eventsPerSecond, eventsPerSecond, performance.now());
  let due = 0;
  const paced: AsyncIterableIterator<StreamPacket, undefined> = {
    [Symbol.asyncIterator]: () => paced,
    next: async () => {
      if (due > 0) {
        const before = performance.now();
        await pause(due, reception.over);
        waited(performance.now() - before);
        due = 0;
      }
      const result = await reception.next();
      if (!result.done) due = budget.owe(result.value.length, performance.now());
      return result;
    },
    return: () => reception.return(),
  };
  return paced;
}

/** Not for longer than the stream lasts. */
async function pause(ms: number, over: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([over, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
