import type { OperatorFunction } from 'rxjs';
import { type Decision, decideStep, type ReadoutSpec, type ReadoutState, type SpikePacket } from '../src/index.js';
import type { ParamsOrReference } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/**
 * Decides, window by window, which class the output spikes speak for.
 *
 * Windows run from mark to mark, over a recording, tumble, slide, or begin with activity: see `WindowSpec`. Ties between
 * counts need firing probabilities: run the network with `firing: true`.
 *
 * ```ts
 * spikes
 *   .pipe(sqsNetwork(model.network, { seed: 1, firing: true }), decide(model.readout))
 *   .subscribe(({ label, confidence }) => console.log(label, confidence));
 * ```
 *
 * @throws `ERR_ARGUMENT` for a wrong readout; stream errors: `ERR_GEOMETRY`, `ERR_ARGUMENT`, `ERR_LIMIT`
 */
export function decide(
  readout: ParamsOrReference<ReadoutSpec>,
  options?: OperatorOptions<ReadoutState>,
): OperatorFunction<SpikePacket, Decision> {
  return stepOperator(decideStep, readout, options);
}
