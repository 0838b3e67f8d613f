import type { OperatorFunction } from 'rxjs';
import { layerNetwork, type QlifLayerParts, type SpikePacket } from '../src/index.js';
import { type ParamsOrReference, versioned } from './params-reference.js';
import { type NetworkOptions, sqsNetwork } from './sqs-network.js';

/**
 * One layer of QLIF neurons (one qubit each, classical memory) as an operator.
 *
 * Deterministic: the seed is taken for the sake of one shape, and changes nothing.
 *
 * ```ts
 * const layer = { kind: 'qlif', name: 'q', inputs: 1, neurons: 1, variant: 'one-weight' } as const;
 * spikes.pipe(qlifLayer({ ...layer, weights: Float64Array.of(0.4) }, { seed: 1 })).subscribe(console.log);
 * ```
 *
 * @throws `ERR_NETWORK`, `ERR_ARGUMENT` for wrong parameters; stream errors: `ERR_GEOMETRY`, `ERR_TIME_ORDER`, `ERR_LIMIT`
 */
export function qlifLayer(
  layer: ParamsOrReference<QlifLayerParts>,
  options: NetworkOptions,
): OperatorFunction<SpikePacket, SpikePacket> {
  return sqsNetwork(versioned(layer).map(layerNetwork), options);
}
