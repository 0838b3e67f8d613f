import { networkGraph } from './graph.js';
import { networkError } from './layer-spec.js';
import { type EdgeSpec, type Network, type NetworkSpec, weightName } from './network.js';

/** A tensor that a network has or may have. */
export interface TensorShape {
  readonly shape: readonly number[];
  /** Product of `shape`. */
  readonly length: number;
  /** True: the network runs without it. */
  readonly optional: boolean;
  /** `weights2`: of the second sum of QLIF `two-weight`. */
  readonly kind: 'weights' | 'weights2' | 'bias' | 'angles' | 'omega' | 'beta' | 'threshold';
  /** The layer that it belongs to; of weights the layer that the edge leads to. */
  readonly layer: string;
  /** The edge of weights, else null. */
  readonly edge: EdgeSpec | null;
}

/**
 * Every tensor that a network of this description needs or may have, by name: weights edge by edge, then layer by layer
 * bias, angles, precession rates, leaks and thresholds.
 * @throws `ERR_NETWORK` when the description is inconsistent
 */
export function networkShapes(spec: NetworkSpec): Readonly<Record<string, TensorShape>> {
  const graph = networkGraph(spec);
  const shapes: Record<string, TensorShape> = {};
  const add = (name: string, shape: readonly number[], rest: Omit<TensorShape, 'shape' | 'length'>): void => {
    shapes[name] = { shape, length: shape.reduce((a, b) => a * b, 1), ...rest };
  };
  for (const { spec: edge, from, to } of graph.edges) {
    const part = { optional: false, layer: to.name, edge };
    add(weightName(edge), [from.neurons, to.units], { ...part, kind: 'weights' });
    if (to.layer?.kind === 'qlif' && to.layer.variant === 'two-weight') {
      add(weightName(edge, 'w2'), [from.neurons, to.units], { ...part, kind: 'weights2' });
    }
  }
  for (const { name: layer, layer: described, circuit, neurons, units } of graph.nodes) {
    if (!described) continue;
    const part = { layer, edge: null };
    add(`b.${layer}`, [units], { ...part, kind: 'bias', optional: true });
    if (circuit) {
      add(`theta.${layer}`, [neurons, circuit.angles], { ...part, kind: 'angles', optional: false });
      add(`omega.${layer}`, [neurons, circuit.memory], { ...part, kind: 'omega', optional: true });
    }
    if (described.kind === 'lif') {
      add(`beta.${layer}`, [neurons], { ...part, kind: 'beta', optional: false });
      add(`threshold.${layer}`, [neurons], { ...part, kind: 'threshold', optional: false });
    }
  }
  return shapes;
}

/** Largest magnitude in a tensor: sums of such numbers stay finite, so that no memory becomes NaN. */
const LARGEST = 1e100;

/**
 * Checks a network whole: its description, and that it has every tensor that it needs, of the right length, of numbers
 * up to 10¹⁰⁰ in magnitude, and no other.
 * @throws `ERR_NETWORK` naming the tensor
 */
export function checkNetwork({ spec, tensors }: Network): void {
  const shapes = networkShapes(spec);
  for (const name of Object.keys(tensors)) {
    if (!Object.hasOwn(shapes, name)) throw networkError(`there is no place for a tensor "${name}"`);
  }
  for (const [name, { shape, length, optional }] of Object.entries(shapes)) {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (tensor === undefined) {
      if (optional) continue;
      throw networkError(`tensor "${name}" of shape [${shape.join(', ')}] is missing`);
    }
    if (!(tensor instanceof Float64Array)) throw networkError(`tensor "${name}" is not a Float64Array`);
    if (tensor.length !== length) {
      throw networkError(
        `tensor "${name}" has ${tensor.length} numbers, its shape [${shape.join(', ')}] has ${length}`,
      );
    }
    for (let i = 0; i < length; i++) {
      if (!(Math.abs(tensor[i]) <= LARGEST)) throw networkError(`tensor "${name}" holds ${tensor[i]} at index ${i}`);
    }
  }
}

/** Number of all numbers in the network's tensors: weights, biases, angles, precession rates, leaks, thresholds. */
export function parameterCount(network: Network): number {
  return Object.values(network.tensors).reduce((sum, tensor) => sum + tensor.length, 0);
}
