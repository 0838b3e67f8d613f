import type { OperatorFunction } from 'rxjs';
import { type Network, type NetworkParams, type NetworkState, networkStep, type SpikePacket } from '../src/index.js';
import { type ParamsOrReference, versioned } from './params-reference.js';
import { type OperatorOptions, stepOperator } from './step-operator.js';

/** How a network is run: seed and stream name of its random numbers, which layers come out, firing probabilities. */
export interface NetworkOptions extends Omit<NetworkParams, 'network'>, OperatorOptions<NetworkState> {}

/**
 * Runs a network of SQS (or QLIF, LIF) layers: spikes of input units in, spikes of its output layers out.
 *
 * The same seed gives the same spikes wherever packets are cut, and as a composition of {@link sqsLayer} operators. A
 * mark resets all memories. The network may be swapped for one of the same graph between two packets.
 *
 * ```ts
 * spikes.pipe(sqsNetwork(model.network, { seed: 1, firing: true })).subscribe((packet) => console.log(packet.length));
 * ```
 *
 * @throws `ERR_NETWORK`, `ERR_ARGUMENT` for a wrong network or option; stream errors: `ERR_GEOMETRY`, `ERR_TIME_ORDER`,
 * `ERR_LIMIT`
 */
export function sqsNetwork(
  network: ParamsOrReference<Network>,
  { checkpoint, ...run }: NetworkOptions,
): OperatorFunction<SpikePacket, SpikePacket> {
  const params = versioned(network).map((current): NetworkParams => ({ ...run, network: current }));
  return stepOperator(networkStep, params, checkpoint ? { checkpoint } : {});
}
