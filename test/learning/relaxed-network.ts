import type { LayerTape } from '../../src/learning/layer-tape.js';
import type { GraphNode } from '../../src/network/graph.js';
import { networkGraph } from '../../src/network/graph.js';
import type { LayerSpec, Network } from '../../src/network/network.js';
import { weightName } from '../../src/network/network.js';
import { encode } from '../../src/neurons/encoder.js';
import { applyCircuit, buildCircuit } from '../../src/quantum/circuit.js';
import { conditionalMemory, outcomeProbabilities } from '../../src/quantum/measurement.js';
import { applyGate } from '../../src/quantum/state-vector.js';

/**
 * The relaxed network whose exact derivative the surrogate gradient is: branches stay as a run drew them, and a spike is
 * `s₀ + q(θ) − q(θ₀)` with q the firing probability (SQS) or `atan(π·(x − threshold))/π` (LIF, QLIF). Slow, one value at
 * a time, with nothing of the code under test.
 */

/** Spikes drawn and q at the parameters of the run, copied from the tapes. */
export interface Drawn {
  readonly steps: number;
  readonly layers: Readonly<Record<string, { advanced: Uint8Array; fired: Uint8Array; q0: Float64Array }>>;
}

export function copyRun(names: readonly string[], tape: (name: string) => LayerTape, steps: number): Drawn {
  const layers = Object.fromEntries(
    names.map((name) => {
      const { advanced, fired, p, units } = tape(name);
      const cells = steps * units;
      return [name, { advanced: advanced.slice(0, steps), fired: fired.slice(0, cells), q0: p.slice(0, cells) }];
    }),
  );
  return { steps, layers };
}

interface RelaxedLayer {
  readonly node: GraphNode;
  readonly spec: LayerSpec;
  readonly memory: Float64Array[];
  readonly scalar: Float64Array;
  /** q, and the relaxed spike, of every unit and step. */
  readonly q: number[][];
  readonly s: number[][];
  last: number;
}

const smooth = (x: number): number => Math.atan(Math.PI * x) / Math.PI;

/**
 * Relaxed values of every layer: `q` and `s` by layer, step, unit.
 * @param input units that fire in each step
 * @param first true on the run's own parameters: fills `q0` for LIF and QLIF, whose tapes hold spikes only
 */
export function relaxed(
  network: Network,
  input: readonly (readonly number[])[],
  dt: number,
  drawn: Drawn,
  first: boolean,
): Map<string, RelaxedLayer> {
  const graph = networkGraph(network.spec);
  const layers = new Map<string, RelaxedLayer>();
  for (const node of graph.order) {
    const spec = node.layer as LayerSpec;
    const memory = Array.from({ length: node.neurons }, () => {
      const psi = new Float64Array(spec.kind === 'sqs' ? 2 << buildCircuit(spec.circuit).memory : 0);
      if (psi.length > 0) psi[0] = 1;
      return psi;
    });
    layers.set(node.name, { node, spec, memory, scalar: new Float64Array(node.neurons), q: [], s: [], last: -1 });
  }
  for (let t = 0; t < drawn.steps; t++) {
    for (const node of graph.order) {
      const layer = layers.get(node.name) as RelaxedLayer;
      const run = drawn.layers[node.name];
      layer.q.push(Array.from({ length: node.units }, () => 0));
      layer.s.push(Array.from({ length: node.units }, () => 0));
      if (run.advanced[t] === 0) continue;
      const seconds = layer.last < 0 ? 0 : (t - layer.last) * dt * 1e-6;
      layer.last = t;
      const z = currents(network, node, t, input, layers, 'w');
      const z2 = currents(network, node, t, input, layers, 'w2');
      for (let j = 0; j < node.neurons; j++) advance(network, layer, run, { t, j, seconds, z, z2, first });
    }
  }
  return layers;
}

function currents(
  network: Network,
  node: GraphNode,
  t: number,
  input: readonly (readonly number[])[],
  layers: ReadonlyMap<string, RelaxedLayer>,
  prefix: 'w' | 'w2',
): number[] {
  const z = Array.from({ length: node.units }, (_, k) =>
    prefix === 'w' ? (network.tensors[`b.${node.name}`]?.[k] ?? 0) : 0,
  );
  for (const { spec, from, to } of networkGraph(network.spec).edges) {
    const w = network.tensors[weightName(spec, prefix)];
    const at = t - spec.delay;
    if (to !== node || !w || at < 0) continue;
    for (let u = 0; u < from.units; u++) {
      const s = from.layer
        ? (layers.get(from.name) as RelaxedLayer).s[at][u]
        : input[at].filter((unit) => unit === u + from.offset).length;
      const row = Math.floor(u / from.lines);
      for (let k = 0; k < to.units; k++) {
        if (from.lines === 1 || k % to.lines === u % from.lines) z[k] += s * w[row * to.units + k];
      }
    }
  }
  return z;
}

