import type { OperatorFunction } from 'rxjs';
import { type EventPacket, type PolarityParams, type PolarityState, polarityStep } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Selects events by polarity (`on`, `off`), or makes one polarity of both (`merge`).
 *
 * `checkpoint.state.dropped` counts.
 *
 * ```ts
 * events.pipe(polarity({ keep: 'on' })).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_ARGUMENT` for wrong parameters
 */
export function polarity(
  params: ParamsOrReference<PolarityParams>,
  options?: OperatorOptions<PolarityState>,
): OperatorFunction<EventPacket, EventPacket> {
  return stepOperator(polarityStep, params, options);
}
