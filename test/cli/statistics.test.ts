import { describe, expect, it } from 'vitest';
import { Rate } from '../../cli/rate.js';
import { Statistics, summarize } from '../../cli/statistics.js';
import type { Decision } from '../../src/index.js';

const decision = (label: string, truth: string | null): Decision => ({
  t0: 0,
  t1: 1,
  label,
  confidence: 0.5,
  counts: new Float64Array(2),
  truth,
  source: null,
});

describe('rate', () => {
  it('is the slope over the last span', () => {
    const rate = new Rate(1000);
    expect(rate.show(0, 0)).toBe(0);
    expect(rate.show(500, 50)).toBe(100);
    expect(rate.show(1000, 100)).toBe(100);
    rate.show(1500, 100);
    expect(rate.show(2000, 100)).toBe(0);
  });
});

describe('the summary', () => {
  it('has the fields of the contract, and null where no truth is known', () => {
    const statistics = new Statistics();
    expect(summarize(statistics, 3, 'm')).toEqual({
      decisions: 0,
      correct: null,
      accuracy: null,
      events: 0,
      spikes: 0,
      dropped: 0,
      missing: {},
      reconnects: 0,
      latencyMs: { p50: null, p99: null },
      seed: 3,
      model: 'm',
      kept: 0,
      clamped: 0,
    });
    statistics.decide(decision('1', null), 1, false);
    expect(summarize(statistics, 3, 'm')).toMatchObject({ decisions: 1, correct: null, accuracy: null });
  });

  it('counts right decisions among those whose truth is known', () => {
    const statistics = new Statistics();
    for (const [label, truth] of [
      ['1', '1'],
      ['2', '1'],
      ['2', null],
      ['3', '3'],
    ] as const) {
      statistics.decide(decision(label, truth), 2.0004, truth !== null);
    }
    expect(summarize(statistics, 1, 'm')).toMatchObject({
      decisions: 4,
      correct: 2,
      accuracy: 2 / 3,
      latencyMs: { p50: 2, p99: 2 },
    });
  });
});
