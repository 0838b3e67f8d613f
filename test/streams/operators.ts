import { connect, type Observable, type OperatorFunction } from 'rxjs';
import {
  type EventPacket,
  initialNetwork,
  type Model,
  type Network,
  type NetworkSpec,
  RandomSequence,
  type SpikePacket,
  type SqsLayerParts,
} from '../../src/index.js';
import * as streams from '../../streams/index.js';
import { MAP, UNITS } from './scripts.js';

// Every operator over packets that `streams` exports, with parameters to try it with. One that is missing here, and not
// listed below with a reason, fails the law's test.

export type Input = 'events' | 'disorderly' | 'units' | 'spikes';
export interface Trial {
  readonly name: string;
  readonly input: Input;
  // the operators differ in what they take and give; the tests treat their packets as plain data
  readonly make: (options: { readonly checkpoint?: streams.Checkpoint<never> }) => OperatorFunction<never, never>;
  /** False for what takes no checkpoint: it has no state of its own, or one of what is under way between streams. */
  readonly saved: boolean;
}

type Make = (options: never) => unknown;
const trial = (name: string, input: Input, make: Make): Trial => ({
  name,
  input,
  make: make as Trial['make'],
  saved: true,
});
const unsaved = (name: string, input: Input, make: Make): Trial => ({ ...trial(name, input, make), saved: false });

const random = new RandomSequence(7, 'operators');
const normals = (n: number, scale: number): Float64Array =>
  Float64Array.from({ length: n }, () => random.normal() * scale);

const sqs = (name: string, neurons: number): NetworkSpec['layers'][number] => ({
  kind: 'sqs',
  name,
  neurons,
  circuit: { kind: 'default' },
  encoder: { kind: 'clip' },
});

/** Two layers, a skip, a self-loop and edges with delays. */
export const SPEC: NetworkSpec = {
  inputs: [{ name: 'in', units: UNITS }],
  layers: [sqs('hidden', 5), sqs('out', 4)],
  edges: [
    { from: 'in', to: 'hidden', delay: 0 },
    { from: 'hidden', to: 'out', delay: 0 },
    { from: 'in', to: 'out', delay: 3 },
    { from: 'hidden', to: 'hidden', delay: 1 },
    { from: 'out', to: 'out', delay: 2 },
  ],
  mode: 'event',
  counting: false,
};
export const NETWORK: Network = initialNetwork(SPEC, random, {
  weights: { sd: 0.7 },
  bias: { sd: 0.2 },
  angles: { sd: 0.7 },
  omega: { sd: 500 },
});
const CLOCKED: Network = { spec: { ...SPEC, mode: 'clocked', counting: true }, tensors: NETWORK.tensors };

export const LAYER: SqsLayerParts = {
  name: 'hidden',
  inputs: UNITS,
  neurons: 3,
  weights: normals(UNITS * 3, 0.7),
  encoder: { kind: 'sigmoid' },
  angles: normals(9, 0.7),
  omega: normals(3, 900),
  recurrent: { weights: normals(9, 0.7), delay: 2 },
};
/** Two lines, two memory qubits. */
const LAYERED: SqsLayerParts = {
  name: 'layered',
  inputs: UNITS,
  neurons: 2,
  weights: normals(UNITS * 4, 0.7),
  encoder: { kind: 'clip' },
  circuit: { kind: 'layered', lines: 2, memory: 2, depth: 1 },
  angles: normals(24, 0.7),
  omega: normals(4, 900),
  recurrent: { weights: normals(8, 0.7) },
};
const QLIF = { kind: 'qlif', name: 'q', inputs: UNITS, neurons: 3, variant: 'one-weight' } as const;
const LIF = { kind: 'lif', name: 'l', inputs: UNITS, neurons: 3, weights: normals(UNITS * 3, 0.7) } as const;
const READOUT = { classes: ['a', 'b'], perClass: 6, by: 'count' } as const;

