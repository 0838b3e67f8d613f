import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type MonotonicParams, type MonotonicState, monotonicStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Makes times non-decreasing: an event from the past is clamped to the present, or dropped.
 *
 * Stands before whatever needs order. `checkpoint.state.clamped` and `checkpoint.state.dropped` count.
 *
 * ```ts
 * events.pipe(monotonic({ policy: 'clamp' }), denoise({ dt: 10_000 })).subscribe((packet) => console.log(packet.until));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters
 */
export function monotonic(
  params: ParamsOrReference<MonotonicParams>,
  options?: OperatorOptions<MonotonicState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(monotonicStep, params, options);
}
