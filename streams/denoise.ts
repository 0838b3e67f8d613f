import type { OperatorFunction } from 'rxjs';
import { type DenoiseParams, type DenoiseState, type EventPacket, denoiseStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Drops background activity: an event passes if a pixel next to its own had one less than `dt` µs before.
 *
 * Expects ordered times and a stream that says its size. A mark empties the memory. `checkpoint.state.dropped` counts.
 * See {@link denoiseStep} for the rule and its source.
 *
 * ```ts
 * events.pipe(denoise({ dt: 10_000 })).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_LIMIT`
 */
export function denoise(
  params: ParamsOrReference<DenoiseParams>,
  options?: OperatorOptions<DenoiseState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(denoiseStep, params, options);
}
