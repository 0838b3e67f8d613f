import { RxSpikeError } from '../errors.js';
import type { EdgeSpec, LayerSpec, Network } from '../network/network.js';
import type { GraphNode } from '../network/graph.js';
import { networkGraph } from '../network/graph.js';
import { weightName } from '../network/network.js';
import type { LayerKey } from '../random.js';
import { layerKey, stepKey } from '../random.js';
import { addLineProducts, addLines, addOuter, addOuterLine, addProducts, addRows } from './edge-sums.js';
import { layerGradient } from './layer-gradient.js';
import type { LayerGradient, Tensors } from './layer-tape.js';
import { LayerTape } from './layer-tape.js';

/** Input of a network over one sample: the units that fired in each step. */
export interface SparseInput {
  /** Number of steps, silent ones included. */
  steps: number;
  /** Units of step t: `unit[start[t]] … unit[start[t + 1] − 1]`, ascending; a unit stands as often as it counts. */
  start: Uint32Array;
  unit: Uint32Array;
  /** Time of each step, µs, where steps have no fixed length (`dt` 0); else null or left out. */
  time?: Float64Array | null;
}

/** Which random numbers a forward pass draws, see `KeyParts`. */
export interface PassKey {
  readonly seed: number;
  readonly stream: string;
  readonly pass: number;
  /** Index of the sample's first step in its stream; default 0. */
  readonly step0?: number;
}

interface InputNode {
  readonly name: string;
  readonly first: number;
  readonly units: number;
  start: Uint32Array;
  active: Uint32Array;
}

interface LayerNode {
  readonly spec: LayerSpec;
  readonly tape: LayerTape;
  readonly neuron: LayerGradient;
  readonly bias: Float64Array | null;
  readonly dBias: Float64Array | null;
  readonly incoming: EdgeNode[];
  readonly outgoing: EdgeNode[];
  key: LayerKey;
  last: number;
}

interface EdgeNode {
  readonly from: InputNode | LayerNode;
  readonly to: LayerNode;
  readonly delay: number;
  readonly lines: number;
  readonly w: Float64Array;
  readonly dw: Float64Array;
  readonly w2: Float64Array | null;
  readonly dw2: Float64Array | null;
}

const isLayer = (node: InputNode | LayerNode): node is LayerNode => 'tape' in node;

/**
 * Back-propagation through time for any network, with the firing probability as surrogate: `∂s/∂z := ∂p/∂z`.
 *
 * `forward` runs one sample with sampled spikes (the same that the network step draws from the same key), the caller
 * sets the derivative of its loss by the output layer's probabilities, `backward` adds the derivatives of all
 * parameters. Nothing is allocated once the longest sample was seen. Parameters are read in place.
 */
export class Backpropagation {
  /** Derivatives by tensor name, summed over samples until {@link clear}. */
  readonly derivatives: Tensors;
  /** Steps of the sample run last. */
  steps = 0;
  readonly #network: Network;
  readonly #dt: number;
  readonly #inputs: InputNode[];
  readonly #layers: LayerNode[];
  readonly #byName = new Map<string, InputNode | LayerNode>();
  readonly #range = { from: 0, to: 0, lines: 1, line: 0 };
  readonly #at = { dz: 0, size: 0, lines: 1 };
  #columns: Uint32Array = new Uint32Array(0);
  #rows: Uint32Array = new Uint32Array(0);
  #reserved = 0;
  #time: Float64Array | null = null;

