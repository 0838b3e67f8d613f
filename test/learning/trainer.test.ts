import { describe, expect, test } from 'vitest';
import {
  evaluate,
  feedForward,
  initialNetwork,
  type LayerSpec,
  type Model,
  RandomSequence,
  type RxSpikeError,
  type Tensors,
  Trainer,
  type TrainingOptions,
  type TrainingSample,
} from '../../src/index.js';

const classes = ['left', 'right'];

function model(layers: readonly LayerSpec[], bias = -0.3): Model {
  const spec = feedForward({ inputs: 32, mode: 'clocked', layers });
  return {
    name: 'toy',
    preprocessing: [],
    units: { width: 8, height: 4, columns: 8, rows: 4, polarity: 'merge' },
    steps: { dt: 1000, resetEvery: 0 },
    network: initialNetwork(spec, new RandomSequence(1, 'init'), { bias: { mean: bias, sd: 0 } }),
    readout: { classes, perClass: 2, by: 'count', window: { kind: 'mark' } },
    training: null,
  };
}

const sqs = (name: string, neurons: number): LayerSpec => ({
  kind: 'sqs',
  name,
  neurons,
  circuit: { kind: 'default' },
  encoder: { kind: 'clip' },
});
const SQS = model([sqs('h', 12), sqs('o', 4)]);
const LIF = model([
  { kind: 'lif', name: 'h', neurons: 12 },
  { kind: 'lif', name: 'o', neurons: 4 },
]);
const QLIF = model(
  [
    { kind: 'qlif', name: 'h', neurons: 12, variant: 'one-weight' },
    { kind: 'qlif', name: 'o', neurons: 4, variant: 'one-weight' },
  ],
  0.1,
);

/** Events in the left or right half, with some in the other. */
function samples(count: number, seed: number): TrainingSample[] {
  const random = new RandomSequence(seed, 'samples');
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const events = Array.from({ length: 40 }, (_2, k) => {
      const right = (random.uniform() < 0.75 ? label : 1 - label) * 4;
      return { x: right + random.integer(4), y: random.integer(4), p: random.integer(2), step: Math.floor(k / 5) };
    });
    return {
      name: `sample ${i}`,
      label,
      steps: 8,
      length: 40,
      x: Uint16Array.from(events, ({ x }) => x),
      y: Uint16Array.from(events, ({ y }) => y),
      p: Uint8Array.from(events, ({ p }) => p),
      step: Uint32Array.from(events, ({ step }) => step),
    };
  });
}

const SAMPLES = samples(40, 1);
const OPTIONS: TrainingOptions = {
  epochs: 3,
  batch: 16,
  rate: 0.02,
  augmentation: { rotation: 5, scale: 0.05, shift: 0.3 },
  seed: 7,
};
const numbers = (tensors: Tensors): number[] => Object.values(tensors).flatMap((tensor) => Array.from(tensor));
const code = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as RxSpikeError).code;
  }
  return 'none';
};

