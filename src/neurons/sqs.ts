/**
 * The SQS neuron (stochastic quantum spiking neuron, arXiv 2506.21324): N io qubits, M memory qubits, one step
 *
 *     Ψ = V(θ) · ( ⊗ₙ RX(φ(zₙ))|0⟩  ⊗  RX(ω·Δ) ψ )      encode the currents, evolve with the memory
 *     s ~ p(s) = ‖⟨s|Ψ‖²                               measure the io qubits once: the spikes of the N lines
 *     ψ ← ⟨s|Ψ / √p(s)                                 what is left is the memory; the io qubits restart at |0⟩
 *
 * ψ ∈ C^(2^M) is the whole state between two steps, |0…0⟩ at first. The memory is never measured: given the outcomes it
 * stays pure, so a state vector is exact. The code below is the law; `sqs-closed.ts` is the short cut for the default
 * circuit and is tested against it.
 */
import { RxSpikeError } from '../errors.js';
import { applyCircuit, checkCircuit, type Circuit, MAX_QUBITS } from '../quantum/circuit.js';
import { conditionalMemory, drawOutcome, outcomeProbabilities } from '../quantum/measurement.js';
import { applyGate, type StateVector } from '../quantum/state-vector.js';
import { checkEncoder, encode, type EncoderSpec } from './encoder.js';
import type { NeuronLayer } from './neuron.js';
import { advanceClosed, CLOSED_WIDTH } from './sqs-closed.js';

/** A layer of SQS neurons that share a circuit and an encoder. Frozen; the arrays are not written. */
export interface SqsParams {
  /** Number of neurons, ≥ 1. */
  readonly neurons: number;
  readonly circuit: Circuit;
  readonly encoder: EncoderSpec;
  /** θ, rad, [neurons × circuit.angles]. */
  readonly angles: Float64Array;
  /** Precession rates ω, rad/s, [neurons × circuit.memory]; null: the memory stands still while nothing arrives. */
  readonly omega: Float64Array | null;
  /** `auto` (default): the closed form where the circuit is the default one. `state-vector`: the law itself. */
  readonly form?: 'auto' | 'state-vector';
}

/** The memories of a layer, plain data. */
export interface SqsState {
  /** Numbers that each neuron's memory takes: 2^(M+1) (interleaved amplitudes), or 2 in the closed form. */
  readonly width: number;
  /** [neurons × width]. In the closed form (a, b) stands for a|0⟩ − i·b|1⟩. */
  readonly memory: Float64Array;
}

/** All N + M qubits of the neuron that is being advanced; every entry in use is written before it is read. */
const registers: Float64Array = new Float64Array(2 ** (2 * MAX_QUBITS + 1));
const joint: Float64Array = new Float64Array(2 ** MAX_QUBITS);

/** SQS neurons as a layer. */
export const sqs: NeuronLayer<SqsParams, SqsState> = {
  kind: 'sqs',
  linesPerNeuron: (params) => params.circuit.lines,
  currentsPerNeuron: (params) => params.circuit.lines,

  init(params) {
    checkParams(params);
    const width = widthOf(params);
    const memory = new Float64Array(params.neurons * width);
    for (let i = 0; i < memory.length; i += width) memory[i] = 1;
    return { width, memory };
  },

  check(params, { width, memory }) {
    const expected = widthOf(params);
    if (width !== expected || memory.length !== params.neurons * expected) {
      throw new RxSpikeError(
        'ERR_STATE',
        `sqs: expected ${params.neurons} memories of ${expected} numbers, got ${memory.length} numbers of width ${width}`,
      );
    }
    for (let neuron = 0; neuron < params.neurons; neuron++) {
      const own = memory.subarray(neuron * width, (neuron + 1) * width);
      const norm = own.reduce((sum, x) => sum + x * x, 0);
      if (!(Math.abs(norm - 1) < 1e-9)) throw new RxSpikeError('ERR_STATE', `sqs: ‖ψ‖² of neuron ${neuron} is ${norm}`);
    }
  },

  // oxlint-disable-next-line max-params -- called once a neuron and step: no object is made for it
  advance(params, state, neuron, z, u, seconds, p) {
    if (state.width === CLOSED_WIDTH) return advanceClosed(params, state.memory, neuron, z, u, seconds, p);
    const { lines } = params.circuit;
    const offset = neuron * state.width;
    const psi = evolve(params, state.memory, offset, neuron, z, seconds);
    outcomeProbabilities(psi, lines, joint);
    const spikes = drawOutcome(joint, 1 << lines, u);
    conditionalMemory(psi, lines, spikes, state.memory, offset);
    writeFiring(lines, p, neuron * lines);
    return spikes;
  },
};

