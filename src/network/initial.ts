import type { RandomSequence } from '../random.js';
import { networkError } from './layer-spec.js';
import type { Network, NetworkSpec } from './network.js';
import { checkNetwork, networkShapes, type TensorShape } from './shapes.js';

/** A normal distribution; `sd` 0 sets every entry to the mean. */
export interface Normal {
  /** Default 0. */
  readonly mean?: number;
  readonly sd: number;
}

/** Weights scaled by their fan-in: N(0, 1/(activity · rows)), for rows that fire with probability `activity` a step. */
export interface FanIn {
  /** In (0, 1]. */
  readonly activity: number;
}

/** Distributions by kind of tensor; null leaves an optional tensor out. */
export interface InitialValues {
  /** Default `{ activity: 0.2 }`. */
  readonly weights?: Normal | FanIn;
  /** Second sum of QLIF `two-weight`; default as `weights`. */
  readonly weights2?: Normal | FanIn;
  /** Default `{ mean: 0, sd: 0 }`. */
  readonly bias?: Normal | null;
  /** Default `{ sd: 0.1 }`, rad. */
  readonly angles?: Normal;
  /** Default null: memories do not precess. */
  readonly omega?: Normal | null;
  /** Default `{ mean: 0.9, sd: 0 }`. */
  readonly beta?: Normal;
  /** Default `{ mean: 1, sd: 0 }`. */
  readonly threshold?: Normal;
  /** For single tensors by name, instead of the above: `{ 'b.hidden': { mean: -0.5, sd: 0 } }`. */
  readonly tensors?: Readonly<Record<string, Normal | FanIn | null>>;
}

const DEFAULTS: Readonly<Record<TensorShape['kind'], Normal | FanIn | null>> = {
  weights: { activity: 0.2 },
  weights2: null,
  bias: { sd: 0 },
  angles: { sd: 0.1 },
  omega: null,
  beta: { mean: 0.9, sd: 0 },
  threshold: { mean: 1, sd: 0 },
};

/**
 * A network with random tensors, drawn in the order of {@link networkShapes}; the same sequence gives the same network.
 * @throws `ERR_NETWORK` when the description is inconsistent or a needed tensor is left out
 */
export function initialNetwork(spec: NetworkSpec, random: RandomSequence, values: InitialValues = {}): Network {
  const shapes = networkShapes(spec);
  for (const name of Object.keys(values.tensors ?? {})) {
    if (!Object.hasOwn(shapes, name)) throw networkError(`initial values: there is no place for a tensor "${name}"`);
  }
  const tensors: Record<string, Float64Array> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const from = distribution(name, shape, values);
    if (from) tensors[name] = drawTensor(shape, from, random);
  }
  const network = { spec, tensors };
  checkNetwork(network);
  return network;
}

function distribution(name: string, { kind }: TensorShape, values: InitialValues): Normal | FanIn | null {
  if (values.tensors && Object.hasOwn(values.tensors, name)) return values.tensors[name] ?? null;
  const given = values[kind];
  if (given !== undefined) return given;
  return kind === 'weights2' ? (values.weights ?? DEFAULTS.weights) : DEFAULTS[kind];
}

function drawTensor({ shape, length }: TensorShape, from: Normal | FanIn, random: RandomSequence): Float64Array {
  const fanIn = 'activity' in from;
  const mean = fanIn ? 0 : (from.mean ?? 0);
  const sd = fanIn ? Math.sqrt(1 / (from.activity * (shape[0] ?? 1))) : from.sd;
  if (!Number.isFinite(mean) || !Number.isFinite(sd) || sd < 0) {
    throw networkError(`initial values: mean ${mean} and standard deviation ${sd} do not make a distribution`);
  }
  const tensor = new Float64Array(length).fill(mean);
  if (sd > 0) for (let i = 0; i < length; i++) tensor[i] = mean + sd * random.normal();
  return tensor;
}
