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

/** A network with 1–2 inputs, 1–4 layers of any kind, skips, self-loops, delays, several lines. */
export function randomNetwork(seed: number, options: RandomNetworkOptions = {}): Network {
  const random = new RandomSequence(seed, 'random network');
  const { composable = false } = options;
  const inputs: InputSpec[] = Array.from({ length: 1 + random.integer(2) }, (_, i) => ({
    name: `in${i}`,
    units: 1 + random.integer(5),
  }));
  const layers: LayerSpec[] = [];
  const edges: EdgeSpec[] = [];
  const lines = 1 + random.integer(3);
  const count = 1 + random.integer(4);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    const layer = randomLayer(random, i, (composable ? last : random.integer(2) === 0) ? lines : 1);
    const fits = layers.filter((source) => linesOf(source) === 1 || linesOf(source) === linesOf(layer));
    const before = edges.length;
    for (const { name } of [...inputs, ...fits]) {
      for (const delay of composable ? [0] : [0, 1, 3]) {
        if (random.uniform() < (delay === 0 ? 0.5 : 0.2)) edges.push({ from: name, to: layer.name, delay });
      }
    }
    if (edges.length === before) edges.push({ from: inputs[0].name, to: layer.name, delay: 0 });
    if (random.uniform() < 0.4) edges.push({ from: layer.name, to: layer.name, delay: 1 + random.integer(3) });
    layers.push(layer);
  }
  if (!composable) {
    for (const from of layers) {
      for (const to of layers.slice(0, layers.indexOf(from))) {
        const fits = linesOf(from) === 1 || linesOf(from) === linesOf(to);
        if (fits && random.uniform() < 0.3) edges.push({ from: from.name, to: to.name, delay: 1 + random.integer(2) });
      }
    }
    random.shuffle(edges);
    random.shuffle(layers);
  }
  const spec: NetworkSpec = {
    inputs,
    layers,
    edges,
    mode: random.integer(2) === 0 ? 'event' : 'clocked',
    counting: random.integer(2) === 0,
  };
  return initialNetwork(spec, random, {
    weights: { mean: 0.2, sd: 0.8 },
    bias: random.integer(2) === 0 ? { mean: 0.1, sd: 0.3 } : null,
    angles: { sd: 1 },
    omega: random.integer(2) === 0 ? { sd: 200 } : null,
    threshold: { mean: 0.5, sd: 0.1 },
  });
}

/** Up to three grids of spikes, with silence within and between; `dt` 0 in one case of four. */
export function randomSegments(seed: number, units: number): Segment[] {
  const random = new RandomSequence(seed, 'random segments');
  const dt = random.integer(4) === 0 ? 0 : 1000 + random.integer(1000);
  const count = 1 + random.integer(3);
  let step = 0;
  let t = random.integer(5000);
  return Array.from({ length: count }, (_, i): Segment => {
    const grid = { t0: t, step0: step, dt };
    const spikes: Spike[] = [];
    for (let n = random.integer(20); n > 0; n--) {
      const silence = dt === 0 ? 1 : [0, 0, 1, 2, 9][random.integer(5)];
      if (dt === 0) t += random.integer(700);
      if (silence > 0 && (dt > 0 || spikes.length > 0)) {
        step += silence;
        if (dt > 0) t = grid.t0 + (step - grid.step0) * dt;
      }
      if (dt > 0) t += random.uniform() * 0.1 * (grid.t0 + (step + 1 - grid.step0) * dt - t);
      spikes.push({ step, t, unit: random.integer(units) });
    }
    const mark = i < count - 1 || random.integer(2) === 0 ? randomMark(random, i) : null;
    if (spikes.length > 0 && (mark !== null || dt === 0)) step++;
    if (dt > 0 && random.integer(2) === 0) step += random.integer(10);
    if (dt === 0) t += random.integer(500);
    else t = Math.max(t, grid.t0 + (step - grid.step0 - (mark ? random.uniform() : 0)) * dt);
    if (spikes.length > 0 && mark === null && dt > 0) step = Math.max(step, spikes[spikes.length - 1].step);
    return { grid, spikes, untilStep: step, until: t, mark };
  });
}

function randomMark(random: RandomSequence, i: number): Segment['mark'] {
  return { kind: random.integer(2) === 0 ? 'end' : 'reset', source: `recording ${i}`, label: `${random.integer(3)}` };
}
