import type { Observable, ObservableInput } from 'rxjs';
import {
  type EventPacket,
  type QueueParams,
  type QueueState,
  type TimeMergeParams,
  mergeComplete,
  mergeDrain,
  mergePacket,
  timeMergeState,
} from '../src/index.js';
import { combine } from './combine.js';
import type { QueueGauge } from './queue-gauge.js';

/** How streams are merged. */
export interface MergeOptions {
  /** Whose marks are passed on: those of all streams (default), of the first, of none. */
  readonly marks?: 'all' | 'first' | 'none';
  /**
   * What may be held of each stream while another is behind, and what happens beyond.
   * Default: policy `error`, 65536 packets, 4 million events.
   */
  readonly hold?: Partial<QueueParams>;
  /** Name of the merged stream. Default: the names of the streams with `+` between them. */
  readonly id?: string;
  /** Shows what is held and what was dropped, all streams together. */
  readonly gauge?: QueueGauge;
}

/**
 * Merges streams of camera events into one, in the order of time.
 *
 * An event is handed out as soon as every other stream's watermark has passed it; equal times come in the order of the
 * sources. A mark stands at its `until` like an event: by default every stream's marks take effect on the merged
 * stream, `marks: 'first'` takes those of the first stream alone. The streams must be of one geometry and each in order;
 * the merged stream begins at the earliest origin. A stream that is ahead is held, up to `hold`; the one that is
 * behind sets the pace. It completes when all have, and fails when one does. Packets are held as they are: their sources
 * must not use the memory again (`reuse`).
 *
 * ```ts
 * mergeByTime([left, right], { marks: 'first' }).pipe(denoise({ dt: 10_000 })).subscribe();
 * ```
 *
 * @throws `ERR_ARGUMENT`; as errors of the stream: `ERR_GEOMETRY`, `ERR_TIME_ORDER`, `ERR_OVERFLOW`
 */
export function mergeByTime(
  sources: readonly ObservableInput<EventPacket>[],
  { marks = 'all', hold = {}, id, gauge }: MergeOptions = {},
): Observable<EventPacket> {
  const limits: QueueParams = { policy: 'error', packets: 65_536, events: 4_000_000, ...hold };
  const named = id === undefined ? {} : { id };
  const params: TimeMergeParams = { sources: sources.length, marks, hold: limits, ...named };
  timeMergeState(params);
  return combine(sources, () => {
    const state = timeMergeState(params);
    gauge?.watch(() => state.sources.map(({ queue }): QueueState<EventPacket> => queue));
    return {
      take: (index, packet) => mergePacket(params, state, index, packet),
      complete: (index) => mergeComplete(state, index),
      drain: (emit) => mergeDrain(params, state, emit),
    };
  });
}
