export {
  applyCircuit,
  buildCircuit,
  checkCircuit,
  customCircuit,
  DEFAULT_ANGLES,
  defaultCircuit,
  layeredCircuit,
  MAX_QUBITS,
  WRITE_ANGLES,
  writeCircuit,
} from './circuit.js';
export type { Circuit, CircuitSpec } from './circuit.js';
export { GATES } from './gate.js';
export type { Gate, GateName } from './gate.js';
export { conditionalMemory, drawOutcome, LEAST_PROBABILITY, outcomeProbabilities } from './measurement.js';
export { applyGate, blochVector, squaredNorm, zeroState } from './state-vector.js';
export type { StateVector } from './state-vector.js';
