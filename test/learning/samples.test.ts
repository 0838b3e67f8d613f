import { describe, expect, test } from 'vitest';
import {
  Backpropagation,
  decideStep,
  type Decision,
  drawMovement,
  evaluate,
  type EventPacket,
  feedForward,
  filterLinks,
  filtersStep,
  initialNetwork,
  type Model,
  networkStep,
  prepareSamples,
  RandomSequence,
  SampleInput,
  silence,
  stepsStep,
  streamInfo,
  toUnitsStep,
} from '../../src/index.js';

const STREAM = streamInfo({ id: 'rec', width: 10, height: 6 });
const neuron = { kind: 'sqs', circuit: { kind: 'default' }, encoder: { kind: 'clip' } } as const;
const modelOf = (seed: number): Model => ({
  name: 'm',
  preprocessing: [{ filter: 'denoise', dt: 3000 }],
  units: { width: 10, height: 6, columns: 5, rows: 3, polarity: 'split' },
  steps: { dt: 1000, resetEvery: 7 },
  network: initialNetwork(
    feedForward({
      inputs: 30,
      mode: 'clocked',
      layers: [
        { ...neuron, name: 'h', neurons: 8 },
        { ...neuron, name: 'o', neurons: 4 },
      ],
    }),
    new RandomSequence(seed, 'init'),
  ),
  readout: { classes: ['a', 'b'], perClass: 2, by: 'count', window: { kind: 'mark' } },
  training: null,
});
const MODEL = modelOf(3);

/** Random events on 20 ms in packets of random size, closed by an end mark. */
function recording(seed: number): EventPacket[] {
  const random = new RandomSequence(seed, 'recording');
  const times = Array.from({ length: 300 }, () => random.integer(20_000)).sort((a, b) => a - b);
  const packets: EventPacket[] = [];
  for (let i = 0; i < times.length;) {
    const own = times.slice(i, i + 1 + random.integer(60));
    i += own.length;
    packets.push({
      stream: STREAM,
      length: own.length,
      t: Float64Array.from(own),
      x: Uint16Array.from(own, () => random.integer(10)),
      y: Uint16Array.from(own, () => random.integer(6)),
      p: Uint8Array.from(own, () => random.integer(2)),
      until: own[own.length - 1],
      mark: null,
    });
  }
  packets.push(silence(STREAM, times[times.length - 1] + 1, { kind: 'end', source: 'rec', label: 'b' }));
  return packets;
}

/** Units by step and decisions, by inference. */
function infer(packets: readonly EventPacket[], model = MODEL): { units: string[]; decisions: Decision[] } {
  const links = filterLinks(model.preprocessing);
  const filters = filtersStep.init(links);
  const units = toUnitsStep.init(model.units);
  const steps = stepsStep.init(model.steps);
  const params = { network: model.network, seed: 5, stream: 'rec', firing: true };
  const network = networkStep.init(params);
  const readout = decideStep.init(model.readout);
  const seen: string[] = [];
  const decisions: Decision[] = [];
  for (const packet of packets) {
    filtersStep.advance(links, filters, packet, (filtered) =>
      toUnitsStep.advance(model.units, units, filtered, (mapped) =>
        stepsStep.advance(model.steps, steps, mapped, (spikes) => {
          for (let i = 0; i < spikes.length; i++) seen.push(`${spikes.step[i]}:${spikes.unit[i]}`);
          networkStep.advance(params, network, spikes, (fired) =>
            decideStep.advance(model.readout, readout, fired, (decision) => decisions.push(decision)),
          );
        }),
      ),
    );
  }
  return { units: [...new Set(seen)].sort(), decisions };
}

