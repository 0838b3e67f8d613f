import { describe, expect, it } from 'vitest';
import { draw, drawAt, layerKey, RandomSequence, stepKey } from '../../src/random.js';
import { sqs, sqsOutcomes, type SqsParams } from '../../src/neurons/index.js';
import { defaultCircuit, layeredCircuit, writeCircuit } from '../../src/quantum/index.js';

/** Every statement below is false with at most this probability, had the seeds not been fixed. */
const RISK = 1e-9;
const KEY = layerKey({ seed: 11, stream: 'statistics', pass: 0, layer: 'sqs' });

/** Hoeffding: |mean of n numbers from a range of 1 − expectation| stays below this, for each of `many` means. */
const hoeffding = (n: number, many: number): number => Math.sqrt(Math.log((2 * many) / RISK) / (2 * n));

function layer(circuit: SqsParams['circuit'], neurons: number, seed: number): SqsParams {
  const random = new RandomSequence(seed);
  const angles = Float64Array.from({ length: circuit.angles }, () => (random.uniform() - 0.5) * 4);
  return {
    neurons,
    circuit,
    encoder: { kind: 'sigmoid' },
    angles: Float64Array.from({ length: neurons * circuit.angles }, (_, i) => angles[i % circuit.angles]),
    omega: null,
  };
}

describe('spike frequencies against exact probabilities', () => {
  it('draws the joint outcomes of three lines as often as they are likely', () => {
    const n = 100_000;
    const params = layer(layeredCircuit(3, 2, 1), 1, 5);
    const state = sqs.init(params);
    const p = new Float64Array(3);
    // Some steps first, so that the memory is superposed and entangled.
    for (let t = 0; t < 10; t++)
      sqs.advance(
        params,
        state,
        0,
        Float64Array.of(0.1, -0.2, 0.3),
        draw({ seed: 1, stream: '', pass: 0, layer: '' }, 0, t),
        0,
        p,
      );
    const memory = state.memory.slice();
    const z = Float64Array.of(0.2, -0.1, 0.05);
    const exact = sqsOutcomes(params, state, 0, z, 0);
    const counts = new Float64Array(8);
    for (let t = 0; t < n; t++) {
      state.memory.set(memory);
      counts[sqs.advance(params, state, 0, z, drawAt(KEY, stepKey(KEY, t), 0), 0, p)]++;
    }
    expect(exact.filter((x) => x > 0.02).length).toBeGreaterThanOrEqual(5);
    for (let s = 0; s < 8; s++) expect(Math.abs(counts[s] / n - exact[s])).toBeLessThan(hoeffding(n, 8));
    for (let line = 0; line < 3; line++) {
      const fired = counts.reduce((sum, count, s) => sum + (((s >> line) & 1) === 1 ? count : 0), 0);
      expect(Math.abs(fired / n - p[line])).toBeLessThan(hoeffding(n, 3));
    }
  });

  it.each([
    ['default', defaultCircuit()],
    ['write', writeCircuit()],
    ['layered, two lines', layeredCircuit(2, 1, 2)],
  ] as const)('fires along a run as often as its probabilities sum to: %s', (_name, circuit) => {
    // Σ(s − p) is a martingale with steps in a range of 1: Azuma and Hoeffding bound it as if steps were independent.
    const n = 50_000;
    const params = layer(circuit, 1, 2);
    const state = sqs.init(params);
    const random = new RandomSequence(3, 'inputs');
    const p = new Float64Array(circuit.lines);
    const surplus = new Float64Array(circuit.lines);
    const variance = new Float64Array(circuit.lines);
    for (let t = 0; t < n; t++) {
      const z = p.map(() => random.uniform() * 2 - 1);
      const spikes = sqs.advance(params, state, 0, z, drawAt(KEY, stepKey(KEY, t), 1), 0, p);
      p.forEach((x, line) => {
        surplus[line] += ((spikes >> line) & 1) - x;
        variance[line] += x * (1 - x);
      });
    }
    for (let line = 0; line < circuit.lines; line++) {
      expect(Math.abs(surplus[line]) / n).toBeLessThan(hoeffding(n, circuit.lines));
      expect(variance[line] / n).toBeGreaterThan(0.05);
    }
  });

  it('draws many neurons of one step independently: the spread over steps is binomial', () => {
    const [neurons, steps] = [500, 400];
    const params = layer(defaultCircuit(), neurons, 4);
    const z = new Float64Array(neurons).fill(-0.3);
    const p = new Float64Array(neurons);
    let chance = 0;
    let [sum, squares] = [0, 0];
    for (let t = 0; t < steps; t++) {
      const state = sqs.init(params);
      let fired = 0;
      const part = stepKey(KEY, t);
      for (let j = 0; j < neurons; j++) fired += sqs.advance(params, state, j, z, drawAt(KEY, part, j), 0, p);
      chance = p[0];
      const x = (fired - neurons * chance) / Math.sqrt(neurons * chance * (1 - chance));
      sum += x;
      squares += x * x;
    }
    expect(chance).toBeGreaterThan(0.1);
    expect(chance).toBeLessThan(0.9);
    expect(Math.abs(sum) / Math.sqrt(steps)).toBeLessThan(6.2); // standard normal, 1e-9 both ways
    // χ² with 400 degrees of freedom by Laurent and Massart at 1e-9: 400 ± 2√(400·ln 2e9) (+ 2·ln 2e9 above).
    const x = Math.log(2 / RISK);
    expect(squares).toBeLessThan(steps + 2 * Math.sqrt(steps * x) + 2 * x);
    expect(squares).toBeGreaterThan(steps - 2 * Math.sqrt(steps * x));
  });
});
