import { describe, expect, it } from 'vitest';
import type { RxSpikeError } from '../../src/errors.js';
import { feedForward } from '../../src/network/feed-forward.js';
import { networkGraph } from '../../src/network/graph.js';
import { initialNetwork } from '../../src/network/initial.js';
import type { EdgeSpec, LayerSpec, Network, NetworkSpec } from '../../src/network/network.js';
import { checkNetwork, networkShapes, parameterCount } from '../../src/network/shapes.js';
import { RandomSequence } from '../../src/random.js';

const neuron = (name: string, neurons = 2, lines = 1): LayerSpec => ({
  kind: 'sqs',
  name,
  neurons,
  circuit: lines === 1 ? { kind: 'default' } : { kind: 'layered', lines, memory: 2, depth: 2 },
  encoder: { kind: 'clip' },
});
const edge = (from: string, to: string, delay = 0): EdgeSpec => ({ from, to, delay });
const base: NetworkSpec = {
  inputs: [{ name: 'in', units: 3 }],
  layers: [neuron('a'), neuron('b')],
  edges: [edge('in', 'a'), edge('a', 'b')],
  mode: 'event',
  counting: false,
};
const names = (nodes: readonly { name: string }[]): string[] => nodes.map(({ name }) => name);

function errorOf(run: () => unknown): RxSpikeError {
  try {
    run();
  } catch (error) {
    return error as RxSpikeError;
  }
  throw new Error('no error');
}

