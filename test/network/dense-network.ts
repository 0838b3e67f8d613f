import { lif } from '../../src/neurons/lif.js';
import type { NeuronLayer } from '../../src/neurons/neuron.js';
import { qlif } from '../../src/neurons/qlif.js';
import { sqs } from '../../src/neurons/sqs.js';
import { buildCircuit } from '../../src/quantum/circuit.js';
import { draw } from '../../src/random.js';
import type { Network } from '../../src/network/network.js';
import type { Outcome, Segment, Spike } from './spike-packets.js';

interface Layer {
  readonly neuron: NeuronLayer<unknown, unknown>;
  readonly params: unknown;
  readonly neurons: number;
  readonly lines: number;
  state: unknown;
  last: number | null;
}

type Layers = ReadonlyMap<string, Layer>;

function layersOf({ spec, tensors }: Network): Layers {
  return new Map(
    spec.layers.map((layer) => {
      const { name, neurons } = layer;
      let neuron: NeuronLayer<never, unknown> = lif;
      let params: unknown = { neurons, beta: tensors[`beta.${name}`], threshold: tensors[`threshold.${name}`] };
      let lines = 1;
      if (layer.kind === 'qlif') {
        neuron = qlif;
        params = layer;
      }
      if (layer.kind === 'sqs') {
        const circuit = buildCircuit(layer.circuit);
        const omega = tensors[`omega.${name}`] ?? null;
        neuron = sqs;
        lines = circuit.lines;
        params = { neurons, circuit, encoder: layer.encoder, angles: tensors[`theta.${name}`], omega };
      }
      const own = neuron as NeuronLayer<unknown, unknown>;
      return [name, { neuron: own, params, neurons, lines, state: own.init(params), last: null }];
    }),
  );
}

type Fired = ReadonlyMap<string, number[][]>;

/** z of one layer out of what arrives over each edge: every unit of every edge is looked at. */
function denseCurrents({ spec, tensors }: Network, name: string, layers: Layers, arriving: number[][]): Float64Array {
  const { neuron, params, neurons, lines } = layers.get(name) as Layer;
  const currents = neuron.currentsPerNeuron(params);
  const incoming = spec.edges.filter((edge) => edge.to === name);
  return Float64Array.from({ length: neurons * currents }, (_, k) => {
    const neuronIndex = Math.floor(k / currents);
    const second = currents > lines && k % 2 === 1;
    const line = second ? 0 : k % currents;
    const entry = neuronIndex * lines + line;
    let sum = second ? 0 : (tensors[`b.${name}`]?.[entry] ?? 0);
    incoming.forEach(({ from, delay }, e) => {
      const tensor = tensors[`${second ? 'w2' : 'w'}.${from}.${name}${delay > 0 ? `@${delay}` : ''}`];
      const sourceLines = layers.get(from)?.lines ?? 1;
      arriving[e].forEach((count, unit) => {
        const seen = sourceLines === 1 || unit % sourceLines === line;
        if (count > 0 && seen) sum += count * tensor[Math.floor(unit / sourceLines) * neurons * lines + entry];
      });
    });
    return sum;
  });
}

/** One layer in one step, with what fired up to now; null: it does not advance. */
function denseLayer(
  network: Network,
  name: string,
  layers: Layers,
  fired: Fired,
  at: { now: number; step: number; time: number; key: { seed: number; stream: string; pass: number } },
): { spiked: number[]; p: Float64Array } | null {
  const { spec } = network;
  const incoming = spec.edges.filter((edge) => edge.to === name);
  const arriving = incoming.map(({ from, delay }) => fired.get(from)?.[at.now - delay] ?? []);
  if (spec.mode === 'event' && !arriving.some((counts) => counts.some((n) => n > 0))) return null;
  const layer = layers.get(name) as Layer;
  const { neuron, params, neurons, lines } = layer;
  const seconds = layer.last === null ? 0 : (at.time - layer.last) * 1e-6;
  layer.last = at.time;
  const z = denseCurrents(network, name, layers, arriving);
  const p = new Float64Array(neurons * lines);
  const spiked: number[] = [];
  for (let j = 0; j < neurons; j++) {
    const bits = neuron.advance(params, layer.state, j, z, draw({ ...at.key, layer: name }, j, at.step), seconds, p);
    for (let n = 0; n < lines; n++) spiked.push((bits >> n) & 1);
  }
  return { spiked, p };
}

