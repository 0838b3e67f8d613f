import { networkGraph } from './graph.js';
import { networkError } from './layer-spec.js';
import type { EdgeSpec, InputSpec, LayerSpec, NetworkSpec } from './network.js';

/** What {@link feedForward} builds from. */
export interface FeedForwardParams {
  /** Number of input units (of one input named `in`), or inputs by name; all of them feed the first layer. */
  readonly inputs: number | readonly InputSpec[];
  /** Layers in order, each feeding the next without delay. */
  readonly layers: readonly LayerSpec[];
  readonly mode: NetworkSpec['mode'];
  /** Default false. */
  readonly counting?: boolean;
  /** Edges from every input to the last layer besides; default false. */
  readonly skip?: boolean;
  /** Self-loops: layer name → delay in steps, ≥ 1. */
  readonly loops?: Readonly<Record<string, number>>;
  /** Any further edges. */
  readonly edges?: readonly EdgeSpec[];
}

/**
 * Description of a chain of layers, with skip connections and self-loops where asked for. Edges stand in the order
 * chain, skip, loops, further edges, so that into each layer the forward edge is summed first.
 * @throws `ERR_NETWORK` when the description comes out inconsistent
 */
export function feedForward(params: FeedForwardParams): NetworkSpec {
  const { layers, mode, counting = false, skip = false, loops = {} } = params;
  const inputs = typeof params.inputs === 'number' ? [{ name: 'in', units: params.inputs }] : params.inputs;
  const edges: EdgeSpec[] = [];
  let before: readonly { readonly name: string }[] = inputs;
  for (const layer of layers) {
    for (const from of before) edges.push({ from: from.name, to: layer.name, delay: 0 });
    before = [layer];
  }
  const last = layers.at(-1);
  if (skip && last && layers.length > 1) {
    for (const input of inputs) edges.push({ from: input.name, to: last.name, delay: 0 });
  }
  for (const [name, delay] of Object.entries(loops)) {
    if (!layers.some((layer) => layer.name === name)) throw networkError(`loops: there is no layer "${name}"`);
    edges.push({ from: name, to: name, delay });
  }
  const spec: NetworkSpec = { inputs, layers, edges: [...edges, ...(params.edges ?? [])], mode, counting };
  networkGraph(spec);
  return spec;
}
