import { describe, expect, it } from 'vitest';
import { Confusion } from '../../cli/evaluation.js';
import { parseSource } from '../../cli/sources.js';

describe('the confusion matrix', () => {
  it('counts truth by row and answer by column; what has no answer is wrong', () => {
    const confusion = new Confusion(['cat', 'dog']);
    confusion.add('cat', 'cat');
    confusion.add('cat', 'dog');
    confusion.add('dog', 'dog');
    confusion.add('dog', null);
    expect(confusion.matrix).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect({ n: confusion.n, correct: confusion.correct, undecided: confusion.undecided }).toEqual({
      n: 4,
      correct: 2,
      undecided: 1,
    });
    expect(confusion.lines()).toEqual(['     cat  dog', 'cat    1    1', 'dog    0    1']);
  });
});

describe('a SOURCE', () => {
  it.each([
    ['-', { kind: 'stdin' }],
    ['sim:bar', { kind: 'simulated', name: 'bar' }],
    ['ws://127.0.0.1:7001', { kind: 'network', url: 'ws://127.0.0.1:7001' }],
    ['wss://host/x', { kind: 'network', url: 'wss://host/x' }],
    ['C:\\data\\a.aedat4', { kind: 'file', path: 'C:\\data\\a.aedat4' }],
    ['a:b.bin', { kind: 'file', path: 'a:b.bin' }],
    ['./-', { kind: 'file', path: './-' }],
  ])('%s', (text, source) => {
    expect(parseSource(text)).toEqual(source);
  });

  it.each(['http://host', 'tcp://host:1', 'ws://'])('%s is refused', (text) => {
    expect(() => parseSource(text)).toThrow(expect.objectContaining({ name: 'UsageError' }) as Error);
  });
});
