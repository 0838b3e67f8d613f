import type { OperatorFunction } from 'rxjs';
import { type SpikePacket, type StepsParams, type StepsState, type UnitPacket, stepsStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Puts activations into steps of `dt` µs from the stream's origin, or makes every event a step of its own (`dt: 0`).
 *
 * A mark begins a new grid; `resetEvery` adds reset marks after every so many steps, where there are events.
 * See {@link stepsStep} for what happens in long silences.
 *
 * ```ts
 * events
 *   .pipe(toUnits(map), steps({ dt: 15_000 }))
 *   .subscribe((packet) => console.log(packet.step.subarray(0, packet.length), packet.untilStep));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters; stream error: `ERR_TIME_ORDER`
 */
export function steps(
  params: ParamsOrReference<StepsParams>,
  options?: OperatorOptions<StepsState>,
): OperatorFunction<UnitPacket, SpikePacket> {
  return stepOperator(stepsStep, params, options);
}
