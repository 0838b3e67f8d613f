import { describe, expect, it } from 'vitest';
import { RandomSequence } from '../../src/random.js';
import { qlif, type QlifParams } from '../../src/neurons/index.js';

/** The published equations, word for word, with arc sines. */
function published(m: number, z: number, tau: number, decay: 'published' | 'exact', t1 = 60): number {
  const phi = 2 * Math.asin(Math.sqrt(m));
  if (z > 0) return Math.sin((Math.PI * Math.abs(z) + phi) / 2) ** 2;
  if (decay === 'exact') return m * Math.exp(-tau / t1);
  const gamma = -2 * Math.asin(Math.sqrt(m * Math.exp(-tau / t1)));
  return Math.sin((gamma + phi) / 2) ** 2;
}

function run(params: QlifParams, z: readonly number[]): { m: number[]; spikes: number[]; p: number[] } {
  const state = qlif.init(params);
  const width = qlif.currentsPerNeuron(params);
  const p = new Float64Array(1);
  const out = { m: [] as number[], spikes: [] as number[], p: [] as number[] };
  for (let t = 0; t < z.length; t += width) {
    out.spikes.push(qlif.advance(params, state, 0, Float64Array.from(z.slice(t, t + width)), 0.5, 0, p));
    out.m.push(state.m[0]);
    out.p.push(p[0]);
  }
  return out;
}

describe('a QLIF neuron', () => {
  it('climbs to the threshold, fires, and is 0 at the next step whatever arrives', () => {
    const { m, spikes, p } = run({ neurons: 1, variant: 'one-weight' }, [0.25, 0.25, 0.25, 0.9, 0.25, 0]);
    // θ = π/4 a step: m = sin²(π/8), sin²(π/4), sin²(3π/8) ≥ 0.75 → spike, then 0, then sin²(π/8) and its decay
    const expected = [Math.PI / 8, Math.PI / 4, (3 * Math.PI) / 8].map((a) => Math.sin(a) ** 2);
    expected.push(0, expected[0], published(expected[0], 0, 10, 'published'));
    m.forEach((value, t) => expect(value).toBeCloseTo(expected[t], 14));
    expect(spikes).toEqual([0, 0, 1, 0, 0, 0]);
    expect(p).toEqual(spikes);
  });

  it.each(['published', 'exact'] as const)('is the published equation over 1,000 steps: decay %s', (decay) => {
    const random = new RandomSequence(1);
    const params: QlifParams = { neurons: 1, variant: 'one-weight', decay, threshold: 0.9, t1: 40, tau: 7 };
    const state = qlif.init(params);
    const p = new Float64Array(1);
    let [m, fired] = [0, 0];
    for (let t = 0; t < 1000; t++) {
      const z = random.uniform() - 0.4;
      m = m >= 0.9 ? 0 : published(m, z, 7, decay, 40);
      const spike = qlif.advance(params, state, 0, Float64Array.of(z), 0, 0, p);
      expect(state.m[0]).toBeCloseTo(m, 12);
      expect(spike).toBe(m >= 0.9 ? 1 : 0);
      m = state.m[0];
      fired += spike;
    }
    expect(fired).toBeGreaterThan(50);
  });

  it('takes a second current in the two-weight variant: τ = 200·|second sum|', () => {
    const params: QlifParams = { neurons: 1, variant: 'two-weight' };
    expect([qlif.currentsPerNeuron(params), qlif.linesPerNeuron(params)]).toEqual([2, 1]);
    const { m } = run(params, [0.4, 0.3, 0, 0.1, -1, -0.02, 0, 0]);
    const expected = [Math.sin(0.2 * Math.PI) ** 2];
    expected.push(published(expected[0], 0, 20, 'published'));
    expected.push(published(expected[1], 0, 4, 'published'));
    expected.push(0); // τ = 0: γ undoes φ
    m.forEach((value, t) => expect(value).toBeCloseTo(expected[t], 14));
  });

  it('keeps neurons apart', () => {
    for (const variant of ['one-weight', 'two-weight'] as const) {
      const params: QlifParams = { neurons: 3, variant };
      const state = qlif.init(params);
      const width = qlif.currentsPerNeuron(params);
      const z = new Float64Array(3 * width);
      z[width] = 0.3;
      const p = new Float64Array(3).fill(-1);
      qlif.advance(params, state, 1, z, 0, 0, p);
      expect([...state.m]).toEqual([0, state.m[1], 0]);
      expect(state.m[1]).toBeCloseTo(Math.sin(0.15 * Math.PI) ** 2, 14);
      expect([...p]).toEqual([-1, 0, -1]);
    }
  });

  it('stays a population in 0…1 under any currents', () => {
    const random = new RandomSequence(2);
    for (const variant of ['one-weight', 'two-weight'] as const) {
      const params: QlifParams = { neurons: 1, variant };
      const state = qlif.init(params);
      const p = new Float64Array(1);
      let outside = 0;
      for (let t = 0; t < 20_000; t++) {
        qlif.advance(params, state, 0, Float64Array.of(random.normal() * 3, random.normal()), 0, 0, p);
        outside += state.m[0] >= 0 && state.m[0] <= 1 ? 0 : 1;
      }
      expect(outside).toBe(0);
    }
  });

  it('refuses params and states that do not fit', () => {
    const good: QlifParams = { neurons: 2, variant: 'one-weight' };
    const wrong: QlifParams[] = [
      { ...good, neurons: 0.5 },
      { ...good, variant: 'three-weight' as 'one-weight' },
      { ...good, decay: 'none' as 'exact' },
      { ...good, t1: 0 },
      { ...good, threshold: NaN },
      { ...good, tau: -1 },
    ];
    for (const params of wrong) {
      expect(() => qlif.init(params)).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
    }
    for (const m of [Float64Array.of(0), Float64Array.of(0, 1.5), Float64Array.of(NaN, 0)]) {
      expect(() => qlif.check(good, { m })).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  });
});
