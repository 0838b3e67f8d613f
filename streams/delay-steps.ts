import type { OperatorFunction } from 'rxjs';
import { type DelayStepsParams, type DelayStepsState, type SpikePacket, delayStepsStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Delays spikes by whole steps: an edge with a delay, as an operator of its own.
 *
 * A spike is handed on once the watermark is past the step it arrives in; a mark drops what is on its way
 * (`checkpoint.state.dropped` counts).
 *
 * ```ts
 * spikes.pipe(delaySteps({ steps: 2 })).subscribe((packet) => console.log(packet.step.subarray(0, packet.length)));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_ARGUMENT` where every event is a step, or where a
 * delay that became shorter lets spikes overtake others, `ERR_LIMIT`
 */
export function delaySteps(
  params: ParamsOrReference<DelayStepsParams>,
  options?: OperatorOptions<DelayStepsState>,
): OperatorFunction<SpikePacket, SpikePacket> {
  return stepOperator(delayStepsStep, params, options);
}
