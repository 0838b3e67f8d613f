import { sincos } from '../elementary.js';
import { GATES, type GateName } from './gate.js';

/**
 * A pure state of Q qubits: 2^Q complex amplitudes, interleaved (re₀, im₀, re₁, im₁, …). Bit q of an index is qubit q.
 * Owned by whoever made it; gates change it in place.
 */
export type StateVector = Float64Array;

/** |0…0⟩ of `qubits` qubits. */
export function zeroState(qubits: number): StateVector {
  const state = new Float64Array(2 ** (qubits + 1));
  state[0] = 1;
  return state;
}

/** ‖ψ‖²: the sum of all squared amplitudes. */
export function squaredNorm(state: StateVector): number {
  let sum = 0;
  for (let i = 0; i < state.length; i++) sum += state[i] * state[i];
  return sum;
}

const half = new Float64Array(2);
/** The 2×2 matrix in force, row-major, interleaved. */
const U = new Float64Array(8);

function setMatrix(gate: GateName, angle: number): void {
  const { axis, rotation } = GATES[gate];
  U.fill(0);
  if (rotation) sincos(angle / 2, half);
  const [s, c] = half;
  switch (axis) {
    case 'x': // cos −i·sin; −i·sin cos
      U[0] = c;
      U[3] = -s;
      U[5] = -s;
      U[6] = c;
      break;
    case 'y': // cos −sin; sin cos
      U[0] = c;
      U[2] = -s;
      U[4] = s;
      U[6] = c;
      break;
    case 'z': // cos −i·sin 0; 0 cos +i·sin
      U[0] = c;
      U[1] = -s;
      U[6] = c;
      U[7] = s;
      break;
    case 'h':
      U[0] = U[2] = U[4] = Math.SQRT1_2;
      U[6] = -Math.SQRT1_2;
      break;
    case 'flip':
      U[2] = U[4] = 1;
      break;
    case 'sign':
      U[0] = 1;
      U[6] = -1;
      break;
  }
}

/**
 * ψ ← U ψ for one gate, in place.
 *
 * @param angle rad; ignored by gates without one
 * @param control qubit that has to be |1⟩; ignored by gates without one
 */
export function applyGate(state: StateVector, gate: GateName, target: number, angle = 0, control = 0): void {
  setMatrix(gate, angle);
  const bit = 1 << target;
  const needed = GATES[gate].controlled ? 1 << control : 0;
  const size = state.length / 2;
  for (let k = 0; k < size; k++) {
    if ((k & bit) !== 0 || (k & needed) !== needed) continue;
    const i = 2 * k;
    const j = 2 * (k | bit);
    const ar = state[i];
    const ai = state[i + 1];
    const br = state[j];
    const bi = state[j + 1];
    state[i] = U[0] * ar - U[1] * ai + (U[2] * br - U[3] * bi);
    state[i + 1] = U[0] * ai + U[1] * ar + (U[2] * bi + U[3] * br);
    state[j] = U[4] * ar - U[5] * ai + (U[6] * br - U[7] * bi);
    state[j + 1] = U[4] * ai + U[5] * ar + (U[6] * bi + U[7] * br);
  }
}

/**
 * Bloch vector (⟨X⟩, ⟨Y⟩, ⟨Z⟩) of one qubit of a pure state; shorter than 1 where the qubit is entangled with others.
 * A new array of 3.
 */
export function blochVector(state: StateVector, qubit = 0): Float64Array {
  const bit = 1 << qubit;
  const bloch = new Float64Array(3);
  for (let k = 0; k < state.length / 2; k++) {
    if ((k & bit) !== 0) continue;
    const i = 2 * k;
    const j = 2 * (k | bit);
    bloch[0] += 2 * (state[i] * state[j] + state[i + 1] * state[j + 1]);
    bloch[1] += 2 * (state[i] * state[j + 1] - state[i + 1] * state[j]);
    bloch[2] += state[i] ** 2 + state[i + 1] ** 2 - state[j] ** 2 - state[j + 1] ** 2;
  }
  return bloch;
}
