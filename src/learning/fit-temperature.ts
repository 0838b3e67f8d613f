import { exp, log } from '../elementary.js';
import { RxSpikeError } from '../errors.js';

/** Answers of a model on samples that it was not trained on. */
export interface TemperatureData {
  /** Scores, samples × classes, as `evaluate` gives them for a readout by `count`. */
  readonly scores: Float64Array;
  /** Index of the true class of each sample. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/** Range of temperatures looked at, and how finely (relative width of the last bracket). */
const COLDEST = 1e-3;
const HOTTEST = 1e4;
const FINENESS = 1e-6;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Mean negative log-likelihood of the labels under softmax(scores / T). */
export function temperatureLoss({ scores, labels, classes }: TemperatureData, temperature: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const best = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((a, score) => a + exp((score - best) / temperature), 0);
    sum += log(total) - (row[labels[i]] - best) / temperature;
  }
  return sum / labels.length;
}

/**
 * The temperature T for which softmax(scores / T) gives the labels the greatest likelihood: a readout with it states
 * confidences that come true (temperature scaling; Guo et al. 2017, arXiv 1706.04599). The loss is convex in 1/T; it is
 * narrowed down by golden section on log T within 10⁻³…10⁴.
 *
 * Scores must come from samples that the model was not trained on, for example the held-out parts of a cross-validation.
 *
 * @throws `ERR_ARGUMENT` for sizes that do not agree, or no samples
 */
export function fitTemperature(data: TemperatureData): number {
  const { scores, labels, classes } = data;
  if (labels.length === 0 || scores.length !== labels.length * classes) {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `fitTemperature: ${labels.length} labels of ${classes} classes do not go with ${scores.length} scores`,
    );
  }
  let low = log(COLDEST);
  let high = log(HOTTEST);
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = temperatureLoss(data, exp(left));
  let atRight = temperatureLoss(data, exp(right));
  while (high - low > FINENESS) {
    if (atLeft <= atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = temperatureLoss(data, exp(left));
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = temperatureLoss(data, exp(right));
    }
  }
  return exp((low + high) / 2);
}
