import { describe, expect, it } from 'vitest';
import { encode, encodeSlope, type EncoderSpec } from '../../src/neurons/index.js';

const VALUES = [-7, -0.5, -0.3, 0, 0.1, 0.49, 0.5, 0.7, 1, 3.2];

describe('encoders', () => {
  it('are their equations', () => {
    for (const z of VALUES) {
      expect(encode({ kind: 'relu' }, z)).toBe(Math.PI * Math.max(z, 0));
      expect(encode({ kind: 'sigmoid' }, z)).toBeCloseTo(Math.PI / (1 + Math.exp(-4 * z)), 14);
      expect(encode({ kind: 'clip' }, z)).toBe(Math.PI * Math.min(Math.max(z + 0.5, 0), 1));
    }
    expect(encode({ kind: 'sigmoid' }, 0)).toBe(Math.PI / 2);
    expect(encode({ kind: 'clip' }, 0)).toBe(Math.PI / 2);
    expect(encode({ kind: 'sigmoid' }, -1e6)).toBe(0);
    expect(encode({ kind: 'sigmoid' }, 1e6)).toBe(Math.PI);
  });

  it('take scale and shift before anything else', () => {
    for (const kind of ['relu', 'sigmoid', 'clip'] as const) {
      for (const z of VALUES) {
        expect(encode({ kind, scale: 1.5, shift: -0.75 }, z)).toBe(encode({ kind }, 1.5 * z - 0.75));
      }
    }
  });

  it.each<EncoderSpec>([
    { kind: 'relu', scale: 2, shift: 0.2 },
    { kind: 'sigmoid', scale: 1.5, shift: -0.75 },
    { kind: 'clip', scale: -0.6, shift: 0.05 },
  ])('$kind: the slope is the difference quotient', (encoder) => {
    for (const z of [-1.3, -0.7, -0.4, 0.03, 0.31, 0.83, 1.9]) {
      const h = 1e-6;
      const quotient = (encode(encoder, z + h) - encode(encoder, z - h)) / (2 * h);
      expect(encodeSlope(encoder, z)).toBeCloseTo(quotient, 7);
    }
  });
});
