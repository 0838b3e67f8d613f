import { RxSpikeError } from '../errors.js';
import type { StreamInfo } from '../events/stream-info.js';
import { type LayerKey, layerKey } from '../random.js';
import type { GraphNode } from './graph.js';
import type { Network } from './network.js';
import { OutputColumns } from './output-columns.js';
import { networkPlan, type Plan, type PlanLayer } from './plan.js';

/** What `networkStep` runs. A new object may take its place between two packets (other tensors, same graph). */
export interface NetworkParams {
  readonly network: Network;
  /** Integer in 0…2^53−1. */
  readonly seed: number;
  /** Part of the random key: streams of different names draw different numbers. Default `''`. */
  readonly stream?: string;
  /** Part of the random key; default 0. */
  readonly pass?: number;
  /**
   * Layers whose spikes come out; default: the output layers. Several: their units stand one layer after another in the
   * order of the description.
   */
  readonly outputs?: string | readonly string[];
  /** True: packets carry firing probabilities. Default false. */
  readonly firing?: boolean;
  /** Most steps in a row without input that one packet may ask for; default 10⁶. */
  readonly maxSilentSteps?: number;
}

/** Layers that come out, with the number of their unit 0. */
export interface Output {
  readonly layer: PlanLayer;
  readonly offset: number;
}

/** What is derived from {@link NetworkParams}, once. */
export interface Run {
  readonly plan: Plan;
  readonly counting: boolean;
  readonly clocked: boolean;
  /** By position in the plan. */
  readonly keys: readonly LayerKey[];
  readonly outputs: readonly Output[];
  readonly width: number;
  readonly columns: OutputColumns;
  readonly maxSilentSteps: number;
  /** Description of the stream that comes in and of the one that goes out. */
  streams: { readonly from: StreamInfo; readonly to: StreamInfo } | null;
}

const runs = new WeakMap<NetworkParams, Run>();

/** What is derived from parameters, made once for each object. @throws `ERR_ARGUMENT`, `ERR_NETWORK` */
export function runOf(params: NetworkParams): Run {
  const known = runs.get(params);
  if (known) return known;
  const { network, seed, stream = '', pass = 0, firing = false, maxSilentSteps = 1e6 } = params;
  if (!Number.isSafeInteger(seed) || seed < 0) throw wrong('seed', 'an integer in 0…2^53−1', seed);
  if (!Number.isSafeInteger(pass) || pass < 0) throw wrong('pass', 'an integer of 0 or more', pass);
  if (!(maxSilentSteps >= 1)) throw wrong('maxSilentSteps', 'a number of 1 or more', maxSilentSteps);
  const plan = networkPlan(network);
  const outputs = outputsOf(plan, params);
  const width = outputs.reduce((sum, { layer }) => sum + layer.node.units, 0);
  const run: Run = {
    plan,
    counting: network.spec.counting,
    clocked: network.spec.mode === 'clocked',
    keys: plan.layers.map(({ node }) => layerKey({ seed, stream, pass, layer: node.name })),
    outputs,
    width,
    columns: new OutputColumns(width, firing),
    maxSilentSteps,
    streams: null,
  };
  runs.set(params, run);
  return run;
}

/** An `ERR_ARGUMENT` that names a parameter. */
export function wrong(name: string, expected: string, came: unknown): RxSpikeError {
  return new RxSpikeError('ERR_ARGUMENT', `network: ${name} must be ${expected}, got ${String(came)}`);
}

function outputsOf(plan: Plan, { outputs }: NetworkParams): Output[] {
  const { graph } = plan;
  let nodes: readonly GraphNode[] = graph.outputs;
  if (outputs !== undefined) {
    const names = typeof outputs === 'string' ? [outputs] : outputs;
    nodes = graph.nodes.filter((node) => node.layer && names.includes(node.name));
    const unknown = names.find((name) => !nodes.some((node) => node.name === name));
    if (unknown !== undefined) throw wrong('outputs', 'names of layers', unknown);
  }
  if (nodes.length === 0) {
    throw new RxSpikeError('ERR_ARGUMENT', 'network: every layer leads on to another: name the outputs');
  }
  let offset = 0;
  return nodes.map((node) => {
    const layer = plan.layers.find((each) => each.node === node) as PlanLayer;
    const output = { layer, offset };
    offset += node.units;
    return output;
  });
}
