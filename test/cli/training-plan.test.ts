import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doneShare, progressBar, progressLine } from '../../cli/progress.js';
import { classOrder, stepLength, unitMap, untrainedModel } from '../../cli/training-plan.js';
import { decodeModel, encodeModel, parameterCount } from '../../src/index.js';

describe('the model that training begins with', () => {
  it('for N-MNIST is the one of the recipe: 17×17 cells, 15 ms steps, 174,992 parameters', () => {
    const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const shape = { classes, width: 34, height: 34, sized: true, duration: 305_000 };
    const model = untrainedModel('mine', shape, { hidden: 256, seed: 1 });
    expect(model.units).toEqual({ width: 34, height: 34, columns: 17, rows: 17, polarity: 'split' });
    expect(model.steps.dt).toBe(15_000);
    expect(parameterCount(model.network)).toBe(174_992);
    expect(decodeModel(encodeModel(model))).toMatchObject({ name: 'mine', readout: model.readout });
  });

  it('has no filter that needs a size where recordings do not say theirs', () => {
    const shape = { classes: ['a', 'b'], width: 10, height: 10, sized: false, duration: 1e6 };
    expect(untrainedModel('m', shape, { hidden: 4, seed: 1 }).preprocessing).toEqual([
      { filter: 'monotonic', policy: 'clamp' },
    ]);
  });

  it('differs with the seed, and only with the seed', () => {
    const shape = { classes: ['a', 'b'], width: 10, height: 10, sized: true, duration: 1e6 };
    const weights = (seed: number): Float64Array =>
      untrainedModel('m', shape, { hidden: 4, seed }).network.tensors['w.in.hidden'];
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  it.each([
    [34, 34, 17, 17],
    [28, 28, 28, 28],
    [128, 128, 32, 32],
    [240, 180, 30, 23],
    [346, 260, 32, 24],
    [640, 480, 32, 24],
    [1280, 720, 32, 18],
    [1, 1, 1, 1],
  ])('maps %i×%i pixels to %i×%i cells', (width, height, columns, rows) => {
    expect(unitMap(width, height)).toMatchObject({ columns, rows });
  });

  it('never makes more than 32 cells a side, nor more than pixels', () => {
    const side = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const { columns, rows } = unitMap(width, height);
        expect(columns).toBeLessThanOrEqual(Math.min(32, width));
        expect(rows).toBeLessThanOrEqual(Math.min(32, height));
        expect(Math.min(columns, rows)).toBeGreaterThanOrEqual(1);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('cuts recordings into about twenty steps of whole milliseconds', () => {
    expect([stepLength(100), stepLength(305_000), stepLength(1e6), stepLength(60e6)]).toEqual([
      1000, 15_000, 50_000, 50_000,
    ]);
  });

  it('orders classes by number where all are numbers', () => {
    expect(classOrder(['10', '9', '2', '10'])).toEqual(['2', '9', '10']);
    expect(classOrder(['wave', '10', 'clap'])).toEqual(['10', 'clap', 'wave']);
  });
});

describe('progress of a training', () => {
  const progress = { epoch: 2, epochs: 4, batch: 5, batches: 10, loss: 0.51234, accuracy: 0.875, left: 83 };

  it('says epoch, loss, accuracy and time left', () => {
    expect(progressLine(progress)).toBe('epoch 2 of 4  loss 0.5123  accuracy 87.5 %  01:23 left');
    expect(progressLine({ ...progress, left: null })).not.toContain('left');
  });

  it('draws a bar where there is room, and never more than there is', () => {
    expect(doneShare(progress)).toBe(0.625);
    expect(progressBar(progress, 90)).toMatch(/^\[█{18}▊ {11}\] epoch 2 of 4 /);
    for (const columns of [10, 40, 60, 63, 64, 200]) {
      expect(Array.from(progressBar(progress, columns)).length).toBeLessThanOrEqual(columns);
    }
    expect(progressBar(progress, 58)).not.toContain('[');
  });
});
