import type { Step } from '../step.js';
import { requireArgument } from './argument.js';
import { keptEvents } from './kept-events.js';
import type { EventPacket } from './packet.js';

/** The stretch that is kept: start ≤ t < end, µs. */
export interface TimeRangeParams {
  /** Default −∞. */
  readonly start?: number;
  /** Default ∞. */
  readonly end?: number;
}

export interface TimeRangeState {
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Keeps the events of a stretch of time, `[start, end)`. Each is judged by its own time, so order is not needed. The
 * watermark stays within the stretch too: before it everything is known to be empty, and it ends at its end.
 *
 * @throws `ERR_ARGUMENT` unless start < end
 */
export const timeRangeStep: Step<TimeRangeParams, TimeRangeState, EventPacket, EventPacket> = {
  name: 'timeRange',
  version: 1,

  init({ start = -Infinity, end = Infinity }) {
    requireArgument(start < end, 'timeRange', 'start', `a time before the end, ${end} µs`, start);
    return { dropped: 0 };
  },

  advance({ start = -Infinity, end = Infinity }, state, packet, emit) {
    const { t, length } = packet;
    const until = Math.min(Math.max(packet.until, start), end);
    const keep = new Uint32Array(length);
    let kept = 0;
    for (let i = 0; i < length; i++) if (t[i] >= start && t[i] < end) keep[kept++] = i;
    state.dropped += length - kept;
    emit({ ...(kept === length ? packet : keptEvents(packet, keep, kept)), until });
  },
};
