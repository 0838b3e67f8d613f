export { checkModel } from './check-model.js';
export { feedForward } from './feed-forward.js';
export type { FeedForwardParams } from './feed-forward.js';
export { networkStep } from './forward.js';
export { networkGraph } from './graph.js';
export type { Graph, GraphEdge, GraphNode } from './graph.js';
export { initialNetwork } from './initial.js';
export type { FanIn, InitialValues, Normal } from './initial.js';
export { layerNetwork } from './layer-network.js';
export type { LayerNetworkParams, LifLayerParts, QlifLayerParts, Recurrence, SqsLayerParts } from './layer-network.js';
export { decodeModel, encodeModel, MODEL_VERSION } from './model-file.js';
export type { Model, ReadoutSpec, TrainingRecord, WindowSpec } from './model.js';
export type { NetworkState } from './network-state.js';
export { weightName } from './network.js';
export type {
  EdgeSpec,
  InputSpec,
  LayerSpec,
  LifLayerSpec,
  Network,
  NetworkSpec,
  QlifLayerSpec,
  SqsLayerSpec,
} from './network.js';
export { checkReadout } from './readout-spec.js';
export { decideStep } from './readout.js';
export type { ReadoutState } from './readout.js';
export type { NetworkParams } from './run.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export type { FileTensor, Safetensors } from './safetensors.js';
export { checkNetwork, networkShapes, parameterCount } from './shapes.js';
export type { TensorShape } from './shapes.js';
