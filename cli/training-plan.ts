import {
  type Model,
  RandomSequence,
  type ToUnitsParams,
  feedForward,
  initialNetwork,
  unitCount,
} from '../src/index.js';

/** What a folder of recordings decides about the model to train. */
export interface DataShape {
  /** Class names, in the order of the output neurons. */
  readonly classes: readonly string[];
  /** Sensor size, pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether the recordings say their size themselves; filters that keep memory per pixel need it. */
  readonly sized: boolean;
  /** Median length of a recording, µs. */
  readonly duration: number;
}

/** Most cells of the unit map in a row or column. */
const MOST_CELLS = 32;
/** Steps that a recording of median length is put into. */
const STEPS = 20;
/** Bounds of a step, µs. */
const SHORTEST = 1000;
const LONGEST = 50_000;
/** Output neurons of each class: several vote by their spikes. */
const PER_CLASS = 10;

/** Training needs ordered times as running does. */
const ORDER = { filter: 'monotonic', policy: 'clamp' } as const;

/** Class names in order: by number where all are numbers, else by text. */
export function classOrder(labels: Iterable<string>): string[] {
  const names = [...new Set(labels)];
  const numbers = names.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  return names.sort((a, b) => (numbers ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
}

/** The finest map of square cells of whole pixels with at most 32 cells in each direction. */
export function unitMap(width: number, height: number): ToUnitsParams {
  const cell = Math.ceil(Math.max(width, height) / MOST_CELLS);
  return { width, height, columns: Math.ceil(width / cell), rows: Math.ceil(height / cell), polarity: 'split' };
}

/** Length of a step, µs: whole milliseconds, so that a recording of median length has about twenty. */
export function stepLength(duration: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, Math.round(duration / STEPS / 1000) * 1000));
}

/**
 * The model that training begins with: denoised events, two polarities, one hidden layer, ten output neurons a class,
 * SQS neurons with the default circuit and the `clip` encoder, clocked, one decision a recording.
 */
export function untrainedModel(
  name: string,
  shape: DataShape,
  { hidden, seed }: { hidden: number; seed: number },
): Model {
  const units = unitMap(shape.width, shape.height);
  const neuron = { kind: 'sqs', circuit: { kind: 'default' }, encoder: { kind: 'clip' } } as const;
  const spec = feedForward({
    inputs: unitCount(units),
    layers: [
      { ...neuron, name: 'hidden', neurons: hidden },
      { ...neuron, name: 'output', neurons: shape.classes.length * PER_CLASS },
    ],
    mode: 'clocked',
  });
  const network = initialNetwork(spec, new RandomSequence(seed, 'initial'), {
    weights: { activity: 0.2 },
    tensors: { 'b.hidden': { mean: -0.5, sd: 0 }, 'b.output': { mean: -0.3, sd: 0 } },
  });
  return {
    name,
    preprocessing: [ORDER, ...(shape.sized ? [{ filter: 'denoise', dt: 10_000 } as const] : [])],
    units,
    steps: { dt: stepLength(shape.duration), resetEvery: 0 },
    network,
    readout: { classes: shape.classes, perClass: PER_CLASS, by: 'count', window: { kind: 'recording' } },
    training: null,
  };
}
