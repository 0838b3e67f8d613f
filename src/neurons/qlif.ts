/**
 * The QLIF neuron (quantum leaky integrate-and-fire; Brand and Petruccione 2024): one qubit whose excited population m
 * is kept as a number, φ = 2·asin √m.
 *
 *     z > 0     m ← sin²((θ + φ)/2),  θ = π·z                               the current excites
 *     z ≤ 0     m ← sin²((γ + φ)/2),  γ = −2·asin √(m·e^(−τ/T1))            published decay
 *               m ← m·e^(−τ/T1)                                             exact decay
 *     m ≥ 0.75  spike, and m = 0 at the next step, whatever arrives then
 *
 * `one-weight`: τ = 10. `two-weight`: τ = 200·|second weighted sum|. T1 = 60. Nothing is drawn: the firing probability
 * is 1 or 0.
 */
import { exp, sincos } from '../elementary.js';
import { RxSpikeError } from '../errors.js';
import type { NeuronLayer } from './neuron.js';

/** A layer of QLIF neurons. */
export interface QlifParams {
  /** Number of neurons, ≥ 1. */
  readonly neurons: number;
  /** `two-weight` takes two currents a neuron: z[2j] excites, z[2j + 1] is the second weighted sum. */
  readonly variant: 'one-weight' | 'two-weight';
  /** Default `published`. */
  readonly decay?: 'published' | 'exact';
  /** Constants; defaults 0.75, 60, 10. `tau` is of `one-weight` only. */
  readonly threshold?: number;
  readonly t1?: number;
  readonly tau?: number;
}

/** Excited populations, plain data. */
export interface QlifState {
  /** m in 0…1, [neurons]. */
  readonly m: Float64Array;
}

/** Defaults as published. */
export const QLIF_DEFAULTS: {
  readonly threshold: number;
  readonly t1: number;
  readonly tau: number;
  readonly tauPerCurrent: number;
} = { threshold: 0.75, t1: 60, tau: 10, tauPerCurrent: 200 };

/** QLIF neurons as a layer; one line. */
export const qlif: NeuronLayer<QlifParams, QlifState> = {
  kind: 'qlif',
  linesPerNeuron: () => 1,
  currentsPerNeuron: (params) => (params.variant === 'two-weight' ? 2 : 1),

  init(params) {
    checkParams(params);
    return { m: new Float64Array(params.neurons) };
  },

  check(params, { m }) {
    if (m.length !== params.neurons || !m.every((x) => x >= 0 && x <= 1)) {
      throw new RxSpikeError('ERR_STATE', `qlif: expected ${params.neurons} populations in 0…1`);
    }
  },

  // oxlint-disable-next-line max-params -- called once a neuron and step: no object is made for it
  advance(params, state, neuron, z, _u, _seconds, p) {
    const threshold = params.threshold ?? QLIF_DEFAULTS.threshold;
    const two = params.variant === 'two-weight';
    const m = state.m[neuron];
    const current = z[two ? 2 * neuron : neuron];
    let next = 0;
    if (m < threshold) {
      if (current > 0) next = excited(m, current);
      else {
        const tau = two ? QLIF_DEFAULTS.tauPerCurrent * Math.abs(z[2 * neuron + 1]) : (params.tau ?? QLIF_DEFAULTS.tau);
        const kept = m * exp(-tau / (params.t1 ?? QLIF_DEFAULTS.t1));
        next = params.decay === 'exact' ? kept : published(m, kept);
      }
    }
    state.m[neuron] = next;
    const spike = next >= threshold ? 1 : 0;
    p[neuron] = spike;
    return spike;
  },
};

const turn: Float64Array = new Float64Array(2);

/** sin²(π·z/2 + asin √m), by the sine of a sum. */
function excited(m: number, z: number): number {
  sincos((Math.PI * z) / 2, turn);
  const amplitude = turn[0] * Math.sqrt(1 - m) + turn[1] * Math.sqrt(m);
  return Math.min(amplitude * amplitude, 1);
}

/** sin²(asin √m − asin √kept), by the sine of a difference. */
function published(m: number, kept: number): number {
  const amplitude = Math.sqrt(m) * Math.sqrt(1 - kept) - Math.sqrt(1 - m) * Math.sqrt(kept);
  return Math.min(amplitude * amplitude, 1);
}

const positive = (x: number | undefined): boolean => x === undefined || (Number.isFinite(x) && x > 0);

function checkParams({ neurons, variant, decay, threshold, t1, tau }: QlifParams): void {
  if (
    !Number.isInteger(neurons) ||
    neurons < 1 ||
    (variant !== 'one-weight' && variant !== 'two-weight') ||
    (decay !== undefined && decay !== 'published' && decay !== 'exact') ||
    !positive(threshold) ||
    !positive(t1) ||
    !positive(tau === 0 ? undefined : tau)
  ) {
    throw new RxSpikeError('ERR_NETWORK', 'qlif: a parameter is out of range', {
      details: { neurons, variant, decay, threshold, t1, tau },
    });
  }
}