describe('networkGraph', () => {
  it('orders layers so that edges without delay point forward, and names the outputs', () => {
    const spec: NetworkSpec = {
      ...base,
      inputs: [...base.inputs, { name: 'more', units: 4 }],
      layers: [neuron('d'), neuron('c'), neuron('b'), neuron('a')],
      edges: [edge('b', 'c'), edge('a', 'b'), edge('in', 'a'), edge('more', 'd'), edge('c', 'a', 1), edge('c', 'c', 2)],
    };
    const graph = networkGraph(spec);
    expect(names(graph.order)).toEqual(['d', 'a', 'b', 'c']);
    expect(names(graph.outputs)).toEqual(['d']);
    const ahead = spec.edges.filter(({ from, to }) => from !== 'c' || to === 'c');
    expect(names(networkGraph({ ...spec, edges: ahead }).outputs)).toEqual(['d', 'c']);
    expect(graph.inputUnits).toBe(7);
    expect(graph.nodes.map(({ name, offset }) => [name, offset])).toContainEqual(['more', 3]);
  });

  it('names a cycle without delay', () => {
    const layers = ['a', 'b', 'c', 'd'].map((name) => neuron(name));
    const edges = [edge('in', 'a'), edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd')];
    const error = errorOf(() => networkGraph({ ...base, layers, edges }));
    expect(error.code).toBe('ERR_NETWORK');
    const cycle = error.details.cycle as string[];
    expect(cycle).toHaveLength(4);
    expect(cycle[0]).toBe(cycle[3]);
    for (let i = 0; i < 3; i++) expect(edges).toContainEqual(edge(cycle[i], cycle[i + 1]));
    expect(error.message).toContain(`cycle without delay: ${cycle.join(' → ')}`);
  });

  it.each<[string, Partial<Record<keyof NetworkSpec, unknown>>]>([
    ['there is no "x"', { edges: [edge('x', 'a'), edge('a', 'b')] }],
    ['there is no "y"', { edges: [edge('in', 'a'), edge('a', 'y')] }],
    ['an input takes no edge', { edges: [...base.edges, edge('a', 'in')] }],
    ['a self-loop needs a delay', { edges: [...base.edges, edge('a', 'a')] }],
    ['stands twice', { edges: [...base.edges, edge('in', 'a')] }],
    ['delay is 0.5', { edges: [edge('in', 'a', 0.5), edge('a', 'b')] }],
    ['delay is -1', { edges: [edge('in', 'a', -1), edge('a', 'b')] }],
    ['no edge leads to layer "b"', { edges: [edge('in', 'a')] }],
    ['the name "a" is taken twice', { layers: [neuron('a'), neuron('a')] }],
    ['the name "in" is taken twice', { layers: [neuron('a'), neuron('b'), neuron('in')] }],
    ['name of layer 1 is "b.c"', { layers: [neuron('a'), neuron('b.c')] }],
    ['name of layer 1 is "__proto__"', { layers: [neuron('a'), neuron('__proto__')] }],
    ['neurons is 0', { layers: [neuron('a', 0), neuron('b')] }],
    ['2 lines do not feed 1', { layers: [neuron('a', 2, 2), neuron('b')] }],
    ['2 lines do not feed 3', { layers: [neuron('a', 2, 2), neuron('b', 2, 3)] }],
    ['units of input "in" is 2.5', { inputs: [{ name: 'in', units: 2.5 }] }],
    ['"inputs" is empty', { inputs: [] }],
    ['"layers" is not a list', { layers: {} }],
    ['mode is "often"', { mode: 'often' }],
    ['counting is 1', { counting: 1 }],
    ['layer 0 is not a record', { layers: [null] }],
    ['unknown field "treshold"', { layers: [{ kind: 'lif', name: 'a', neurons: 1, treshold: 2 }, neuron('b')] }],
    ['kind is "relu"', { layers: [{ kind: 'relu', name: 'a', neurons: 1 }, neuron('b')] }],
    ['variant is "three-weight"', { layers: [{ kind: 'qlif', name: 'a', neurons: 1, variant: 'three-weight' }] }],
    ['t1 is 0', { layers: [{ kind: 'qlif', name: 'a', neurons: 1, variant: 'one-weight', t1: 0 }] }],
    ['depth must be', { layers: [{ ...neuron('a'), circuit: { kind: 'layered', depth: 65 } }, neuron('b')] }],
  ])('refuses: %s', (message, wrong) => {
    const error = errorOf(() => networkGraph({ ...base, ...wrong } as NetworkSpec));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toContain(message);
  });
});

describe('feedForward', () => {
  it('chains layers, with skips, loops and further edges in that order', () => {
    const spec = feedForward({
      inputs: [
        { name: 'left', units: 2 },
        { name: 'right', units: 3 },
      ],
      layers: [neuron('hidden'), neuron('out')],
      mode: 'clocked',
      skip: true,
      loops: { hidden: 2 },
      edges: [edge('out', 'hidden', 1)],
    });
    expect(spec.edges).toEqual([
      edge('left', 'hidden'),
      edge('right', 'hidden'),
      edge('hidden', 'out'),
      edge('left', 'out'),
      edge('right', 'out'),
      edge('hidden', 'hidden', 2),
      edge('out', 'hidden', 1),
    ]);
    expect(spec).toMatchObject({ mode: 'clocked', counting: false });
  });

  it('names a single input "in" and has no skip in a chain of one layer', () => {
    const spec = feedForward({ inputs: 5, layers: [neuron('out')], mode: 'event', skip: true });
    expect(spec.inputs).toEqual([{ name: 'in', units: 5 }]);
    expect(spec.edges).toEqual([edge('in', 'out')]);
  });

  it('refuses a loop on a layer that there is none of', () => {
    const params = { inputs: 5, layers: [neuron('out')], mode: 'event', loops: { hidden: 1 } } as const;
    expect(errorOf(() => feedForward(params)).message).toContain('there is no layer "hidden"');
  });
});

const mixed = feedForward({
  inputs: 4,
  layers: [
    { kind: 'qlif', name: 'q', neurons: 3, variant: 'two-weight' },
    neuron('wide', 2, 2),
    { ...neuron('last', 5, 2) },
  ],
  mode: 'event',
  loops: { wide: 3 },
});

describe('tensors', () => {
  it('are listed with their shapes', () => {
    const spec = {
      ...mixed,
      layers: [...mixed.layers, { kind: 'lif', name: 'l', neurons: 2 } as const],
      edges: [...mixed.edges, edge('q', 'l')],
    };
    const shapes = Object.entries(networkShapes(spec)).map(([name, { shape, optional }]) => [
      name,
      [...shape],
      optional,
    ]);
    expect(shapes).toEqual([
      ['w.in.q', [4, 3], false],
      ['w2.in.q', [4, 3], false],
      ['w.q.wide', [3, 4], false],
      ['w.wide.last', [2, 10], false],
      ['w.wide.wide@3', [2, 4], false],
      ['w.q.l', [3, 2], false],
      ['b.q', [3], true],
      ['b.wide', [4], true],
      ['theta.wide', [2, 24], false],
      ['omega.wide', [2, 2], true],
      ['b.last', [10], true],
      ['theta.last', [5, 24], false],
      ['omega.last', [5, 2], true],
      ['b.l', [2], true],
      ['beta.l', [2], false],
      ['threshold.l', [2], false],
    ]);
  });

  it('are counted: the 578-256-100 network of the recipe has 174,992 parameters', () => {
    const spec = feedForward({ inputs: 578, layers: [neuron('hidden', 256), neuron('out', 100)], mode: 'clocked' });
    expect(parameterCount(initialNetwork(spec, new RandomSequence(1)))).toBe(174_992);
  });

  it.each<[string, (tensors: Record<string, Float64Array>) => void]>([
    ['tensor "theta.wide" of shape [2, 24] is missing', (tensors) => delete tensors['theta.wide']],
    ['tensor "b.q" has 2 numbers, its shape [3] has 3', (tensors) => (tensors['b.q'] = new Float64Array(2))],
    ['tensor "w.in.q" holds NaN at index 7', (tensors) => (tensors['w.in.q'][7] = NaN)],
    ['tensor "w.in.q" holds -Infinity at index 0', (tensors) => (tensors['w.in.q'][0] = -Infinity)],
    ['tensor "w.in.q" holds 1e+308 at index 0', (tensors) => (tensors['w.in.q'][0] = 1e308)],
    ['there is no place for a tensor "b.x"', (tensors) => (tensors['b.x'] = new Float64Array(2))],
    ['tensor "b.q" is not a Float64Array', (tensors) => (tensors['b.q'] = [1, 2, 3] as never)],
  ])('are checked: %s', (message, spoil) => {
    const network: Network = initialNetwork(mixed, new RandomSequence(1));
    checkNetwork(network);
    spoil(network.tensors);
    const error = errorOf(() => checkNetwork(network));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toContain(message);
  });
});

function moments(x: Float64Array): { mean: number; sd: number } {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  return { mean, sd: Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length) };
}

