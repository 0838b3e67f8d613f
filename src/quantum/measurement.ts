import type { StateVector } from './state-vector.js';

/** An outcome less likely than this is never drawn. */
export const LEAST_PROBABILITY = 1e-12;

/**
 * Writes `p[s] = ‖⟨s|Ψ‖²` of all 2^N outcomes of measuring the io qubits together; bit n of s is io qubit n.
 *
 * @param lines N; io qubits are the lowest bits of an index
 * @param p length ≥ 2^N, the first 2^N entries are written
 */
export function outcomeProbabilities(state: StateVector, lines: number, p: Float64Array): void {
  const outcomes = 1 << lines;
  p.fill(0, 0, outcomes);
  for (let k = 0; k < state.length / 2; k++) p[k & (outcomes - 1)] += state[2 * k] ** 2 + state[2 * k + 1] ** 2;
}

/**
 * The outcome that the uniform number `u` in [0, 1) draws. Outcomes lie on [0, Σp) from the highest down to 0, so that
 * a single line spikes exactly if `u·Σp < p(1)`; those below {@link LEAST_PROBABILITY} are left out.
 *
 * @param p probabilities of outcomes 0…outcomes−1
 */
export function drawOutcome(p: Float64Array, outcomes: number, u: number): number {
  let total = 0;
  for (let s = outcomes - 1; s >= 0; s--) if (p[s] >= LEAST_PROBABILITY) total += p[s];
  const point = u * total;
  let reached = 0;
  let last = 0;
  for (let s = outcomes - 1; s >= 0; s--) {
    if (p[s] < LEAST_PROBABILITY) continue;
    reached += p[s];
    if (point < reached) return s;
    last = s;
  }
  return last; // u so close to 1 that u·Σp rounds to Σp
}

/**
 * Writes the memory `⟨s|Ψ / √p(s)` that is left after the io qubits were measured as `outcome` (and reset): pure, and
 * not a trace over anything.
 *
 * @param memory 2^M amplitudes, interleaved, beginning at `offset`
 */
export function conditionalMemory(
  state: StateVector,
  lines: number,
  outcome: number,
  memory: Float64Array,
  offset: number,
): void {
  const size = state.length >> lines;
  const at = (i: number): number => 2 * (((i >> 1) << lines) | outcome) + (i & 1);
  let norm = 0;
  for (let i = 0; i < size; i++) norm += state[at(i)] ** 2;
  const length = Math.sqrt(norm);
  for (let i = 0; i < size; i++) memory[offset + i] = state[at(i)] / length;
}
