import { describe, expect, it } from 'vitest';
import { RandomSequence, fitTemperature, temperatureLoss } from '../../src/index.js';

/** Labels drawn from softmax(scores / T): the temperature that must be found again. */
function drawn(temperature: number, n: number): { scores: Float64Array; labels: number[]; classes: number } {
  const random = new RandomSequence(7, `temperature ${temperature}`);
  const classes = 4;
  const scores = Float64Array.from({ length: n * classes }, () => random.integer(200));
  const labels = Array.from({ length: n }, (_, i) => {
    const weights = Array.from(scores.subarray(i * classes, (i + 1) * classes), (s) => Math.exp(s / temperature));
    let rest = random.uniform() * weights.reduce((a, b) => a + b, 0);
    return weights.findIndex((w) => (rest -= w) < 0);
  });
  return { scores, labels, classes };
}

describe('fitTemperature', () => {
  it.each([5, 40])('finds the temperature %d behind drawn labels, within four standard errors', (temperature) => {
    // The error of the estimate, from eight independent parts of the data.
    const parts = 8;
    const all = drawn(temperature, 8000);
    const estimates = Array.from({ length: parts }, (_, k) => {
      const from = k * 1000;
      return fitTemperature({
        scores: all.scores.subarray(from * all.classes, (from + 1000) * all.classes),
        labels: all.labels.slice(from, from + 1000),
        classes: all.classes,
      });
    });
    const mean = estimates.reduce((a, b) => a + b, 0) / parts;
    const variance = estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / (parts - 1);
    expect(Math.abs(fitTemperature(all) - temperature)).toBeLessThan(4 * Math.sqrt(variance / parts));
    expect(Math.sqrt(variance)).toBeLessThan(temperature / 5);
  });

  it('is a minimum of the loss, and the loss is that of the definition', () => {
    const data = drawn(20, 500);
    const best = fitTemperature(data);
    for (const other of [best * 0.98, best * 1.02]) {
      expect(temperatureLoss(data, other)).toBeGreaterThan(temperatureLoss(data, best));
    }
    const one = { scores: Float64Array.of(3, 1), labels: [1], classes: 2 };
    expect(temperatureLoss(one, 2)).toBeCloseTo(-Math.log(Math.exp(0.5) / (Math.exp(1.5) + Math.exp(0.5))), 14);
  });

  it('refuses sizes that do not agree', () => {
    expect(() => fitTemperature({ scores: new Float64Array(3), labels: [0, 1], classes: 2 })).toThrow(/do not go with/);
    expect(() => fitTemperature({ scores: new Float64Array(0), labels: [], classes: 2 })).toThrow(
      /ERR_ARGUMENT|labels/,
    );
  });
});
