import type { Step } from '../step.js';
import { requireWord } from './argument.js';
import { derivedStream } from './derived-stream.js';
import { keptEvents } from './kept-events.js';
import type { EventPacket } from './packet.js';

export interface PolarityParams {
  /** `on`, `off`: only events of this polarity pass. `merge`: all pass, as ON events of a stream with one polarity. */
  readonly keep: 'on' | 'off' | 'merge';
}

export interface PolarityState {
  /** Events dropped so far. */
  dropped: number;
}

/** Selects events by polarity, or makes one polarity of both. */
export const polarityStep: Step<PolarityParams, PolarityState, EventPacket, EventPacket> = {
  name: 'polarity',
  version: 1,

  init({ keep }) {
    requireWord('polarity', 'keep', keep, ['on', 'off', 'merge']);
    return { dropped: 0 };
  },

  advance({ keep: wanted }, state, packet, emit) {
    const { length, p } = packet;
    const keep = new Uint32Array(length);
    const merge = wanted === 'merge';
    const bit = wanted === 'off' ? 0 : 1;
    let kept = 0;
    for (let i = 0; i < length; i++) if (merge || p[i] === bit) keep[kept++] = i;
    state.dropped += length - kept;
    const out = keptEvents(packet, keep, kept);
    if (!merge) return emit(out);
    out.p.fill(1);
    emit({ ...out, stream: derivedStream(packet.stream, { polarities: 1 }) });
  },
};
