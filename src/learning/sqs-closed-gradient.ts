import type { EncoderSpec, SqsLayerSpec } from '../network/network.js';
import { encode, encodeSlope } from '../neurons/encoder.js';
import { LEAST_PROBABILITY } from '../quantum/measurement.js';
import type { LayerKey } from '../random.js';
import { drawAt } from '../random.js';
import type { LayerGradient, LayerTape, Tensors } from './layer-tape.js';

/** Outcomes rarer than this are taken to be this likely where a derivative divides by their probability. */
export const LIKELIHOOD_FLOOR = 1e-4;

/**
 * The default circuit (one io, one memory qubit) in closed form: the memory is one angle α.
 *
 * With `A = φ + θ_in`, `B = A + θ_ent`, `a = cos(α/2)`, `b = sin(α/2)`:
 *
 *     p = a²·sin²(A/2) + b²·sin²(B/2)
 *     spike:     α' = θ_mem + 2·atan2(b·sin(B/2), a·sin(A/2))
 *     no spike:  α' = θ_mem + 2·atan2(b·cos(B/2), a·cos(A/2))
 *
 * so `∂p/∂A = a²·sin(A/2)·cos(A/2)`, `∂p/∂B = b²·sin(B/2)·cos(B/2)`, `∂p/∂α = ab·(sin²(B/2) − sin²(A/2))`, and for the
 * memory after a spike `∂α'/∂α = sin(A/2)·sin(B/2)/p`, `∂α'/∂A = −ab·sin(B/2)·cos(A/2)/p`,
 * `∂α'/∂B = ab·sin(A/2)·cos(B/2)/p`; after none the same with sin → cos, cos → −sin, p → 1 − p.
 */
export class SqsClosedGradient implements LayerGradient {
  readonly #tape: LayerTape;
  readonly #encoder: EncoderSpec;
  readonly #theta: Float64Array;
  readonly #omega: Float64Array | null;
  readonly #dTheta: Float64Array;
  readonly #dOmega: Float64Array | null;
  /** Memory now, and sin, cos of half the angles θ_ent and θ_mem. */
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #ent: Float64Array;
  readonly #mem: Float64Array;
  /** Derivative of the loss by the memory's angle. */
  readonly #dAlpha: Float64Array;
  /** Per step and neuron: a, b (as the circuit met them), sin(A/2), cos(A/2). */
  #kept: Float64Array = new Float64Array(0);

  constructor(spec: SqsLayerSpec, tape: LayerTape, parameters: Tensors, derivatives: Tensors) {
    const n = spec.neurons;
    this.#tape = tape;
    this.#encoder = spec.encoder;
    this.#theta = parameters[`theta.${spec.name}`];
    this.#omega = parameters[`omega.${spec.name}`] ?? null;
    this.#dTheta = derivatives[`theta.${spec.name}`];
    this.#dOmega = derivatives[`omega.${spec.name}`] ?? null;
    this.#a = new Float64Array(n);
    this.#b = new Float64Array(n);
    this.#ent = new Float64Array(2 * n);
    this.#mem = new Float64Array(2 * n);
    this.#dAlpha = new Float64Array(n);
  }

  reserve(steps: number): void {
    const cells = steps * this.#tape.neurons * 4;
    if (cells > this.#kept.length) this.#kept = new Float64Array(cells);
  }

  begin(): void {
    const theta = this.#theta;
    this.#a.fill(1);
    this.#b.fill(0);
    for (let j = 0; j < this.#a.length; j++) {
      this.#ent[2 * j] = Math.sin(theta[3 * j] / 2);
      this.#ent[2 * j + 1] = Math.cos(theta[3 * j] / 2);
      this.#mem[2 * j] = Math.sin(theta[3 * j + 1] / 2);
      this.#mem[2 * j + 1] = Math.cos(theta[3 * j + 1] / 2);
    }
  }

  forward(t: number, key: LayerKey, stepPart: number): void {
    const { z, p, fired, seconds, units: n } = this.#tape;
    const memoryA = this.#a;
    const memoryB = this.#b;
    const ent = this.#ent;
    const mem = this.#mem;
    const theta = this.#theta;
    const omega = this.#omega;
    const kept = this.#kept;
    const encoder = this.#encoder;
    const half = omega ? seconds[t] / 2 : 0;
    const row = t * n;
    for (let j = 0; j < n; j++) {
      let a = memoryA[j];
      let b = memoryB[j];
      if (omega && half !== 0) {
        const s = Math.sin(omega[j] * half);
        const c = Math.cos(omega[j] * half);
        const turned = a * c - b * s;
        b = b * c + a * s;
        a = turned;
      }
      const angle = (encode(encoder, z[row + j]) + theta[3 * j + 2]) / 2;
      const sinA = Math.sin(angle);
      const cosA = Math.cos(angle);
      const sinB = sinA * ent[2 * j + 1] + cosA * ent[2 * j];
      let x = a * sinA;
      let y = b * sinB;
      const chance = x * x + y * y;
      const at = 4 * (row + j);
      kept[at] = a;
      kept[at + 1] = b;
      kept[at + 2] = sinA;
      kept[at + 3] = cosA;
      p[row + j] = chance;
      const spike = chance >= LEAST_PROBABILITY && drawAt(key, stepPart, j) < chance;
      if (spike) fired[row + j] = 1;
      else {
        x = a * cosA;
        y = b * (cosA * ent[2 * j + 1] - sinA * ent[2 * j]);
      }
      const norm = 1 / Math.sqrt(x * x + y * y);
      memoryA[j] = (x * mem[2 * j + 1] - y * mem[2 * j]) * norm;
      memoryB[j] = (x * mem[2 * j] + y * mem[2 * j + 1]) * norm;
    }
  }

  beginBackward(): void {
    this.#dAlpha.fill(0);
  }

  backward(t: number): void {
    const { z, p, fired, seconds, ds, dp, dz, units: n } = this.#tape;
    const ent = this.#ent;
    const kept = this.#kept;
    const dAlpha = this.#dAlpha;
    const dTheta = this.#dTheta;
    const dOmega = this.#dOmega;
    const encoder = this.#encoder;
    const row = t * n;
    for (let j = 0; j < n; j++) {
      const at = 4 * (row + j);
      const a = kept[at];
      const b = kept[at + 1];
      const sinA = kept[at + 2];
      const cosA = kept[at + 3];
      const sinB = sinA * ent[2 * j + 1] + cosA * ent[2 * j];
      const cosB = cosA * ent[2 * j + 1] - sinA * ent[2 * j];
      const chance = p[row + j];
      const d = ds[row + j] + dp[row + j];
      const after = dAlpha[j];
      let dA = d * a * a * sinA * cosA;
      let dB = d * b * b * sinB * cosB;
      let before = d * a * b * (sinB * sinB - sinA * sinA);
      if (fired[row + j] === 1) {
        const k = after / Math.max(chance, LIKELIHOOD_FLOOR);
        before += k * sinA * sinB;
        dA -= k * a * b * sinB * cosA;
        dB += k * a * b * sinA * cosB;
      } else {
        const k = after / Math.max(1 - chance, LIKELIHOOD_FLOOR);
        before += k * cosA * cosB;
        dA += k * a * b * cosB * sinA;
        dB -= k * a * b * cosA * sinB;
      }
      dTheta[3 * j] += dB;
      dTheta[3 * j + 1] += after;
      dTheta[3 * j + 2] += dA + dB;
      if (dOmega) dOmega[j] += before * seconds[t];
      dz[row + j] = (dA + dB) * encodeSlope(encoder, z[row + j]);
      dAlpha[j] = before;
    }
  }
}
