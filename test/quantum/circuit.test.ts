import { describe, expect, it } from 'vitest';
import {
  applyCircuit,
  applyGate,
  buildCircuit,
  checkCircuit,
  type CircuitSpec,
  customCircuit,
  DEFAULT_ANGLES,
  defaultCircuit,
  type Gate,
  layeredCircuit,
  WRITE_ANGLES,
  writeCircuit,
  zeroState,
} from '../../src/quantum/index.js';

describe('circuits as data', () => {
  it('gives the default circuit three angles: ent, mem, in', () => {
    const circuit = defaultCircuit();
    expect(circuit).toMatchObject({ kind: 'default', lines: 1, memory: 1, angles: 3 });
    expect(DEFAULT_ANGLES).toEqual({ ent: 0, mem: 1, in: 2 });
    const [ent, mem, input] = circuit.gates;
    expect(ent).toEqual({ gate: 'CRX', control: 1, target: 0, angle: 0 });
    expect(mem).toEqual({ gate: 'RX', target: 1, angle: 1 });
    expect(input).toEqual({ gate: 'RX', target: 0, angle: 2 });
  });

  it('gives the write circuit four angles: in, write, ent, mem', () => {
    expect(WRITE_ANGLES).toEqual({ in: 0, write: 1, ent: 2, mem: 3 });
    expect(writeCircuit()).toMatchObject({ kind: 'write', lines: 1, memory: 1, angles: 4 });
    expect(writeCircuit().gates.map(({ gate, target, control }) => [gate, target, control])).toEqual([
      ['RX', 0, undefined],
      ['CRX', 1, 0],
      ['CRX', 0, 1],
      ['RX', 1, undefined],
    ]);
  });

  it('counts the angles of a layered circuit', () => {
    for (const [n, m, depth] of [
      [1, 1, 1],
      [3, 3, 2],
      [2, 4, 3],
    ]) {
      const circuit = layeredCircuit(n, m, depth);
      expect(circuit.angles).toBe(depth * (2 * (n + m) + n * m));
      expect(circuit.gates).toHaveLength(circuit.angles);
      circuit.gates.forEach((gate, i) => expect(gate.angle).toBe(i));
    }
    const couplings = layeredCircuit(2, 2, 1).gates.filter(({ gate }) => gate === 'CRX');
    expect(couplings.map(({ control, target }) => [control, target])).toEqual([
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
    ]);
  });

  it('is frozen, and survives JSON', () => {
    const circuit = buildCircuit({ kind: 'layered', lines: 2, memory: 1, depth: 2 });
    expect(Object.isFrozen(circuit) && Object.isFrozen(circuit.gates) && Object.isFrozen(circuit.gates[0])).toBe(true);
    const { gates, lines, memory } = JSON.parse(JSON.stringify(circuit)) as typeof circuit;
    expect(buildCircuit({ kind: 'custom', lines, memory, gates }).gates).toEqual(circuit.gates);
  });

  it('applies gates in order, with shared angles and constants', () => {
    const gates: Gate[] = [
      { gate: 'H', target: 1 },
      { gate: 'RY', target: 0, angle: 1 },
      { gate: 'CRZ', control: 1, target: 0, angle: 1 },
      { gate: 'RX', target: 1, value: 0.25 },
    ];
    const circuit = customCircuit(1, 1, gates);
    expect(circuit.angles).toBe(2);
    const state = zeroState(2);
    applyCircuit(circuit, Float64Array.of(9, 9, 9, 0.5), 2, state);
    const expected = zeroState(2);
    applyGate(expected, 'H', 1);
    applyGate(expected, 'RY', 0, 0.5);
    applyGate(expected, 'CRZ', 0, 0.5, 1);
    applyGate(expected, 'RX', 1, 0.25);
    expect(state).toEqual(expected);
  });

  const wrong: readonly [string, CircuitSpec][] = [
    ['five lines', { kind: 'layered', lines: 5, memory: 1, depth: 1 }],
    ['no memory', { kind: 'layered', lines: 1, memory: 0, depth: 1 }],
    ['no layer', { kind: 'layered', lines: 1, memory: 1, depth: 0 }],
    ['a default circuit of two lines', { kind: 'default', lines: 2 }],
    ['a kind that is not known', { kind: 'other' as CircuitSpec['kind'] }],
    ['a gate that is not known', { kind: 'custom', gates: [{ gate: 'RXX' as 'RX', target: 0, angle: 0 }] }],
    ['a gate by an inherited name', { kind: 'custom', gates: [{ gate: 'toString' as 'RX', target: 0, angle: 0 }] }],
    ['a target outside', { kind: 'custom', gates: [{ gate: 'X', target: 2 }] }],
    ['a control outside', { kind: 'custom', gates: [{ gate: 'CZ', target: 0, control: -1 }] }],
    ['a control on its target', { kind: 'custom', gates: [{ gate: 'CZ', target: 0, control: 0 }] }],
    ['no control', { kind: 'custom', gates: [{ gate: 'CNOT', target: 0 }] }],
    ['a control too many', { kind: 'custom', gates: [{ gate: 'X', target: 0, control: 1 }] }],
    ['no angle', { kind: 'custom', gates: [{ gate: 'RX', target: 0 }] }],
    ['an angle too many', { kind: 'custom', gates: [{ gate: 'H', target: 0, angle: 0 }] }],
    ['two angles', { kind: 'custom', gates: [{ gate: 'RX', target: 0, angle: 0, value: 1 }] }],
    ['an index that is not one', { kind: 'custom', gates: [{ gate: 'RX', target: 0, angle: 0.5 }] }],
    ['a constant that is not finite', { kind: 'custom', gates: [{ gate: 'RX', target: 0, value: NaN }] }],
  ];
  it.each(wrong)('refuses %s', (_what, spec) => {
    expect(() => buildCircuit(spec)).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
  });

  it('refuses a circuit that only calls itself the default one', () => {
    expect(() => checkCircuit({ ...writeCircuit(), kind: 'default' })).toThrow(
      expect.objectContaining({ code: 'ERR_NETWORK' }),
    );
    expect(() => checkCircuit({ ...writeCircuit(), angles: 3 })).toThrow(/angles/);
    expect(() => checkCircuit(writeCircuit())).not.toThrow();
  });
});