/**
 * Ψ: the memory at `offset` precessed, the currents encoded, V(θ) applied. A view of {@link registers}, good until the
 * next call.
 */
function evolve(
  { circuit, encoder, angles, omega }: SqsParams,
  memories: Float64Array,
  offset: number,
  neuron: number,
  z: Float64Array,
  seconds: number,
): StateVector {
  const { lines, memory } = circuit;
  const psi = registers.subarray(0, 2 ** (lines + memory + 1));
  psi.fill(0);
  for (let k = 0; k < 1 << memory; k++) {
    psi[2 * (k << lines)] = memories[offset + 2 * k];
    psi[2 * (k << lines) + 1] = memories[offset + 2 * k + 1];
  }
  if (omega !== null && seconds > 0) {
    for (let m = 0; m < memory; m++) applyGate(psi, 'RX', lines + m, omega[neuron * memory + m] * seconds);
  }
  for (let n = 0; n < lines; n++) applyGate(psi, 'RX', n, encode(encoder, z[neuron * lines + n]));
  applyCircuit(circuit, angles, neuron * circuit.angles, psi);
  return psi;
}

/**
 * Probabilities p(s) of all 2^N outcomes of the step that neuron `neuron` would make now, by the law, in either form.
 * Nothing is drawn and nothing changes. A new array; arguments as in `NeuronLayer.advance`.
 */
export function sqsOutcomes(
  params: SqsParams,
  state: SqsState,
  neuron: number,
  z: Float64Array,
  seconds: number,
): Float64Array {
  const { lines } = params.circuit;
  const p = new Float64Array(1 << lines);
  outcomeProbabilities(evolve(params, sqsMemory(state, neuron), 0, neuron, z, seconds), lines, p);
  return p;
}

/**
 * Memory ψ of one neuron, 2^M interleaved amplitudes, in either form. A new array.
 */
export function sqsMemory(state: SqsState, neuron: number): StateVector {
  const own = state.memory.slice(neuron * state.width, (neuron + 1) * state.width);
  return state.width === CLOSED_WIDTH ? Float64Array.of(own[0], 0, 0, -own[1]) : own;
}

/** p(line n fires) = Σ p(s) over the outcomes with bit n, out of {@link joint}. */
function writeFiring(lines: number, p: Float64Array, offset: number): void {
  let total = 0;
  for (let s = 0; s < 1 << lines; s++) total += joint[s];
  for (let n = 0; n < lines; n++) {
    let fires = 0;
    for (let s = 0; s < 1 << lines; s++) if ((s & (1 << n)) !== 0) fires += joint[s];
    p[offset + n] = fires / total;
  }
}

function widthOf({ circuit, form }: SqsParams): number {
  return circuit.kind === 'default' && form !== 'state-vector' ? CLOSED_WIDTH : 2 ** (circuit.memory + 1);
}

function checkParams({ neurons, circuit, encoder, angles, omega }: SqsParams): void {
  if (!Number.isInteger(neurons) || neurons < 1) {
    throw new RxSpikeError('ERR_NETWORK', `sqs: neurons must be an integer ≥ 1, got ${neurons}`);
  }
  checkCircuit(circuit);
  checkEncoder(encoder);
  if (angles.length !== neurons * circuit.angles) {
    throw new RxSpikeError(
      'ERR_NETWORK',
      `sqs: expected ${neurons} × ${circuit.angles} angles, got ${angles.length} numbers`,
    );
  }
  if (omega !== null && omega.length !== neurons * circuit.memory) {
    throw new RxSpikeError(
      'ERR_NETWORK',
      `sqs: expected ${neurons} × ${circuit.memory} precession rates, got ${omega.length} numbers`,
    );
  }
}
