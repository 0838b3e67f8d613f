export { feedForward } from './feed-forward.js';
export type { FeedForwardParams } from './feed-forward.js';
export { networkGraph } from './graph.js';
export type { Graph, GraphEdge, GraphNode } from './graph.js';
export { initialNetwork } from './initial.js';
export type { FanIn, InitialValues, Normal } from './initial.js';
export type { FilterSpec, Model, ReadoutSpec, StepsSpec, TrainingRecord, UnitMapSpec, WindowSpec } from './model.js';
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
export { checkNetwork, networkShapes, parameterCount } from './shapes.js';
export type { TensorShape } from './shapes.js';
