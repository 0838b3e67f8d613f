import { RxSpikeError } from '../errors.js';
import type { Model } from '../network/model.js';
import { networkGraph } from '../network/graph.js';
import type { Network } from '../network/network.js';
import { checkNetwork } from '../network/shapes.js';
import { RandomSequence } from '../random.js';
import { decodeState, encodeState } from '../state.js';
import type { AdamState } from './adam.js';
import { adamState, adamUpdate, cosineRate, tensorNorm } from './adam.js';
import { Backpropagation } from './backpropagation.js';
import type { LossSpec } from './class-loss.js';
import { classLoss } from './class-loss.js';
import type { Augmentation, TrainingSample } from './sample-input.js';
import { drawMovement, SampleInput } from './sample-input.js';

/** How to train; what is not given has the value that worked best on N-MNIST. */
export interface TrainingOptions {
  /** Passes over all samples, ≥ 1. */
  readonly epochs: number;
  /** Samples an update; default 64. */
  readonly batch?: number;
  /** Adam's rate at the beginning, falling along a cosine to 2 % of it; default 4e-3. */
  readonly rate?: number;
  /** Largest Euclidean norm of a batch's gradient; default 1. */
  readonly clip?: number;
  /** What the loss reads from the outputs; default `prob`. */
  readonly on?: LossSpec['on'];
  /** Factor between mean firing and logit; default 15. */
  readonly scale?: number;
  /** Movement of events; null: none. Default ±8°, ±8 %, ±1 pixel. */
  readonly augmentation?: Augmentation | null;
  /** Seed of spikes, order and movements; default 1. */
  readonly seed?: number;
}

/** What a batch, or an epoch, came to. */
export interface TrainingReport {
  /** Epochs finished before this batch (0 for the first), or number of the epoch that has just ended (1 for the first). */
  readonly epoch: number;
  /** Batches done in this epoch, and how many there are. */
  readonly batch: number;
  readonly batches: number;
  /** Mean loss (nats) and share of right decisions by spike count, of the epoch so far, as seen in training. */
  readonly loss: number;
  readonly accuracy: number;
}

interface TrainerState {
  epoch: number;
  batch: number;
  lossSum: number;
  correct: number;
  seen: number;
  readonly tensors: Record<string, Float64Array>;
  readonly adam: AdamState;
}

const STATE_NAME = 'trainer';
const STATE_VERSION = 1;
const DEFAULTS = {
  batch: 64,
  rate: 4e-3,
  clip: 1,
  on: 'prob',
  scale: 15,
  augmentation: { rotation: 8, scale: 0.08, shift: 1 },
  seed: 1,
} as const;

/**
 * Trains a model's network by surrogate gradient and Adam. Deterministic: the same model, samples and options give the
 * same network, bit for bit, also across {@link save} and {@link restore}.
 */
export class Trainer {
  readonly options: Required<TrainingOptions>;
  readonly batches: number;
  readonly #model: Model;
  readonly #samples: readonly TrainingSample[];
  readonly #gradient: Backpropagation;
  readonly #input: SampleInput;
  readonly #loss: LossSpec;
  readonly #output: string;
  readonly #counts: Float64Array;
  #state: TrainerState;
  #order: number[] = [];
  #orderOf = -1;

  /**
   * @param model preprocessing, map, steps and readout, and the network to begin with (copied)
   * @param samples made for this model by `prepareSamples`
   * @throws `ERR_ARGUMENT` when an option is out of range, `ERR_DATA` when there is no sample or a label has no class,
   *   `ERR_NETWORK` when the network has not exactly one output layer with perClass neurons a class
   */
  constructor(model: Model, samples: readonly TrainingSample[], options: TrainingOptions) {
    this.options = checkOptions({ ...DEFAULTS, ...options });
    this.#output = outputLayer(model);
    const classes = model.readout.classes.length;
    if (samples.length === 0) throw new RxSpikeError('ERR_DATA', 'trainer: no sample to train on');
    for (const { name, label } of samples) {
      if (!Number.isInteger(label) || label < 0 || label >= classes) {
        throw new RxSpikeError('ERR_DATA', `trainer: ${name} has class ${label}, the model has ${classes} classes`);
      }
    }
    this.#model = model;
    this.#samples = samples;
    this.batches = Math.ceil(samples.length / this.options.batch);
    const tensors = copyTensors(model.network.tensors);
    this.#state = { epoch: 0, batch: 0, lossSum: 0, correct: 0, seen: 0, tensors, adam: adamState(tensors) };
    this.#gradient = new Backpropagation({ spec: model.network.spec, tensors }, model.steps.dt);
    this.#input = new SampleInput(model.units, model.network.spec.counting);
    this.#loss = { classes, perClass: model.readout.perClass, on: this.options.on, scale: this.options.scale };
    this.#counts = new Float64Array(2 * classes);
  }

