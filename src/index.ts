export { type ErrorCode, type ErrorExtras, RxSpikeError } from './errors.js';
export * from './events/index.js';
export * from './flow/index.js';
export * from './network/index.js';
export * from './neurons/index.js';
export * from './quantum/index.js';
export * from './random.js';
export * from './state.js';
export type { Emit, Step } from './step.js';
