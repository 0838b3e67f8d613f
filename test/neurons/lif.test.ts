import { describe, expect, it } from 'vitest';
import { lif, type LifParams } from '../../src/neurons/index.js';

const params: LifParams = { neurons: 2, beta: Float64Array.of(0.5, 0.9), threshold: Float64Array.of(1, 2) };

describe('a LIF neuron', () => {
  it('leaks, adds, fires above the threshold and loses the threshold at the next step', () => {
    const state = lif.init(params);
    const p = new Float64Array(2).fill(-1);
    const trace = [0.75, 0.75, 0.25, 0, 1.9, 1].map((z) => {
      const spike = lif.advance(params, state, 0, Float64Array.of(z, 99), 0, 1, p);
      expect(p[0]).toBe(spike);
      return [state.v[0], spike];
    });
    // v: .75; .375+.75 = 1.125 (spike); .5625+.25−1 = −.1875; −.09375; −.046875+1.9 (spike); .9265625+1−1
    expect(trace).toEqual([
      [0.75, 0],
      [1.125, 1],
      [-0.1875, 0],
      [-0.09375, 0],
      [1.853125, 1],
      [0.9265625, 0],
    ]);
    expect([state.v[1], state.spiked[1], p[1]]).toEqual([0, 0, -1]);
  });

  it('does not fire at the threshold itself', () => {
    const state = lif.init(params);
    const p = new Float64Array(2);
    expect(lif.advance(params, state, 1, Float64Array.of(0, 2), 0, 0, p)).toBe(0);
    expect(lif.advance(params, state, 1, Float64Array.of(0, 0.3), 0, 0, p)).toBe(1);
  });

  it('has one line, takes one current', () => {
    expect([lif.linesPerNeuron(params), lif.currentsPerNeuron(params)]).toEqual([1, 1]);
  });

  it('refuses params and states that do not fit', () => {
    for (const wrong of [
      { ...params, neurons: 3 },
      { ...params, beta: new Float64Array(1) },
      { ...params, neurons: 0, beta: new Float64Array(0), threshold: new Float64Array(0) },
    ]) {
      expect(() => lif.init(wrong)).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
    }
    const state = lif.init(params);
    expect(() => lif.check(params, state)).not.toThrow();
    for (const wrong of [
      { ...state, v: new Float64Array(1) },
      { ...state, spiked: Uint8Array.of(2, 0) },
      { ...state, v: Float64Array.of(NaN, 0) },
    ]) {
      expect(() => lif.check(params, wrong)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  });
});
