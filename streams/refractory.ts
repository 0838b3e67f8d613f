import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type RefractoryParams, type RefractoryState, refractoryStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Drops the events of a pixel for `dt` µs after one that passed.
 *
 * Expects ordered times and a stream that says its size. A mark ends all dead times. `checkpoint.state.dropped` counts.
 *
 * ```ts
 * events.pipe(refractory({ dt: 1_000 })).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_LIMIT`
 */
export function refractory(
  params: ParamsOrReference<RefractoryParams>,
  options?: OperatorOptions<RefractoryState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(refractoryStep, params, options);
}
