import fc from 'fast-check';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { PartialFailure, UsageError, failureOf, oneLine } from '../../cli/failure.js';
import { editDistance, nearest } from '../../cli/nearest.js';
import { parsePositive, parseSpeed, parseWhole } from '../../cli/options.js';
import { RxSpikeError } from '../../src/errors.js';

describe('the nearest word', () => {
  it.each([
    ['--sped', '--speed'],
    ['--onec', '--once'],
    ['--modle', '--model'],
    ['--josn', '--json'],
  ])('to %s is %s', (wrong, right) => {
    expect(nearest(wrong, ['--once', '--speed', '--loop', '--model', '--format', '--seed', '--json'])).toBe(right);
  });

  it('is a metric: zero only for equal words, symmetric, bounded by the longer word', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', '-') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const d = editDistance(a, b);
        expect(d === 0).toBe(a === b);
        expect(d).toBe(editDistance(b, a));
        expect(d).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(d).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is null where there is no candidate', () => {
    expect(nearest('x', [])).toBeNull();
  });
});

describe('what the command line says of an error', () => {
  it.each([
    [new RxSpikeError('ERR_CORRUPT', 'aedat4: bad'), { code: 'ERR_CORRUPT', message: 'aedat4: bad', status: 1 }],
    [new RxSpikeError('ERR_ARGUMENT', 'no'), { code: 'ERR_ARGUMENT', message: 'no', status: 2 }],
    [new UsageError('no'), { code: 'ERR_ARGUMENT', message: 'no', status: 2 }],
    [Object.assign(new Error('gone'), { code: 'ENOENT' }), { code: 'ERR_NOT_FOUND', message: 'gone', status: 1 }],
    [Object.assign(new Error('used'), { code: 'EADDRINUSE' }), { code: 'ERR_LISTEN', message: 'used', status: 1 }],
    [Object.assign(new Error('what'), { code: 'EWHAT' }), { code: 'ERR_INTERNAL', message: 'what', status: 1 }],
    [new TypeError('bug'), { code: 'ERR_INTERNAL', message: 'bug', status: 1 }],
    ['text', { code: 'ERR_INTERNAL', message: 'text', status: 1 }],
    [
      new PartialFailure(new RxSpikeError('ERR_TRUNCATED', 'cut'), {}),
      { code: 'ERR_TRUNCATED', message: 'cut', status: 1 },
    ],
  ])('%s', (thrown, failure) => {
    expect(failureOf(thrown)).toEqual(failure);
  });

  it('is one line without control characters, whatever a file name holds', () => {
    expect(oneLine('a\u001b[2J\nb\u0007\r\n\u2028c ')).toBe('a [2J b c');
  });
});

describe('arguments', () => {
  it('takes a speed above 0 or max', () => {
    expect([parseSpeed('max'), parseSpeed('2'), parseSpeed('0.25'), parseSpeed('1e2')]).toEqual(['max', 2, 0.25, 100]);
    for (const bad of ['0', '-1', 'fast', '', 'Infinity', 'NaN', '1x', '0x10', ' 1']) {
      expect(() => parseSpeed(bad)).toThrow(InvalidArgumentError);
    }
  });

  it('takes whole numbers within bounds', () => {
    expect(parseWhole(0)('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseWhole(0, 65535)('65535')).toBe(65535);
    for (const bad of ['-1', '1.5', '65536', 'x', ''])
      expect(() => parseWhole(0, 65535)(bad)).toThrow(InvalidArgumentError);
  });

  it('takes numbers above 0', () => {
    expect(parsePositive('4e-3')).toBe(0.004);
    for (const bad of ['0', '-1', 'x']) expect(() => parsePositive(bad)).toThrow(InvalidArgumentError);
  });
});
