/**
 * The LIF neuron (leaky integrate-and-fire), with subtractive reset one step late:
 *
 *     v ← β·v + z − ϑ·s_previous        spike if v > ϑ
 *
 * s_previous is the neuron's own spike at its last advance. Nothing is drawn: the firing probability is 1 or 0.
 */
import { RxSpikeError } from '../errors.js';
import type { NeuronLayer } from './neuron.js';

/** A layer of LIF neurons. */
export interface LifParams {
  /** Number of neurons, ≥ 1. */
  readonly neurons: number;
  /** Leak β, [neurons]. */
  readonly beta: Float64Array;
  /** Threshold ϑ, [neurons]. */
  readonly threshold: Float64Array;
}

/** Potentials and last spikes, plain data. */
export interface LifState {
  /** v, [neurons]. */
  readonly v: Float64Array;
  /** s_previous: 1 or 0, [neurons]. */
  readonly spiked: Uint8Array;
}

/** LIF neurons as a layer; one line. */
export const lif: NeuronLayer<LifParams, LifState> = {
  kind: 'lif',
  linesPerNeuron: () => 1,
  currentsPerNeuron: () => 1,

  init({ neurons, beta, threshold }) {
    if (!Number.isInteger(neurons) || neurons < 1 || beta.length !== neurons || threshold.length !== neurons) {
      throw new RxSpikeError(
        'ERR_NETWORK',
        `lif: expected ${neurons} leaks and thresholds, got ${beta.length} and ${threshold.length}`,
      );
    }
    return { v: new Float64Array(neurons), spiked: new Uint8Array(neurons) };
  },

  check({ neurons }, { v, spiked }) {
    if (
      v.length !== neurons ||
      spiked.length !== neurons ||
      !v.every(Number.isFinite) ||
      !spiked.every((s) => s <= 1)
    ) {
      throw new RxSpikeError('ERR_STATE', `lif: expected ${neurons} potentials and spikes`);
    }
  },

  // oxlint-disable-next-line max-params -- called once a neuron and step: no object is made for it
  advance({ beta, threshold }, state, neuron, z, _u, _seconds, p) {
    const v = beta[neuron] * state.v[neuron] + z[neuron] - threshold[neuron] * state.spiked[neuron];
    const spike = v > threshold[neuron] ? 1 : 0;
    state.v[neuron] = v;
    state.spiked[neuron] = spike;
    p[neuron] = spike;
    return spike;
  },
};
