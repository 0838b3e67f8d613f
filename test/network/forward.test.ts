import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkStep } from '../../src/network/forward.js';
import { networkGraph } from '../../src/network/graph.js';
import type { SpikePacket } from '../../src/events/packet.js';
import { initialNetwork } from '../../src/network/initial.js';
import type { LayerSpec, Network, NetworkSpec } from '../../src/network/network.js';
import type { NetworkState } from '../../src/network/network-state.js';
import type { NetworkParams } from '../../src/network/run.js';
import { restoreState, saveState } from '../../src/state.js';
import { RandomSequence } from '../../src/random.js';
import { denseNetwork } from './dense-network.js';
import { randomNetwork, randomSegments } from './random-network.js';
import {
  contentOf,
  cutPackets,
  expectSame,
  type Outcome,
  runStep,
  type Segment,
  type Spike,
  spikePacket,
  wholePackets,
} from './spike-packets.js';

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
        expectSame(came, expected);
        spikes += came.spikes.length;
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(spikes).toBeGreaterThan(5000);
  });

  it('does not care where packets are cut, nor whether it is saved, restored and given equal parameters anew', () => {
    let cuts = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const { params, units, segments } = randomCase(seed);
        const whole = contentOf(runStep(networkStep, params, wholePackets(units, segments)));
        const random = new RandomSequence(seed, 'cuts');
        const cut = cutPackets(units, segments, (n) => random.integer(n), random.integer(2) === 0);
        expectSame(contentOf(runStep(networkStep, params, cut)), whole);
        const tensors = (): NetworkParams['network'] => ({
          spec: params.network.spec,
          tensors: Object.fromEntries(Object.entries(params.network.tensors).map(([name, w]) => [name, w.slice()])),
        });
        const restored = runStep(networkStep, params, cut, () => ({ ...params, network: tensors() }));
        expectSame(contentOf(restored), whole);
        cuts += cut.length - segments.length;
      }),
      { seed: 2, numRuns: 100 },
    );
    expect(cuts).toBeGreaterThan(1000);
  });
});

const one = (name: string, neurons: number): LayerSpec => ({
  kind: 'lif',
  name,
  neurons,
});

/** LIF neurons that fire whenever current comes in. */
function relay(spec: Partial<NetworkSpec> & Pick<NetworkSpec, 'layers' | 'edges'>): Network {
  const inputs = [{ name: 'in', units: 2 }];
  return initialNetwork({ inputs, mode: 'event', counting: false, ...spec }, new RandomSequence(1), {
    weights: { mean: 1, sd: 0 },
    beta: { mean: 0, sd: 0 },
    threshold: { mean: 0.4, sd: 0 },
    bias: null,
  });
}

const grid = { t0: 100, step0: 0, dt: 10 };
const simple = relay({ layers: [one('a', 1)], edges: [{ from: 'in', to: 'a', delay: 0 }] });
const spike = (step: number, unit = 0): Spike => ({ step, t: 100 + step * 10 + 3, unit });

