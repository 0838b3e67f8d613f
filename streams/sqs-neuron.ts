import type { OperatorFunction } from 'rxjs';
import type { SpikePacket, SqsLayerParts } from '../src/index.js';
import { type ParamsOrReference, versioned } from './params-reference.js';
import { sqsLayer } from './sqs-layer.js';
import type { NetworkOptions } from './sqs-network.js';

/** One SQS neuron: a layer of one. Its name is its random key, so neurons of one stream have different names. */
export type SqsNeuronParts = Omit<SqsLayerParts, 'neurons'>;

/**
 * One stochastic quantum spiking neuron as a stateful operator: spikes of its `inputs` in, its own spikes (units = lines)
 * out. Its memory is a quantum state that advances in the steps in which an input fires.
 *
 * ```ts
 * const neuron = { name: 'n', inputs: 2, weights: Float64Array.of(0.5, -0.25), encoder: { kind: 'clip' } } as const;
 * spikes
 *   .pipe(sqsNeuron({ ...neuron, angles: Float64Array.of(0.1, 0.4, 0) }, { seed: 1 }))
 *   .subscribe((packet) => console.log(packet.step));
 * ```
 *
 * @throws `ERR_NETWORK`, `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_TIME_ORDER`, `ERR_LIMIT`
 */
export function sqsNeuron(
  neuron: ParamsOrReference<SqsNeuronParts>,
  options: NetworkOptions,
): OperatorFunction<SpikePacket, SpikePacket> {
  return sqsLayer(
    versioned(neuron).map((parts): SqsLayerParts => ({ ...parts, neurons: 1 })),
    options,
  );
}
