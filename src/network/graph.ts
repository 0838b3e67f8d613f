import { RxSpikeError } from '../errors.js';
import { buildCircuit, type Circuit } from '../quantum/circuit.js';
import { checkLayer, checkName, networkError, onlyKeys, record, wholeNumber } from './layer-spec.js';
import type { EdgeSpec, LayerSpec, NetworkSpec } from './network.js';

/** An input or a layer, with its place in the graph. */
export interface GraphNode {
  readonly name: string;
  /** Position in {@link Graph.nodes}. */
  readonly index: number;
  /** Null for an input. */
  readonly layer: LayerSpec | null;
  /** Of SQS layers, else null. */
  readonly circuit: Circuit | null;
  readonly neurons: number;
  readonly lines: number;
  /** neurons · lines; `unit = neuron · lines + line`. */
  readonly units: number;
  /** Inputs: number of this node's unit 0 among the units of the packets that come in; 0 for layers. */
  readonly offset: number;
}

export interface GraphEdge {
  readonly spec: EdgeSpec;
  readonly from: GraphNode;
  readonly to: GraphNode;
}

/** A checked network description. */
export interface Graph {
  readonly spec: NetworkSpec;
  /** Inputs, then layers, each in the order of the description. */
  readonly nodes: readonly GraphNode[];
  /** Layers in an order in which every edge without delay points forward; otherwise as described. */
  readonly order: readonly GraphNode[];
  /** Edges as described. */
  readonly edges: readonly GraphEdge[];
  /** Layers whose only outgoing edges, if any, are self-loops, in the order of the description. */
  readonly outputs: readonly GraphNode[];
  /** Units of all inputs together: what a packet that comes in may number. */
  readonly inputUnits: number;
}

const graphs = new WeakMap<NetworkSpec, Graph>();

/**
 * Checks a network description and lays it out.
 * @throws `ERR_NETWORK` naming what is wrong: a name unknown or taken, a cycle without delay, lines that do not match, …
 */
export function networkGraph(spec: NetworkSpec): Graph {
  const known = graphs.get(spec);
  if (known) return known;
  const nodes = readNodes(spec);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const edges = readEdges(spec, byName);
  const layers = nodes.filter((node) => node.layer !== null);
  for (const layer of layers) {
    if (!edges.some((edge) => edge.to === layer)) throw networkError(`no edge leads to layer "${layer.name}"`);
  }
  const graph: Graph = {
    spec,
    nodes,
    order: topologicalOrder(layers, edges),
    edges,
    outputs: layers.filter((node) => !edges.some((edge) => edge.from === node && edge.to !== node)),
    inputUnits: nodes.reduce((sum, node) => (node.layer ? sum : sum + node.units), 0),
  };
  graphs.set(spec, graph);
  return graph;
}

function readNodes(spec: NetworkSpec): GraphNode[] {
  onlyKeys(record(spec, 'network'), ['inputs', 'layers', 'edges', 'mode', 'counting'], 'network');
  for (const part of ['inputs', 'layers', 'edges'] as const) {
    if (!Array.isArray(spec[part])) throw networkError(`"${part}" is not a list`);
    if (spec[part].length === 0) throw networkError(`"${part}" is empty`);
  }
  if (spec.mode !== 'event' && spec.mode !== 'clocked') {
    throw networkError(`mode is ${JSON.stringify(spec.mode)}, expected "event" or "clocked"`);
  }
  if (typeof spec.counting !== 'boolean') {
    throw networkError(`counting is ${JSON.stringify(spec.counting)}, expected true or false`);
  }
  const nodes: GraphNode[] = [];
  let offset = 0;
  for (const [i, input] of spec.inputs.entries()) {
    onlyKeys(record(input, `input ${i}`), ['name', 'units'], `input ${i}`);
    const name = checkName(input.name, `input ${i}`);
    const units = wholeNumber(input.units, 1, `units of input "${name}"`);
    nodes.push({ name, index: nodes.length, layer: null, circuit: null, neurons: units, lines: 1, units, offset });
    offset += units;
  }
  for (const [i, layer] of spec.layers.entries()) {
    checkLayer(layer, i);
    const { name, neurons } = layer;
    const circuit = layer.kind === 'sqs' ? buildCircuit(layer.circuit) : null;
    const lines = circuit?.lines ?? 1;
    nodes.push({ name, index: nodes.length, layer, circuit, neurons, lines, units: neurons * lines, offset: 0 });
  }
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (names.has(name)) throw networkError(`the name "${name}" is taken twice`);
    names.add(name);
  }
  return nodes;
}

function readEdges(spec: NetworkSpec, byName: ReadonlyMap<string, GraphNode>): GraphEdge[] {
  const seen = new Set<string>();
  return spec.edges.map((edge, i) => {
    onlyKeys(record(edge, `edge ${i}`), ['from', 'to', 'delay'], `edge ${i}`);
    const what = `edge ${JSON.stringify(edge.from)} → ${JSON.stringify(edge.to)}`;
    const from = byName.get(edge.from);
    const to = byName.get(edge.to);
    if (!from || !to) throw networkError(`${what}: there is no ${JSON.stringify(from ? edge.to : edge.from)}`);
    if (!to.layer) throw networkError(`${what}: an input takes no edge`);
    wholeNumber(edge.delay, 0, `${what}: delay`);
    if (from === to && edge.delay === 0) throw networkError(`${what}: a self-loop needs a delay of 1 or more`);
    if (from.lines !== 1 && from.lines !== to.lines) {
      throw networkError(`${what}: ${from.lines} lines do not feed ${to.lines} (equal, or one line)`);
    }
    const key = `${edge.from} ${edge.to} ${edge.delay}`;
    if (seen.has(key)) throw networkError(`${what} with delay ${edge.delay} stands twice`);
    seen.add(key);
    return { spec: edge, from, to };
  });
}

function topologicalOrder(layers: readonly GraphNode[], edges: readonly GraphEdge[]): GraphNode[] {
  const direct = edges.filter((edge) => edge.spec.delay === 0 && edge.from.layer !== null);
  const order: GraphNode[] = [];
  const waiting = new Set(layers);
  while (waiting.size > 0) {
    const ready = [...waiting].find((node) => !direct.some((edge) => edge.to === node && waiting.has(edge.from)));
    if (!ready) throw cycleError(waiting, direct);
    waiting.delete(ready);
    order.push(ready);
  }
  return order;
}

/** Walking back from any node that waits must come round. */
function cycleError(waiting: ReadonlySet<GraphNode>, direct: readonly GraphEdge[]): RxSpikeError {
  const path: GraphNode[] = [];
  let node = [...waiting].at(0);
  while (node && !path.includes(node)) {
    const here: GraphNode = node;
    path.push(here);
    node = direct.find((edge) => edge.to === here && waiting.has(edge.from))?.from;
  }
  const cycle = path.slice(node ? path.indexOf(node) : 0).map(({ name }) => name);
  cycle.push(cycle[0]);
  cycle.reverse();
  return networkError(`cycle without delay: ${cycle.join(' → ')}`, { cycle });
}
