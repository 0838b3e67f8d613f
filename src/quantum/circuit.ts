import { RxSpikeError } from '../errors.js';
import { GATES, type Gate } from './gate.js';
import { applyGate, type StateVector } from './state-vector.js';

/** Which circuit, in a network description or a model file. {@link buildCircuit} makes a {@link Circuit} of it. */
export interface CircuitSpec {
  /** `default`, `write`: one io and one memory qubit; `layered`: any number, `depth` layers; `custom`: `gates` as given. */
  readonly kind: 'default' | 'write' | 'layered' | 'custom';
  /** io qubits N (lines) and memory qubits M, 1…4 each; 1 and 1 for `default` and `write`. */
  readonly lines?: number;
  readonly memory?: number;
  /** Of `layered`: number of layers, ≥ 1. */
  readonly depth?: number;
  /** Of `custom`. */
  readonly gates?: readonly Gate[];
}

/** A parameterised circuit V(θ) as data: io qubits 0…lines−1, then memory qubits lines…lines+memory−1. Frozen. */
export interface Circuit {
  readonly kind: CircuitSpec['kind'];
  /** io qubits N, 1…4. */
  readonly lines: number;
  /** Memory qubits M, 1…4. */
  readonly memory: number;
  /** Number of angles θ. */
  readonly angles: number;
  /** In the order in which they act. */
  readonly gates: readonly Gate[];
}

/** Most io qubits, and most memory qubits, of a circuit. */
export const MAX_QUBITS = 4;

/** Where each angle of the default circuit stands in θ. */
export const DEFAULT_ANGLES: { readonly ent: 0; readonly mem: 1; readonly in: 2 } = { ent: 0, mem: 1, in: 2 };
/** Where each angle of the write circuit stands in θ. */
export const WRITE_ANGLES: { readonly in: 0; readonly write: 1; readonly ent: 2; readonly mem: 3 } = {
  in: 0,
  write: 1,
  ent: 2,
  mem: 3,
};

const fail = (message: string, details: Record<string, unknown>): RxSpikeError =>
  new RxSpikeError('ERR_NETWORK', `circuit: ${message}`, { details });

const isCount = (n: unknown, low: number, high: number): n is number =>
  typeof n === 'number' && Number.isInteger(n) && n >= low && n <= high;

/**
 * The published circuit, N = M = 1, θ = (ent, mem, in): `CRX(ent)` memory → io, `RX(mem)` on the memory, `RX(in)` on
 * the io qubit (arXiv 2506.21324).
 */
export function defaultCircuit(): Circuit {
  return freeze('default', 1, 1, [
    { gate: 'CRX', control: 1, target: 0, angle: DEFAULT_ANGLES.ent },
    { gate: 'RX', target: 1, angle: DEFAULT_ANGLES.mem },
    { gate: 'RX', target: 0, angle: DEFAULT_ANGLES.in },
  ]);
}

/**
 * The input writes the memory, N = M = 1, θ = (in, write, ent, mem): `RX(in)` on the io qubit, `CRX(write)`
 * io → memory, `CRX(ent)` memory → io, `RX(mem)` on the memory.
 */
export function writeCircuit(): Circuit {
  return freeze('write', 1, 1, [
    { gate: 'RX', target: 0, angle: WRITE_ANGLES.in },
    { gate: 'CRX', control: 0, target: 1, angle: WRITE_ANGLES.write },
    { gate: 'CRX', control: 1, target: 0, angle: WRITE_ANGLES.ent },
    { gate: 'RX', target: 1, angle: WRITE_ANGLES.mem },
  ]);
}

/**
 * `depth` layers of: RX and RZ on each qubit, io first; then `CRX(memory m → io n)` for every pair, m-major. Angles in
 * the order of their gates: `depth · (2·(lines + memory) + lines·memory)` of them. (arXiv 2506.21324, Fig. 1)
 *
 * @throws `ERR_NETWORK` when a size is out of range
 */
export function layeredCircuit(lines: number, memory: number, depth: number): Circuit {
  checkSizes(lines, memory);
  if (!isCount(depth, 1, 64)) throw fail(`depth must be an integer in 1…64, got ${String(depth)}`, { depth });
  const gates: Gate[] = [];
  let angle = 0;
  for (let layer = 0; layer < depth; layer++) {
    for (let target = 0; target < lines + memory; target++) {
      gates.push({ gate: 'RX', target, angle: angle++ }, { gate: 'RZ', target, angle: angle++ });
    }
    for (let m = 0; m < memory; m++) {
      for (let n = 0; n < lines; n++) gates.push({ gate: 'CRX', control: lines + m, target: n, angle: angle++ });
    }
  }
  return freeze('layered', lines, memory, gates);
}

