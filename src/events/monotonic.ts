import type { Step } from '../step.js';
import { requireWord } from './argument.js';
import { keptEvents } from './kept-events.js';
import type { EventPacket } from './packet.js';

export interface MonotonicParams {
  /** `clamp`: an event from the past gets the time of the present. `drop`: it is dropped. */
  readonly policy: 'clamp' | 'drop';
}

export interface MonotonicState {
  /** The present: the latest of all times and watermarks so far, µs; −Infinity at the start. */
  now: number;
  /** Events whose time was raised so far. */
  clamped: number;
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Makes times non-decreasing: an event earlier than any before it, or than a watermark before it, is clamped or dropped
 * and counted. Stands before whatever needs order. A time or watermark that is not finite counts as one from the past.
 */
export const monotonicStep: Step<MonotonicParams, MonotonicState, EventPacket, EventPacket> = {
  name: 'monotonic',
  version: 1,

  init({ policy }) {
    requireWord('monotonic', 'policy', policy, ['clamp', 'drop']);
    return { now: -Infinity, clamped: 0, dropped: 0 };
  },

  advance({ policy }, state, packet, emit) {
    const { length } = packet;
    const t = packet.t.slice(0, length);
    const keep = new Uint32Array(length);
    let { now } = state;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      if (t[i] >= now && t[i] < Infinity) now = t[i];
      else if (policy === 'drop') continue;
      else {
        t[i] = now;
        state.clamped++;
      }
      keep[kept++] = i;
    }
    state.dropped += length - kept;
    if (packet.until > now && packet.until < Infinity) now = packet.until;
    state.now = now;
    emit({ ...keptEvents({ ...packet, t }, keep, kept), until: now });
  },
};
