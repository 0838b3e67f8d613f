import type { OperatorFunction } from 'rxjs';
import { type CountSlicesParams, type CountSlicesState, type EventPacket, countSlicesStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Cuts a stream into packets of exactly `count` events; a mark and the end of the stream hand out a shorter one.
 *
 * ```ts
 * events.pipe(countSlices({ count: 1_000 })).subscribe((slice) => console.log(slice.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters
 */
export function countSlices(
  params: ParamsOrReference<CountSlicesParams>,
  options?: OperatorOptions<CountSlicesState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(countSlicesStep, params, options);
}
