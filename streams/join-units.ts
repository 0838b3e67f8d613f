import type { Observable, ObservableInput } from 'rxjs';
import {
  type SpikePacket,
  type UnitJoinParams,
  joinComplete,
  joinDrain,
  joinPacket,
  unitJoinState,
} from '../src/index.js';
import { combine } from './combine.js';

/** How streams of spikes are joined. */
export interface JoinOptions {
  /** Most spikes held of one stream while another is behind. Default 4 million. */
  readonly hold?: number;
  /** Name of the joined stream. Default: that of the first. */
  readonly id?: string;
}

/**
 * Joins streams of spikes step by step into one whose units are those of the first, then those of the second, …: what
 * a layer needs that is fed by several (a skip connection).
 *
 * `unit = own unit + widths (StreamInfo.width) of the sources before`. A step is handed out when every source has passed
 * it: its spikes by source, as the source has them, with `t` at the beginning of the step (where every event is a step,
 * its own time). The sources must come from one stream of steps: equal grids, and the same marks, of which one is handed
 * on when all have reached it. Firing probabilities are left out. It completes when all sources have, fails when one does.
 * Packets are held as they are: their sources must not use the memory again.
 *
 * ```ts
 * const input = packets.pipe(toUnits(map), steps({ dt: 1000 }), share());
 * const hidden = input.pipe(sqsLayer(first, { seed: 1 }));
 * joinUnits([input, hidden]).pipe(sqsLayer(second, { seed: 1 })).subscribe();
 * ```
 *
 * @throws `ERR_ARGUMENT`; as errors of the stream: `ERR_GEOMETRY` where a source does not tell its number of units,
 * `ERR_ARGUMENT` where grids or marks differ, `ERR_TIME_ORDER` where steps go back, `ERR_OVERFLOW`
 */
export function joinUnits(
  sources: readonly ObservableInput<SpikePacket>[],
  { hold = 4_000_000, id }: JoinOptions = {},
): Observable<SpikePacket> {
  const params: UnitJoinParams = { sources: sources.length, hold, ...(id === undefined ? {} : { id }) };
  unitJoinState(params);
  return combine(sources, () => {
    const state = unitJoinState(params);
    return {
      take: (index, packet) => joinPacket(params, state, index, packet),
      complete: (index) => joinComplete(state, index),
      drain: (emit) => joinDrain(params, state, emit),
    };
  });
}