/**
 * A circuit of gates of one's own. The number of angles is one more than the highest index used.
 *
 * @throws `ERR_NETWORK` when a size, a gate, a qubit or an angle is wrong
 */
export function customCircuit(lines: number, memory: number, gates: readonly Gate[]): Circuit {
  checkSizes(lines, memory);
  for (const [i, gate] of gates.entries()) checkGate(gate, i, lines + memory);
  return freeze('custom', lines, memory, gates);
}

/** @throws `ERR_NETWORK` when a circuit that was not made by the functions here is inconsistent */
export function checkCircuit(circuit: Circuit): void {
  const same = customCircuit(circuit.lines, circuit.memory, circuit.gates);
  const own = circuit.kind === 'default' ? defaultCircuit() : same;
  if (same.angles > circuit.angles || JSON.stringify(own.gates) !== JSON.stringify(same.gates)) {
    throw fail(`${circuit.kind} has other gates or angles than it should`, { circuit });
  }
}

/** The circuit that `spec` names. @throws `ERR_NETWORK` when it is inconsistent */
export function buildCircuit(spec: CircuitSpec): Circuit {
  if (spec.kind === 'default' || spec.kind === 'write') {
    if ((spec.lines ?? 1) !== 1 || (spec.memory ?? 1) !== 1) {
      throw fail(`${spec.kind} has 1 io and 1 memory qubit, got ${spec.lines ?? 1} and ${spec.memory ?? 1}`, { spec });
    }
    return spec.kind === 'default' ? defaultCircuit() : writeCircuit();
  }
  if (spec.kind === 'layered') return layeredCircuit(spec.lines ?? 1, spec.memory ?? 1, spec.depth ?? 1);
  if (spec.kind === 'custom') return customCircuit(spec.lines ?? 1, spec.memory ?? 1, spec.gates ?? []);
  throw fail(`unknown kind ${JSON.stringify(spec.kind)}`, { spec });
}

/**
 * Ψ ← V(θ)·Ψ, in place.
 *
 * @param angles θ of all neurons of a layer (rad)
 * @param offset where this neuron's θ begin
 * @param state all `lines + memory` qubits
 */
export function applyCircuit(circuit: Circuit, angles: Float64Array, offset: number, state: StateVector): void {
  for (const { gate, target, control, angle, value } of circuit.gates) {
    applyGate(state, gate, target, angle === undefined ? value : angles[offset + angle], control);
  }
}

function freeze(kind: Circuit['kind'], lines: number, memory: number, gates: readonly Gate[]): Circuit {
  const angles = gates.reduce((most, gate) => Math.max(most, (gate.angle ?? -1) + 1), 0);
  return Object.freeze({
    kind,
    lines,
    memory,
    angles,
    gates: Object.freeze(gates.map((gate) => Object.freeze({ ...gate }))),
  });
}

function checkSizes(lines: number, memory: number): void {
  if (!isCount(lines, 1, MAX_QUBITS) || !isCount(memory, 1, MAX_QUBITS)) {
    throw fail(`1…${MAX_QUBITS} io and 1…${MAX_QUBITS} memory qubits are possible, got ${lines} and ${memory}`, {
      lines,
      memory,
    });
  }
}

/** An index of an angle above this is taken for a mistake. */
const MAX_ANGLE = 4095;

function checkGate(gate: Gate, index: number, qubits: number): void {
  const where = `gate ${index} (${gate.gate})`;
  const needs = Object.hasOwn(GATES, gate.gate) ? GATES[gate.gate] : undefined;
  if (!needs) throw fail(`${where} is not known`, { gate });
  if (!isCount(gate.target, 0, qubits - 1)) throw fail(`${where}: target must be 0…${qubits - 1}`, { gate });
  if (needs.controlled) {
    if (!isCount(gate.control, 0, qubits - 1) || gate.control === gate.target) {
      throw fail(`${where}: control must be another qubit of 0…${qubits - 1}`, { gate });
    }
  } else if (gate.control !== undefined) throw fail(`${where} takes no control`, { gate });
  if (!needs.rotation) {
    if (gate.angle !== undefined || gate.value !== undefined) throw fail(`${where} takes no angle`, { gate });
  } else if (gate.angle !== undefined) {
    if (gate.value !== undefined) throw fail(`${where}: angle and value exclude each other`, { gate });
    if (!isCount(gate.angle, 0, MAX_ANGLE)) throw fail(`${where}: angle must be an index in 0…${MAX_ANGLE}`, { gate });
  } else if (!Number.isFinite(gate.value)) throw fail(`${where} needs an angle or a finite value`, { gate });
}
