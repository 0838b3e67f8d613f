import type { Step } from '../step.js';
import { requireArgument } from './argument.js';
import { derivedStream } from './derived-stream.js';
import type { EventPacket } from './packet.js';

export interface RebaseParams {
  /** Time that the first event gets, µs. Default 0. */
  readonly origin?: number;
}

export interface RebaseState {
  /** What is taken from every time, µs; null before the first event. */
  shift: number | null;
}

/**
 * Moves a stream in time so that its first event is at `origin`. The new stream begins there and has no epoch. Silence
 * before the first event is not handed on; a mark is, at `origin`.
 *
 * @throws `ERR_ARGUMENT` when `origin` is not finite
 */
export const rebaseStep: Step<RebaseParams, RebaseState, EventPacket, EventPacket> = {
  name: 'rebase',
  version: 1,

  init({ origin = 0 }) {
    requireArgument(Number.isFinite(origin), 'rebase', 'origin', 'a finite number', origin);
    return { shift: null };
  },

  advance({ origin = 0 }, state, packet, emit) {
    const { length, mark } = packet;
    const stream = derivedStream(packet.stream, { origin, epoch: null });
    if (state.shift === null && length > 0) state.shift = packet.t[0] - origin;
    const { shift } = state;
    if (shift === null) {
      if (mark) emit({ ...packet, stream, until: origin });
      return;
    }
    const t = packet.t.slice(0, length);
    for (let i = 0; i < length; i++) t[i] -= shift;
    emit({ ...packet, stream, t, until: packet.until - shift });
  },
};
