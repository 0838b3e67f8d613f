import type { StepGrid } from '../../src/events/packet.js';
import type { EdgeSpec, InputSpec, LayerSpec, Network, NetworkSpec } from '../../src/network/network.js';
import { initialNetwork } from '../../src/network/initial.js';
import { RandomSequence } from '../../src/random.js';
import type { Segment, Spike } from './spike-packets.js';

export interface RandomNetworkOptions {
  /** Edges between different nodes all without delay, and sources of one line only: what composes of one-layer networks. */
  readonly composable?: boolean;
}

function randomLayer(random: RandomSequence, index: number, lines: number): LayerSpec {
  const name = `layer${index}`;
  const neurons = 1 + random.integer(4);
  const encoder = { kind: (['relu', 'sigmoid', 'clip'] as const)[random.integer(3)], scale: 0.5 + random.uniform() };
  const choice = random.integer(6);
  if (lines === 1 && choice === 0) return { kind: 'lif', name, neurons };
  if (lines === 1 && choice === 1) return { kind: 'qlif', name, neurons, variant: 'one-weight' };
  if (lines === 1 && choice === 2) return { kind: 'qlif', name, neurons, variant: 'two-weight', decay: 'exact' };
  if (lines === 1 && choice === 3) return { kind: 'sqs', name, neurons, encoder, circuit: { kind: 'write' } };
  if (lines === 1 && choice === 4) return { kind: 'sqs', name, neurons, encoder, circuit: { kind: 'default' } };
  const memory = 1 + random.integer(2);
  return { kind: 'sqs', name, neurons, encoder, circuit: { kind: 'layered', lines, memory, depth: 1 } };
}

const linesOf = (layer: LayerSpec): number => (layer.kind === 'sqs' ? (layer.circuit.lines ?? 1) : 1);
const feeds = (from: LayerSpec, to: LayerSpec): boolean => linesOf(from) === 1 || linesOf(from) === linesOf(to);

/** Edges that lead to a layer from what stands before it, and from itself. */
function edgesTo(random: RandomSequence, to: LayerSpec, sources: readonly string[], composable: boolean): EdgeSpec[] {
  const edges: EdgeSpec[] = [];
  for (const from of sources) {
    for (const delay of composable ? [0] : [0, 1, 3]) {
      if (random.uniform() < (delay === 0 ? 0.5 : 0.2)) edges.push({ from, to: to.name, delay });
    }
  }
  if (edges.length === 0) edges.push({ from: sources[0], to: to.name, delay: 0 });
  if (random.uniform() < 0.4) edges.push({ from: to.name, to: to.name, delay: 1 + random.integer(3) });
  return edges;
}

/** Edges with a delay against the order of the layers. */
function edgesBack(random: RandomSequence, layers: readonly LayerSpec[]): EdgeSpec[] {
  const pairs = layers.flatMap((from, i) => layers.slice(0, i).map((to) => ({ from, to })));
  return pairs
    .filter(({ from, to }) => feeds(from, to) && random.uniform() < 0.3)
    .map(({ from, to }) => ({ from: from.name, to: to.name, delay: 1 + random.integer(2) }));
}

/** A network with 1–2 inputs, 1–4 layers of any kind, skips, self-loops, delays, several lines. */
export function randomNetwork(seed: number, options: RandomNetworkOptions = {}): Network {
  const random = new RandomSequence(seed, 'random network');
  const { composable = false } = options;
  const coin = (): boolean => random.integer(2) === 0;
  const inputs: InputSpec[] = Array.from({ length: 1 + random.integer(2) }, (_, i) => ({
    name: `in${i}`,
    units: 1 + random.integer(5),
  }));
  const layers: LayerSpec[] = [];
  const edges: EdgeSpec[] = [];
  const lines = 1 + random.integer(3);
  const count = 1 + random.integer(4);
  for (let i = 0; i < count; i++) {
    const layer = randomLayer(random, i, (composable ? i === count - 1 : coin()) ? lines : 1);
    const sources = [...inputs, ...layers.filter((source) => feeds(source, layer))].map(({ name }) => name);
    edges.push(...edgesTo(random, layer, sources, composable));
    layers.push(layer);
  }
  if (!composable) {
    edges.push(...edgesBack(random, layers));
    random.shuffle(edges);
    random.shuffle(layers);
  }
  const spec: NetworkSpec = { inputs, layers, edges, mode: coin() ? 'event' : 'clocked', counting: coin() };
  return initialNetwork(spec, random, {
    weights: { mean: 0.2, sd: 0.8 },
    bias: coin() ? { mean: 0.1, sd: 0.3 } : null,
    angles: { sd: 1 },
    omega: coin() ? { sd: 200 } : null,
    threshold: { mean: 0.5, sd: 0.1 },
  });
}

/** Up to three grids of spikes, with silence within and between; `dt` 0 in one case of four. */
export function randomSegments(seed: number, units: number): Segment[] {
  const random = new RandomSequence(seed, 'random segments');
  const dt = random.integer(4) === 0 ? 0 : 1000 + random.integer(1000);
  const count = 1 + random.integer(3);
  const segments: Segment[] = [];
  let grid: StepGrid = { t0: random.integer(5000), step0: 0, dt };
  for (let i = 0; i < count; i++) {
    const mark = i < count - 1 || random.integer(2) === 0 ? randomMark(random, i) : null;
    const segment = (dt === 0 ? segmentByEvent : segmentByClock)(random, grid, units, mark);
    segments.push(segment);
    grid = { t0: segment.until, step0: segment.untilStep, dt };
  }
  return segments;
}

/** Every event a step. */
function segmentByEvent(random: RandomSequence, grid: StepGrid, units: number, mark: Segment['mark']): Segment {
  let t = grid.t0;
  const spikes = Array.from({ length: random.integer(20) }, (_, i): Spike => {
    t += random.integer(700);
    return { step: grid.step0 + i, t, unit: random.integer(units) };
  });
  return { grid, spikes, untilStep: grid.step0 + spikes.length, until: t + random.integer(500), mark };
}

/** Several events in a step, and steps of silence. A mark closes the step that it lies in. */
function segmentByClock(random: RandomSequence, grid: StepGrid, units: number, mark: Segment['mark']): Segment {
  const begin = (step: number): number => grid.t0 + (step - grid.step0) * grid.dt;
  const spikes: Spike[] = [];
  let step = grid.step0;
  let t = grid.t0;
  for (let n = random.integer(20); n > 0; n--) {
    step += [0, 0, 1, 2, 9][random.integer(5)];
    t = Math.max(t, begin(step));
    t += random.uniform() * 0.1 * (begin(step + 1) - t);
    spikes.push({ step, t, unit: random.integer(units) });
  }
  const latest = Math.max(t, begin(step + [0, 0, 3, 9][random.integer(4)]));
  const until = latest + random.uniform() * 0.5 * grid.dt;
  const open = Math.floor((until - grid.t0) / grid.dt);
  return { grid, spikes, untilStep: grid.step0 + open + (mark ? 1 : 0), until, mark };
}

function randomMark(random: RandomSequence, i: number): Segment['mark'] {
  return { kind: random.integer(2) === 0 ? 'end' : 'reset', source: `recording ${i}`, label: `${random.integer(3)}` };
}
