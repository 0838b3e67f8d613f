import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, RandomSequence } from '../../src/random.js';
import { sqs, sqsMemory, sqsOutcomes, type SqsParams, type SqsState } from '../../src/neurons/index.js';
import {
  blochVector,
  type Circuit,
  customCircuit,
  defaultCircuit,
  layeredCircuit,
  squaredNorm,
  writeCircuit,
} from '../../src/quantum/index.js';
import { distanceUpToPhase } from '../quantum/recorded.js';

const DRAW = { seed: 7, stream: 'test', pass: 0, layer: 'sqs' };

function layer(circuit: Circuit, neurons: number, seed: number, more: Partial<SqsParams> = {}): SqsParams {
  const random = new RandomSequence(seed, 'angles');
  const angles = Float64Array.from({ length: neurons * circuit.angles }, () => (random.uniform() - 0.5) * 2 * Math.PI);
  return { neurons, circuit, encoder: { kind: 'sigmoid' }, angles, omega: null, ...more };
}

/** One step of neuron 0 with the current `z` on all lines. */
function step(params: SqsParams, state: SqsState, z: number, u: number, seconds = 0): [number, number] {
  const p = new Float64Array(params.neurons * params.circuit.lines);
  return [
    sqs.advance(
      params,
      state,
      0,
      p.map(() => z),
      u,
      seconds,
      p,
    ),
    p[0],
  ];
}

const UNCOUPLED = customCircuit(1, 1, [
  { gate: 'RX', target: 0, angle: 0 },
  { gate: 'RX', target: 1, angle: 1 },
]);

function closed(seed: number, encoder: SqsParams['encoder'], omega: number | null): SqsParams {
  return layer(defaultCircuit(), 1, seed, { encoder, omega: omega === null ? null : Float64Array.of(omega) });
}

describe('the closed form of the default circuit', () => {
  it('agrees with the state vector in each step, from any memory: p and memory to 2e-15', () => {
    const random = new RandomSequence(1);
    const [own, law] = [
      closed(1, { kind: 'relu' }, 5),
      { ...closed(1, { kind: 'relu' }, 5), form: 'state-vector' as const },
    ];
    let [different, worst, worstMemory] = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const angles = Float64Array.from({ length: 3 }, () => (random.uniform() - 0.5) * 4 * Math.PI);
      const alpha = random.uniform() * 2 * Math.PI;
      const [a, b] = [Math.cos(alpha), Math.sin(alpha)];
      const states = [
        { width: 2, memory: Float64Array.of(a, b) },
        { width: 4, memory: Float64Array.of(a, 0, 0, -b) },
      ];
      const [z, u, seconds] = [random.uniform() * 4 - 1, random.uniform(), random.uniform()];
      const [spikes, p] = step({ ...own, angles }, states[0], z, u, seconds);
      const [spikesOfLaw, pOfLaw] = step({ ...law, angles }, states[1], z, u, seconds);
      if (spikes !== spikesOfLaw) different++;
      worst = Math.max(worst, Math.abs(p - pOfLaw));
      // The memory is divided by √p(s): where that outcome was rare, its rounding grows by as much.
      const share = Math.sqrt(spikes === 1 ? p : 1 - p);
      const apart = distanceUpToPhase(sqsMemory(states[0], 0), sqsMemory(states[1], 0));
      worstMemory = Math.max(worstMemory, apart * share);
    }
    expect(different).toBe(0);
    expect(worst).toBeLessThanOrEqual(2e-15);
    expect(worstMemory).toBeLessThanOrEqual(2e-15);
  });

  it.each([
    ['relu', null],
    ['sigmoid', 3],
    ['clip', -40],
  ] as const)('agrees over 20,000 steps: encoder %s, ω %s', (kind, omega) => {
    for (const seed of [1, 2, 3]) {
      const params = closed(seed, { kind, scale: 1.3, shift: 0.1 }, omega);
      const law: SqsParams = { ...params, form: 'state-vector' };
      const [own, other] = [sqs.init(params), sqs.init(law)];
      const random = new RandomSequence(seed, 'inputs');
      let [worst, spikes, different] = [0, 0, 0];
      for (let t = 0; t < 20_000; t++) {
        const [z, u, seconds] = [random.uniform() * 3 - 1.5, random.uniform(), random.uniform() * 0.1];
        const [s, p] = step(params, own, z, u, seconds);
        const [sOfLaw, pOfLaw] = step(law, other, z, u, seconds);
        if (s !== sOfLaw) different++;
        worst = Math.max(worst, Math.abs(p - pOfLaw));
        spikes += s;
      }
      expect(different).toBe(0);
      expect(worst).toBeLessThan(1e-11);
      expect(distanceUpToPhase(sqsMemory(own, 0), sqsMemory(other, 0))).toBeLessThan(1e-11);
      expect(spikes).toBeGreaterThan(1000);
      expect(spikes).toBeLessThan(19_000);
    }
  });

  it('is the published equation', () => {
    // p = cos²(α/2)·sin²(A/2) + sin²(α/2)·sin²(B/2), α' by the arc tangent.
    const angles = Float64Array.of(1.1, 0.4, -0.3); // ent, mem, in
    const params: SqsParams = { ...closed(1, { kind: 'relu' }, null), angles };
    const state = sqs.init(params);
    let alpha = 0;
    for (const [z, u] of [
      [0.3, 0.1],
      [0.7, 0.9],
      [-1, 0.02],
      [0.2, 0.5],
    ]) {
      const A = Math.PI * Math.max(z, 0) + angles[2];
      const B = A + angles[0];
      const fires = Math.cos(alpha / 2) ** 2 * Math.sin(A / 2) ** 2 + Math.sin(alpha / 2) ** 2 * Math.sin(B / 2) ** 2;
      const [spike, p] = step(params, state, z, u);
      expect(p).toBeCloseTo(fires, 14);
      expect(spike).toBe(u < fires ? 1 : 0);
      const f = spike === 1 ? Math.sin : Math.cos;
      alpha = angles[1] + 2 * Math.atan2(Math.sin(alpha / 2) * f(B / 2), Math.cos(alpha / 2) * f(A / 2));
      const expected = Float64Array.of(Math.cos(alpha / 2), 0, 0, -Math.sin(alpha / 2));
      expect(distanceUpToPhase(sqsMemory(state, 0), expected)).toBeLessThan(1e-14);
    }
  });

  it('is taken for the default circuit alone, unless the law is asked for', () => {
    expect(sqs.init(layer(defaultCircuit(), 3, 1)).width).toBe(2);
    expect(sqs.init(layer(defaultCircuit(), 3, 1, { form: 'state-vector' })).width).toBe(4);
    expect(sqs.init(layer(writeCircuit(), 3, 1)).width).toBe(4);
    expect(sqs.init(layer(UNCOUPLED, 3, 1)).width).toBe(4);
  });
});

