import { lif } from '../neurons/lif.js';
import type { NeuronLayer } from '../neurons/neuron.js';
import { qlif } from '../neurons/qlif.js';
import { sqs } from '../neurons/sqs.js';
import { type ActiveUnits, activeUnits } from './accumulate.js';
import { type Graph, type GraphNode, networkGraph } from './graph.js';
import { type Network, weightName } from './network.js';
import { checkNetwork } from './shapes.js';

/** An edge with its weights; `active` is what arrives over it in the step at hand. */
export interface PlanEdge {
  /** Name of the weights. */
  readonly name: string;
  readonly from: GraphNode;
  readonly delay: number;
  readonly weights: Float64Array;
  readonly weights2: Float64Array | null;
  /** Without delay: the source's own; with delay: room for what the queue delivers. */
  readonly active: ActiveUnits;
  /** What the source fires in the step at hand. */
  readonly fired: ActiveUnits;
}

/** A layer ready to advance; `z`, `p` and `fired` are of the step at hand. */
export interface PlanLayer {
  readonly node: GraphNode;
  readonly neuron: NeuronLayer<unknown, unknown>;
  readonly params: unknown;
  readonly bias: Float64Array | null;
  /** Incoming edges in the order of the description. */
  readonly edges: readonly PlanEdge[];
  readonly currents: number;
  readonly z: Float64Array;
  readonly p: Float64Array;
  readonly fired: ActiveUnits;
  advanced: boolean;
}

/**
 * A network laid out for running, with room for one step. The room holds nothing between two packets, so that one plan
 * serves any number of streams.
 */
export interface Plan {
  readonly graph: Graph;
  /** What saved states hang on: all of the description that shapes them. */
  readonly form: string;
  /** In topological order. */
  readonly layers: readonly PlanLayer[];
  readonly inputs: readonly { readonly node: GraphNode; readonly fired: ActiveUnits }[];
  /** Edges with a delay. */
  readonly delayed: readonly PlanEdge[];
  /** Per input unit: how often it fired in the step at hand; all 0 between two steps. */
  readonly marks: Uint32Array;
  readonly touched: Uint32Array;
}

const plans = new WeakMap<Network, Plan>();

/** The plan of a network, made once. @throws `ERR_NETWORK` when the network is inconsistent */
export function networkPlan(network: Network): Plan {
  const known = plans.get(network);
  if (known) return known;
  checkNetwork(network);
  const graph = networkGraph(network.spec);
  const fired = graph.nodes.map((node) => activeUnits(node.units));
  const layers = graph.order.map((node) => planLayer(network, graph, node, fired));
  const plan: Plan = {
    graph,
    form: formOf(graph),
    layers,
    inputs: graph.nodes.flatMap((node) => (node.layer ? [] : [{ node, fired: fired[node.index] }])),
    delayed: layers.flatMap((layer) => layer.edges.filter((edge) => edge.delay > 0)),
    marks: new Uint32Array(graph.inputUnits),
    touched: new Uint32Array(graph.inputUnits),
  };
  plans.set(network, plan);
  return plan;
}

function planLayer(network: Network, graph: Graph, node: GraphNode, fired: readonly ActiveUnits[]): PlanLayer {
  const { neuron, params } = neuronsOf(network, node);
  const currents = neuron.currentsPerNeuron(params);
  neuron.init(params);
  const edges = graph.edges
    .filter((edge) => edge.to === node)
    .map(({ spec, from }): PlanEdge => {
      const own = fired[from.index];
      return {
        name: weightName(spec),
        from,
        delay: spec.delay,
        weights: network.tensors[weightName(spec)],
        weights2: network.tensors[weightName(spec, 'w2')] ?? null,
        active: spec.delay > 0 ? activeUnits(from.units) : own,
        fired: own,
      };
    });
  return {
    node,
    neuron,
    params,
    bias: network.tensors[`b.${node.name}`] ?? null,
    edges,
    currents,
    z: new Float64Array(node.neurons * currents),
    p: new Float64Array(node.units),
    fired: fired[node.index],
    advanced: false,
  };
}

function neuronsOf(
  { tensors }: Network,
  { name, layer, circuit, neurons }: GraphNode,
): { neuron: NeuronLayer<unknown, unknown>; params: unknown } {
  if (layer?.kind === 'sqs' && circuit) {
    const angles = tensors[`theta.${name}`];
    const omega = tensors[`omega.${name}`] ?? null;
    return { neuron: sqs, params: { neurons, circuit, encoder: layer.encoder, angles, omega } };
  }
  if (layer?.kind === 'qlif') {
    const { kind: _kind, name: _name, ...params } = layer;
    return { neuron: qlif, params };
  }
  return { neuron: lif, params: { neurons, beta: tensors[`beta.${name}`], threshold: tensors[`threshold.${name}`] } };
}

function formOf({ spec, nodes, edges }: Graph): string {
  const parts = nodes.map(({ name, layer, circuit, neurons, lines }) => {
    const memory = circuit ? `${circuit.kind}:${circuit.memory}` : '';
    return `${name}:${layer?.kind ?? 'in'}:${neurons}:${lines}:${memory}`;
  });
  const arrows = edges.map(({ spec: edge }) => weightName(edge));
  return [spec.mode, spec.counting ? 'counting' : 'once', ...parts, ...arrows].join(' ');
}
