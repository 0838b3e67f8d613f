import { lif } from '../../src/neurons/lif.js';
import type { NeuronLayer } from '../../src/neurons/neuron.js';
import { qlif } from '../../src/neurons/qlif.js';
import { sqs } from '../../src/neurons/sqs.js';
import { buildCircuit } from '../../src/quantum/circuit.js';
import { draw } from '../../src/random.js';
import type { Network } from '../../src/network/network.js';
import type { Outcome, Segment } from './spike-packets.js';

interface Layer {
  readonly neuron: NeuronLayer<unknown, unknown>;
  readonly params: unknown;
  readonly neurons: number;
  readonly lines: number;
  state: unknown;
  last: number | null;
}

function layersOf({ spec, tensors }: Network): Map<string, Layer> {
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
  const { spec, tensors } = network;
  const { mode, counting } = spec;
  const result: Outcome = { spikes: [], rows: [], marks: [], until: -Infinity, untilStep: 0 };
  let { until, untilStep } = result;
  for (const segment of segments) {
    const { grid } = segment;
    const layers = layersOf(network);
    // fired.get(name)[step − step0][unit] = how often
    const fired = new Map<string, number[][]>([...spec.inputs, ...spec.layers].map(({ name }) => [name, []]));
    let eventTime = grid.t0;
    for (let step = grid.step0; step < segment.untilStep; step++) {
      const now = step - grid.step0;
      const spikes = segment.spikes.filter((spike) => spike.step === step);
      if (spikes.length > 0) eventTime = spikes[0].t;
      const time = grid.dt > 0 ? grid.t0 + now * grid.dt : eventTime;
      let offset = 0;
      for (const { name, units } of spec.inputs) {
        const counts = Array.from({ length: units }, (_, u) => spikes.filter(({ unit }) => unit === offset + u).length);
        fired.get(name)?.push(counting ? counts : counts.map((n) => Math.min(n, 1)));
        offset += units;
      }
      const firing = new Map<string, Float64Array>();
      while (spec.layers.some(({ name }) => fired.get(name)?.length === now)) {
        for (const { name } of spec.layers) {
          const incoming = spec.edges.filter((edge) => edge.to === name);
          const ready = incoming.every(({ from, delay }) => delay > 0 || (fired.get(from)?.length ?? 0) > now);
          if (fired.get(name)?.length !== now || !ready) continue;
          const layer = layers.get(name) as Layer;
          const { neuron, params, neurons, lines } = layer;
          const currents = neuron.currentsPerNeuron(params);
          const arriving = incoming.map(({ from, delay }) => fired.get(from)?.[now - delay] ?? []);
          const spiked = new Array<number>(neurons * lines).fill(0);
          if (mode === 'clocked' || arriving.some((counts) => counts.some((n) => n > 0))) {
            const seconds = layer.last === null ? 0 : (time - layer.last) * 1e-6;
            layer.last = time;
            const z = new Float64Array(neurons * currents);
            const p = new Float64Array(neurons * lines);
            for (let j = 0; j < neurons; j++) {
              for (let c = 0; c < currents; c++) {
                const second = lines === 1 && c === 1;
                let sum = second ? 0 : (tensors[`b.${name}`]?.[j * lines + c] ?? 0);
                incoming.forEach(({ from, delay }, e) => {
                  const tensor = tensors[`${second ? 'w2' : 'w'}.${from}.${name}${delay > 0 ? `@${delay}` : ''}`];
                  const sourceLines = layers.get(from)?.lines ?? 1;
                  arriving[e].forEach((count, unit) => {
                    const source = Math.floor(unit / sourceLines);
                    if (count === 0 || (sourceLines > 1 && unit % sourceLines !== c)) return;
                    sum += count * tensor[source * neurons * lines + j * lines + (second ? 0 : c)];
                  });
                });
                z[j * currents + c] = sum;
              }
            }
            for (let j = 0; j < neurons; j++) {
              const u = draw({ ...key, layer: name }, j, step);
              const bits = neuron.advance(params, layer.state, j, z, u, seconds, p);
              for (let n = 0; n < lines; n++) spiked[j * lines + n] = (bits >> n) & 1;
            }
            firing.set(name, p);
          }
          fired.get(name)?.push(spiked);
        }
      }
      const shown = spec.layers.map(({ name }) => name).filter((name) => outputs.includes(name));
      const units = shown.flatMap((name) => fired.get(name)?.[now] ?? []);
      units.forEach((n, unit) => n > 0 && result.spikes.push({ step, t: time, unit }));
      if (shown.some((name) => firing.has(name))) {
        const p = shown.flatMap((name) => {
          const { neurons, lines } = layers.get(name) as Layer;
          return [...(firing.get(name) ?? new Float64Array(neurons * lines))];
        });
        result.rows.push({ step, p });
      }
    }
    untilStep = segment.untilStep;
    const begin = grid.dt > 0 ? grid.t0 + (untilStep - grid.step0) * grid.dt : Infinity;
    until = segment.mark ? segment.until : Math.min(segment.until, begin);
    if (segment.mark) result.marks.push({ until, untilStep, mark: segment.mark });
  }
  return { ...result, until, untilStep };
}
