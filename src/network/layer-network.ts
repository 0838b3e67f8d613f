import type { EncoderSpec } from '../neurons/encoder.js';
import type { CircuitSpec } from '../quantum/circuit.js';
import type { EdgeSpec, LayerSpec, Network, NetworkSpec, QlifLayerSpec } from './network.js';
import { checkNetwork } from './shapes.js';

/** A self-loop: weights [neurons, neurons · lines], delay in steps ≥ 1 (default 1). */
export interface Recurrence {
  readonly weights: Float64Array;
  /** Of the second sum (QLIF `two-weight`). */
  readonly weights2?: Float64Array;
  readonly delay?: number;
}

interface LayerParts {
  /** Name of the layer, part of the random key; its input is called `in` (`input` for a layer called `in`). */
  readonly name: string;
  /** Number of input units. */
  readonly inputs: number;
  readonly neurons: number;
  /** [inputs, neurons · lines]. */
  readonly weights: Float64Array;
  /** [neurons · lines]. */
  readonly bias?: Float64Array;
  /** Default `event`. */
  readonly mode?: NetworkSpec['mode'];
  /** Default false. */
  readonly counting?: boolean;
  readonly recurrent?: Recurrence;
}

/** One layer of SQS neurons (the default kind). */
export interface SqsLayerParts extends LayerParts {
  readonly kind?: 'sqs';
  /** Default `{ kind: 'default' }`. */
  readonly circuit?: CircuitSpec;
  readonly encoder: EncoderSpec;
  /** Rad, [neurons, angles of the circuit]. */
  readonly angles: Float64Array;
  /** Rad/s, [neurons, memory]. */
  readonly omega?: Float64Array;
}

/** One layer of QLIF neurons. */
export interface QlifLayerParts extends LayerParts, Omit<QlifLayerSpec, 'kind' | 'name' | 'neurons'> {
  readonly kind: 'qlif';
  /** Of the second sum; `two-weight` only. */
  readonly weights2?: Float64Array;
}

/** One layer of LIF neurons. */
export interface LifLayerParts extends LayerParts {
  readonly kind: 'lif';
  /** [neurons]. */
  readonly beta: Float64Array;
  readonly threshold: Float64Array;
}

/** What {@link layerNetwork} builds from. */
export type LayerNetworkParams = SqsLayerParts | QlifLayerParts | LifLayerParts;

/**
 * A network of one layer with one input, whose units may come from several sources numbered one after another: a layer
 * of a larger network as an operator of its own. Under the layer's name it fires the same spikes as there.
 * @throws `ERR_NETWORK` when something does not fit
 */
export function layerNetwork(params: LayerNetworkParams): Network {
  const { name, inputs, mode = 'event', counting = false, weights, bias, recurrent } = params;
  const input = name === 'in' ? 'input' : 'in';
  const edges: EdgeSpec[] = [{ from: input, to: name, delay: 0 }];
  const tensors: Record<string, Float64Array> = { [`w.${input}.${name}`]: weights };
  if (bias) tensors[`b.${name}`] = bias;
  if (params.kind === 'qlif' && params.weights2) tensors[`w2.${input}.${name}`] = params.weights2;
  if (recurrent) {
    const delay = recurrent.delay ?? 1;
    edges.push({ from: name, to: name, delay });
    tensors[`w.${name}.${name}@${delay}`] = recurrent.weights;
    if (recurrent.weights2) tensors[`w2.${name}.${name}@${delay}`] = recurrent.weights2;
  }
  const layer = layerOf(params, tensors);
  const spec: NetworkSpec = { inputs: [{ name: input, units: inputs }], layers: [layer], edges, mode, counting };
  const network = { spec, tensors };
  checkNetwork(network);
  return network;
}

function layerOf(params: LayerNetworkParams, tensors: Record<string, Float64Array>): LayerSpec {
  const { name, neurons } = params;
  if (params.kind === 'lif') {
    tensors[`beta.${name}`] = params.beta;
    tensors[`threshold.${name}`] = params.threshold;
    return { kind: 'lif', name, neurons };
  }
  if (params.kind === 'qlif') {
    const { variant, decay, threshold, t1, tau } = params;
    return {
      kind: 'qlif',
      name,
      neurons,
      variant,
      ...(decay !== undefined && { decay }),
      ...(threshold !== undefined && { threshold }),
      ...(t1 !== undefined && { t1 }),
      ...(tau !== undefined && { tau }),
    };
  }
  tensors[`theta.${name}`] = params.angles;
  if (params.omega) tensors[`omega.${name}`] = params.omega;
  return { kind: 'sqs', name, neurons, circuit: params.circuit ?? { kind: 'default' }, encoder: params.encoder };
}
