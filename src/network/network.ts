import type { EncoderSpec } from '../neurons/encoder.js';
import type { CircuitSpec } from '../quantum/circuit.js';

export type { CircuitSpec, EncoderSpec };

/**
 * A network as data: a directed graph of layers, and the tensors that its layers and edges use.
 *
 * Tensors by name (row-major, f64 in memory, f32 in model files):
 *
 * | name | shape | what |
 * | --- | --- | --- |
 * | `w.FROM.TO` (`w.FROM.TO@D` for an edge with delay D > 0) | [sources, neurons · lines] | weights; a row per presynaptic neuron |
 * | `w2.…` (QLIF `two-weight` only) | the same | weights of the second sum |
 * | `b.LAYER` (optional) | [neurons · lines] | bias, added to the (first) current at every advance |
 * | `theta.LAYER` (SQS) | [neurons, angles of the circuit] | circuit angles, rad |
 * | `omega.LAYER` (SQS, optional) | [neurons, memory] | precession rates, rad/s |
 * | `beta.LAYER`, `threshold.LAYER` (LIF) | [neurons] | leak and threshold |
 *
 * A presynaptic layer with several lines feeds line n to line n: a spike of unit `s·lines + n` adds the entries
 * `j·lines + n` of row s. A one-line source feeds every line: its spike adds the whole row. Other mismatches are errors.
 */
export interface NetworkSpec {
  readonly inputs: readonly InputSpec[];
  readonly layers: readonly LayerSpec[];
  readonly edges: readonly EdgeSpec[];
  /**
   * `event`: a neuron advances in a step only if a presynaptic unit fired in it; silence costs nothing and its memory
   * stands still. `clocked`: every neuron advances at every step of the grid.
   */
  readonly mode: 'event' | 'clocked';
  /** False: a presynaptic unit counts at most once within a step. True: its spikes are counted. */
  readonly counting: boolean;
}

export interface InputSpec {
  readonly name: string;
  /** Number of one-line input units. */
  readonly units: number;
}

export type LayerSpec = SqsLayerSpec | QlifLayerSpec | LifLayerSpec;

export interface SqsLayerSpec {
  readonly kind: 'sqs';
  /** Node name in the graph; part of the random key. Letters, digits, `-`, `_`. */
  readonly name: string;
  readonly neurons: number;
  readonly circuit: CircuitSpec;
  readonly encoder: EncoderSpec;
}

export interface QlifLayerSpec {
  readonly kind: 'qlif';
  readonly name: string;
  readonly neurons: number;
  readonly variant: 'one-weight' | 'two-weight';
  readonly decay?: 'published' | 'exact';
  /** Constants; defaults 0.75, 60, 10 as published. */
  readonly threshold?: number;
  readonly t1?: number;
  readonly tau?: number;
}

export interface LifLayerSpec {
  readonly kind: 'lif';
  readonly name: string;
  readonly neurons: number;
}

export interface EdgeSpec {
  readonly from: string;
  readonly to: string;
  /** Whole steps, ≥ 0; ≥ 1 on a self-loop; a cycle's delays must not sum to 0. */
  readonly delay: number;
}

/** A network that can run: the graph and its tensors. Treated as frozen; a new version is a new object. */
export interface Network {
  readonly spec: NetworkSpec;
  readonly tensors: Readonly<Record<string, Float64Array>>;
}

/** Name of an edge's weight tensor. */
export function weightName(edge: EdgeSpec, prefix: 'w' | 'w2' = 'w'): string {
  return `${prefix}.${edge.from}.${edge.to}${edge.delay > 0 ? `@${edge.delay}` : ''}`;
}