describe('initialNetwork', () => {
  const spec = feedForward({ inputs: 500, layers: [neuron('hidden', 100), neuron('out', 10)], mode: 'event' });
  it('draws by kind of tensor, scaled by fan-in, the same for the same seed', () => {
    const { tensors } = initialNetwork(spec, new RandomSequence(7));
    // 50,000 and 300 draws; four standard errors of mean and standard deviation.
    const weights = moments(tensors['w.in.hidden']);
    expect(Math.abs(weights.mean)).toBeLessThan((4 * 0.1) / Math.sqrt(50_000));
    expect(Math.abs(weights.sd - 0.1)).toBeLessThan((4 * 0.1) / Math.sqrt(100_000));
    const angles = moments(tensors['theta.hidden']);
    expect(Math.abs(angles.mean)).toBeLessThan((4 * 0.1) / Math.sqrt(300));
    expect(Math.abs(angles.sd - 0.1)).toBeLessThan((4 * 0.1) / Math.sqrt(600));
    expect(tensors['b.hidden']).toEqual(new Float64Array(100));
    expect(tensors['omega.hidden']).toBeUndefined();
    expect(initialNetwork(spec, new RandomSequence(7)).tensors).toEqual(tensors);
    expect(initialNetwork(spec, new RandomSequence(8)).tensors).not.toEqual(tensors);
  });

  it('takes other values by kind and by name', () => {
    const { tensors } = initialNetwork(spec, new RandomSequence(7), {
      bias: { mean: -0.5, sd: 0 },
      omega: { mean: 3, sd: 0 },
      tensors: { 'b.out': null, 'w.in.hidden': { mean: 2, sd: 0 } },
    });
    expect(tensors['b.hidden'][99]).toBe(-0.5);
    expect(tensors['b.out']).toBeUndefined();
    expect(tensors['w.in.hidden'][17]).toBe(2);
    expect(tensors['omega.out']).toEqual(new Float64Array(10).fill(3));
  });

  it('refuses what does not make a network', () => {
    const random = new RandomSequence(1);
    expect(errorOf(() => initialNetwork(spec, random, { tensors: { 'b.x': { sd: 1 } } })).code).toBe('ERR_NETWORK');
    expect(errorOf(() => initialNetwork(spec, random, { tensors: { 'theta.out': null } })).code).toBe('ERR_NETWORK');
    expect(errorOf(() => initialNetwork(spec, random, { angles: { sd: -1 } })).code).toBe('ERR_NETWORK');
    expect(errorOf(() => initialNetwork(spec, random, { weights: { activity: 0 } })).code).toBe('ERR_NETWORK');
  });
});
