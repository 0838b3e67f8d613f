import { describe, expect, it } from 'vitest';
import { LastLines, decisionLine } from '../../cli/decision-lines.js';
import type { Decision } from '../../src/index.js';

const decision: Decision = {
  t0: 0,
  t1: 305_000,
  label: '3',
  confidence: 0.5,
  counts: Float64Array.of(1),
  truth: '3',
  source: 'a\u001b[2J.bin',
};

const lineOf = (truth: string | null): string => decisionLine({ ...decision, truth }, 1.5, ['3', '4']);

describe('a decision as a line', () => {
  it('says whether it is right, and nothing that a terminal would obey', () => {
    expect(lineOf('3')).toBe('0.305 s  3  confidence 0.50  truth 3 right  latency 1.50 ms  a [2J.bin');
    expect(lineOf('4')).toContain('truth 4 wrong');
    expect(lineOf(null)).not.toContain('truth');
  });

  it('does not call wrong what the model has no class for', () => {
    expect(lineOf('right')).toContain('truth right not a class of this model');
  });
});

describe('the last lines', () => {
  it('are all while there are few, then the newest and how many came before', () => {
    const last = new LastLines(2);
    expect(last.lines()).toEqual([]);
    ['a', 'b'].forEach((line) => last.add(line));
    expect(last.lines()).toEqual(['a', 'b']);
    ['c', 'd', 'e'].forEach((line) => last.add(line));
    expect(last.lines()).toEqual(['the last 2 decisions, after 3 before', 'd', 'e']);
  });
});
