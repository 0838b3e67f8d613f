import { catchError, map, type OperatorFunction, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import {
  type Decision,
  type EventPacket,
  eventPacket,
  type Mark,
  type SpikePacket,
  streamInfo,
  type UnitPacket,
} from '../../src/index.js';
import * as streams from '../../streams/index.js';
import { MODEL, TRIALS } from './operators.js';

// Every operator as marbles: packets a, b, c come in, what they say goes out in the same frame; completion hands out what
// was held back; errors and unsubscription pass through at once. A packet is shown as `times or steps|until mark`.

const SENSOR = streamInfo({ id: 'sensor', width: 4, height: 4 });
const UNITS = streamInfo({ id: 'units', width: 2, height: 1 });
const END: Mark = { kind: 'end', source: 'r', label: 'x' };

type Event = readonly [t: number, x: number, y: number, p: number];

const events = (until: number, list: readonly Event[], mark: Mark | null = null): EventPacket =>
  eventPacket({
    stream: SENSOR,
    t: list.map(([t]) => t),
    x: list.map(([, x]) => x),
    y: list.map(([, , y]) => y),
    p: list.map(([, , , p]) => p),
    until,
    mark,
  });

const units = (
  until: number,
  list: readonly (readonly [t: number, unit: number])[],
  mark: Mark | null = null,
): UnitPacket => ({
  stream: UNITS,
  length: list.length,
  t: Float64Array.from(list, ([t]) => t),
  unit: Uint32Array.from(list, ([, unit]) => unit),
  until,
  mark,
});

const spikes = (
  untilStep: number,
  list: readonly (readonly [step: number, unit: number])[],
  mark: Mark | null = null,
): SpikePacket => ({
  ...units(
    untilStep * 10,
    list.map(([step, unit]) => [step * 10, unit] as const),
    mark,
  ),
  step: Float64Array.from(list, ([step]) => step),
  untilStep,
  grid: { t0: 0, step0: 0, dt: 10 },
  firing: null,
});

/** A packet or decision in a few letters. */
function show(output: EventPacket | UnitPacket | SpikePacket | Decision): string {
  if (!('until' in output))
    return `${output.label} ${[...output.counts].join(':')} [${output.t0}, ${output.t1}) ${output.truth}`;
  const rows = Array.from({ length: output.length }, (_, i) => {
    if ('x' in output) return `${output.t[i]}@${output.x[i]},${output.y[i]},${output.p[i]}`;
    return 'step' in output ? `${output.step[i]}:${output.unit[i]}` : `${output.t[i]}:${output.unit[i]}`;
  });
  const end = 'untilStep' in output ? output.untilStep : output.until;
  return `${rows.join(' ')}|${end}${output.mark ? ` ${output.mark.kind}` : ''}`;
}

const A = events(10, [
  [1, 0, 0, 1],
  [2, 1, 0, 0],
]);
const B = events(30, [
  [12, 3, 3, 1],
  [14, 3, 3, 1],
]);
const C = events(40, [], END);
const OUTSIDE = events(20, [[15, 4, 0, 1]]);
const LATE = events(20, [[5, 0, 0, 1]]);
const UA = units(15, [
  [1, 0],
  [12, 1],
]);
const UB = units(30, [[20, 1]], END);
const ULATE = units(30, [[3, 0]]);
const SA = spikes(2, [
  [0, 0],
  [1, 1],
]);
const SB = spikes(4, [[2, 0]], END);
const SWIDE = spikes(4, [[2, 7]]);
const SOLD = spikes(1, [[0, 0]]);

/** Fires for sure at a step with the unit that has weight 1, and never otherwise. */
const SURE = { weights: Float64Array.of(1, 0), inputs: 2 } as const;
const SQS = { ...SURE, name: 'n', encoder: { kind: 'relu' }, angles: new Float64Array(3) } as const;
const NETWORK = {
  spec: {
    inputs: [{ name: 'in', units: 2 }],
    layers: [{ kind: 'sqs', name: 'n', neurons: 1, circuit: { kind: 'default' }, encoder: { kind: 'relu' } }],
    edges: [{ from: 'in', to: 'n', delay: 0 }],
    mode: 'event',
    counting: false,
  },
  tensors: { 'w.in.n': SURE.weights, 'theta.n': SQS.angles },
} as const;
const READOUT = { classes: ['no', 'yes'], perClass: 1, by: 'count', window: { kind: 'mark' } } as const;
const MARBLE_MODEL = {
  ...MODEL,
  preprocessing: [],
  units: { width: 4, height: 4, columns: 2, rows: 1, polarity: 'merge' },
  steps: { dt: 10, resetEvery: 0 },
  network: {
    spec: { ...NETWORK.spec, layers: [{ ...NETWORK.spec.layers[0], neurons: 2 }] },
    tensors: { 'w.in.n': Float64Array.of(1, 0, 0, 1), 'theta.n': new Float64Array(6) },
  },
  readout: READOUT,
} as const;

interface Diagram {
  readonly name: string;
  readonly operator: () => OperatorFunction<never, never>;
  /** Packets that come in as a, b, c. */
  readonly input: readonly unknown[];
  /** What goes out with each of them. */
  readonly output: readonly (readonly string[])[];
  /** What goes out when the stream completes. */
  readonly rest?: readonly string[];
  /** A packet that breaks the stream, and the code of its error. */
  readonly broken?: readonly [packet: unknown, code: string, before?: readonly string[]];
}

const diagram = (
  name: string,
  operator: unknown,
  input: readonly unknown[],
  output: readonly (readonly string[])[],
  more: Pick<Diagram, 'rest' | 'broken'> = {},
): Diagram => ({ name, operator: operator as Diagram['operator'], input, output, ...more });

const NMAP = MARBLE_MODEL.units;
const DIAGRAMS: readonly Diagram[] = [
  diagram('denoise', () => streams.denoise({ dt: 5 }), [A, B, C], [['2@1,0,0|10'], ['|30'], ['|40 end']], {
    broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']],
  }),
  diagram(
    'refractory',
    () => streams.refractory({ dt: 5 }),
    [A, B, C],
    [['1@0,0,1 2@1,0,0|10'], ['12@3,3,1|30'], ['|40 end']],
    {
      broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']],
    },
  ),
  diagram(
    'hotPixels',
    () => streams.hotPixels({ pixels: [{ x: 3, y: 3 }] }),
    [A, B, C],
    [['1@0,0,1 2@1,0,0|10'], ['|30'], ['|40 end']],
    { broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']] },
  ),
  diagram(
    'crop',
    () => streams.crop({ x: 1, y: 0, width: 3, height: 4 }),
    [A, B, C],
    [['2@0,0,0|10'], ['12@2,3,1 14@2,3,1|30'], ['|40 end']],
    { broken: [{ ...A, stream: streamInfo({ width: 3, height: 3 }) }, 'ERR_GEOMETRY'] },
  ),
  diagram(
    'downsample',
    () => streams.downsample({ factor: 2, refractory: 2 }),
    [A, B, C],
    [['1@0,0,1|10'], ['12@1,1,1 14@1,1,1|30'], ['|40 end']],
    { broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']] },
  ),
  diagram(
    'polarity',
    () => streams.polarity({ keep: 'on' }),
    [A, B, C],
    [['1@0,0,1|10'], ['12@3,3,1 14@3,3,1|30'], ['|40 end']],
  ),
  diagram(
    'monotonic',
    () => streams.monotonic({ policy: 'clamp' }),
    [A, LATE, B],
    [['1@0,0,1 2@1,0,0|10'], ['10@0,0,1|20'], ['20@3,3,1 20@3,3,1|30']],
  ),
  diagram('toUnits', () => streams.toUnits(NMAP), [A, B, C], [['1:0 2:0|10'], ['12:1 14:1|30'], ['|40 end']], {
    broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']],
  }),
  diagram('steps', () => streams.steps({ dt: 10 }), [UA, UB], [['0:0 1:1|1'], ['2:1|3 end']], {
    broken: [ULATE, 'ERR_TIME_ORDER'],
  }),
  diagram(
    'timeSlices',
    () => streams.timeSlices({ width: 20 }),
    [A, B, events(35, [[35, 0, 1, 0]])],
    [[], ['1@0,0,1 2@1,0,0 12@3,3,1 14@3,3,1|20'], []],
    { rest: ['35@0,1,0|35'], broken: [events(11, [[1, 0, 0, 0]]), 'ERR_TIME_ORDER', ['1@0,0,1 2@1,0,0|10']] },
  ),
  diagram(
    'countSlices',
    () => streams.countSlices({ count: 3 }),
    [A, B, events(35, [])],
    [[], ['1@0,0,1 2@1,0,0 12@3,3,1|12'], []],
    { rest: ['14@3,3,1|35'] },
  ),
  diagram('delaySteps', () => streams.delaySteps({ steps: 1 }), [SA, SB], [['1:0|2'], ['2:1 3:0|4 end']], {
    broken: [{ ...SA, grid: { t0: 0, step0: 0, dt: 0 } }, 'ERR_ARGUMENT'],
  }),
  diagram('sqsNeuron', () => streams.sqsNeuron(SQS, { seed: 1 }), [SA, SB], [['0:0|2'], ['2:0|4 end']], {
    broken: [SWIDE, 'ERR_GEOMETRY'],
  }),
  diagram(
    'sqsLayer',
    () => streams.sqsLayer({ ...SQS, neurons: 1 }, { seed: 1 }),
    [SA, SB],
    [['0:0|2'], ['2:0|4 end']],
    {
      broken: [SOLD, 'ERR_TIME_ORDER'],
    },
  ),
  diagram('sqsNetwork', () => streams.sqsNetwork(NETWORK, { seed: 1 }), [SA, SB], [['0:0|2'], ['2:0|4 end']], {
    broken: [SOLD, 'ERR_TIME_ORDER'],
  }),
  diagram(
    'qlifLayer',
    () => streams.qlifLayer({ ...SURE, kind: 'qlif', variant: 'one-weight', name: 'q', neurons: 1 }, { seed: 1 }),
    [SA, SB],
    [['0:0|2'], ['2:0|4 end']],
    { broken: [SWIDE, 'ERR_GEOMETRY'] },
  ),
  diagram(
    'lifLayer',
    () =>
      streams.lifLayer(
        { ...SURE, kind: 'lif', name: 'l', neurons: 1, beta: Float64Array.of(0.9), threshold: Float64Array.of(0.5) },
        { seed: 1 },
      ),
    [SA, SB],
    [['0:0|2'], ['2:0|4 end']],
    { broken: [SWIDE, 'ERR_GEOMETRY'] },
  ),
  diagram('decide', () => streams.decide(READOUT), [SA, spikes(4, [[2, 1]], END)], [[], ['yes 1:2 [0, 40) x']], {
    broken: [SWIDE, 'ERR_GEOMETRY'],
  }),
  diagram(
    'preprocess',
    () =>
      streams.preprocess([
        { filter: 'polarity', keep: 'on' },
        { filter: 'refractory', dt: 9 },
      ]),
    [A, B, C],
    [['1@0,0,1|10'], ['12@3,3,1|30'], ['|40 end']],
    { broken: [OUTSIDE, 'ERR_GEOMETRY', ['|15']] },
  ),
  diagram('runModel', () => streams.runModel(MARBLE_MODEL, { seed: 1 }), [A, B, C], [[], [], ['no 1:1 [0, 40) x']], {
    broken: [OUTSIDE, 'ERR_GEOMETRY'],
  }),
];

/** Drawings with a packet that breaks the stream. */
const BREAKING = DIAGRAMS.flatMap((drawing) => {
  if (!drawing.broken) return [];
  const [packet, code, before] = drawing.broken;
  return [{ name: drawing.name, drawing, packet, code, before }];
});

/** Operators that have marbles elsewhere, since they work with time or with several streams. */
const ELSEWHERE = ['boundedQueue', 'joinUnits', 'latency', 'mergeByTime', 'meter'];

const LANE = 10;
/** What happens in one frame, and the frames up to the next packet. */
const lane = (content: string): string => group(content).padEnd(LANE, '-');
const group = (content: string): string => (content.length > 1 ? `(${content})` : content);

/** Letters for what goes out, each text one of its own. */
class Letters {
  readonly texts: Record<string, string> = {};

  of(texts: readonly string[] = []): string {
    return texts.map((text) => this.one(text)).join('');
  }

  private one(text: string): string {
    const letter = String.fromCodePoint('A'.codePointAt(0)! + Object.keys(this.texts).length);
    this.texts[letter] = text;
    return letter;
  }
}

/** Runs a drawing's operator, with the error's code for an error. */
const seen =
  (drawing: Diagram): OperatorFunction<never, string> =>
  (source) =>
    source.pipe(
      drawing.operator(),
      map(show),
      catchError((error: { code?: string }) => throwError(() => error.code ?? error)),
    );

const draw = (body: Parameters<TestScheduler['run']>[0]): unknown =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(body);

it('every operator over packets is drawn here or elsewhere', () => {
  expect([...DIAGRAMS.map(({ name }) => name), ...ELSEWHERE].toSorted()).toEqual(
    Object.keys(TRIALS).concat('boundedQueue').toSorted(),
  );
});

describe.each(DIAGRAMS)('$name', (drawing) => {
  const { input, output, rest } = drawing;
  const packets = Object.fromEntries(input.map((packet, i) => ['abc'[i], packet])) as Record<string, never>;

  it('answers each packet in its frame, and completes with what it held back', () => {
    expect.assertions(2);
    draw(({ cold, expectObservable, expectSubscriptions }) => {
      const letters = new Letters();
      const source = cold(`${Object.keys(packets).map(lane).join('')}|`, packets);
      const expected = output.map((texts) => lane(letters.of(texts))).join('') + group(`${letters.of(rest)}|`);
      expectObservable(source.pipe(seen(drawing))).toBe(expected, letters.texts);
      expectSubscriptions(source.subscriptions).toBe(`^${'-'.repeat(LANE * input.length - 1)}!`);
    });
  });

  it('passes an error on at once, and nothing that it held back', () => {
    expect.assertions(2);
    draw(({ cold, expectObservable, expectSubscriptions }) => {
      const letters = new Letters();
      const source = cold(`${lane('a')}#`, packets, 'ERR_CONNECTION');
      expectObservable(source.pipe(seen(drawing))).toBe(
        `${lane(letters.of(output[0]))}#`,
        letters.texts,
        'ERR_CONNECTION',
      );
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    });
  });

  it('lets go of its source when it is unsubscribed from', () => {
    expect.assertions(2);
    draw(({ hot, expectObservable, expectSubscriptions }) => {
      const letters = new Letters();
      const source = hot(`${lane('a')}${lane('b')}|`, packets);
      expectObservable(source.pipe(seen(drawing)), '^----!').toBe(lane(letters.of(output[0])), letters.texts);
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });
});

describe.each(BREAKING)('$name', ({ drawing, packet, code, before }) => {
  it(`breaks with ${code} after what was good, and lets go of its source`, () => {
    expect.assertions(2);
    draw(({ hot, expectObservable, expectSubscriptions }) => {
      const letters = new Letters();
      const source = hot(`${lane('a')}${lane('z')}${lane('a')}|`, {
        a: drawing.input[0],
        z: packet,
      } as unknown as Record<string, never>);
      const expected = lane(letters.of(drawing.output[0])) + group(`${letters.of(before)}#`);
      expectObservable(source.pipe(seen(drawing))).toBe(expected, letters.texts, code);
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    });
  });
});
