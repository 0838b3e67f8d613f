import type { EncoderSpec, SqsLayerSpec } from '../network/network.js';
import { encode, encodeSlope } from '../neurons/encoder.js';
import type { Circuit } from '../quantum/circuit.js';
import { applyCircuit, buildCircuit } from '../quantum/circuit.js';
import type { Gate } from '../quantum/gate.js';
import { GATES } from '../quantum/gate.js';
import { conditionalMemory, drawOutcome, outcomeProbabilities } from '../quantum/measurement.js';
import type { StateVector } from '../quantum/state-vector.js';
import { applyGate } from '../quantum/state-vector.js';
import type { LayerKey } from '../random.js';
import { drawAt } from '../random.js';
import type { LayerGradient, LayerTape, Tensors } from './layer-tape.js';
import { LIKELIHOOD_FLOOR } from './sqs-closed-gradient.js';

/**
 * Any circuit, by its state vector. The way back is the adjoint method: state Ψ and derivative Λ (of the loss by the
 * real and imaginary parts of Ψ) are taken back gate by gate, and an angle's derivative is `Re⟨Λ|−i/2·P|Ψ⟩` for a
 * rotation about the Pauli axis P.
 */
export class SqsCircuitGradient implements LayerGradient {
  readonly #tape: LayerTape;
  readonly #encoder: EncoderSpec;
  readonly #circuit: Circuit;
  readonly #theta: Float64Array;
  readonly #omega: Float64Array | null;
  readonly #dTheta: Float64Array;
  readonly #dOmega: Float64Array | null;
  /** Memories of all neurons now, and the derivative of the loss by them; 2·2^M numbers a neuron. */
  readonly #memory: Float64Array;
  readonly #dMemory: Float64Array;
  readonly #state: StateVector;
  readonly #dState: StateVector;
  readonly #chances: Float64Array;
  /** Numbers of one memory. */
  readonly #size: number;
  /** Memories of all neurons before each step, and the joint outcomes. */
  #before: Float64Array = new Float64Array(0);
  #outcome: Uint8Array = new Uint8Array(0);

  constructor(spec: SqsLayerSpec, tape: LayerTape, parameters: Tensors, derivatives: Tensors) {
    this.#tape = tape;
    this.#encoder = spec.encoder;
    this.#circuit = buildCircuit(spec.circuit);
    this.#theta = parameters[`theta.${spec.name}`];
    this.#omega = parameters[`omega.${spec.name}`] ?? null;
    this.#dTheta = derivatives[`theta.${spec.name}`];
    this.#dOmega = derivatives[`omega.${spec.name}`] ?? null;
    this.#size = 2 << this.#circuit.memory;
    this.#memory = new Float64Array(spec.neurons * this.#size);
    this.#dMemory = new Float64Array(spec.neurons * this.#size);
    this.#state = new Float64Array(2 << (this.#circuit.lines + this.#circuit.memory));
    this.#dState = new Float64Array(this.#state.length);
    this.#chances = new Float64Array(1 << this.#circuit.lines);
  }

