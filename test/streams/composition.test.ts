import fc from 'fast-check';
import { connect, from, lastValueFrom, type Observable, type OperatorFunction, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type Decision,
  type EventPacket,
  type Network,
  type SpikePacket,
  type SqsLayerParts,
} from '../../src/index.js';
import {
  Checkpoint,
  decide,
  delaySteps,
  joinUnits,
  ParamsReference,
  preprocess,
  runModel,
  sqsLayer,
  sqsNetwork,
  sqsNeuron,
  steps,
  toUnits,
} from '../../streams/index.js';
import { contentOf } from './content.js';
import { LAYER, MODEL, NETWORK } from './operators.js';
import { CUT_NOWHERE, cuts, packetsOf, script, spikesOf, UNITS } from './scripts.js';

const collected = <I, O>(operator: OperatorFunction<I, O>, packets: readonly I[]): Promise<O[]> =>
  lastValueFrom(from(packets).pipe(operator, toArray()));

const tensor = (name: string): Float64Array => NETWORK.tensors[name];
const rows = (...tensors: Float64Array[]): Float64Array => Float64Array.from(tensors.flatMap((one) => [...one]));

/** Layer `hidden` of the network that operators are tried with, self-loop included. */
const HIDDEN: SqsLayerParts = {
  name: 'hidden',
  inputs: UNITS,
  neurons: 5,
  encoder: { kind: 'clip' },
  weights: tensor('w.in.hidden'),
  bias: tensor('b.hidden'),
  angles: tensor('theta.hidden'),
  omega: tensor('omega.hidden'),
  recurrent: { weights: tensor('w.hidden.hidden@1'), delay: 1 },
};
/** Layer `out`: fed by `hidden` and, three steps later, by the input. */
const OUT: SqsLayerParts = {
  name: 'out',
  inputs: 5 + UNITS,
  neurons: 4,
  encoder: { kind: 'clip' },
  weights: rows(tensor('w.hidden.out'), tensor('w.in.out@3')),
  bias: tensor('b.out'),
  angles: tensor('theta.out'),
  omega: tensor('omega.out'),
  recurrent: { weights: tensor('w.out.out@2'), delay: 2 },
};

describe.each(['event', 'clocked'] as const)('a network as a composition of operators, %s', (mode) => {
  const network = { ...NETWORK, spec: { ...NETWORK.spec, mode } };
  const composed = connect((input: Observable<SpikePacket>) => {
    const hidden = input.pipe(sqsLayer({ ...HIDDEN, mode }, { seed: 9 }));
    const late = input.pipe(delaySteps({ steps: 3 }));
    return joinUnits([hidden, late]).pipe(sqsLayer({ ...OUT, mode }, { seed: 9 }));
  });

  it('fires the same spikes as one operator', async () => {
    let fired = 0;
    await fc.assert(
      fc.asyncProperty(script, cuts, fc.constantFrom(0, 7), async (one, where, resetEvery) => {
        const whole = await collected(
          sqsNetwork(network, { seed: 9 }),
          spikesOf(packetsOf(one, CUT_NOWHERE), { dt: 10, resetEvery }),
        );
        const parts = await collected(composed, spikesOf(packetsOf(one, where), { dt: 10, resetEvery }));
        const [a, b] = [contentOf(whole).rows, contentOf(parts).rows];
        fired += a.length;
        expect(b).toEqual(a);
      }),
      { numRuns: 30, seed: 12 },
    );
    expect(fired).toBeGreaterThan(300);
  });
});

describe('sqsNeuron', () => {
  it('is a layer of one', async () => {
    const { recurrent, omega, ...parts } = LAYER;
    const neuron = { ...parts, weights: parts.weights.slice(0, UNITS), angles: parts.angles.slice(0, 3) };
    expect([recurrent, omega]).not.toContain(undefined);
    const events = fc.sample(script, { numRuns: 20, seed: 13 }).flatMap((one) => [packetsOf(one, CUT_NOWHERE)]);
    let fired = 0;
    for (const packets of events) {
      const spikes = spikesOf(packets, { dt: 10 });
      const a = await collected(sqsNeuron(neuron, { seed: 4 }), spikes);
      const b = await collected(sqsLayer({ ...neuron, neurons: 1 }, { seed: 4 }), spikes);
      expect(a).toEqual(b);
      fired += contentOf(a).rows.length;
    }
    expect(fired).toBeGreaterThan(20);
  });
});

