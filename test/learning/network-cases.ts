import type { SparseInput } from '../../src/learning/index.js';
import { initialNetwork } from '../../src/network/initial.js';
import type { EdgeSpec, EncoderSpec, LayerSpec, Network, NetworkSpec } from '../../src/network/network.js';
import { RandomSequence } from '../../src/random.js';

/** Length of a step, µs. */
export const DT = 16_000;
/** Random input: each unit fires in each step with the probability; some steps are silent. */
export function randomInput(units: number, steps: number, random: RandomSequence, counting: boolean): number[][] {
  return Array.from({ length: steps }, () => {
    if (random.uniform() < 0.25) return [];
    const fired: number[] = [];
    for (let u = 0; u < units; u++) {
      if (random.uniform() < 0.4) fired.push(u);
      if (counting && random.uniform() < 0.2) fired.push(u);
    }
    return fired.sort((a, b) => a - b);
  });
}

/** Rows of active units as the trainer takes them. */
export function sparse(rows: readonly (readonly number[])[]): SparseInput {
  const start = new Uint32Array(rows.length + 1);
  for (const [t, row] of rows.entries()) start[t + 1] = start[t] + row.length;
  return { steps: rows.length, start, unit: Uint32Array.from(rows.flat()) };
}

const sigmoid: EncoderSpec = { kind: 'sigmoid' };
const sqs = (name: string, neurons: number, rest: Partial<LayerSpec> = {}): LayerSpec =>
  ({ kind: 'sqs', name, neurons, circuit: { kind: 'default' }, encoder: sigmoid, ...rest }) as LayerSpec;
const edge = (from: string, to: string, delay = 0): EdgeSpec => ({ from, to, delay });

/** A network to check derivatives and forward passes on; the layers are `h` and `o`. */
export interface Case {
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  readonly edges?: readonly EdgeSpec[];
  readonly mode?: NetworkSpec['mode'];
  readonly counting?: boolean;
  readonly on?: 'prob' | 'count';
  readonly omega?: boolean;
  readonly inputs?: NetworkSpec['inputs'];
  /** Tensors that must come out with a derivative above 1e-9 somewhere. */
  readonly moves: readonly string[];
}

const layered = (lines: number, memory: number): Partial<LayerSpec> => ({
  circuit: { kind: 'layered', lines, memory, depth: 1 },
});
const chain = [edge('in', 'h'), edge('h', 'o')];
export const CASES: readonly Case[] = [
  { name: 'default circuit', layers: [sqs('h', 3), sqs('o', 4)], moves: ['w.in.h', 'b.h', 'theta.h', 'theta.o'] },
  { name: 'default circuit, loss on counts', layers: [sqs('h', 3), sqs('o', 4)], on: 'count', moves: ['w.in.h'] },
  {
    name: 'default circuit, event-driven, ω',
    layers: [sqs('h', 3), sqs('o', 4)],
    mode: 'event',
    omega: true,
    moves: ['omega.h', 'omega.o'],
  },
  {
    name: 'relu',
    layers: [sqs('h', 3, { encoder: { kind: 'relu', scale: 0.7, shift: 0.2 } }), sqs('o', 4)],
    moves: ['w.in.h'],
  },
  {
    name: 'clip',
    layers: [sqs('h', 3, { encoder: { kind: 'clip', scale: 0.3, shift: 0.1 } }), sqs('o', 4)],
    moves: ['w.in.h'],
  },
  {
    name: 'write circuit, counting',
    layers: [sqs('h', 3, { circuit: { kind: 'write' } }), sqs('o', 2, { circuit: { kind: 'write' } })],
    counting: true,
    omega: true,
    mode: 'event',
    moves: ['theta.h', 'omega.h'],
  },
  {
    name: 'layered 2+2 into 2+1',
    layers: [sqs('h', 2, layered(2, 2)), sqs('o', 2, layered(2, 1))],
    omega: true,
    moves: ['theta.h', 'theta.o', 'omega.h', 'w.h.o'],
  },
  {
    name: 'layered 1+3 and 3+1',
    layers: [sqs('h', 2, layered(1, 3)), sqs('o', 2, layered(3, 1))],
    mode: 'event',
    omega: true,
    moves: ['theta.h', 'omega.o'],
  },
  {
    name: 'LIF',
    layers: [
      { kind: 'lif', name: 'h', neurons: 4 },
      { kind: 'lif', name: 'o', neurons: 4 },
    ],
    moves: ['beta.h', 'threshold.h', 'threshold.o', 'w.in.h'],
  },
  {
    name: 'LIF, event-driven, into SQS',
    layers: [{ kind: 'lif', name: 'h', neurons: 4 }, sqs('o', 2)],
    mode: 'event',
    moves: ['beta.h', 'w.in.h'],
  },
  {
    name: 'QLIF, one weight',
    layers: [
      { kind: 'qlif', name: 'h', neurons: 4, variant: 'one-weight' },
      { kind: 'qlif', name: 'o', neurons: 4, variant: 'one-weight', decay: 'exact' },
    ],
    moves: ['w.in.h', 'w.h.o'],
  },
  {
    name: 'QLIF, two weights, through output spikes',
    layers: [
      { kind: 'qlif', name: 'h', neurons: 4, variant: 'two-weight' },
      { kind: 'qlif', name: 'o', neurons: 4, variant: 'two-weight', decay: 'exact' },
    ],
    moves: ['w.in.h', 'w2.in.h', 'w2.h.o'],
  },
  {
    name: 'skip, self-loops, feedback, delays',
    layers: [sqs('h', 3), sqs('o', 4)],
    edges: [...chain, edge('in', 'o', 2), edge('h', 'h', 1), edge('h', 'o', 3), edge('o', 'h', 1), edge('o', 'o', 1)],
    moves: ['w.in.o@2', 'w.h.h@1', 'w.h.o@3', 'w.o.h@1', 'w.o.o@1'],
  },
  {
    name: 'self-loop of two lines, two inputs',
    layers: [sqs('h', 2, layered(2, 1)), sqs('o', 2, layered(2, 1))],
    inputs: [
      { name: 'in', units: 3 },
      { name: 'more', units: 2 },
    ],
    edges: [...chain, edge('h', 'h', 2), edge('more', 'o', 1)],
    mode: 'event',
    moves: ['w.h.h@2', 'w.more.o@1'],
  },
];

/** The network of a case, random. */
export function build(c: Case, random: RandomSequence): Network {
  const spec: NetworkSpec = {
    inputs: c.inputs ?? [{ name: 'in', units: 5 }],
    layers: c.layers,
    edges: c.edges ?? chain,
    mode: c.mode ?? 'clocked',
    counting: c.counting ?? false,
  };
  return initialNetwork(spec, random, {
    weights: { sd: 0.5 },
    bias: { mean: 0.15, sd: 0.2 },
    angles: { sd: 0.9 },
    omega: c.omega ? { sd: 12 } : null,
    beta: { mean: 0.8, sd: 0.05 },
    threshold: { mean: 0.6, sd: 0.1 },
  });
}
