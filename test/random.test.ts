import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  draw,
  drawAt,
  hashText,
  type KeyParts,
  type LayerKey,
  layerKey,
  mix32,
  RandomSequence,
  stepKey,
} from '../src/random.js';

/** Half-width of a standard normal that is left with probability 1e-9, both sides together. */
const Z = 6.11;
const PARTS: KeyParts = { seed: 1, stream: 'stream', pass: 0, layer: 'hidden' };
const word = (u: number): number => u * 2 ** 24;
const at = (key: LayerKey, neuron: number, step: number): number => drawAt(key, stepKey(key, step), neuron);

/** χ² as a standard normal (Wilson and Hilferty). */
function chiSquareScore(counts: ArrayLike<number>): number {
  const bins = counts.length;
  const n = Array.from(counts).reduce((sum, c) => sum + c, 0);
  let chi = 0;
  for (let i = 0; i < bins; i++) chi += (counts[i] - n / bins) ** 2 / (n / bins);
  const spread = 2 / (9 * (bins - 1));
  return (Math.cbrt(chi / (bins - 1)) - (1 - spread)) / Math.sqrt(spread);
}

/** Sequences of draws along every part of the key. */
const ALONG: Readonly<Record<string, (i: number) => number>> = (() => {
  const key = layerKey(PARTS);
  const other = layerKey({ ...PARTS, seed: 2 ** 52 + 12345, layer: 'output' });
  return {
    neurons: (i: number) => at(key, i, 5),
    steps: (i: number) => at(key, 3, i),
    'steps of 25,000 beyond 2^32': (i: number) => at(other, 0, 2 ** 40 + 25_000 * i),
    'neurons of a layer, step after step': (i: number) => at(key, i % 266, Math.floor(i / 266)),
    'two neurons in turn': (i: number) => at(key, i & 1, i >> 1),
    seeds: (i: number) => draw({ ...PARTS, seed: i }, 0, 0),
    passes: (i: number) => draw({ ...PARTS, pass: i }, 0, 0),
    'two layers in turn': (i: number) => draw({ ...PARTS, seed: i >> 1, layer: i & 1 ? 'hidden' : 'output' }, 0, 0),
    layers: (i: number) => draw({ ...PARTS, layer: `layer${i}` }, 0, 0),
    streams: (i: number) => draw({ ...PARTS, stream: `ws://camera-${i}` }, 0, 0),
  };
})();

/** Undoes {@link mix32}; multipliers and shifts worked out apart from the code under test. */
function unmix(y: number): number {
  let x = y ^ (y >>> 15) ^ (y >>> 30);
  x = Math.imul(x, 0x37132227);
  x ^= (x >>> 15) ^ (x >>> 30);
  x = Math.imul(x, 0x333c4925);
  return (x ^ (x >>> 16)) | 0;
}

