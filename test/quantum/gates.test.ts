import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomSequence } from '../../src/random.js';
import {
  applyGate,
  blochVector,
  type GateName,
  GATES,
  squaredNorm,
  type StateVector,
  zeroState,
} from '../../src/quantum/index.js';
import { distanceUpToPhase } from './recorded.js';

/** A random normalised state. */
function randomState(qubits: number, seed: number): StateVector {
  const random = new RandomSequence(seed);
  const state = zeroState(qubits).map(() => random.normal());
  const norm = Math.sqrt(squaredNorm(state));
  return state.map((x) => x / norm);
}

const distance = (a: StateVector, b: StateVector): number => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

const c = Math.cos(0.35);
const s = Math.sin(0.35);
const h = Math.SQRT1_2;

describe('gates', () => {
  // Columns of the textbook matrices at angle 0.7: [U|0⟩, U|1⟩], interleaved.
  const columns: Partial<Record<GateName, readonly [number[], number[]]>> = {
    RX: [
      [c, 0, 0, -s],
      [0, -s, c, 0],
    ],
    RY: [
      [c, 0, s, 0],
      [-s, 0, c, 0],
    ],
    RZ: [
      [c, -s, 0, 0],
      [0, 0, c, s],
    ],
    H: [
      [h, 0, h, 0],
      [h, 0, -h, 0],
    ],
    X: [
      [0, 0, 1, 0],
      [1, 0, 0, 0],
    ],
    Z: [
      [1, 0, 0, 0],
      [0, 0, -1, 0],
    ],
  };

  it.each(Object.entries(columns))('%s has the textbook matrix', (name, [zero, one]) => {
    const from0 = Float64Array.of(1, 0, 0, 0);
    const from1 = Float64Array.of(0, 0, 1, 0);
    applyGate(from0, name as GateName, 0, 0.7);
    applyGate(from1, name as GateName, 0, 0.7);
    expect(distance(from0, Float64Array.from(zero))).toBeLessThan(1e-15);
    expect(distance(from1, Float64Array.from(one))).toBeLessThan(1e-15);
  });

  const plain = { CRX: 'RX', CRY: 'RY', CRZ: 'RZ', CNOT: 'X', CZ: 'Z' } as const;
  it.each(Object.entries(plain))('%s is %s where the control is 1 and nothing elsewhere', (name, under) => {
    const before = randomState(3, 5);
    const after = before.slice();
    const expected = before.slice();
    applyGate(after, name as GateName, 2, 1.3, 0);
    applyGate(expected, under, 2, 1.3);
    for (let k = 0; k < 8; k++) {
      const want = (k & 1) === 1 ? expected : before;
      expect(after[2 * k]).toBe(want[2 * k]);
      expect(after[2 * k + 1]).toBe(want[2 * k + 1]);
    }
  });

  it('acts on the qubit that is named: bit q of an index is qubit q', () => {
    const state = zeroState(3);
    applyGate(state, 'X', 1);
    expect(state[2 * 0b010]).toBe(1);
    applyGate(state, 'CNOT', 2, 0, 1);
    expect(state[2 * 0b110]).toBe(1);
    applyGate(state, 'CNOT', 1, 0, 0);
    expect(state[2 * 0b110]).toBe(1);
  });

  it('keeps the norm, whatever the gate', () => {
    const names = fc.constantFrom(...(Object.keys(GATES) as GateName[]));
    const property = fc.property(
      names,
      fc.double({ min: -50, max: 50, noNaN: true }),
      fc.nat(),
      (name, angle, seed) => {
        const state = randomState(4, seed);
        applyGate(state, name, seed % 4, angle, (seed + 1) % 4);
        expect(Math.abs(squaredNorm(state) - 1)).toBeLessThan(1e-14);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 500 });
  });

  it.each(['RX', 'RY', 'RZ', 'CRX', 'CRY', 'CRZ'] as const)('%s(a) after %s(b) is a rotation by a + b', (name) => {
    const twice = randomState(2, 3);
    const once = twice.slice();
    applyGate(twice, name, 1, 0.9, 0);
    applyGate(twice, name, 1, -2.3, 0);
    applyGate(once, name, 1, -1.4, 0);
    expect(distance(once, twice)).toBeLessThan(1e-15);
  });

  it('turns CZ into CNOT between two H', () => {
    const flipped = randomState(3, 9);
    const turned = flipped.slice();
    applyGate(flipped, 'CNOT', 2, 0, 1);
    applyGate(turned, 'H', 2);
    applyGate(turned, 'CZ', 2, 0, 1);
    applyGate(turned, 'H', 2);
    expect(distance(turned, flipped)).toBeLessThan(1e-15);
  });

  it('takes RX(π) for X up to a phase, RX(2π) for −1', () => {
    const state = randomState(1, 4);
    const byX = state.slice();
    const byRx = state.slice();
    applyGate(byX, 'X', 0);
    applyGate(byRx, 'RX', 0, Math.PI);
    expect(distanceUpToPhase(byX, byRx)).toBeLessThan(1e-15);
    const around = state.slice();
    applyGate(around, 'RX', 0, 2 * Math.PI);
    expect(
      distance(
        around,
        state.map((x) => -x),
      ),
    ).toBeLessThan(1e-15);
  });
});

describe('blochVector', () => {
  it('points along the axis that prepared the state', () => {
    const up = zeroState(1);
    expect([...blochVector(up)]).toEqual([0, 0, 1]);
    applyGate(up, 'RX', 0, Math.PI / 2);
    const y = blochVector(up);
    expect(Math.hypot(y[0], y[1] + 1, y[2])).toBeLessThan(1e-15);
    const plus = zeroState(1);
    applyGate(plus, 'RY', 0, Math.PI / 2);
    const x = blochVector(plus);
    expect(Math.hypot(x[0] - 1, x[1], x[2])).toBeLessThan(1e-15);
  });

  it('is 0 for half of an entangled pair and of length 1 for a product state', () => {
    const pair = zeroState(2);
    applyGate(pair, 'H', 0);
    applyGate(pair, 'CNOT', 1, 0, 0);
    expect(Math.hypot(...blochVector(pair, 0))).toBeLessThan(1e-15);
    expect(Math.hypot(...blochVector(pair, 1))).toBeLessThan(1e-15);
    const product = zeroState(2);
    applyGate(product, 'RY', 0, 1);
    applyGate(product, 'RX', 1, 2);
    expect(Math.hypot(...blochVector(product, 0))).toBeCloseTo(1, 14);
    expect(blochVector(product, 1)[2]).toBeCloseTo(Math.cos(2), 14);
  });
});
