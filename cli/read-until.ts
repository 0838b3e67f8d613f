import type { EventPacket } from '../src/index.js';
import { unlessInterrupted } from './interruption.js';

/** How long what had arrived before an interruption may take to be handed on, ms. */
const PATIENCE = 1000;

/**
 * The packets of a stream until `stop` is aborted, and then what had arrived by that time; a source that keeps one
 * waiting is left at once.
 *
 * @param arrived events that have arrived, handed on or not; null where they come when they are asked for
 */
export async function* readUntil(
  events: AsyncIterable<EventPacket>,
  stop: AbortSignal,
  arrived: (() => number) | null,
): AsyncGenerator<EventPacket> {
  const packets = events[Symbol.asyncIterator]();
  let taken = 0;
  /** Events that had arrived when it was stopped. */
  let wanted: number | null = null;
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let open = true;
  try {
    for (;;) {
      const coming = packets.next();
      let next = await unlessInterrupted(coming, wanted === null ? stop : late.signal);
      if (next === null && wanted === null) {
        wanted = arrived?.() ?? 0;
        if (taken >= wanted) break;
        timer = setTimeout(() => late.abort(), PATIENCE);
        next = await unlessInterrupted(coming, late.signal);
      }
      if (next === null) break;
      if (next.done === true) {
        open = false;
        break;
      }
      taken += next.value.length;
      yield next.value;
      if (wanted !== null && taken >= wanted) break;
    }
  } catch (error) {
    open = false;
    throw error;
  } finally {
    clearTimeout(timer);
    // Not waited for: it may be in the middle of waiting itself.
    if (open) void packets.return?.()?.catch(() => {});
  }
}