describe('an SQS neuron', () => {
  it.each([
    ['default, closed', defaultCircuit(), {}],
    ['write', writeCircuit(), { omega: Float64Array.of(11) }],
  ] as const)('keeps its memory normalised over 100,000 steps: %s', (_name, circuit, more) => {
    const params = layer(circuit, 1, 4, more);
    const state = sqs.init(params);
    const random = new RandomSequence(5);
    let [outside, worst] = [0, 0];
    for (let t = 0; t < 100_000; t++) {
      const [, p] = step(params, state, random.uniform() * 4 - 2, random.uniform(), random.uniform());
      outside += p >= 0 && p <= 1 ? 0 : 1;
      worst = Math.max(worst, Math.abs(squaredNorm(state.memory) - 1));
    }
    expect(outside).toBe(0);
    expect(worst).toBeLessThan(1e-14);
  });

  it('keeps its memory normalised over 100,000 steps of two lines and two memory qubits', () => {
    const params = layer(layeredCircuit(2, 2, 1), 1, 6);
    const state = sqs.init(params);
    const random = new RandomSequence(5);
    for (let t = 0; t < 100_000; t++) step(params, state, random.uniform() * 4 - 2, random.uniform());
    expect(Math.abs(squaredNorm(state.memory) - 1)).toBeLessThan(1e-14);
  });

  it('remembers more than its last spike', () => {
    // Tracing out the wrong wire after the measurement leaves a memory that is a copy of the last spike: then equal
    // last spikes would mean equal futures. They must not, and the memory must lie between its basis states.
    for (const [circuit, mem] of [
      [defaultCircuit(), 1],
      [writeCircuit(), 3],
    ] as const) {
      for (const form of ['auto', 'state-vector'] as const) {
        const angles = new Float64Array(circuit.angles).fill(1.2);
        angles[mem] = 0.9;
        const params = layer(circuit, 1, 1, { angles, form });
        const after = (history: readonly (0 | 1)[]): SqsState => {
          const state = sqs.init(params);
          for (const spike of history) expect(step(params, state, 0.1, spike === 1 ? 0 : 1 - 2 ** -24)[0]).toBe(spike);
          return state;
        };
        const histories = [after([1]), after([0, 1]), after([0, 0, 1]), after([0, 1, 1]), after([0, 0, 0, 1])];
        const futures = histories.map((state) => sqsOutcomes(params, state, 0, Float64Array.of(0.1), 0)[1]);
        futures.sort((a, b) => a - b);
        for (let i = 1; i < futures.length; i++) expect(futures[i] - futures[i - 1]).toBeGreaterThan(1e-3);
        const between = histories.filter((state) => Math.abs(blochVector(sqsMemory(state, 0))[2]) < 0.9);
        expect(between.length).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('lets the gate on the memory act on the memory, not on the io qubit', () => {
    const angles = Float64Array.of(0.5, 0.4);
    const [one, other] = [Float64Array.of(0.5, 0.4), Float64Array.of(0.5, 2.4)].map((a) =>
      layer(UNCOUPLED, 1, 1, { angles: a }),
    );
    expect(step(one, sqs.init(one), 0.3, 0)[1]).toBe(step(other, sqs.init(other), 0.3, 0)[1]);
    const state = sqs.init(one);
    step(one, state, 0.3, 0);
    expect(blochVector(sqsMemory(state, 0))[2]).toBeCloseTo(Math.cos(angles[1]), 14);
  });

  it('never takes an outcome below 1e-12', () => {
    const angles = new Float64Array(3);
    for (const form of ['auto', 'state-vector'] as const) {
      const params = layer(defaultCircuit(), 1, 1, { angles, encoder: { kind: 'relu' }, form });
      expect(step(params, sqs.init(params), 0, 0)).toEqual([0, 0]);
      expect(step(params, sqs.init(params), 1, 1 - 2 ** -24)[0]).toBe(1);
      expect(step(params, sqs.init(params), 1 - 6e-7, 1 - 2 ** -53)[0]).toBe(1);
      expect(step(params, sqs.init(params), 1 - 7e-7, 1 - 2 ** -53)[0]).toBe(0);
      expect(step(params, sqs.init(params), 6e-7, 0)[0]).toBe(0); // p = sin²(3e-7·π) = 8.9e-13
      expect(step(params, sqs.init(params), 7e-7, 0)[0]).toBe(1); // p = 1.2e-12
    }
  });

  it('leaves the neurons that are not advanced as they are', () => {
    for (const circuit of [defaultCircuit(), writeCircuit(), layeredCircuit(2, 1, 1)]) {
      const params = layer(circuit, 5, 8, { omega: new Float64Array(5 * circuit.memory).fill(2) });
      const state = sqs.init(params);
      const z = new Float64Array(5 * circuit.lines).fill(0.4);
      const p = new Float64Array(5 * circuit.lines).fill(-1);
      for (let t = 0; t < 20; t++) {
        const before = state.memory.slice();
        sqs.advance(params, state, 3, z, draw(DRAW, 3, t), 0.01, p);
        for (const neuron of [0, 1, 2, 4]) {
          const own = [neuron * state.width, (neuron + 1) * state.width] as const;
          expect(state.memory.slice(...own)).toEqual(before.slice(...own));
          expect(p.slice(neuron * circuit.lines, (neuron + 1) * circuit.lines).every((x) => x === -1)).toBe(true);
        }
      }
    }
  });

  it('advances each neuron by its own currents, angles and rates', () => {
    for (const circuit of [defaultCircuit(), writeCircuit(), layeredCircuit(2, 2, 1)]) {
      const random = new RandomSequence(1);
      const neurons = 4;
      const omega = Float64Array.from({ length: neurons * circuit.memory }, () => random.normal());
      const params = layer(circuit, neurons, 9, { omega });
      const state = sqs.init(params);
      const z = Float64Array.from({ length: neurons * circuit.lines }, () => random.normal());
      const p = new Float64Array(neurons * circuit.lines);
      for (let neuron = 0; neuron < neurons; neuron++) {
        const alone: SqsParams = {
          ...params,
          neurons: 1,
          angles: params.angles.slice(neuron * circuit.angles, (neuron + 1) * circuit.angles),
          omega: omega.slice(neuron * circuit.memory, (neuron + 1) * circuit.memory),
        };
        const own = sqs.init(alone);
        const ownZ = z.slice(neuron * circuit.lines, (neuron + 1) * circuit.lines);
        const ownP = new Float64Array(circuit.lines);
        for (let t = 0; t < 10; t++) {
          const spikes = sqs.advance(params, state, neuron, z, draw(DRAW, neuron, t), 0.3, p);
          expect(sqs.advance(alone, own, 0, ownZ, draw(DRAW, neuron, t), 0.3, ownP)).toBe(spikes);
          expect(p.slice(neuron * circuit.lines, (neuron + 1) * circuit.lines)).toEqual(ownP);
          expect(sqsMemory(own, 0)).toEqual(sqsMemory(state, neuron));
        }
      }
    }
  });
});

describe('precession', () => {
  it('turns the memory by ω·Δ before the encoding, and composes over silence', () => {
    for (const form of ['auto', 'state-vector'] as const) {
      const angles = new Float64Array(3);
      const params = layer(defaultCircuit(), 1, 1, {
        angles,
        encoder: { kind: 'relu' },
        omega: Float64Array.of(3),
        form,
      });
      const state = sqs.init(params);
      step(params, state, 0, 0.5, 0.2); // no angle anywhere: only the precession acts, p(spike) = 0
      const [x, y, z] = blochVector(sqsMemory(state, 0));
      expect([x, y, z].map((v) => v.toFixed(12))).toEqual([0, -Math.sin(0.6), Math.cos(0.6)].map((v) => v.toFixed(12)));
      const parts = sqs.init(params);
      for (const seconds of [0.05, 0.1, 0.05]) step(params, parts, 0, 0.5, seconds);
      expect(distanceUpToPhase(sqsMemory(parts, 0), sqsMemory(state, 0))).toBeLessThan(1e-15);
    }
  });

  it('does nothing at ω = 0, at Δ = 0, or without rates: the memory stands still', () => {
    const numbers = fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }));
    const circuits = fc.constantFrom(defaultCircuit(), writeCircuit(), layeredCircuit(1, 2, 1));
    fc.assert(
      fc.property(circuits, numbers, fc.nat(), (circuit, [z, seconds], seed) => {
        const still = layer(circuit, 1, seed);
        const zero = { ...still, omega: new Float64Array(circuit.memory) };
        const rates = { ...still, omega: new Float64Array(circuit.memory).fill(5) };
        const states = [still, zero, rates].map((params) => sqs.init(params));
        for (let t = 0; t < 5; t++) {
          const u = draw(DRAW, seed, t);
          const results = [
            step(still, states[0], z, u, seconds),
            step(zero, states[1], z, u, seconds),
            step(rates, states[2], z, u, 0),
          ];
          expect(results[1]).toEqual(results[0]);
          expect(results[2]).toEqual(results[0]);
        }
        expect(states[1]).toEqual(states[0]);
        expect(states[2]).toEqual(states[0]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('params and states that do not fit', () => {
  const good = layer(writeCircuit(), 2, 1);
  it.each([
    ['no neurons', { ...good, neurons: 0 }],
    ['angles missing', { ...good, angles: new Float64Array(7) }],
    ['rates missing', { ...good, omega: new Float64Array(1) }],
    ['an encoder that is not known', { ...good, encoder: { kind: 'tanh' as 'relu' } }],
    ['a scale that is not a number', { ...good, encoder: { kind: 'relu' as const, scale: NaN } }],
    ['another circuit under the default name', { ...good, circuit: { ...writeCircuit(), kind: 'default' as const } }],
  ])('refuses %s', (_what, params) => {
    expect(() => sqs.init(params)).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
  });

  it('refuses a restored state of another size or norm', () => {
    const state = sqs.init(good);
    expect(() => sqs.check(good, state)).not.toThrow();
    const wrong = [
      { ...state, memory: state.memory.slice(4) },
      { ...state, width: 2 },
      { ...state, memory: state.memory.map((x) => 2 * x) },
      { ...state, memory: state.memory.map(() => NaN) },
    ];
    for (const other of wrong) {
      expect(() => sqs.check(good, other)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  });

  it('says how many lines and currents a neuron has', () => {
    const params = layer(layeredCircuit(3, 2, 1), 2, 1);
    expect([sqs.linesPerNeuron(params), sqs.currentsPerNeuron(params)]).toEqual([3, 3]);
  });
});