interface At {
  t: number;
  j: number;
  seconds: number;
  z: number[];
  z2: number[];
  first: boolean;
}

function advance(network: Network, layer: RelaxedLayer, run: Drawn['layers'][string], at: At): void {
  const { spec, node } = layer;
  const { t, j, first } = at;
  const set = (unit: number, q: number): void => {
    const cell = t * node.units + unit;
    if (first && spec.kind !== 'sqs') run.q0[cell] = q;
    const s = run.fired[cell] + q - run.q0[cell];
    layer.q[t][unit] = spec.kind === 'sqs' ? q : s;
    layer.s[t][unit] = s;
  };
  if (spec.kind === 'sqs') advanceSqs(network, layer, run, at, set);
  else if (spec.kind === 'lif') {
    const threshold = network.tensors[`threshold.${spec.name}`][j];
    const reset = layer.last === t && t > 0 ? previousSpike(layer, run, t, j) : 0;
    const v = network.tensors[`beta.${spec.name}`][j] * layer.scalar[j] + at.z[j] - threshold * reset;
    layer.scalar[j] = v;
    set(j, smooth(v - threshold));
  } else {
    const m = layer.scalar[j];
    const threshold = spec.threshold ?? 0.75;
    let next = 0;
    if (m < threshold) {
      const phi = 2 * Math.asin(Math.sqrt(m));
      const tau = spec.variant === 'two-weight' ? 200 * Math.abs(at.z2[j]) : (spec.tau ?? 10);
      const kept = m * Math.exp(-tau / (spec.t1 ?? 60));
      if (at.z[j] > 0) next = Math.sin((Math.PI * at.z[j] + phi) / 2) ** 2;
      else next = spec.decay === 'exact' ? kept : Math.sin((phi - 2 * Math.asin(Math.sqrt(kept))) / 2) ** 2;
    }
    layer.scalar[j] = next;
    set(j, m < threshold ? smooth(next - threshold) : smooth(-threshold));
  }
}

/** Relaxed spike of the neuron's advance before this one. */
function previousSpike(layer: RelaxedLayer, run: Drawn['layers'][string], t: number, unit: number): number {
  for (let before = t - 1; before >= 0; before--) if (run.advanced[before] === 1) return layer.s[before][unit];
  return 0;
}

function advanceSqs(
  network: Network,
  layer: RelaxedLayer,
  run: Drawn['layers'][string],
  { t, j, seconds, z }: At,
  set: (unit: number, q: number) => void,
): void {
  const { spec, node } = layer;
  if (spec.kind !== 'sqs') return;
  const circuit = buildCircuit(spec.circuit);
  const { lines, memory } = circuit;
  const psi = new Float64Array(2 << (lines + memory));
  for (let k = 0; k < 1 << memory; k++) {
    psi[2 * (k << lines)] = layer.memory[j][2 * k];
    psi[2 * (k << lines) + 1] = layer.memory[j][2 * k + 1];
  }
  const omega = network.tensors[`omega.${spec.name}`];
  for (let m = 0; m < memory; m++) applyGate(psi, 'RX', lines + m, (omega?.[j * memory + m] ?? 0) * seconds);
  for (let n = 0; n < lines; n++) applyGate(psi, 'RX', n, encode(spec.encoder, z[j * lines + n]));
  applyCircuit(circuit, network.tensors[`theta.${spec.name}`], j * circuit.angles, psi);
  const p = new Float64Array(1 << lines);
  outcomeProbabilities(psi, lines, p);
  let outcome = 0;
  for (let n = 0; n < lines; n++) {
    let q = 0;
    for (let s = 0; s < p.length; s++) if ((s >> n) & 1) q += p[s];
    const unit = j * lines + n;
    outcome |= run.fired[t * node.units + unit] << n;
    set(unit, q);
  }
  conditionalMemory(psi, lines, outcome, layer.memory[j], 0);
}
