import { describe, expect, test } from 'vitest';
import { Backpropagation, classLoss } from '../../src/learning/index.js';
import { RandomSequence } from '../../src/random.js';
import { build, CASES, DT, randomInput, sparse } from './network-cases.js';
import { copyRun, relaxed } from './relaxed-network.js';

const CLASSES = 2;

/** Cross-entropy on `scale · mean` as the law says it, of relaxed values [step][unit]. */
function relaxedLoss(values: readonly (readonly number[])[], label: number, scale: number): number {
  const each = values[0].length / CLASSES;
  const logits = [0, 1].map((c) => {
    let sum = 0;
    for (const row of values) for (let i = 0; i < each; i++) sum += row[c * each + i];
    return (scale * sum) / (values.length * each);
  });
  return Math.log(logits.reduce((sum, l) => sum + Math.exp(l), 0)) - logits[label];
}

describe('surrogate gradient', () => {
  test.each(CASES)('$name: is the derivative of the relaxed loss', (c) => {
    const random = new RandomSequence(5, c.name);
    const network = build(c, random);
    const on = c.on ?? 'prob';
    const scale = 8;
    const units = network.spec.inputs.reduce((sum, input) => sum + input.units, 0);
    const rows = randomInput(units, 9, random, c.counting ?? false);
    const run = new Backpropagation(network, DT);
    const out = run.tape('o');
    const perClass = c.layers[1].neurons / CLASSES;
    run.forward(sparse(rows), { seed: 3, stream: 'test', pass: 1 });
    const drawn = copyRun(['h', 'o'], (name) => run.tape(name), rows.length);
    run.beginBackward();
    const { loss } = classLoss(out, rows.length, 1, { classes: CLASSES, perClass, on, scale }, new Float64Array(4));
    run.backward();

    const value = (first: boolean): number => {
      const { q, s } = relaxed(network, rows, DT, drawn, first).get('o') ?? { q: [], s: [] };
      return relaxedLoss(on === 'prob' ? q : s, 1, scale);
    };
    expect(loss).toBeCloseTo(value(true), 10);
    const step = 1e-6;
    for (const [name, tensor] of Object.entries(network.tensors)) {
      for (let i = 0; i < tensor.length; i++) {
        const kept = tensor[i];
        tensor[i] = kept + step;
        const above = value(false);
        tensor[i] = kept - step;
        const below = value(false);
        tensor[i] = kept;
        const expected = (above - below) / (2 * step);
        expect(Math.abs(run.derivatives[name][i] - expected), `${name}[${i}]`).toBeLessThan(
          1e-7 + 1e-5 * Math.abs(expected),
        );
      }
    }
    const still = c.moves.filter((name) => run.derivatives[name].every((d) => Math.abs(d) < 1e-6));
    expect(still).toEqual([]);
  });
});
