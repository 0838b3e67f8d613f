import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpikePacket } from '../../src/events/packet.js';
import { networkStep } from '../../src/network/forward.js';
import { type GraphNode, networkGraph } from '../../src/network/graph.js';
import { layerNetwork, type LayerNetworkParams } from '../../src/network/layer-network.js';
import type { Network } from '../../src/network/network.js';
import { RandomSequence } from '../../src/random.js';
import { randomNetwork, randomSegments } from './random-network.js';
import { contentOf, cutPackets, expectSame, runStep, type Segment, type Spike, spikePacket } from './spike-packets.js';

interface Part {
  readonly units: number;
  readonly packets: readonly SpikePacket[];
}

/** Units of several sources numbered one after another, packet by packet. */
function concatenate(parts: readonly Part[]): Part {
  const units = parts.reduce((sum, part) => sum + part.units, 0);
  const packets = parts[0].packets.map((first, k) => {
    const spikes: Spike[] = [];
    let offset = 0;
    for (const part of parts) {
      const { step, t, unit, length } = part.packets[k];
      for (let i = 0; i < length; i++) spikes.push({ step: step[i], t: t[i], unit: unit[i] + offset });
      offset += part.units;
    }
    return spikePacket(
      units,
      first.grid,
      spikes.sort((a, b) => a.step - b.step || a.t - b.t),
      first,
    );
  });
  return { units, packets };
}

/** One layer of a network as a network of its own, over the concatenation of its sources. */
function layerAlone({ spec, tensors }: Network, node: GraphNode, sources: readonly string[]): Network {
  const { name, layer } = node;
  const rows = (prefix: string): Float64Array =>
    Float64Array.from(sources.flatMap((from) => [...(tensors[`${prefix}.${from}.${name}`] ?? [])]));
  const loop = spec.edges.find((edge) => edge.from === name && edge.to === name);
  const recurrent = loop && {
    delay: loop.delay,
    weights: tensors[`w.${name}.${name}@${loop.delay}`],
    ...(tensors[`w2.${name}.${name}@${loop.delay}`] && { weights2: tensors[`w2.${name}.${name}@${loop.delay}`] }),
  };
  const all = new Map(networkGraph(spec).nodes.map((each) => [each.name, each.units]));
  const common = {
    name,
    inputs: sources.reduce((sum, from) => sum + (all.get(from) ?? 0), 0),
    neurons: node.neurons,
    weights: rows('w'),
    mode: spec.mode,
    counting: spec.counting,
    ...(tensors[`b.${name}`] && { bias: tensors[`b.${name}`] }),
    ...(recurrent && { recurrent }),
  };
  const parts = {
    ...layer,
    ...common,
    ...(layer?.kind === 'sqs' && { angles: tensors[`theta.${name}`] }),
    ...(tensors[`omega.${name}`] && { omega: tensors[`omega.${name}`] }),
    ...(layer?.kind === 'lif' && { beta: tensors[`beta.${name}`], threshold: tensors[`threshold.${name}`] }),
    ...(layer?.kind === 'qlif' && layer.variant === 'two-weight' && { weights2: rows('w2') }),
  };
  return layerNetwork(parts as LayerNetworkParams);
}

/** Input packets of one input node alone. */
function inputPart(node: GraphNode, packets: readonly SpikePacket[]): Part {
  return {
    units: node.units,
    packets: packets.map((packet) => {
      const spikes = contentOf([packet]).spikes.map((spike) => ({ ...spike, unit: spike.unit - node.offset }));
      return spikePacket(
        node.units,
        packet.grid,
        spikes.filter(({ unit }) => unit >= 0 && unit < node.units),
        packet,
      );
    }),
  };
}

function compose(network: Network, seed: number, packets: readonly SpikePacket[]): Map<string, Part> {
  const graph = networkGraph(network.spec);
  const parts = new Map<string, Part>();
  for (const node of graph.nodes) if (!node.layer) parts.set(node.name, inputPart(node, packets));
  for (const node of graph.order) {
    const sources = graph.edges.filter(({ from, to }) => to === node && from !== node).map(({ from }) => from.name);
    const input = concatenate(sources.map((name) => parts.get(name) as Part));
    const params = { network: layerAlone(network, node, sources), seed, firing: true };
    parts.set(node.name, { units: node.units, packets: runStep(networkStep, params, input.packets) });
  }
  return parts;
}

/** Without input of its own in a step of length 0, a layer cannot know when the step was: precession needs a clock. */
function withoutPrecession({ spec, tensors }: Network): Network {
  return { spec, tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('omega'))) };
}

const withoutTimes = (part: Part, perEvent: boolean): unknown => {
  const { spikes, ...rest } = contentOf(part.packets);
  return { ...rest, spikes: perEvent ? spikes.map(({ step, unit }) => ({ step, unit })) : spikes };
};

describe('a network as a composition of its layers', () => {
  it('fires what the whole network fires, layer by layer, bit for bit', () => {
    let events = 0;
    let several = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const drawn = randomNetwork(seed, { composable: true });
        const { inputUnits, order } = networkGraph(drawn.spec);
        const segments: Segment[] = randomSegments(seed, inputUnits);
        const perEvent = segments[0].grid.dt === 0;
        const network = perEvent ? withoutPrecession(drawn) : drawn;
        const random = new RandomSequence(seed, 'cuts');
        const packets = cutPackets(inputUnits, segments, (n) => random.integer(n));
        const parts = compose(network, seed, packets);
        for (const { name, units } of order) {
          const whole = runStep(networkStep, { network, seed, firing: true, outputs: name }, packets);
          expectSame(
            withoutTimes(parts.get(name) as Part, perEvent),
            withoutTimes({ units, packets: whole }, perEvent),
          );
        }
        if (network.spec.mode === 'event') events++;
        if (order.length > 2) several++;
      }),
      { seed: 3, numRuns: 150 },
    );
    expect(Math.min(events, several)).toBeGreaterThan(30);
  });
});