  /** Epochs finished. */
  get epochs(): number {
    return this.#state.epoch;
  }

  /** Whether all epochs are done. */
  get done(): boolean {
    return this.#state.epoch >= this.options.epochs;
  }

  /** The network as trained so far, a copy. */
  get network(): Network {
    return { spec: this.#model.network.spec, tensors: copyTensors(this.#state.tensors) };
  }

  /** Runs batches to the end of the current epoch. @throws `ERR_TRAINING` as {@link trainBatch} */
  trainEpoch(): TrainingReport {
    for (;;) {
      const report = this.trainBatch();
      if (report.batch === report.batches) return { ...report, epoch: this.#state.epoch };
    }
  }

  /**
   * Runs one batch and updates the network.
   * @throws `ERR_TRAINING` when loss or gradient are not finite, or all epochs are done; the network and everything that
   *   {@link save} keeps are then as before the batch
   */
  trainBatch(): TrainingReport {
    const state = this.#state;
    const { batch, clip, epochs } = this.options;
    if (this.done) throw new RxSpikeError('ERR_TRAINING', `trainer: all ${epochs} epochs are done`);
    const order = this.#orderOfEpoch(state.epoch);
    const from = state.batch * batch;
    const to = Math.min(from + batch, order.length);
    let lossSum = 0;
    let correct = 0;
    this.#gradient.clear();
    for (let i = from; i < to; i++) {
      const { loss, byCount } = this.#backpropagate(order[i]);
      lossSum += loss;
      if (byCount === this.#samples[order[i]].label) correct++;
    }
    const scale = 1 / (to - from);
    const norm = tensorNorm(this.#gradient.derivatives) * scale;
    if (!Number.isFinite(lossSum) || !Number.isFinite(norm)) {
      const at = { epoch: state.epoch, batch: state.batch, loss: lossSum * scale, norm };
      throw new RxSpikeError(
        'ERR_TRAINING',
        `trainer: diverged in epoch ${state.epoch + 1}, batch ${state.batch + 1}: loss ${at.loss}, gradient ${norm}`,
        { details: at },
      );
    }
    const part = (state.epoch * this.batches + state.batch) / (epochs * this.batches);
    adamUpdate(state.tensors, this.#gradient.derivatives, state.adam, {
      rate: cosineRate(this.options.rate, part),
      scale: norm > clip ? (scale * clip) / norm : scale,
    });
    return this.#count(lossSum, correct, to - from);
  }

  #count(lossSum: number, correct: number, samples: number): TrainingReport {
    const state = this.#state;
    state.lossSum += lossSum;
    state.correct += correct;
    state.seen += samples;
    state.batch++;
    const report = {
      epoch: state.epoch,
      batch: state.batch,
      batches: this.batches,
      loss: state.lossSum / state.seen,
      accuracy: state.correct / state.seen,
    };
    if (state.batch === this.batches) {
      state.epoch++;
      state.batch = 0;
      state.lossSum = 0;
      state.correct = 0;
      state.seen = 0;
    }
    return report;
  }

  #backpropagate(index: number): { loss: number; byCount: number } {
    const sample = this.#samples[index];
    const { seed, augmentation } = this.options;
    const turn = this.#state.epoch * this.#samples.length + index;
    const random = new RandomSequence(seed, 'movement');
    random.position = 4 * turn;
    const movement = augmentation ? drawMovement(augmentation, random) : null;
    const gradient = this.#gradient;
    gradient.forward(this.#input.of(sample, movement), { seed, stream: 'train', pass: turn + 1 });
    gradient.beginBackward();
    const result = classLoss(gradient.tape(this.#output), sample.steps, sample.label, this.#loss, this.#counts);
    gradient.backward();
    return result;
  }

  #orderOfEpoch(epoch: number): number[] {
    if (this.#orderOf !== epoch) {
      const random = new RandomSequence(this.options.seed, `order ${epoch}`);
      this.#order = random.shuffle(Array.from(this.#samples, (_, i) => i));
      this.#orderOf = epoch;
    }
    return this.#order;
  }

  /** Versioned bytes of everything needed to go on, after any batch: network, optimiser, position. */
  save(): Uint8Array<ArrayBuffer> {
    return encodeState(STATE_NAME, STATE_VERSION, { ...this.#state, of: this.#fingerprint() });
  }

  /**
   * Goes on from {@link save}'s bytes, made by a trainer of the same model, samples and options.
   * @throws `ERR_STATE` when the bytes are damaged or of another training; this trainer is then as before
   */
  restore(bytes: Uint8Array): void {
    const saved = (decodeState(STATE_NAME, STATE_VERSION, bytes) ?? {}) as TrainerState & { of?: unknown };
    const { of, ...state } = saved;
    if (of !== this.#fingerprint()) {
      throw new RxSpikeError(
        'ERR_STATE',
        'trainer: the checkpoint is of another model, other samples or other options',
      );
    }
    const counts = [state.epoch, state.batch, state.seen, state.correct];
    const fits =
      counts.every((n) => Number.isSafeInteger(n) && n >= 0) &&
      typeof state.lossSum === 'number' &&
      Number.isSafeInteger(state.adam?.updates) &&
      [state.tensors, state.adam?.m, state.adam?.v].every((part) => sameTensors(part, this.#state.tensors));
    if (!fits) throw new RxSpikeError('ERR_STATE', 'trainer: the checkpoint does not fit this network');
    for (const name in state.tensors) this.#state.tensors[name].set(state.tensors[name]);
    this.#state = { ...state, tensors: this.#state.tensors };
  }

  /** Text that two trainings share only if one may go on with the other's state. */
  #fingerprint(): string {
    const { steps, network, readout, preprocessing, units } = this.#model;
    const samples = this.#samples.map(({ name, label, steps: n, length }) => [name, label, n, length]);
    return JSON.stringify([this.options, preprocessing, units, steps, network.spec, readout.classes, samples]);
  }
}

/** Name of the layer that the readout reads. @throws `ERR_NETWORK` */
export function outputLayer({ network, readout }: Model): string {
  checkNetwork(network);
  const { outputs } = networkGraph(network.spec);
  const neurons = readout.classes.length * readout.perClass;
  if (outputs.length !== 1 || outputs[0].neurons !== neurons) {
    const found = outputs.map(({ name, neurons: n }) => `${name} (${n})`).join(', ');
    throw new RxSpikeError('ERR_NETWORK', `readout: expected one output layer of ${neurons} neurons, found ${found}`);
  }
  return outputs[0].name;
}

function copyTensors(tensors: Readonly<Record<string, Float64Array>>): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.slice()]));
}

function sameTensors(some: unknown, model: Readonly<Record<string, Float64Array>>): boolean {
  if (some === null || typeof some !== 'object') return false;
  const others = some as Record<string, unknown>;
  return (
    Object.keys(others).length === Object.keys(model).length &&
    Object.entries(model).every(([name, tensor]) => {
      const other = Object.hasOwn(others, name) ? others[name] : null;
      return other instanceof Float64Array && other.length === tensor.length;
    })
  );
}

function checkOptions(options: Required<TrainingOptions>): Required<TrainingOptions> {
  const wrong = (name: keyof TrainingOptions, expected: string): never => {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `trainer: ${name} must be ${expected}, got ${JSON.stringify(options[name])}`,
      {
        details: { [name]: options[name] },
      },
    );
  };
  for (const name of ['epochs', 'batch'] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) wrong(name, 'an integer above 0');
  }
  for (const name of ['rate', 'clip', 'scale'] as const) {
    if (!(Number.isFinite(options[name]) && options[name] > 0)) wrong(name, 'a finite number above 0');
  }
  if (!Number.isSafeInteger(options.seed) || options.seed < 0) wrong('seed', 'an integer of 0 or more');
  if (options.on !== 'prob' && options.on !== 'count') wrong('on', 'prob or count');
  const moved = options.augmentation;
  if (moved && ![moved.rotation, moved.scale, moved.shift].every((n) => Number.isFinite(n) && n >= 0)) {
    wrong('augmentation', 'three numbers of 0 or more');
  }
  return Object.freeze(options);
}
