import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type TimeSlicesParams, type TimeSlicesState, timeSlicesStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Cuts a stream into slices of `width` µs from its origin: every slice that holds an event becomes one packet.
 *
 * Silence is handed on up to the last slice's end, and costs nothing however long.
 *
 * ```ts
 * events.pipe(timeSlices({ width: 10_000 })).subscribe((slice) => console.log(slice.until, slice.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_TIME_ORDER`, `ERR_LIMIT`
 */
export function timeSlices(
  params: ParamsOrReference<TimeSlicesParams>,
  options?: OperatorOptions<TimeSlicesState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(timeSlicesStep, params, options);
}