export const MODEL: Model = {
  name: 'law',
  preprocessing: [
    { filter: 'denoise', dt: 40 },
    { filter: 'refractory', dt: 3 },
  ],
  units: MAP,
  steps: { dt: 10, resetEvery: 6 },
  network: NETWORK,
  readout: { classes: ['a', 'b'], perClass: 2, by: 'count', window: { kind: 'mark' } },
  training: null,
};

export const TRIALS: Readonly<Record<string, readonly Trial[]>> = {
  denoise: [
    trial('8 neighbours', 'events', (o) => streams.denoise({ dt: 20 }, o)),
    trial('4 neighbours', 'events', (o) => streams.denoise({ dt: 60, neighbours: 4 }, o)),
  ],
  refractory: [trial('', 'events', (o) => streams.refractory({ dt: 15 }, o))],
  hotPixels: [
    trial('learned', 'events', (o) => streams.hotPixels({ period: 60, factor: 1.2, least: 2 }, o)),
    trial('given', 'events', (o) => streams.hotPixels({ pixels: [{ x: 2, y: 3 }] }, o)),
  ],
  crop: [trial('', 'events', (o) => streams.crop({ x: 1, y: 2, width: 3, height: 2 }, o))],
  downsample: [
    trial('by factor', 'events', (o) => streams.downsample({ factor: 2, refractory: 9 }, o)),
    trial('to cells', 'events', (o) => streams.downsample({ columns: 4, rows: 2 }, o)),
  ],
  polarity: (['on', 'off', 'merge'] as const).map((keep) =>
    trial(keep, 'events', (o) => streams.polarity({ keep }, o)),
  ),
  monotonic: (['clamp', 'drop'] as const).map((policy) =>
    trial(policy, 'disorderly', (o) => streams.monotonic({ policy }, o)),
  ),
  toUnits: [
    trial('split', 'events', (o) => streams.toUnits(MAP, o)),
    trial('merge', 'events', (o) => streams.toUnits({ ...MAP, polarity: 'merge' }, o)),
  ],
  steps: [
    trial('10 µs', 'units', (o) => streams.steps({ dt: 10 }, o)),
    trial('10 µs, reset every 3', 'units', (o) => streams.steps({ dt: 10, resetEvery: 3 }, o)),
    trial('fractions', 'units', (o) => streams.steps({ dt: 3.7, resetEvery: 4 }, o)),
    trial('per event', 'units', (o) => streams.steps({ dt: 0 }, o)),
    trial('per event, reset every 4', 'units', (o) => streams.steps({ dt: 0, resetEvery: 4 }, o)),
  ],
  timeSlices: [trial('', 'events', (o) => streams.timeSlices({ width: 25 }, o))],
  countSlices: [trial('', 'events', (o) => streams.countSlices({ count: 4 }, o))],
  delaySteps: [
    trial('0', 'spikes', (o) => streams.delaySteps({ steps: 0 }, o)),
    trial('3', 'spikes', (o) => streams.delaySteps({ steps: 3 }, o)),
  ],
  sqsNeuron: [
    trial('', 'spikes', (o: object) => {
      const { omega, recurrent, ...parts } = LAYER;
      void omega;
      void recurrent;
      const one = { ...parts, weights: parts.weights.slice(0, UNITS), angles: parts.angles.slice(0, 3) };
      return streams.sqsNeuron(one, { seed: 3, firing: true, ...o });
    }),
  ],
  sqsLayer: [
    trial('event', 'spikes', (o: object) => streams.sqsLayer(LAYER, { seed: 3, firing: true, ...o })),
    trial('clocked', 'spikes', (o: object) => streams.sqsLayer({ ...LAYER, mode: 'clocked' }, { seed: 3, ...o })),
    trial('of two lines', 'spikes', (o: object) => streams.sqsLayer(LAYERED, { seed: 3, firing: true, ...o })),
  ],
  qlifLayer: [
    trial('one-weight', 'spikes', (o: object) =>
      streams.qlifLayer({ ...QLIF, weights: LAYER.weights }, { seed: 3, ...o }),
    ),
    trial('two-weight', 'spikes', (o: object) =>
      streams.qlifLayer(
        { ...QLIF, variant: 'two-weight', weights: LAYER.weights, weights2: LAYER.weights, counting: true },
        { seed: 3, ...o },
      ),
    ),
  ],
  lifLayer: [
    trial('', 'spikes', (o: object) => {
      const leak = { beta: Float64Array.of(0.9, 0.8, 1), threshold: Float64Array.of(1, 0.5, 0.7) };
      return streams.lifLayer({ ...LIF, ...leak }, { seed: 3, firing: true, ...o });
    }),
  ],
  sqsNetwork: [
    trial('event', 'spikes', (o: object) => streams.sqsNetwork(NETWORK, { seed: 3, firing: true, ...o })),
    trial('clocked', 'spikes', (o: object) => streams.sqsNetwork(CLOCKED, { seed: 3, firing: true, ...o })),
  ],
  decide: (
    [
      { kind: 'mark' },
      { kind: 'recording' },
      { kind: 'tumbling', steps: 5 },
      { kind: 'sliding', steps: 6, every: 2 },
      { kind: 'activity', steps: 4, silence: 3 },
    ] as const
  ).map((window) => trial(window.kind, 'spikes', (o) => streams.decide({ ...READOUT, window }, o))),
  preprocess: [
    trial('', 'disorderly', (o) =>
      streams.preprocess([{ filter: 'monotonic', policy: 'clamp' }, ...MODEL.preprocessing], o),
    ),
  ],
  joinUnits: [
    unsaved('with a layer', 'spikes', () =>
      connect((spikes: Observable<SpikePacket>) =>
        streams.joinUnits([spikes, spikes.pipe(streams.sqsLayer(LAYER, { seed: 3 }))]),
      ),
    ),
  ],
  mergeByTime: [
    unsaved('of both polarities', 'events', () =>
      connect((events: Observable<EventPacket>) =>
        streams.mergeByTime([
          events.pipe(streams.polarity({ keep: 'on' })),
          events.pipe(streams.polarity({ keep: 'off' })),
        ]),
      ),
    ),
  ],
  meter: [unsaved('', 'spikes', () => streams.meter({ every: Infinity, report: () => undefined }))],
  latency: [
    unsaved('', 'events', () =>
      streams.latency({ since: ({ until }: EventPacket) => until, gauge: new streams.LatencyGauge() }),
    ),
  ],
  runModel: [
    trial('from mark to mark', 'events', (o: object) => streams.runModel(MODEL, { seed: 3, ...o })),
    ...(
      [
        { kind: 'recording' },
        { kind: 'tumbling', steps: 4 },
        { kind: 'sliding', steps: 4, every: 3 },
        { kind: 'activity', steps: 3, silence: 1 },
      ] as const
    ).map((window) =>
      trial(`by probability, clocked, ${window.kind}`, 'events', (o: object) => {
        const readout = { ...MODEL.readout, by: 'prob', window } as const;
        return streams.runModel({ ...MODEL, preprocessing: [], network: CLOCKED, readout }, { seed: 3, ...o });
      }),
    ),
  ],
};

/** What `streams` exports that takes no packets, or is not bound to the law: with the reason. */
export const NOT_UNDER_THE_LAW: Readonly<Record<string, string>> = {
  Checkpoint: 'no operator: saves and restores the state of one',
  ParamsReference: 'no operator: holds parameters',
  ReplayControl: 'no operator: steers a replay',
  VersionedParams: 'no operator: a view of parameters',
  fromPackets: 'no operator: makes a stream of an iterable',
  openReplay: 'no operator: opens recordings',
  replay: 'no operator: makes a stream of recordings',
  stepOperator: 'the shell of all operators listed here, of none by itself',
  LatencyGauge: 'no operator: holds what latency measured',
  QueueGauge: 'no operator: shows what a queue holds',
  boundedQueue: 'hands packets out later, or drops them: not the same at every cut; test/streams/queue.test.ts',
  pullQueue: 'no operator: a stream as an iterable',
};
