import type { OperatorFunction } from 'rxjs';
import { layerNetwork, type SqsLayerParts, type SpikePacket } from '../src/index.js';
import { type ParamsOrReference, versioned } from './params-reference.js';
import { type NetworkOptions, sqsNetwork } from './sqs-network.js';

/**
 * One layer of SQS neurons as an operator: the network of that layer alone, fully connected to its input.
 *
 * Under the same name, seed and stream it fires the same spikes as inside of a larger network: random numbers are keyed
 * by the layer's name. `recurrent` adds a self-loop.
 *
 * ```ts
 * const hidden = { name: 'hidden', inputs: 2, neurons: 1, weights: Float64Array.of(0.5, -0.25) };
 * const neuron = { encoder: { kind: 'clip' }, angles: Float64Array.of(0.1, 0.4, 0) } as const;
 * spikes.pipe(sqsLayer({ ...hidden, ...neuron }, { seed: 1 })).subscribe((packet) => console.log(packet.unit));
 * ```
 *
 * @throws `ERR_NETWORK`, `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_TIME_ORDER`, `ERR_LIMIT`
 */
export function sqsLayer(
  layer: ParamsOrReference<SqsLayerParts>,
  options: NetworkOptions,
): OperatorFunction<SpikePacket, SpikePacket> {
  return sqsNetwork(versioned(layer).map(layerNetwork), options);
}
