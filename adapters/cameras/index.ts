export { SIMULATED_SCENES, simulatedCamera } from './simulated.js';
export type { SimulatedCameraOptions, SimulatedRecording } from './simulated.js';
