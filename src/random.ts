import { cos, log } from './elementary.js';

/**
 * Counter-based random numbers: `u = h(seed, stream, pass, layer, neuron, step) · 2⁻²⁴`.
 *
 * There is no generator to advance, so the same key gives the same number whatever the packet boundaries, the
 * composition of operators, the number of workers or a restart in between. The hash is fixed: golden results hang on
 * it. All arithmetic is on 32-bit integers, so every engine agrees. The finaliser is the two-multiply mixer
 * `x ^= x>>>16, x *= 0x21f0aaad, x ^= x>>>15, x *= 0xd35a2d97, x ^= x>>>15` (found by search for low bias;
 * https://github.com/skeeto/hash-prospector, entry of 2022).
 */

const ULP24 = 2 ** -24;

/** Mixes 32 bits to 32 bits, a bijection. Input and output: integers, output as int32. */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return x ^ (x >>> 15);
}

/**
 * Hash of a text to int32 (FNV-1a over UTF-16 code units, then mixed): stream and layer names enter keys this way.
 *
 * @param basis where FNV starts: another one gives another hash
 */
export function hashText(text: string, basis = 0x811c9dc5): number {
  let h = basis;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** What stays the same for all draws of one layer: 64 bits, so that no two of 10⁶ passes or streams draw alike. */
export interface LayerKey {
  readonly a: number;
  readonly b: number;
}

/** Who draws: `seed` an integer in 0…2^53−1, `stream` and `layer` names, `pass` an integer (0 outside of training). */
export interface KeyParts {
  readonly seed: number;
  readonly stream: string;
  readonly pass: number;
  readonly layer: string;
}

/** Key of a layer; made once, at start. */
export function layerKey(parts: KeyParts): LayerKey {
  return { a: chain(parts, 0x2545f491, 0x811c9dc5), b: chain(parts, 0x3c6ef372, 0x1b873593) };
}

/** All parts of a key into 32 bits; every part passes the mixer before the next one enters. */
function chain({ seed, stream, pass, layer }: KeyParts, start: number, basis: number): number {
  let k = mix32((seed | 0) ^ start);
  k = mix32(k ^ Math.floor(seed / 4294967296));
  k = mix32((k + hashText(stream, basis)) | 0);
  k = mix32((k ^ mix32(pass + 0x6a09e667)) | 0);
  return mix32((k + hashText(layer, basis)) | 0);
}

/** Part of a draw that all neurons of a layer share at one step; `step` is a float64 integer ≥ 0 (up to 2^53). */
export function stepKey(key: LayerKey, step: number): number {
  const high = Math.floor(step / 4294967296);
  return mix32((mix32((step | 0) ^ key.b) + Math.imul(high, 0x9e3779b1)) | 0);
}

/** The draw of one neuron at one step: uniform in [0, 1), a multiple of 2⁻²⁴. */
export function drawAt(key: LayerKey, stepPart: number, neuron: number): number {
  const h = mix32((mix32(neuron ^ key.a) + stepPart) | 0);
  return (mix32(h ^ key.b) >>> 8) * ULP24;
}

/** `h(seed, stream, pass, layer, neuron, step) · 2⁻²⁴` in one call: the law that the split form above must equal. */
export function draw(parts: KeyParts, neuron: number, step: number): number {
  const key = layerKey(parts);
  return drawAt(key, stepKey(key, step), neuron);
}

/**
 * A sequence of random numbers for initialisation, augmentation and simulation, out of the same hash.
 * Its whole state is the public `position`.
 */
export class RandomSequence {
  readonly key: LayerKey;
  position = 0;

  constructor(seed: number, name = '') {
    this.key = layerKey({ seed, stream: '', pass: 0, layer: name });
  }

  /** Uniform in [0, 1) with 48 random bits. */
  uniform(): number {
    const part = stepKey(this.key, this.position++);
    const high = mix32(mix32(part ^ this.key.a) ^ this.key.b) >>> 8;
    return (high + drawAt(this.key, part, 1)) * ULP24;
  }

  /** Standard normal (Box–Muller, one of the pair). */
  normal(): number {
    const r = Math.sqrt(-2 * log(1 - this.uniform()));
    return r * cos(2 * Math.PI * this.uniform());
  }

  /** Uniform integer in 0…n−1. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swap = items[i];
      items[i] = items[j];
      items[j] = swap;
    }
    return items;
  }
}
