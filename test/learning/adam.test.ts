import { describe, expect, test } from 'vitest';
import { adamState, adamUpdate, cosineRate, tensorNorm } from '../../src/learning/adam.js';

describe('Adam', () => {
  test('follows its definition, written out for one weight', () => {
    const tensors = { w: Float64Array.of(0.5) };
    const state = adamState(tensors);
    let [w, m, v] = [0.5, 0, 0];
    for (const [i, g] of [0.4, -0.1, 0.25].entries()) {
      adamUpdate(tensors, { w: Float64Array.of(g * 10) }, state, { rate: 0.01, scale: 0.1 });
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.01 * m) / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      expect(tensors.w[0]).toBeCloseTo(w, 12);
    }
    expect(state.updates).toBe(3);
  });

  test('the norm is taken over all tensors', () => {
    expect(tensorNorm({ a: Float64Array.of(3), b: Float64Array.of(0, 4) })).toBe(5);
  });

  test('the rate falls from its peak to a fiftieth of it', () => {
    expect(cosineRate(0.004, 0)).toBeCloseTo(0.004, 12);
    expect(cosineRate(0.004, 0.5)).toBeCloseTo(0.004 * 0.51, 12);
    expect(cosineRate(0.004, 1)).toBeCloseTo(0.004 * 0.02, 12);
  });
});