describe('the hash', () => {
  it('never changes: golden results of every run hang on these numbers', () => {
    const rows = [
      [PARTS, 0, 0],
      [PARTS, 1, 0],
      [PARTS, 0, 1],
      [PARTS, 255, 1_000_000],
      [PARTS, 2, 2 ** 32 + 1],
      [PARTS, 2, 2 ** 53 - 1],
      [{ ...PARTS, seed: 0 }, 0, 0],
      [{ ...PARTS, seed: 2 ** 32 }, 0, 0],
      [{ ...PARTS, seed: 2 ** 53 - 1 }, 0, 0],
      [{ ...PARTS, pass: 1 }, 0, 0],
      [{ ...PARTS, stream: '' }, 0, 0],
      [{ ...PARTS, layer: 'ϑ–Schicht' }, 0, 0],
    ] as const;
    expect(rows.map(([parts, neuron, step]) => word(draw(parts, neuron, step)))).toMatchInlineSnapshot(`
      [
        1705561,
        13407294,
        4503218,
        8781770,
        12923871,
        14353165,
        5476872,
        6062896,
        7790931,
        8668538,
        9522390,
        14611643,
      ]
    `);
    expect([0, 1, -1, 0x7fffffff].map(mix32)).toMatchInlineSnapshot(`
      [
        0,
        114555507,
        -642423165,
        1826272065,
      ]
    `);
    expect(['', 'a', 'hidden', '😀'].map((text) => hashText(text))).toMatchInlineSnapshot(`
      [
        -1598409456,
        235182052,
        -850059091,
        -1561955715,
      ]
    `);
    expect(layerKey(PARTS)).toMatchInlineSnapshot(`
      {
        "a": -558405457,
        "b": 1886066928,
      }
    `);
  });

  it('is the published mixer, a bijection', () => {
    let wrong = 0;
    for (let i = 0; i < 200_000; i++) {
      const x = Math.imul(i, 0x9e3779b1) | 0;
      if (unmix(mix32(x)) !== x) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('draws the same in one call and in the split form', () => {
    const parts = fc.record({
      seed: fc.maxSafeNat(),
      stream: fc.string({ unit: 'grapheme' }),
      pass: fc.nat(),
      layer: fc.string(),
    });
    fc.assert(
      fc.property(parts, fc.nat(), fc.maxSafeNat(), (who, neuron, step) => {
        const key = layerKey(who);
        const u = drawAt(key, stepKey(key, step), neuron);
        expect(u).toBe(draw(who, neuron, step));
        expect(u >= 0 && u < 1 && Number.isInteger(word(u))).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('tells all parts of a key apart, high bits included', () => {
    const base = draw(PARTS, 0, 7);
    const others = [
      draw({ ...PARTS, seed: 1 + 2 ** 32 }, 0, 7),
      draw({ ...PARTS, stream: 'stream ' }, 0, 7),
      draw({ ...PARTS, stream: 'hidden', layer: 'stream' }, 0, 7),
      draw({ ...PARTS, pass: 1 }, 0, 7),
      draw({ ...PARTS, layer: 'hiddeN' }, 0, 7),
      draw(PARTS, 1, 7),
      draw(PARTS, 0, 8),
      draw(PARTS, 0, 7 + 2 ** 32),
    ];
    expect(new Set([base, ...others]).size).toBe(9);
  });

  it('keeps 300,000 layer keys apart', () => {
    // 32 bits would give about ten pairs of passes that draw alike.
    const keys = new Set<string>();
    for (let pass = 0; pass < 150_000; pass++) {
      for (const layer of ['hidden', 'output']) {
        const { a, b } = layerKey({ ...PARTS, pass, layer });
        keys.add(`${a},${b}`);
      }
    }
    expect(keys.size).toBe(300_000);
  });

  describe.each(Object.entries(ALONG))('along %s', (_name, next) => {
    const n = 100_000;
    const values = Float64Array.from({ length: n + 16 }, (_, i) => next(i));

    it('is uniform in its highest and in its lowest byte', () => {
      for (const shift of [0, 8, 16]) {
        const counts = new Float64Array(256);
        for (let i = 0; i < n; i++) counts[(word(values[i]) >>> shift) & 255]++;
        expect(Math.abs(chiSquareScore(counts)), `bits ${shift}…${shift + 7}`).toBeLessThan(Z);
      }
    });

    it('has pairs of neighbours uniform on a 32 × 32 board', () => {
      const counts = new Float64Array(1024);
      for (let i = 0; i < n; i += 2) counts[(word(values[i]) >>> 19) * 32 + (word(values[i + 1]) >>> 19)]++;
      expect(Math.abs(chiSquareScore(counts))).toBeLessThan(Z);
    });

    it('has no correlation at lags 1…16, in value or in the lowest bit', () => {
      for (let lag = 1; lag <= 16; lag++) {
        let [product, equal] = [0, 0];
        for (let i = 0; i < n; i++) {
          product += (values[i] - 0.5) * (values[i + lag] - 0.5) * 12;
          equal += ((word(values[i]) ^ word(values[i + lag])) & 1) === 0 ? 1 : -1;
        }
        expect(Math.abs(product) / Math.sqrt(n), `lag ${lag}`).toBeLessThan(Z);
        expect(Math.abs(equal) / Math.sqrt(n), `lowest bit, lag ${lag}`).toBeLessThan(Z);
      }
    });
  });

  it('flips each output bit with probability ½ when any one input bit flips', () => {
    const n = 4096;
    const flips: Readonly<Record<string, [number, (i: number, bit: number | null) => number]>> = {
      neuron: [20, (i, bit) => at(layerKey(PARTS), i ^ (bit === null ? 0 : 1 << bit), 9)],
      step: [53, (i, bit) => at(layerKey(PARTS), 4, flip(i * 1_048_583, bit))],
      seed: [53, (i, bit) => draw({ ...PARTS, seed: flip(i * 1_048_583, bit) }, 4, 9)],
      pass: [30, (i, bit) => draw({ ...PARTS, pass: flip(i, bit) }, 4, 9)],
    };
    for (const [name, [bits, u]] of Object.entries(flips)) {
      for (let bit = 0; bit < bits; bit++) {
        const counts = new Float64Array(24);
        for (let i = 0; i < n; i++) {
          const change = word(u(i, null)) ^ word(u(i, bit));
          for (let b = 0; b < 24; b++) counts[b] += (change >>> b) & 1;
        }
        for (let b = 0; b < 24; b++) {
          const score = Math.abs(counts[b] - n / 2) / Math.sqrt(n / 4);
          expect(score, `${name}: input bit ${bit}, output bit ${b}`).toBeLessThan(Z + 1);
        }
      }
    }
  });
});

/** x with one bit flipped, for integers up to 2^53. */
function flip(x: number, bit: number | null): number {
  if (bit === null) return x;
  return Math.floor(x / 2 ** bit) % 2 === 0 ? x + 2 ** bit : x - 2 ** bit;
}

describe('RandomSequence', () => {
  it('never changes', () => {
    const sequence = new RandomSequence(1, 'weights');
    expect([sequence.uniform(), sequence.uniform(), sequence.normal(), sequence.integer(1000)]).toMatchInlineSnapshot(`
      [
        0.9666354566387909,
        0.6744418544435682,
        -1.5495013704035412,
        989,
      ]
    `);
    expect(sequence.position).toBe(5);
    expect(sequence.shuffle([0, 1, 2, 3, 4, 5, 6, 7])).toMatchInlineSnapshot(`
      [
        7,
        0,
        3,
        1,
        6,
        4,
        2,
        5,
      ]
    `);
  });

  it('goes on from its position', () => {
    const first = new RandomSequence(3, 'x');
    const ahead = Array.from({ length: 10 }, () => first.uniform());
    const second = new RandomSequence(3, 'x');
    second.position = 4;
    expect(Array.from({ length: 6 }, () => second.uniform())).toEqual(ahead.slice(4));
    expect(new RandomSequence(3, 'y').uniform()).not.toBe(ahead[0]);
  });

  it('is uniform to its 48th bit, and its halves are independent', () => {
    const sequence = new RandomSequence(5);
    const [high, low, board] = [new Float64Array(256), new Float64Array(256), new Float64Array(1024)];
    for (let i = 0; i < 100_000; i++) {
      const x = sequence.uniform() * 2 ** 24;
      const [h, l] = [Math.floor(x), Math.floor((x % 1) * 2 ** 24)];
      high[h & 255]++;
      low[l & 255]++;
      board[(h >>> 19) * 32 + (l >>> 19)]++;
    }
    for (const counts of [high, low, board]) expect(Math.abs(chiSquareScore(counts))).toBeLessThan(Z);
  });

  it('gives standard normal numbers', () => {
    const sequence = new RandomSequence(6);
    const n = 100_000;
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = sequence.normal();
      moments.forEach((_, k) => (moments[k] += x ** (k + 1) / n));
    }
    // Means of x, x², x³, x⁴ with their standard deviations 1, √2, √15, √96 over √n.
    [0, 1, 0, 3].forEach((mean, k) => {
      expect(Math.abs(moments[k] - mean)).toBeLessThan((Z * Math.sqrt([1, 2, 15, 96][k])) / Math.sqrt(n));
    });
  });

  it('shuffles fairly: each of the 24 orders of four as often', () => {
    const sequence = new RandomSequence(7);
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = sequence.shuffle([0, 1, 2, 3]).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expect(Math.abs(chiSquareScore([...orders.values()]))).toBeLessThan(Z);
  });
});
