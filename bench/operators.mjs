// Nanoseconds per event of each operator and of the network: `npm run bench`, or `npm run bench -- --json`.
//
// Seeded packets of 1,000 events, of a scene in which edges move over a 34 × 34 sensor among noise. Every round runs all
// operators once, in turn, after two rounds to warm up; the table gives the median over rounds with minimum and maximum,
// and first the ratio to copying the four columns into fresh memory in the same round. Single figures swing on a busy machine; ratios less.
import { cpus } from 'node:os';
import { Subject, map, queueScheduler } from 'rxjs';
import { RandomSequence, eventPacket, feedForward, initialNetwork, silence, streamInfo } from '../dist/src/index.js';
import {
  boundedQueue,
  countSlices,
  crop,
  decide,
  delaySteps,
  denoise,
  downsample,
  hotPixels,
  joinUnits,
  mergeByTime,
  meter,
  monotonic,
  polarity,
  refractory,
  sqsNetwork,
  steps,
  timeSlices,
  toUnits,
} from '../dist/streams/index.js';

const ROUNDS = Number(process.env.ROUNDS ?? 15);
const PACKETS = 300;
const SIZE = 1000;
const STEP = 16_000;
const stream = streamInfo({ id: 'bench', width: 34, height: 34 });

/** Edges that cross the sensor every 100 ms, a fifth noise; about 14 events a millisecond. */
function packets(seed) {
  const random = new RandomSequence(seed, 'bench');
  const list = [];
  let t = 0;
  for (let k = 0; k < PACKETS; k++) {
    const columns = {
      t: new Float64Array(SIZE),
      x: new Uint16Array(SIZE),
      y: new Uint16Array(SIZE),
      p: new Uint8Array(SIZE),
    };
    for (let i = 0; i < SIZE; i++) {
      t += 1 + random.integer(140);
      const edge = ((t / 100_000) % 1) * 34;
      const noise = random.uniform() < 0.2;
      columns.t[i] = t;
      columns.x[i] = noise ? random.integer(34) : Math.floor((edge + 2 * random.uniform()) % 34);
      columns.y[i] = random.integer(34);
      columns.p[i] = random.integer(2);
    }
    list.push(eventPacket({ stream, ...columns, until: t }));
  }
  list.push(silence(stream, t + 1, { kind: 'end', source: null, label: null }));
  return list;
}

function failed(error) {
  throw error;
}

/** What any operator that makes new packets does at least. */
function copy({ length, t, x, y, p, ...rest }) {
  return {
    ...rest,
    length,
    t: t.slice(0, length),
    x: x.slice(0, length),
    y: y.slice(0, length),
    p: p.slice(0, length),
  };
}

/** Runs packets through an operator; gives its output. */
function through(operator, input) {
  const source = new Subject();
  const output = [];
  let done = false;
  source
    .pipe(operator)
    .subscribe({ next: (packet) => output.push(packet), error: failed, complete: () => (done = true) });
  for (const packet of input) source.next(packet);
  source.complete();
  if (!done) throw new Error('an operator held its output back: what was timed is not the whole work');
  return output;
}

const events = packets(1);
const units = { width: 34, height: 34, columns: 17, rows: 17, polarity: 'split' };
const inUnits = through(toUnits(units), events);
const inSteps = through(steps({ dt: STEP, resetEvery: 20 }), inUnits);
const networkOf = (mode) => {
  const spec = feedForward({
    inputs: 578,
    layers: [256, 100].map((neurons, i) => ({
      kind: 'sqs',
      name: ['hidden', 'output'][i],
      neurons,
      circuit: { kind: 'default' },
      encoder: { kind: 'clip' },
    })),
    mode,
  });
  return initialNetwork(spec, new RandomSequence(1, 'weights'), {
    bias: { mean: mode === 'clocked' ? -0.4 : 0, sd: 0 },
  });
};
const clocked = networkOf('clocked');
const eventDriven = networkOf('event');
const fired = through(sqsNetwork(clocked, { seed: 1, firing: true }), inSteps);
const readout = { classes: Array.from('0123456789'), perClass: 10, by: 'count', window: { kind: 'mark' } };

/** @type {[name: string, input: any[], make: () => any][]} */
const cases = [
  ['copy of the columns', events, () => map(copy)],
  ['monotonic', events, () => monotonic({ policy: 'clamp' })],
  ['denoise', events, () => denoise({ dt: 10_000 })],
  ['refractory', events, () => refractory({ dt: 1000 })],
  ['hotPixels', events, () => hotPixels({ period: 50_000, factor: 5 })],
  ['crop', events, () => crop({ x: 1, y: 1, width: 32, height: 32 })],
  ['downsample', events, () => downsample({ factor: 2 })],
  ['polarity', events, () => polarity({ keep: 'on' })],
  ['timeSlices', events, () => timeSlices({ width: 5000 })],
  ['countSlices', events, () => countSlices({ count: 500 })],
  ['boundedQueue', events, () => boundedQueue({ packets: 1024, scheduler: queueScheduler })],
  ['meter', events, () => meter({ every: Infinity, report: () => {} })],
  ['mergeByTime of two', events, () => (source) => mergeByTime([source, source])],
  ['toUnits', events, () => toUnits(units)],
  ['steps', inUnits, () => steps({ dt: STEP, resetEvery: 20 })],
  ['delaySteps', inSteps, () => delaySteps({ steps: 2 })],
  ['joinUnits of two', inSteps, () => (source) => joinUnits([source, source])],
  ['network 578-256-100, clocked, 16 ms', inSteps, () => sqsNetwork(clocked, { seed: 1, firing: true })],
  ['network 578-256-100, event-driven, 16 ms', inSteps, () => sqsNetwork(eventDriven, { seed: 1, firing: true })],
  ['decide (per output spike)', fired, () => decide(readout)],
];

const times = new Map(cases.map(([name]) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, input, make] of cases) {
    const count = input.reduce((sum, packet) => sum + packet.length, 0);
    const begin = performance.now();
    through(make(), input);
    const ns = ((performance.now() - begin) * 1e6) / count;
    if (round >= 0) times.get(name).push(ns);
  }
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const base = times.get('copy of the columns');
const rows = cases.map(([name]) => {
  const list = times.get(name);
  return {
    operator: name,
    ratio: median(list.map((ns, i) => ns / base[i])),
    nsPerEvent: { median: median(list), min: Math.min(...list), max: Math.max(...list) },
  };
});
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ machine, rounds: ROUNDS, events: PACKETS * SIZE, packet: SIZE, rows }));
} else {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}; ${ROUNDS} rounds of ${PACKETS * SIZE} events in packets of ${SIZE}`,
  );
  console.log('ratio to a copy | ns per event: median (min … max) | operator');
  for (const {
    operator,
    ratio,
    nsPerEvent: { median: middle, min, max },
  } of rows) {
    console.log(
      `${ratio.toFixed(1).padStart(8)} | ${middle.toFixed(1).padStart(7)} (${min.toFixed(1)} … ${max.toFixed(1)}) | ${operator}`,
    );
  }
}