describe('networkStep, in words', () => {
  it('delivers over an edge with delay d in step s + d, also in silence, and no further than the watermark', () => {
    const network = relay({ layers: [one('a', 2)], edges: [{ from: 'in', to: 'a', delay: 5 }] });
    const params = { network, seed: 1 };
    const packets = [
      spikePacket(2, grid, [spike(2, 1)], { untilStep: 7 }),
      spikePacket(2, grid, [], { untilStep: 8, until: 185 }),
    ];
    const [before, after] = runStep(networkStep, params, packets);
    expect(contentOf([before]).spikes).toEqual([]);
    expect(contentOf([after]).spikes).toEqual([
      { step: 7, t: 170, unit: 0 },
      { step: 7, t: 170, unit: 1 },
    ]);
    expect(after).toMatchObject({ until: 180, untilStep: 8, mark: null, firing: null });
    expect(after.stream).toMatchObject({ width: 2, height: 1, id: 'test' });
  });

  it('jumps over silence in event mode and lets a recurrent layer run to the watermark', () => {
    const network = relay({
      layers: [one('a', 1)],
      edges: [
        { from: 'in', to: 'a', delay: 0 },
        { from: 'a', to: 'a', delay: 2 },
      ],
    });
    const sparse = [spikePacket(2, grid, [spike(3), spike(2e9)], { untilStep: 3e9 })];
    expect(contentOf(runStep(networkStep, { network: simple, seed: 1 }, sparse)).spikes).toHaveLength(2);
    const once = [spikePacket(2, grid, [spike(3)], { untilStep: 10 })];
    expect(contentOf(runStep(networkStep, { network, seed: 1 }, once)).spikes.map(({ step }) => step)).toEqual([
      3, 5, 7, 9,
    ]);
    const forEver = (): unknown => runStep(networkStep, { network, seed: 1, maxSilentSteps: 1000 }, sparse);
    expect(forEver).toThrow(expect.objectContaining({ code: 'ERR_LIMIT' }));
  });

  it('refuses at once to run a clocked layer through silence without end', () => {
    const network = { ...simple, spec: { ...simple.spec, mode: 'clocked' as const } };
    const run = (spikes: Spike[], untilStep: number): Outcome =>
      contentOf(
        runStep(networkStep, { network, seed: 1, firing: true }, [spikePacket(2, grid, spikes, { untilStep })]),
      );
    expect(run([spike(5)], 2000).rows).toHaveLength(2000);
    const limit = expect.objectContaining({ code: 'ERR_LIMIT' });
    expect(() => run([spike(1e9)], 1e9)).toThrow(limit);
    expect(() => run([spike(0)], 1e9)).toThrow(limit);
    expect(() => run([spike(5)], 1e9)).toThrow(limit);
  });

  it('resets at a mark and starts again on a new grid', () => {
    const params = { network: simple, seed: 1 };
    const mark = { kind: 'reset', source: 'x', label: null } as const;
    const packets = [
      spikePacket(2, grid, [spike(1)], { untilStep: 3, until: 127, mark }),
      spikePacket(2, { t0: 127, step0: 3, dt: 10 }, [{ step: 4, t: 140, unit: 1 }], { untilStep: 5 }),
    ];
    const came = contentOf(runStep(networkStep, params, packets));
    expect(came.spikes).toEqual([
      { step: 1, t: 110, unit: 0 },
      { step: 4, t: 137, unit: 0 },
    ]);
    expect(came.marks).toEqual([{ until: 127, untilStep: 3, mark }]);
  });

  it.each([40, 4000])('sums in ascending order of units, whatever the order of arrival (%i units)', (units) => {
    const inputs = [
      { name: 'left', units: 25 },
      { name: 'right', units: units - 25 },
    ];
    const drawn = relay({
      inputs,
      layers: [one('a', 1)],
      edges: [
        { from: 'left', to: 'a', delay: 0 },
        { from: 'right', to: 'a', delay: 0 },
      ],
    });
    // In this order 1e16 − 1e16 + 1 = 1; in any order that adds 1 first or second it is lost.
    drawn.tensors['w.left.a'].set([1e16], 10);
    drawn.tensors['w.left.a'].set([-1e16], 20);
    const params = { network: drawn, seed: 1 };
    for (const order of [
      [30, 10, 20],
      [10, 30, 20],
      [20, 30, 10],
      [10, 20, 30, 20, 30],
    ]) {
      const packet = spikePacket(
        units,
        grid,
        order.map((unit) => spike(1, unit)),
        { untilStep: 2 },
      );
      expect(contentOf(runStep(networkStep, params, [packet])).spikes).toHaveLength(1);
    }
  });

  it('uses parameters from the packet on with which they come', () => {
    const mute = { ...simple, tensors: { ...simple.tensors, 'w.in.a': new Float64Array(2) } };
    const out: SpikePacket[] = [];
    const emit = (packet: SpikePacket): void => void out.push(packet);
    const state = networkStep.init({ network: simple, seed: 1 });
    networkStep.advance({ network: simple, seed: 1 }, state, spikePacket(2, grid, [spike(1)], { untilStep: 2 }), emit);
    networkStep.advance({ network: mute, seed: 1 }, state, spikePacket(2, grid, [spike(2)], { untilStep: 3 }), emit);
    networkStep.advance({ network: simple, seed: 1 }, state, spikePacket(2, grid, [spike(3)], { untilStep: 4 }), emit);
    expect(contentOf(out).spikes.map(({ step }) => step)).toEqual([1, 3]);
    const other = relay({ layers: [one('b', 1)], edges: [{ from: 'in', to: 'b', delay: 0 }] });
    const swap = (): void => networkStep.advance({ network: other, seed: 1 }, state, out[0], emit);
    expect(swap).toThrow(expect.objectContaining({ code: 'ERR_NETWORK' }));
  });

  it('may be entered again from what it emits', () => {
    const params = { network: relay({ layers: [one('a', 2)], edges: [{ from: 'in', to: 'a', delay: 0 }] }), seed: 1 };
    const spikes = [spike(1), spike(1, 1), spike(2, 1)];
    const once = runStep(networkStep, params, [spikePacket(2, grid, spikes, { untilStep: 9 })]);
    const twice = runStep(networkStep, params, once);
    const nested: SpikePacket[] = [];
    const [outer, inner] = [networkStep.init(params), networkStep.init(params)];
    networkStep.advance(params, outer, spikePacket(2, grid, spikes, { untilStep: 9 }), (packet) =>
      networkStep.advance(params, inner, packet, (last) => void nested.push(last)),
    );
    expect(contentOf(nested)).toEqual(contentOf(twice));
  });

  it.each<[string, SpikePacket[]]>([
    ['ERR_GEOMETRY', [spikePacket(3, grid, [], { untilStep: 1 })]],
    ['ERR_GEOMETRY', [spikePacket(null, grid, [spike(0, 2)], { untilStep: 1 })]],
    ['ERR_TIME_ORDER', [spikePacket(2, grid, [spike(4), spike(3)], { untilStep: 5 })]],
    [
      'ERR_TIME_ORDER',
      [spikePacket(2, grid, [], { untilStep: 5 }), spikePacket(2, grid, [spike(4)], { untilStep: 6 })],
    ],
    ['ERR_TIME_ORDER', [spikePacket(2, grid, [], { untilStep: 5 }), spikePacket(2, grid, [], { untilStep: 4 })]],
    ['ERR_TIME_ORDER', [spikePacket(2, grid, [], { untilStep: NaN, until: 0 })]],
    ['ERR_TIME_ORDER', [spikePacket(2, grid, [{ step: NaN, t: 0, unit: 0 }], { untilStep: 5 })]],
    ['ERR_ARGUMENT', [spikePacket(2, grid, [spike(0.5)], { untilStep: 5 })]],
    [
      'ERR_ARGUMENT',
      [spikePacket(2, grid, [], { untilStep: 5 }), spikePacket(2, { ...grid, t0: 0 }, [], { untilStep: 6 })],
    ],
    [
      'ERR_ARGUMENT',
      [spikePacket(2, grid, [spike(7)], { untilStep: 5, mark: { kind: 'end', source: null, label: null } })],
    ],
  ])('reports %s for packets that break their contract (case %#)', (code, packets) => {
    expect(() => runStep(networkStep, { network: simple, seed: 1 }, packets)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each<[string, number | null, Spike[]]>([
    ['a unit that there is not', null, [spike(3, 2)]],
    ['a step that has passed', 2, [spike(3), spike(2)]],
    ['more silence than it runs through', 2, [spike(30)]],
  ])('hands out what fired before %s', (_, units, bad) => {
    const spec = { layers: [one('a', 1)], edges: [{ from: 'in', to: 'a', delay: 0 }] };
    const params: NetworkParams = { network: relay({ ...spec, mode: 'clocked' }), seed: 1, maxSilentSteps: 9 };
    const outcomes = [[[spike(0), spike(1), ...bad]], [[spike(0)], [spike(1)], bad]].map((lists) => {
      const out: SpikePacket[] = [];
      const state = networkStep.init(params);
      const rest = lists.slice(0, -1).map((list) => spikePacket(units, grid, list, { untilStep: list[0].step + 1 }));
      const last = spikePacket(units, grid, lists.at(-1) ?? [], { untilStep: 40 });
      expect(() => {
        for (const packet of [...rest, last]) networkStep.advance(params, state, packet, (done) => out.push(done));
      }).toThrow(expect.objectContaining({ name: 'RxSpikeError' }));
      expect(out.at(-1)?.until).toBeLessThanOrEqual(grid.t0 + 3 * grid.dt);
      return contentOf(out).spikes;
    });
    expect(outcomes[0].map(({ step }) => step).slice(0, 2)).toEqual([0, 1]);
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it.each<Partial<NetworkParams>>([
    { seed: -1 },
    { seed: 0.5 },
    { pass: -1 },
    { outputs: 'in' },
    { outputs: ['a', 'x'] },
    { outputs: [] },
    { maxSilentSteps: 0 },
  ])('refuses %o', (wrong) => {
    const init = (): unknown => networkStep.init({ network: simple, seed: 1, ...wrong });
    expect(init).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('refuses a saved state of another network, or a damaged one', () => {
    const params = { network: simple, seed: 1 };
    const bytes = saveState(networkStep, networkStep.init(params));
    const other = relay({ layers: [one('a', 2)], edges: [{ from: 'in', to: 'a', delay: 0 }] });
    const damage = expect.objectContaining({ code: 'ERR_STATE' });
    expect(() => restoreState(networkStep, { network: other, seed: 1 }, bytes)).toThrow(damage);
    const spoilt = (change: (state: NetworkState) => void): (() => unknown) => {
      const state = networkStep.init(params);
      networkStep.advance(params, state, spikePacket(2, grid, [spike(4)], { untilStep: 4 }), () => {});
      change(state);
      return () => restoreState(networkStep, params, saveState(networkStep, state));
    };
    expect(spoilt(() => {})).not.toThrow();
    expect(spoilt((state) => (state.next = 5))).toThrow(damage);
    expect(spoilt((state) => (state.next = 0.5))).toThrow(damage);
    expect(spoilt((state) => (state.input.tail = 1e9))).toThrow(damage);
    expect(spoilt((state) => (state.input.unit[0] = 2))).toThrow(damage);
    expect(spoilt((state) => (state.layers.a = { v: new Float64Array(2), spiked: new Uint8Array(1) }))).toThrow(damage);
    expect(spoilt((state) => delete state.layers.a)).toThrow(damage);
  });
});