describe('training samples', () => {
  test('hold the units of inference, step by step, one sample between two marks', async () => {
    for (const seed of [1, 2, 3]) {
      const packets = recording(seed);
      const samples = await prepareSamples(MODEL, packets, { name: 'rec', label: 'b' });
      expect(samples.map(({ steps }) => steps)).toEqual([7, 7, samples[2].steps]);
      const input = new SampleInput(MODEL.units, false);
      const seen: string[] = [];
      let first = 0;
      for (const sample of samples) {
        expect(sample.label).toBe(1);
        const { start, unit, steps } = input.of(sample);
        for (let t = 0; t < steps; t++) {
          const row = Array.from(unit.subarray(start[t], start[t + 1]));
          expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
          for (const u of row) seen.push(`${first + t}:${u}`);
        }
        first += steps;
      }
      expect(seen.sort()).toEqual(infer(packets).units);
    }
  });

  test('are decided by evaluate as inference decides them, for the same key', async () => {
    let decided = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const packets = recording(seed);
      const model = modelOf(seed);
      const [sample] = await prepareSamples(model, packets, { name: 'rec', label: 'b' });
      const { answers, scores } = evaluate(model, [sample], { seed: 5, stream: 'rec', pass: 0 });
      const [decision] = infer(packets, model).decisions;
      expect(model.readout.classes[answers[0]]).toBe(decision.label);
      expect(scores).toEqual(decision.counts);
      decided += answers[0];
    }
    expect(decided).toBeGreaterThan(0);
    expect(decided).toBeLessThan(12);
  });

  test('do not depend on packet boundaries', async () => {
    const packets = recording(4);
    const single = packets.flatMap((packet) =>
      Array.from({ length: packet.length }, (_, i) => ({
        ...packet,
        length: 1,
        t: packet.t.slice(i),
        x: packet.x.slice(i),
        y: packet.y.slice(i),
        p: packet.p.slice(i),
        until: packet.t[i],
      })),
    );
    const names = { name: 'rec', label: 'a' };
    const cut = await prepareSamples(MODEL, [...single, packets[packets.length - 1]], names);
    expect(cut).toEqual(await prepareSamples(MODEL, packets, names));
  });

  test('count where the network counts, repeats standing next to each other', async () => {
    const [sample] = await prepareSamples(MODEL, recording(1), { name: 'rec', label: 'a' });
    const { start, unit, steps } = new SampleInput(MODEL.units, true).of(sample);
    expect(start[steps]).toBe(sample.length);
    for (let t = 0; t < steps; t++) {
      for (let i = start[t] + 1; i < start[t + 1]; i++) expect(unit[i]).toBeGreaterThanOrEqual(unit[i - 1]);
    }
  });

  test('of single events keep the times that precession needs', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const model = { ...modelOf(seed), steps: { dt: 0, resetEvery: 0 } };
      const omega = new RandomSequence(seed, 'omega');
      const tensors = {
        ...model.network.tensors,
        'omega.h': Float64Array.from({ length: 8 }, () => 2000 * omega.normal()),
        'omega.o': Float64Array.from({ length: 4 }, () => 2000 * omega.normal()),
        'theta.h': Float64Array.from({ length: 24 }, () => omega.normal()),
        'theta.o': Float64Array.from({ length: 12 }, () => omega.normal()),
      };
      const turning = { ...model, network: { ...model.network, tensors } };
      const packets = recording(seed);
      const [sample] = await prepareSamples(turning, packets, { name: 'rec', label: 'a' });
      expect(sample.steps).toBe(sample.length);
      const run = new Backpropagation(turning.network, 0);
      run.forward(new SampleInput(turning.units, false).of(sample), { seed: 5, stream: 'rec', pass: 0 });
      const { fired } = run.tape('o');
      const counts = [0, 0];
      for (let i = 0; i < sample.steps * 4; i++) counts[(i % 4) >> 1] += fired[i];
      expect(Array.from(infer(packets, turning).decisions[0].counts)).toEqual(counts);
    }
  });

  test('refuse a label that the model does not have', async () => {
    await expect(prepareSamples(MODEL, [], { name: 'rec', label: 'c' })).rejects.toMatchObject({ code: 'ERR_DATA' });
  });
});

const one = (x: number, y: number): Parameters<SampleInput['of']>[0] => ({
  name: 's',
  label: 0,
  steps: 1,
  length: 1,
  x: Uint16Array.of(x),
  y: Uint16Array.of(y),
  p: Uint8Array.of(1),
  step: Uint32Array.of(0),
});

describe('movement of events', () => {
  const input = new SampleInput({ width: 9, height: 9, columns: 9, rows: 9, polarity: 'merge' }, false);
  const moved = (x: number, y: number, movement: { a: number; b: number; dx: number; dy: number }): number[] => {
    const { start, unit } = input.of(one(x, y), movement);
    return Array.from(unit.subarray(0, start[1]), Number);
  };

  test('turns about the middle, shifts, and drops what leaves the sensor', () => {
    const still = { a: 1, b: 0, dx: 0, dy: 0 };
    expect(moved(6, 2, still)).toEqual([2 * 9 + 6]);
    expect(moved(6, 4, { ...still, a: 0, b: 1 })).toEqual([6 * 9 + 4]);
    expect(moved(6, 2, { ...still, dx: 1.4, dy: -1.4 })).toEqual([1 * 9 + 7]);
    expect(moved(4, 6, { ...still, a: 2 })).toEqual([8 * 9 + 4]);
    expect(moved(8, 2, { ...still, dx: 1 })).toEqual([]);
  });

  test('is drawn within its bounds', () => {
    const random = new RandomSequence(1, 'movement');
    const drawn = Array.from({ length: 2000 }, () => drawMovement({ rotation: 8, scale: 0.1, shift: 2 }, random));
    const sizes = drawn.map(({ a, b }) => Math.hypot(a, b));
    const angles = drawn.map(({ a, b }) => (Math.atan2(b, a) * 180) / Math.PI);
    for (const [values, bound, middle] of [
      [sizes, 0.1, 1],
      [angles, 8, 0],
      [drawn.map(({ dx }) => dx), 2, 0],
      [drawn.map(({ dy }) => dy), 2, 0],
    ] as const) {
      expect(Math.max(...values)).toBeLessThanOrEqual(middle + bound + 1e-12);
      expect(Math.max(...values)).toBeGreaterThan(middle + 0.95 * bound);
      expect(Math.min(...values)).toBeLessThan(middle - 0.95 * bound);
    }
  });
});