  /**
   * @param network graph and parameters; `tensors` may be changed between passes
   * @param dt length of a step, µs; 0: inputs say the time of each step
   */
  constructor(network: Network, dt: number) {
    const { spec, tensors } = network;
    this.#network = network;
    this.#dt = dt;
    this.derivatives = Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, new Float64Array(tensor.length)]),
    );
    const graph = networkGraph(spec);
    const inputs = graph.nodes.filter((node) => node.layer === null);
    this.#inputs = inputs.map(({ name, units, offset }) => {
      const node = { name, first: offset, units, start: new Uint32Array(1), active: new Uint32Array(0) };
      this.#byName.set(name, node);
      return node;
    });
    this.#layers = graph.order.map((node) => this.#layerNode(node, node.layer as LayerSpec));
    for (const edge of spec.edges) this.#addEdge(edge);
    let sources = 1;
    for (const node of this.#byName.values()) sources = Math.max(sources, isLayer(node) ? node.tape.units : node.units);
    this.#rows = new Uint32Array(sources + 1);
  }

  #layerNode({ neurons, lines }: GraphNode, spec: LayerSpec): LayerNode {
    const { tensors } = this.#network;
    const tape = new LayerTape(neurons, lines, spec.kind === 'qlif' && spec.variant === 'two-weight' ? 2 : 1);
    const node: LayerNode = {
      spec,
      tape,
      neuron: layerGradient(spec, tape, tensors, this.derivatives),
      bias: tensors[`b.${spec.name}`] ?? null,
      dBias: this.derivatives[`b.${spec.name}`] ?? null,
      incoming: [],
      outgoing: [],
      key: { a: 0, b: 0 },
      last: -1,
    };
    this.#byName.set(spec.name, node);
    return node;
  }

  #addEdge(edge: EdgeSpec): void {
    const from = this.#byName.get(edge.from);
    const to = this.#byName.get(edge.to);
    if (!from || !to || !isLayer(to)) {
      throw new RxSpikeError('ERR_NETWORK', `network: edge ${edge.from} → ${edge.to} has no such ends`);
    }
    const { tensors } = this.#network;
    const two = to.tape.z2.length > 0 || (to.spec.kind === 'qlif' && to.spec.variant === 'two-weight');
    const node: EdgeNode = {
      from,
      to,
      delay: edge.delay,
      lines: isLayer(from) ? from.tape.lines : 1,
      w: tensors[weightName(edge)],
      dw: this.derivatives[weightName(edge)],
      w2: two ? tensors[weightName(edge, 'w2')] : null,
      dw2: two ? this.derivatives[weightName(edge, 'w2')] : null,
    };
    to.incoming.push(node);
    if (isLayer(from)) from.outgoing.push(node);
  }

  /** What a layer did in the sample run last; `dp` is where a loss puts its derivatives. @throws `ERR_NETWORK` */
  tape(layer: string): LayerTape {
    const node = this.#byName.get(layer);
    if (!node || !isLayer(node)) throw new RxSpikeError('ERR_NETWORK', `network: no layer ${layer}`);
    return node.tape;
  }

  /** Sets all derivatives to 0. */
  clear(): void {
    for (const name in this.derivatives) this.derivatives[name].fill(0);
  }

  /** Runs one sample from fresh memories and keeps everything that {@link backward} needs. */
  forward(input: SparseInput, key: PassKey): void {
    const { steps } = input;
    this.#begin(input, key);
    const step0 = key.step0 ?? 0;
    for (let t = 0; t < steps; t++) {
      for (const layer of this.#layers) this.#advance(layer, t, step0 + t);
    }
  }

  #begin(input: SparseInput, key: PassKey): void {
    const { steps } = input;
    this.steps = steps;
    this.#time = input.time ?? null;
    if (steps > this.#reserved) {
      this.#reserved = Math.max(steps, 2 * this.#reserved);
      for (const { tape, neuron } of this.#layers) {
        tape.reserve(this.#reserved);
        neuron.reserve(this.#reserved);
      }
    }
    this.#splitInput(input);
    for (const layer of this.#layers) {
      const cells = steps * layer.tape.units;
      layer.key = layerKey({ seed: key.seed, stream: key.stream, pass: key.pass, layer: layer.spec.name });
      layer.last = -1;
      layer.tape.fired.fill(0, 0, cells);
      layer.tape.p.fill(0, 0, cells);
      layer.tape.start[0] = 0;
      layer.neuron.begin();
    }
  }

  #splitInput(input: SparseInput): void {
    if (this.#inputs.length === 1) {
      this.#inputs[0].start = input.start;
      this.#inputs[0].active = input.unit;
      return;
    }
    for (const node of this.#inputs) {
      if (node.start.length <= input.steps) node.start = new Uint32Array(input.steps + 1);
      const total = input.start[input.steps];
      if (node.active.length < total) node.active = new Uint32Array(total);
      let count = 0;
      for (let t = 0; t < input.steps; t++) {
        node.start[t] = count;
        for (let i = input.start[t]; i < input.start[t + 1]; i++) {
          const unit = input.unit[i] - node.first;
          if (unit >= 0 && unit < node.units) node.active[count++] = unit;
        }
      }
      node.start[input.steps] = count;
    }
  }

  #advance(layer: LayerNode, t: number, step: number): void {
    const { tape } = layer;
    const size = tape.units;
    const runs = this.#network.spec.mode === 'clocked' || this.#isDriven(layer, t);
    tape.advanced[t] = runs ? 1 : 0;
    if (runs) {
      const row = t * size;
      if (layer.bias) tape.z.set(layer.bias, row);
      else tape.z.fill(0, row, row + size);
      if (tape.z2.length > 0) tape.z2.fill(0, row, row + size);
      for (const edge of layer.incoming) this.#addCurrents(edge, t, row);
      tape.seconds[t] = layer.last < 0 ? 0 : this.#between(layer.last, t) * 1e-6;
      layer.last = t;
      layer.neuron.forward(t, layer.key, stepKey(layer.key, step));
    }
    const { fired, active } = tape;
    let count = tape.start[t];
    if (runs) for (let u = 0; u < size; u++) if (fired[t * size + u] === 1) active[count++] = u;
    tape.start[t + 1] = count;
  }

  /** Time from the beginning of one step to that of another, µs. */
  #between(from: number, to: number): number {
    return this.#time ? this.#time[to] - this.#time[from] : (to - from) * this.#dt;
  }

  #isDriven(layer: LayerNode, t: number): boolean {
    return layer.incoming.some((edge) => {
      const source = isLayer(edge.from) ? edge.from.tape : edge.from;
      const at = t - edge.delay;
      return at >= 0 && source.start[at + 1] > source.start[at];
    });
  }

  #addCurrents(edge: EdgeNode, t: number, row: number): void {
    const at = t - edge.delay;
    if (at < 0) return;
    const source = isLayer(edge.from) ? edge.from.tape : edge.from;
    const range = this.#range;
    range.from = source.start[at];
    range.to = source.start[at + 1];
    range.lines = edge.lines;
    const add = edge.lines === 1 ? addRows : addLines;
    const { tape } = edge.to;
    add(tape.z, row, tape.units, edge.w, source.active, range);
    if (edge.w2) add(tape.z2, row, tape.units, edge.w2, source.active, range);
  }

  /** Clears the derivatives of the outputs before a loss sets them; after {@link forward}. */
  beginBackward(): void {
    for (const { tape, neuron } of this.#layers) {
      const cells = this.steps * tape.units;
      tape.ds.fill(0, 0, cells);
      tape.dp.fill(0, 0, cells);
      neuron.beginBackward();
    }
  }

  /** Sends the derivatives in `tape(…).dp` and `.ds` back through time and adds those of the parameters. */
  backward(): void {
    for (let t = this.steps - 1; t >= 0; t--) {
      for (let l = this.#layers.length - 1; l >= 0; l--) {
        const layer = this.#layers[l];
        if (layer.tape.advanced[t] === 0) continue;
        for (const edge of layer.outgoing) this.#pullBack(edge, t);
        layer.neuron.backward(t);
      }
    }
    for (const layer of this.#layers) {
      this.#addBias(layer);
      for (const edge of layer.incoming) this.#addWeights(edge);
    }
  }

  #pullBack(edge: EdgeNode, t: number): void {
    const later = t + edge.delay;
    const { tape } = edge.to;
    const source = edge.from as LayerNode;
    if (later >= this.steps || tape.advanced[later] === 0) return;
    const at = this.#at;
    at.dz = later * tape.units;
    at.size = tape.units;
    at.lines = edge.lines;
    const add = edge.lines === 1 ? addProducts : addLineProducts;
    add(source.tape.ds, t * source.tape.units, source.tape.units, edge.w, tape.dz, at);
    if (edge.w2) add(source.tape.ds, t * source.tape.units, source.tape.units, edge.w2, tape.dz2, at);
  }

  #addBias(layer: LayerNode): void {
    const { dBias } = layer;
    if (!dBias) return;
    const { dz, units, advanced } = layer.tape;
    for (let t = 0; t < this.steps; t++) {
      if (advanced[t] === 1) for (let k = 0; k < units; k++) dBias[k] += dz[t * units + k];
    }
  }

  /** Weights of an edge, source unit by source unit, over all steps in which it fired. */
  #addWeights(edge: EdgeNode): void {
    const source = isLayer(edge.from) ? edge.from.tape : edge.from;
    const { tape } = edge.to;
    const last = Math.max(0, this.steps - edge.delay);
    this.#transpose(source.start, source.active, last, source.units, edge.delay);
    const range = this.#range;
    range.lines = edge.lines;
    for (let u = 0; u < source.units; u++) {
      range.from = this.#rows[u];
      range.to = this.#rows[u + 1];
      if (range.from === range.to) continue;
      range.line = u % edge.lines;
      const row = ((u - range.line) / edge.lines) * tape.units;
      const add = edge.lines === 1 ? addOuter : addOuterLine;
      add(edge.dw, row, tape.dz, tape.units, this.#columns, range);
      if (edge.dw2) add(edge.dw2, row, tape.dz2, tape.units, this.#columns, range);
    }
  }

  /** Steps in which each unit reached the layer behind: `columns[rows[u]] … columns[rows[u + 1] − 1]`. */
  #transpose(start: Uint32Array, active: Uint32Array, steps: number, units: number, delay: number): void {
    const total = start[steps];
    if (this.#columns.length < total) this.#columns = new Uint32Array(2 * total);
    const rows = this.#rows;
    const columns = this.#columns;
    rows.fill(0, 0, units + 1);
    for (let i = 0; i < total; i++) rows[active[i]]++;
    let sum = 0;
    for (let u = 0; u <= units; u++) {
      sum += rows[u];
      rows[u] = sum;
    }
    for (let t = steps - 1; t >= 0; t--) {
      for (let i = start[t + 1] - 1; i >= start[t]; i--) columns[--rows[active[i]]] = t + delay;
    }
  }
}
