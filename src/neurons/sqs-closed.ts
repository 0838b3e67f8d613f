/**
 * Closed form of the SQS neuron with the default circuit. Only X rotations occur, so every amplitude is (−i)^ones times
 * a real number, and the memory ψ = a|0⟩ − i·b|1⟩ is a point (a, b) = (cos α/2, sin α/2) of a circle. With
 * A = φ(z) + θ_in and B = A + θ_ent:
 *
 *     precession  (a, b) ← rotated by ω·Δ/2
 *     spike       w = (a·sin A/2, b·sin B/2)      p = |w|²
 *     no spike    w = (a·cos A/2, b·cos B/2)
 *     memory      (a, b) ← w/|w|, rotated by θ_mem/2
 *
 * Two numbers instead of α spare an arc tangent and its branches.
 */
import { sincos } from '../elementary.js';
import { DEFAULT_ANGLES } from '../quantum/circuit.js';
import { LEAST_PROBABILITY } from '../quantum/measurement.js';
import { encode, type EncoderSpec } from './encoder.js';

/** Numbers of memory a neuron: (cos α/2, sin α/2). */
export const CLOSED_WIDTH = 2;

const turn: Float64Array = new Float64Array(2);

/** One step of one neuron; arguments and result as in `NeuronLayer.advance`, memory [neurons × 2]. Makes no object. */
// oxlint-disable-next-line max-params -- called once a neuron and step: no object is made for it
export function advanceClosed(
  params: {
    readonly encoder: EncoderSpec;
    readonly angles: Float64Array;
    readonly omega: Float64Array | null;
  },
  memory: Float64Array,
  neuron: number,
  z: Float64Array,
  u: number,
  seconds: number,
  p: Float64Array,
): number {
  const { angles, omega, encoder } = params;
  const theta = 3 * neuron;
  const at = CLOSED_WIDTH * neuron;
  let a = memory[at];
  let b = memory[at + 1];
  if (omega !== null && seconds > 0) {
    sincos((omega[neuron] * seconds) / 2, turn);
    const before = a;
    a = turn[1] * before - turn[0] * b;
    b = turn[0] * before + turn[1] * b;
  }

  const A = encode(encoder, z[neuron]) + angles[theta + DEFAULT_ANGLES.in];
  sincos(A / 2, turn);
  const a1 = a * turn[0];
  const a0 = a * turn[1];
  sincos((A + angles[theta + DEFAULT_ANGLES.ent]) / 2, turn);
  const b1 = b * turn[0];
  const b0 = b * turn[1];

  const fires = a1 * a1 + b1 * b1;
  const rests = a0 * a0 + b0 * b0;
  const total = fires + rests;
  p[neuron] = fires / total;
  const spike = rests < LEAST_PROBABILITY || (fires >= LEAST_PROBABILITY && u * total < fires);

  a = spike ? a1 : a0;
  b = spike ? b1 : b0;
  const length = Math.sqrt(spike ? fires : rests);
  sincos(angles[theta + DEFAULT_ANGLES.mem] / 2, turn);
  memory[at] = (turn[1] * a - turn[0] * b) / length;
  memory[at + 1] = (turn[0] * a + turn[1] * b) / length;
  return spike ? 1 : 0;
}