const chain: OperatorFunction<EventPacket, Decision> = (events) =>
  events.pipe(
    preprocess(MODEL.preprocessing),
    toUnits(MODEL.units),
    steps(MODEL.steps),
    sqsNetwork(MODEL.network, { seed: 5, firing: true }),
    decide(MODEL.readout),
  );

describe('runModel', () => {
  it('decides as the chain of its operators does', async () => {
    let decisions = 0;
    for (const one of fc.sample(script, { numRuns: 40, seed: 14 })) {
      const packets = packetsOf(one, CUT_NOWHERE);
      const expected = await collected(chain, packets);
      expect(await collected(runModel(MODEL, { seed: 5 }), packets)).toEqual(expected);
      decisions += expected.length;
    }
    expect(decisions).toBeGreaterThan(100);
  });

  it('depends on the seed', async () => {
    const packets = fc.sample(script, { numRuns: 30, seed: 15 }).map((one) => packetsOf(one, CUT_NOWHERE));
    const all = async (seed: number): Promise<Decision[]> =>
      (await Promise.all(packets.map((some) => collected(runModel(MODEL, { seed }), some)))).flat();
    expect(await all(1)).toEqual(await all(1));
    expect(await all(1)).not.toEqual(await all(2));
  });

  it('shows the states of its parts', async () => {
    const checkpoint = new Checkpoint<Record<string, unknown>>();
    await collected(
      runModel(MODEL, { seed: 5, checkpoint }),
      packetsOf(fc.sample(script, { numRuns: 1, seed: 16 })[0], CUT_NOWHERE),
    );
    expect(Object.keys(checkpoint.state ?? {})).toEqual([
      '0 denoise',
      '1 refractory',
      '2 toUnits',
      '3 steps',
      '4 network',
      '5 decide',
    ]);
    expect(checkpoint.state?.['0 denoise']).toMatchObject({ dropped: expect.any(Number) as number });
  });

  it('refuses a wrong filter, map, grid, network and readout at once', () => {
    const wrong: Partial<typeof MODEL>[] = [
      { preprocessing: [{ filter: 'denoise', dt: -1 }] },
      { units: { ...MODEL.units, rows: 0 } },
      { steps: { dt: -1, resetEvery: 0 } },
      { network: { ...NETWORK, tensors: {} } },
      { readout: { ...MODEL.readout, perClass: 0 } },
    ];
    for (const part of wrong) {
      expect(() => runModel({ ...MODEL, ...part }, { seed: 1 })).toThrow(
        expect.objectContaining({ name: 'RxSpikeError' }),
      );
    }
  });
});

describe('a network that is swapped while it runs', () => {
  it('takes its new weights from the next packet on', async () => {
    const packets = spikesOf(packetsOf(fc.sample(script, { numRuns: 1, seed: 17 })[0], CUT_NOWHERE), {
      dt: 10,
      resetEvery: 2,
    });
    expect(packets.length).toBeGreaterThan(6);
    const silent = Object.fromEntries(
      Object.entries(NETWORK.tensors).map(([name, values]) => [name, new Float64Array(values.length)]),
    );
    const zero = {
      spec: {
        ...NETWORK.spec,
        layers: NETWORK.spec.layers.map((layer) => ({ ...layer, encoder: { kind: 'relu' as const } })),
      },
      tensors: silent,
    };
    const loud = {
      ...zero,
      tensors: { ...silent, 'b.hidden': new Float64Array(5).fill(1), 'b.out': new Float64Array(4).fill(1) },
    };
    const network = new ParamsReference<Network>(loud);
    const lengths: number[] = [];
    from(packets)
      .pipe(sqsNetwork(network, { seed: 1 }))
      .subscribe(({ length }) => {
        lengths.push(length);
        if (lengths.length === 3) network.swap(zero);
      });
    expect(lengths).toHaveLength(packets.length);
    expect(lengths.slice(0, 3).reduce((a, b) => a + b)).toBeGreaterThan(0);
    expect(lengths.slice(3).reduce((a, b) => a + b)).toBe(0);
  });
});
