import type { OperatorFunction } from 'rxjs';
import { layerNetwork, type LifLayerParts, type SpikePacket } from '../src/index.js';
import { type ParamsOrReference, versioned } from './params-reference.js';
import { type NetworkOptions, sqsNetwork } from './sqs-network.js';

/**
 * One layer of leaky integrate-and-fire neurons as an operator.
 *
 * Deterministic: the seed is taken for the sake of one shape, and changes nothing.
 *
 * ```ts
 * const layer = { kind: 'lif', name: 'l', inputs: 1, neurons: 1, weights: Float64Array.of(0.6) } as const;
 * const leak = { beta: Float64Array.of(0.9), threshold: Float64Array.of(1) };
 * spikes.pipe(lifLayer({ ...layer, ...leak }, { seed: 1 })).subscribe(console.log);
 * ```
 *
 * @throws `ERR_NETWORK`, `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_TIME_ORDER`, `ERR_LIMIT`
 */
export function lifLayer(
  layer: ParamsOrReference<LifLayerParts>,
  options: NetworkOptions,
): OperatorFunction<SpikePacket, SpikePacket> {
  return sqsNetwork(versioned(layer).map(layerNetwork), options);
}