  reserve(steps: number): void {
    const rows = steps * this.#tape.neurons;
    if (rows <= this.#outcome.length) return;
    this.#outcome = new Uint8Array(rows);
    this.#before = new Float64Array(rows * this.#size);
  }

  begin(): void {
    this.#memory.fill(0);
    for (let at = 0; at < this.#memory.length; at += this.#size) this.#memory[at] = 1;
  }

  forward(t: number, key: LayerKey, stepPart: number): void {
    const { p, fired, neurons } = this.#tape;
    const { lines } = this.#circuit;
    const chances = this.#chances;
    this.#before.set(this.#memory, t * this.#memory.length);
    for (let j = 0; j < neurons; j++) {
      this.#evolve(t, j, this.#memory, j * this.#size);
      outcomeProbabilities(this.#state, lines, chances);
      const outcome = drawOutcome(chances, chances.length, drawAt(key, stepPart, j));
      this.#outcome[t * neurons + j] = outcome;
      const unit = (t * neurons + j) * lines;
      for (let n = 0; n < lines; n++) {
        let chance = 0;
        for (let s = 0; s < chances.length; s++) if ((s >> n) & 1) chance += chances[s];
        p[unit + n] = chance;
        fired[unit + n] = (outcome >> n) & 1;
      }
      conditionalMemory(this.#state, lines, outcome, this.#memory, j * this.#size);
    }
  }

  /** State of all qubits before the measurement: precession, encoding, circuit. */
  #evolve(t: number, neuron: number, memory: Float64Array, at: number): void {
    const state = this.#state;
    const { z, seconds } = this.#tape;
    const { lines, memory: qubits, angles } = this.#circuit;
    state.fill(0);
    for (let i = 0; i < this.#size; i += 2) {
      state[i << lines] = memory[at + i];
      state[(i << lines) + 1] = memory[at + i + 1];
    }
    if (this.#omega && seconds[t] !== 0) {
      for (let m = 0; m < qubits; m++) applyGate(state, 'RX', lines + m, this.#omega[neuron * qubits + m] * seconds[t]);
    }
    const unit = (t * this.#tape.neurons + neuron) * lines;
    for (let n = 0; n < lines; n++) applyGate(state, 'RX', n, encode(this.#encoder, z[unit + n]));
    applyCircuit(this.#circuit, this.#theta, neuron * angles, state);
  }

  beginBackward(): void {
    this.#dMemory.fill(0);
  }

  backward(t: number): void {
    const { z, dz, seconds, neurons } = this.#tape;
    const { lines, memory: qubits, angles } = this.#circuit;
    const state = this.#state;
    const dState = this.#dState;
    for (let j = 0; j < neurons; j++) {
      this.#evolve(t, j, this.#before, (t * neurons + j) * this.#size);
      this.#measureBack(t, j);
      for (let g = this.#circuit.gates.length - 1; g >= 0; g--) {
        const gate = this.#circuit.gates[g];
        const turn = gate.angle === undefined ? (gate.value ?? 0) : this.#theta[j * angles + gate.angle];
        if (gate.angle !== undefined) this.#dTheta[j * angles + gate.angle] += generator(gate, state, dState);
        applyGate(state, gate.gate, gate.target, -turn, gate.control);
        applyGate(dState, gate.gate, gate.target, -turn, gate.control);
      }
      const unit = (t * neurons + j) * lines;
      for (let n = 0; n < lines; n++) {
        const current = z[unit + n];
        dz[unit + n] = generator({ gate: 'RX', target: n }, state, dState) * encodeSlope(this.#encoder, current);
        const turn = -encode(this.#encoder, current);
        applyGate(state, 'RX', n, turn);
        applyGate(dState, 'RX', n, turn);
      }
      if (this.#omega && this.#dOmega && seconds[t] !== 0) {
        for (let m = 0; m < qubits; m++) {
          const i = j * qubits + m;
          this.#dOmega[i] += generator({ gate: 'RX', target: lines + m }, state, dState) * seconds[t];
          applyGate(state, 'RX', lines + m, -this.#omega[i] * seconds[t]);
          applyGate(dState, 'RX', lines + m, -this.#omega[i] * seconds[t]);
        }
      }
      for (let i = 0; i < this.#size; i += 2) {
        this.#dMemory[j * this.#size + i] = dState[i << lines];
        this.#dMemory[j * this.#size + i + 1] = dState[(i << lines) + 1];
      }
    }
  }

  /** Derivative by the state before the measurement, from those by the line probabilities and the memory left. */
  #measureBack(t: number, neuron: number): void {
    const state = this.#state;
    const dState = this.#dState;
    const { ds, dp, neurons } = this.#tape;
    const { lines } = this.#circuit;
    const unit = (t * neurons + neuron) * lines;
    const mask = (1 << lines) - 1;
    for (let k = 0; k < state.length / 2; k++) {
      let slope = 0;
      for (let n = 0; n < lines; n++) if ((k >> n) & 1) slope += ds[unit + n] + dp[unit + n];
      dState[2 * k] = 2 * slope * state[2 * k];
      dState[2 * k + 1] = 2 * slope * state[2 * k + 1];
    }
    const outcome = this.#outcome[t * neurons + neuron];
    const dMemory = this.#dMemory;
    const from = neuron * this.#size;
    let chance = 0;
    let along = 0;
    for (let k = outcome, i = from; k < state.length / 2; k += mask + 1, i += 2) {
      chance += state[2 * k] ** 2 + state[2 * k + 1] ** 2;
      along += state[2 * k] * dMemory[i] + state[2 * k + 1] * dMemory[i + 1];
    }
    const norm = Math.sqrt(Math.max(chance, LIKELIHOOD_FLOOR));
    along /= Math.max(chance, LIKELIHOOD_FLOOR);
    for (let k = outcome, i = from; k < state.length / 2; k += mask + 1, i += 2) {
      dState[2 * k] += (dMemory[i] - along * state[2 * k]) / norm;
      dState[2 * k + 1] += (dMemory[i + 1] - along * state[2 * k + 1]) / norm;
    }
  }
}

/** `Re⟨Λ|−i/2·P|Ψ⟩` with the axis P of the gate, within the subspace where its control is 1. */
function generator(gate: Gate, state: StateVector, dState: StateVector): number {
  const { axis } = GATES[gate.gate];
  const bit = 1 << gate.target;
  const control = gate.control === undefined ? 0 : 1 << gate.control;
  let sum = 0;
  for (let k = 0; k < state.length / 2; k++) {
    if (k & bit || (k & control) !== control) continue;
    const a = 2 * k;
    const b = 2 * (k | bit);
    if (axis === 'x') {
      sum += dState[a] * state[b + 1] - dState[a + 1] * state[b] + dState[b] * state[a + 1] - dState[b + 1] * state[a];
    } else if (axis === 'y') {
      sum += dState[b] * state[a] + dState[b + 1] * state[a + 1] - dState[a] * state[b] - dState[a + 1] * state[b + 1];
    } else {
      sum += dState[a] * state[a + 1] - dState[a + 1] * state[a] - dState[b] * state[b + 1] + dState[b + 1] * state[b];
    }
  }
  return sum / 2;
}