/** How often each unit of each input fired in a step. */
function denseInput({ spec }: Network, spikes: readonly Spike[], fired: Fired): void {
  let offset = 0;
  for (const { name, units } of spec.inputs) {
    const first = offset;
    const counts = Array.from({ length: units }, (_, u) => spikes.filter(({ unit }) => unit === first + u).length);
    fired.get(name)?.push(spec.counting ? counts : counts.map((n) => Math.min(n, 1)));
    offset += units;
  }
}

/** Beginning of the step that is open, or the mark. */
function watermark({ grid, untilStep, until, mark }: Segment): number {
  return mark || grid.dt === 0 ? until : Math.min(until, grid.t0 + (untilStep - grid.step0) * grid.dt);
}

/**
 * A network the obvious way: every step of every grid in turn, every unit of every edge looked at, all spikes of the
 * past kept. The oracle of `networkStep`.
 */
export function denseNetwork(
  network: Network,
  key: { seed: number; stream: string; pass: number },
  outputs: readonly string[],
  segments: readonly Segment[],
): Outcome {
  const { spec } = network;
  const result: Outcome = { spikes: [], rows: [], marks: [], until: -Infinity, untilStep: 0 };
  const shown = spec.layers.map(({ name }) => name).filter((name) => outputs.includes(name));
  let { until, untilStep } = result;
  for (const { grid, ...segment } of segments) {
    const layers = layersOf(network);
    // fired.get(name)[step − step0][unit] = how often
    const fired: Fired = new Map([...spec.inputs, ...spec.layers].map(({ name }) => [name, []]));
    let eventTime = grid.t0;
    for (let step = grid.step0; step < segment.untilStep; step++) {
      const now = step - grid.step0;
      const spikes = segment.spikes.filter((spike) => spike.step === step);
      eventTime = spikes[0]?.t ?? eventTime;
      const time = grid.dt > 0 ? grid.t0 + now * grid.dt : eventTime;
      denseInput(network, spikes, fired);
      const p = new Map<string, Float64Array>();
      while (spec.layers.some(({ name }) => fired.get(name)?.length === now)) {
        for (const { name } of spec.layers) {
          const direct = spec.edges.filter((edge) => edge.to === name && edge.delay === 0);
          const ready = direct.every(({ from }) => (fired.get(from)?.length ?? 0) > now);
          if (fired.get(name)?.length !== now || !ready) continue;
          const done = denseLayer(network, name, layers, fired, { now, step, time, key });
          fired.get(name)?.push(done?.spiked ?? []);
          if (done) p.set(name, done.p);
        }
      }
      const all = shown.map((name) => {
        const { neurons, lines } = layers.get(name) as Layer;
        const silent = Array.from({ length: neurons * lines }, () => 0);
        const spiked = fired.get(name)?.[now] ?? [];
        return { p: [...(p.get(name) ?? silent)], spiked: spiked.length > 0 ? spiked : silent };
      });
      all.flatMap(({ spiked }) => spiked).forEach((n, unit) => n > 0 && result.spikes.push({ step, t: time, unit }));
      if (shown.some((name) => p.has(name))) result.rows.push({ step, p: all.flatMap((layer) => layer.p) });
    }
    untilStep = segment.untilStep;
    until = watermark({ grid, ...segment });
    if (segment.mark) result.marks.push({ until, untilStep, mark: segment.mark });
  }
  return { ...result, until, untilStep };
}
