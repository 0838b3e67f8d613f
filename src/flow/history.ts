import { requireArgument, requireInteger } from '../events/argument.js';
import type { FrameTally, Gap, NumberedFrame } from './delivery.js';

/** How much of a stream's past is kept. */
export interface HistoryParams {
  /** Most frames, an integer ≥ 0; 0: nothing is kept. */
  readonly packets: number;
  /** Most events, ≥ 0. */
  readonly events: number;
}

/** The newest frames of a stream, and what there was in all. */
export interface HistoryState<F extends NumberedFrame> {
  /** Oldest first, without holes. */
  frames: F[];
  /** Everything that the stream has had so far. */
  readonly total: FrameTally;
  /** What the frames kept come to. */
  readonly kept: FrameTally;
}

/** What a receiver gets that goes on at some number: a gap where the past is gone, then frames. */
export interface Past<F extends NumberedFrame> {
  readonly gap: Gap | null;
  readonly frames: readonly F[];
}

/** @throws `ERR_ARGUMENT` */
export function requireHistoryParams(params: HistoryParams, name: string): void {
  requireInteger(name, 'packets', params.packets, 0);
  requireArgument(params.events >= 0, name, 'events', 'at least 0', params.events);
}

/** A stream that has had nothing yet. */
export function historyState<F extends NumberedFrame>(): HistoryState<F> {
  return { frames: [], total: { packets: 0, events: 0 }, kept: { packets: 0, events: 0 } };
}

/** Takes the next frame in and lets go of the oldest ones above the limits. */
export function remember<F extends NumberedFrame>(params: HistoryParams, state: HistoryState<F>, frame: F): void {
  state.frames.push(frame);
  add(state.total, frame, 1);
  add(state.kept, frame, 1);
  let gone = 0;
  while (state.kept.packets > params.packets || state.kept.events > params.events) {
    add(state.kept, state.frames[gone++], -1);
  }
  if (gone > 0) state.frames.splice(0, gone);
}

/**
 * What follows for a receiver for which `next` is due and which has received, or was told to be missing, `events`
 * events before: exact counts of what is gone, then everything kept. Null where the stream has not had `next − 1`.
 */
export function since<F extends NumberedFrame>(state: HistoryState<F>, next: number, events: number): Past<F> | null {
  const first = state.frames[0]?.seq ?? state.total.packets;
  if (next > state.total.packets || events > state.total.events) return null;
  if (next >= first) return { gap: null, frames: state.frames.slice(next - first) };
  const gap: Gap = {
    gap: true,
    seq: next,
    next: first,
    packets: first - next,
    events: state.total.events - state.kept.events - events,
    reason: 'history',
  };
  return gap.events < 0 ? null : { gap, frames: state.frames.slice() };
}

/** The newest frames with at most `events` events in all, for a receiver that has just come. */
export function newest<F extends NumberedFrame>(state: HistoryState<F>, events: number): readonly F[] {
  let at = state.frames.length;
  for (let left = events; at > 0 && state.frames[at - 1].events <= left; at--) left -= state.frames[at - 1].events;
  return events === 0 ? [] : state.frames.slice(at);
}

function add(to: FrameTally, frame: NumberedFrame, sign: 1 | -1): void {
  to.packets += sign;
  to.events += sign * frame.events;
}
