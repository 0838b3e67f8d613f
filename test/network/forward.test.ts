import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkStep } from '../../src/network/forward.js';
import { networkGraph } from '../../src/network/graph.js';
import type { NetworkParams } from '../../src/network/run.js';
import { RandomSequence } from '../../src/random.js';
import { denseNetwork } from './dense-network.js';
import { randomNetwork, randomSegments } from './random-network.js';
import { contentOf, cutPackets, runStep, type Segment, wholePackets } from './spike-packets.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function randomCase(seed: number): { params: NetworkParams; outputs: string[]; units: number; segments: Segment[] } {
  const network = randomNetwork(seed);
  const graph = networkGraph(network.spec);
  const random = new RandomSequence(seed, 'outputs');
  let outputs = graph.outputs.map(({ name }) => name);
  const named = outputs.length === 0 || random.integer(2) === 0;
  if (named) outputs = network.spec.layers.map(({ name }) => name).filter((_, i) => i === 0 || random.integer(2) === 0);
  const params = { network, seed: seed + 1, stream: 'left', pass: 2, firing: true, ...(named && { outputs }) };
  return { params, outputs, units: graph.inputUnits, segments: randomSegments(seed, graph.inputUnits) };
}

describe('networkStep', () => {
  it('fires what the obvious dense loops fire, bit for bit', () => {
    let spikes = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const { params, outputs, units, segments } = randomCase(seed);
        const expected = denseNetwork(params.network, { seed: seed + 1, stream: 'left', pass: 2 }, outputs, segments);
        const came = contentOf(runStep(networkStep, params, wholePackets(units, segments)));
        expect(came).toEqual(expected);
        spikes += came.spikes.length;
      }),
      { seed: 1, numRuns: 600 },
    );
    expect(spikes).toBeGreaterThan(10_000);
  });

  it('does not care where packets are cut, nor whether it is saved, restored and given equal parameters anew', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { params, units, segments } = randomCase(seed);
        const whole = contentOf(runStep(networkStep, params, wholePackets(units, segments)));
        const random = new RandomSequence(seed, 'cuts');
        const cut = cutPackets(units, segments, (n) => random.integer(n));
        expect(contentOf(runStep(networkStep, params, cut))).toEqual(whole);
        const tensors = (): NetworkParams['network'] => ({
          spec: params.network.spec,
          tensors: Object.fromEntries(Object.entries(params.network.tensors).map(([name, w]) => [name, w.slice()])),
        });
        const restored = runStep(networkStep, params, cut, () => ({ ...params, network: tensors() }));
        expect(contentOf(restored)).toEqual(whole);
      }),
      { seed: 2, numRuns: 400 },
    );
  });
});
