export { checkEncoder, encode, encodeSlope } from './encoder.js';
export type { EncoderSpec } from './encoder.js';
export { lif } from './lif.js';
export type { LifParams, LifState } from './lif.js';
export type { NeuronLayer } from './neuron.js';
export { qlif, QLIF_DEFAULTS } from './qlif.js';
export type { QlifParams, QlifState } from './qlif.js';
export { sqs, sqsMemory, sqsOutcomes } from './sqs.js';
export type { SqsParams, SqsState } from './sqs.js';
