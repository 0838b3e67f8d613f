import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomSequence } from '../../src/random.js';
import {
  conditionalMemory,
  drawOutcome,
  LEAST_PROBABILITY,
  outcomeProbabilities,
  squaredNorm,
  type StateVector,
  zeroState,
} from '../../src/quantum/index.js';

function randomState(qubits: number, seed: number): StateVector {
  const random = new RandomSequence(seed);
  const state = zeroState(qubits).map(() => random.normal());
  const norm = Math.sqrt(squaredNorm(state));
  return state.map((x) => x / norm);
}

describe('measuring the io qubits', () => {
  it('gives probabilities that sum to 1 and conditional memories of norm 1', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.nat());
    const property = fc.property(sizes, ([lines, memory, seed]) => {
      const state = randomState(lines + memory, seed);
      const p = new Float64Array(1 << lines);
      outcomeProbabilities(state, lines, p);
      expect(p.reduce((sum, x) => sum + x)).toBeCloseTo(1, 13);
      const psi = new Float64Array(2 ** (memory + 1));
      for (let s = 0; s < p.length; s++) {
        conditionalMemory(state, lines, s, psi, 0);
        expect(squaredNorm(psi)).toBeCloseTo(1, 13);
      }
    });
    fc.assert(property, { seed: 1, numRuns: 200 });
  });

  it('averages over outcomes to the partial trace over the io qubits, not over the memory', () => {
    // Σ p(s)·|ψs⟩⟨ψs| = Tr_io |Ψ⟩⟨Ψ|, each side computed on its own.
    const [lines, memory] = [2, 2];
    const state = randomState(lines + memory, 7);
    const p = new Float64Array(4);
    outcomeProbabilities(state, lines, p);
    const psi = new Float64Array(8);
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        let [re, im, traceRe, traceIm] = [0, 0, 0, 0];
        for (let s = 0; s < 4; s++) {
          conditionalMemory(state, lines, s, psi, 0);
          re += p[s] * (psi[2 * i] * psi[2 * j] + psi[2 * i + 1] * psi[2 * j + 1]);
          im += p[s] * (psi[2 * i + 1] * psi[2 * j] - psi[2 * i] * psi[2 * j + 1]);
          const [a, b] = [2 * (4 * i + s), 2 * (4 * j + s)];
          traceRe += state[a] * state[b] + state[a + 1] * state[b + 1];
          traceIm += state[a + 1] * state[b] - state[a] * state[b + 1];
        }
        expect(re).toBeCloseTo(traceRe, 14);
        expect(im).toBeCloseTo(traceIm, 14);
      }
    }
  });

  it('lays outcomes on 0…1 from the highest down: one line spikes exactly if u < p', () => {
    const p = Float64Array.of(0.7, 0.3);
    expect(drawOutcome(p, 2, 0)).toBe(1);
    expect(drawOutcome(p, 2, 0.3 - 2 ** -24)).toBe(1);
    expect(drawOutcome(p, 2, 0.3)).toBe(0);
    // u is a share of what the probabilities sum to, should rounding have left that off 1.
    expect([0.29, 0.31].map((u) => drawOutcome(Float64Array.of(0.35, 0.15), 2, u))).toEqual([1, 0]);
    expect([0.2, 0.4].map((u) => drawOutcome(Float64Array.of(0.35, 0.15), 2, u))).toEqual([1, 0]);
    const four = Float64Array.of(0.1, 0.2, 0.3, 0.4);
    expect([0, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91, 1 - 2 ** -24].map((u) => drawOutcome(four, 4, u))).toEqual([
      3, 3, 2, 2, 1, 1, 0, 0,
    ]);
  });

  it('never draws an outcome below 1e-12, at either end', () => {
    expect(LEAST_PROBABILITY).toBe(1e-12);
    expect(drawOutcome(Float64Array.of(1, 9e-13), 2, 0)).toBe(0);
    expect(drawOutcome(Float64Array.of(1, 1.1e-12), 2, 0)).toBe(1);
    expect(drawOutcome(Float64Array.of(9e-13, 1), 2, 1 - 2 ** -53)).toBe(1);
    expect(drawOutcome(Float64Array.of(0, 0.5, 0, 0.5), 4, 1 - 2 ** -53)).toBe(1);
    const p = fc.array(fc.oneof(fc.constant(0), fc.constant(5e-13), fc.double({ min: 1e-6, max: 1, noNaN: true })), {
      minLength: 16,
      maxLength: 16,
    });
    const u = fc.oneof(
      fc.constant(0),
      fc.constant(1 - 2 ** -53),
      fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
    );
    fc.assert(
      fc.property(p, u, (weights, number) => {
        fc.pre(weights.some((w) => w >= 1e-6));
        expect(weights[drawOutcome(Float64Array.from(weights), 16, number)]).toBeGreaterThanOrEqual(1e-6);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});
