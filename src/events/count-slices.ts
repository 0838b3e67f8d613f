import type { Step } from '../step.js';
import { requireArgument, requireInteger } from './argument.js';
import { checkHeldEvents, type HeldEvents, holdEvents, MAX_SLICE, noHeldEvents, takeEvents } from './held-events.js';
import { type EventPacket, silence } from './packet.js';

export interface CountSlicesParams {
  /** Events of a slice, from 1. */
  readonly count: number;
}

export interface CountSlicesState {
  readonly held: HeldEvents;
  /** Latest time or watermark so far, µs. */
  now: number;
  /** Watermark handed out, µs. */
  until: number;
}

/**
 * Cuts a stream into packets of exactly `count` events, handed out with the last event that each needs; `until` is the
 * latest time so far. Silence is handed on while no events wait. A mark, and the end of the stream, hand out a slice
 * that is not full. When `count` becomes less than the events that wait, these are handed out as one slice.
 */
export const countSlicesStep: Step<CountSlicesParams, CountSlicesState, EventPacket, EventPacket> = {
  name: 'countSlices',
  version: 1,

  init({ count }) {
    requireInteger('countSlices', 'count', count, 1);
    requireArgument(count <= MAX_SLICE, 'countSlices', 'count', `at most ${MAX_SLICE}`, count);
    return { held: noHeldEvents(), now: -Infinity, until: -Infinity };
  },

  check(_params, { held }) {
    checkHeldEvents('countSlices', held);
  },

  advance({ count }, state, packet, emit) {
    const { stream, length, t } = packet;
    const { held } = state;
    let from = 0;
    held.stream = stream;
    while (from < length) {
      const to = Math.min(length, from + Math.max(0, count - held.length));
      holdEvents('countSlices', held, packet, from, to);
      for (let i = from; i < to; i++) if (t[i] > state.now) state.now = t[i];
      if (held.length >= count) {
        state.until = Math.max(state.until, state.now);
        emit(takeEvents(held, stream, state.until, null));
      }
      from = to;
    }
    state.now = Math.max(state.now, packet.until);
    if (packet.mark || (held.length === 0 && state.now > state.until)) {
      state.until = state.now;
      emit(
        held.length > 0 ? takeEvents(held, stream, state.now, packet.mark) : silence(stream, state.now, packet.mark),
      );
    }
  },

  finish(_params, state, emit) {
    const { held, now } = state;
    if (held.stream && held.length > 0) emit(takeEvents(held, held.stream, now, null));
  },
};
