import type { Step } from '../step.js';
import { requirePositive } from './argument.js';
import { checkHeldEvents, type HeldEvents, holdEvents, noHeldEvents, takeEvents } from './held-events.js';
import { type EventPacket, silence } from './packet.js';
import { timeOrderError } from './time-order.js';

export interface TimeSlicesParams {
  /** Length of a slice, µs, above 0. */
  readonly width: number;
}

export interface TimeSlicesState {
  readonly held: HeldEvents;
  /** Start of the stream, µs; slices are counted from here. NaN before the first packet. */
  origin: number;
  /** Latest time or watermark so far, µs. */
  now: number;
  /** Watermark handed out, µs. */
  until: number;
}

/**
 * Cuts a stream at `origin + n·width`: each slice that holds an event becomes exactly one packet, whose `until` is the
 * slice's end, as soon as the stream has reached that. Silence is handed on as packets without events up to the last
 * slice's end, at most one for each that comes, so a long gap costs nothing. A mark closes the slice it falls into;
 * slices go on being counted from the stream's origin. The last slice is handed out when the stream ends, with the
 * watermark reached.
 *
 * @throws `ERR_TIME_ORDER` for an event or a watermark that lies before an earlier one
 * @throws `ERR_LIMIT` when a slice has more than 16,777,216 events
 */
export const timeSlicesStep: Step<TimeSlicesParams, TimeSlicesState, EventPacket, EventPacket> = {
  name: 'timeSlices',
  version: 1,

  init({ width }) {
    requirePositive('timeSlices', 'width', width);
    return { held: noHeldEvents(), origin: NaN, now: -Infinity, until: -Infinity };
  },

  check(_params, { held }) {
    checkHeldEvents('timeSlices', held);
  },

  advance({ width }, state, packet, emit) {
    const { stream, length, t } = packet;
    if (Number.isNaN(state.origin)) state.origin = stream.origin;
    const { held, origin } = state;
    const startOf = (time: number): number => {
      const slice = Math.floor((time - origin) / width);
      const start = origin + slice * width;
      return start <= time ? start : origin + (slice - 1) * width; // the division had rounded up
    };
    const closeAt = (end: number): void => {
      state.until = Math.max(state.until, end);
      emit(takeEvents(held, stream, state.until, null));
    };
    held.stream = stream;
    let end = held.length > 0 ? startOf(held.t[0]) + width : Infinity;
    let from = 0;
    for (let i = 0; i < length; i++) {
      if (!(t[i] >= state.now)) {
        holdEvents('timeSlices', held, packet, from, i);
        if (held.length > 0) closeAt(state.now);
        throw timeOrderError('timeSlices', 'an event', t[i], state.now);
      }
      state.now = t[i];
      if (t[i] >= end) {
        holdEvents('timeSlices', held, packet, from, i);
        closeAt(end);
        from = i;
        end = Infinity;
      }
      if (end === Infinity) end = startOf(t[i]) + width;
    }
    holdEvents('timeSlices', held, packet, from, length);
    if (!(packet.until >= state.now)) throw timeOrderError('timeSlices', 'the watermark', packet.until, state.now);
    state.now = packet.until;
    if (packet.until >= end) closeAt(end);
    if (packet.mark) {
      state.until = packet.until;
      emit(takeEvents(held, stream, packet.until, packet.mark));
    } else if (held.length === 0 && startOf(packet.until) > state.until) {
      state.until = startOf(packet.until);
      emit(silence(stream, state.until));
    }
  },

  finish(_params, state, emit) {
    const { held, now, until } = state;
    if (held.stream && (held.length > 0 || now > until)) emit(takeEvents(held, held.stream, now, null));
  },
};
