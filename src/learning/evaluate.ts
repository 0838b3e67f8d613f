import type { Model } from '../network/model.js';
import { Backpropagation } from './backpropagation.js';
import type { PassKey } from './backpropagation.js';
import { mostSpikes, sumOutputs } from './class-loss.js';
import type { TrainingSample } from './sample-input.js';
import { SampleInput } from './sample-input.js';
import { outputLayer } from './trainer.js';

/** How often a model was right. */
export interface Evaluation {
  readonly n: number;
  readonly correct: number;
  /** correct / n; NaN without samples. */
  readonly accuracy: number;
  /** Row-major, classes × classes: `confusion[truth · classes + answer]`. */
  readonly confusion: Uint32Array;
  /** The answer for each sample. */
  readonly answers: Uint32Array;
  /** What was compared, samples × classes: output spikes of each class, or its summed firing probabilities (`prob`). */
  readonly scores: Float64Array;
}

/**
 * Decides every sample once by the readout's rule over all its steps: a single sampled pass, no vote.
 *
 * @param key which random numbers; sample i draws pass `key.pass + i`
 */
export function evaluate(model: Model, samples: readonly TrainingSample[], key: PassKey): Evaluation {
  const output = outputLayer(model);
  const classes = model.readout.classes.length;
  const run = new Backpropagation(model.network, model.steps.dt);
  const input = new SampleInput(model.units, model.network.spec.counting);
  const tape = run.tape(output);
  const sums = new Float64Array(2 * classes);
  const confusion = new Uint32Array(classes * classes);
  const answers = new Uint32Array(samples.length);
  const scores = new Float64Array(samples.length * classes);
  let correct = 0;
  for (const [i, sample] of samples.entries()) {
    run.forward(input.of(sample), { ...key, pass: key.pass + i });
    sumOutputs(tape, sample.steps, classes, model.readout.perClass * tape.lines, sums);
    if (model.readout.by === 'prob') sums.copyWithin(0, classes);
    const answer = mostSpikes(sums, classes);
    answers[i] = answer;
    scores.set(sums.subarray(0, classes), i * classes);
    confusion[sample.label * classes + answer]++;
    if (answer === sample.label) correct++;
  }
  return { n: samples.length, correct, accuracy: correct / samples.length, confusion, answers, scores };
}
