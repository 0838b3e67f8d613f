import type { OperatorFunction } from 'rxjs';
import {
  type ChainState,
  chainStep,
  type Decision,
  decideStep,
  type EventPacket,
  filterLinks,
  link,
  type Link,
  type Model,
  type NetworkParams,
  networkStep,
  stepsStep,
  toUnitsStep,
} from '../src/index.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/** How a model is run. */
export interface RunModelOptions
  extends Pick<NetworkParams, 'seed' | 'stream' | 'pass' | 'maxSilentSteps'>, OperatorOptions<ChainState> {}

const modelStep = chainStep<EventPacket, Decision>('model');

/**
 * A whole model as one operator: its filters, unit map, steps, network (with firing probabilities) and decisions, in
 * this order, with one state that is saved and restored as one. The same as the chain of operators
 * `preprocess → toUnits → steps → sqsNetwork → decide`.
 *
 * ```ts
 * events.pipe(runModel(model, { seed: 1 })).subscribe(({ label, truth }) => console.log(label, truth));
 * ```
 *
 * @throws `ERR_ARGUMENT`, `ERR_NETWORK` for a model or option that is wrong; stream errors are those of the chain
 */
export function runModel(
  model: Model,
  { checkpoint, ...run }: RunModelOptions,
): OperatorFunction<EventPacket, Decision> {
  const network: NetworkParams = { ...run, network: model.network, firing: true };
  const links: readonly Link<never, unknown>[] = [
    ...filterLinks(model.preprocessing),
    link(toUnitsStep, model.units),
    link(stepsStep, model.steps),
    link(networkStep, network),
    link(decideStep, model.readout),
  ];
  return stepOperator(modelStep, links, checkpoint ? { checkpoint } : {});
}
