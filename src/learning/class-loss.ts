import { winner } from '../network/winner.js';
import type { LayerTape } from './layer-tape.js';

/** Which outputs stand for which class, and how the loss reads them. */
export interface LossSpec {
  readonly classes: number;
  /** Neurons of each class. */
  readonly perClass: number;
  /** `prob`: mean firing probability. `count`: mean number of spikes, with the spikes' surrogate slope. */
  readonly on: 'prob' | 'count';
  /** Factor between the mean and the logit. */
  readonly scale: number;
}

/** Loss of one sample, and what the network would have answered. */
export interface SampleLoss {
  loss: number;
  /** Class with most output spikes, ties broken by summed firing probability, then by order. */
  byCount: number;
  /** Class with the highest summed firing probability. */
  byProbability: number;
}

/**
 * Cross-entropy of the class `label` on logits `scale · mean over steps, neurons and lines` of the output layer; writes its
 * derivative to `tape.dp`, and returns the loss (nats).
 *
 * @param counts scratch, 2·classes numbers: spikes, then summed probabilities of each class
 */
export function classLoss(
  tape: LayerTape,
  steps: number,
  label: number,
  spec: LossSpec,
  counts: Float64Array,
): SampleLoss {
  const { classes } = spec;
  const each = spec.perClass * tape.lines;
  sumOutputs(tape, steps, classes, each, counts);
  const perLogit = spec.scale / Math.max(1, steps * each);
  const first = spec.on === 'prob' ? classes : 0;
  let top = -Infinity;
  for (let c = 0; c < classes; c++) top = Math.max(top, counts[first + c] * perLogit);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(counts[first + c] * perLogit - top);
  for (let c = 0; c < classes; c++) {
    const share = Math.exp(counts[first + c] * perLogit - top) / sum;
    const slope = (share - (c === label ? 1 : 0)) * perLogit;
    for (let t = 0; t < steps; t++) {
      if (tape.advanced[t] === 1) tape.dp.fill(slope, t * tape.units + c * each, t * tape.units + (c + 1) * each);
    }
  }
  const probabilities = counts.subarray(classes, 2 * classes);
  return {
    loss: Math.log(sum) + top - counts[first + label] * perLogit,
    byCount: mostSpikes(counts, classes),
    byProbability: winner(probabilities, probabilities),
  };
}

/** Spikes of each class, then summed firing probabilities of each class, over all steps. */
export function sumOutputs(tape: LayerTape, steps: number, classes: number, each: number, counts: Float64Array): void {
  counts.fill(0, 0, 2 * classes);
  for (let t = 0; t < steps; t++) {
    if (tape.advanced[t] === 0) continue;
    for (let c = 0, at = t * tape.units; c < classes; c++) {
      for (let i = 0; i < each; i++, at++) {
        counts[c] += tape.fired[at];
        counts[classes + c] += tape.p[at];
      }
    }
  }
}

/** Class of the largest count; ties by summed probability, then by order. */
export function mostSpikes(counts: Float64Array, classes: number): number {
  return winner(counts.subarray(0, classes), counts.subarray(classes, 2 * classes));
}