describe('Trainer', () => {
  test.each([
    ['SQS', SQS, 'prob', 0.9],
    ['SQS, on counts', SQS, 'count', 0.9],
    ['LIF', LIF, 'prob', 0.9],
    ['QLIF', QLIF, 'prob', 0.7],
  ] as const)('%s learns which half is busy', (_name, start, on, least) => {
    const trainer = new Trainer(start, SAMPLES, { ...OPTIONS, epochs: 25, on, augmentation: null });
    const first = trainer.trainEpoch();
    let last = first;
    while (!trainer.done) last = trainer.trainEpoch();
    expect(last.loss).toBeLessThan(first.loss * 0.7);
    const fresh = samples(200, 2);
    const before = evaluate(start, fresh, { seed: 3, stream: 'e', pass: 0 });
    const after = evaluate({ ...start, network: trainer.network }, fresh, { seed: 3, stream: 'e', pass: 0 });
    expect(after.accuracy).toBeGreaterThan(least);
    expect(before.accuracy).toBeLessThan(least - 0.1);
    expect(after.confusion.reduce((a, b) => a + b, 0)).toBe(200);
    expect(after.confusion[0] + after.confusion[3]).toBe(after.correct);
  });

  test('is the same for the same seed, bit for bit, and leaves the model alone', () => {
    const before = numbers(SQS.network.tensors);
    const run = (seed: number): number[] => {
      const trainer = new Trainer(SQS, SAMPLES, { ...OPTIONS, seed });
      while (!trainer.done) trainer.trainEpoch();
      return numbers(trainer.network.tensors);
    };
    expect(run(7)).toEqual(run(7));
    expect(run(8)).not.toEqual(run(7));
    expect(numbers(SQS.network.tensors)).toEqual(before);
  });

  test('goes on bit for bit from a checkpoint made after any batch', () => {
    const whole = new Trainer(SQS, SAMPLES, OPTIONS);
    const saved: Uint8Array[] = [whole.save()];
    const reports: string[] = [];
    while (!whole.done) {
      reports.push(JSON.stringify(whole.trainBatch()));
      saved.push(whole.save());
    }
    expect(saved.length).toBe(10);
    for (const [i, bytes] of saved.entries()) {
      const other = new Trainer(SQS, SAMPLES, OPTIONS);
      other.restore(Buffer.from(bytes));
      const rest: string[] = [];
      while (!other.done) rest.push(JSON.stringify(other.trainBatch()));
      expect(rest).toEqual(reports.slice(i));
      expect(numbers(other.network.tensors)).toEqual(numbers(whole.network.tensors));
    }
  });

  test('refuses a checkpoint of another training, and is then as before', () => {
    const trainer = new Trainer(SQS, SAMPLES, OPTIONS);
    trainer.trainBatch();
    const before = numbers(trainer.network.tensors);
    const bytes = trainer.save();
    const others = [
      new Trainer(LIF, SAMPLES, OPTIONS),
      new Trainer(SQS, SAMPLES.slice(1), OPTIONS),
      new Trainer(SQS, SAMPLES, { ...OPTIONS, rate: 0.03 }),
    ];
    for (const other of others) expect(code(() => trainer.restore(other.save()))).toBe('ERR_STATE');
    expect(code(() => trainer.restore(bytes.subarray(0, 100)))).toBe('ERR_STATE');
    expect(numbers(trainer.network.tensors)).toEqual(before);
    trainer.restore(bytes);
    expect(numbers(trainer.network.tensors)).toEqual(before);
  });

  test('stops when it diverges, with the state before the batch', () => {
    const tensors = { ...LIF.network.tensors, 'beta.h': LIF.network.tensors['beta.h'].map(() => 1e100) };
    const wild = { ...LIF, network: { ...LIF.network, tensors } };
    const trainer = new Trainer(wild, SAMPLES, OPTIONS);
    const before = trainer.save();
    expect(code(() => trainer.trainBatch())).toBe('ERR_TRAINING');
    expect(trainer.save()).toEqual(before);
  });

  test('refuses wrong arguments at the call', () => {
    const make =
      (options: Partial<TrainingOptions>): (() => unknown) =>
      () =>
        new Trainer(SQS, SAMPLES, { ...OPTIONS, ...options });
    for (const wrong of [
      { epochs: 0 },
      { epochs: 1.5 },
      { batch: 0 },
      { rate: -1 },
      { clip: NaN },
      { scale: 0 },
      { seed: -1 },
      { on: 'logits' as 'prob' },
      { augmentation: { rotation: NaN, scale: 0, shift: 0 } },
    ]) {
      expect([wrong, code(make(wrong))]).toEqual([wrong, 'ERR_ARGUMENT']);
    }
    expect(code(() => new Trainer(SQS, [], OPTIONS))).toBe('ERR_DATA');
    expect(code(() => new Trainer(SQS, [{ ...SAMPLES[0], label: 2 }], OPTIONS))).toBe('ERR_DATA');
    const three = { ...SQS, readout: { ...SQS.readout, classes: ['a', 'b', 'c'] } };
    expect(code(() => new Trainer(three, SAMPLES, OPTIONS))).toBe('ERR_NETWORK');
    const trainer = new Trainer(SQS, SAMPLES, { ...OPTIONS, epochs: 1 });
    trainer.trainEpoch();
    expect(code(() => trainer.trainBatch())).toBe('ERR_TRAINING');
  });
});
