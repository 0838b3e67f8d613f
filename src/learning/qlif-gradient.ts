import type { QlifLayerSpec } from '../network/network.js';
import { QLIF_DEFAULTS } from '../neurons/qlif.js';
import type { LayerGradient, LayerTape, Tensors } from './layer-tape.js';
import { arctanSlope } from './spike-surrogate.js';

/** Derivatives divide by nothing smaller than this. */
const SMALL = 1e-9;

/**
 * QLIF with the excited population as `m = sin²(φ/2)`: a current z > 0 turns φ by `π·z`, any other step decays; at
 * `m ≥` threshold it fires and is 0 at its next step, whatever arrives then. The derivative runs in φ, where excitation is a shift:
 *
 *     excite:            φ' = fold(φ + π·z)                     fold(x) = 2·asin|sin(x/2)|
 *     decay, published:  φ' = fold(φ − 2·asin(k·sin(φ/2)))      k = e^(−τ/2T1)
 *     decay, exact:      φ' = 2·asin(k·sin(φ/2))
 *
 * with `τ` constant (one weight) or `200·|z2|` (two weights). The slope of a spike is arctan's of `m − threshold`; a
 * neuron that fired forgets, so nothing flows back through the step after a spike.
 */
export class QlifGradient implements LayerGradient {
  readonly #spec: QlifLayerSpec;
  readonly #tape: LayerTape;
  readonly #threshold: number;
  readonly #phi: Float64Array;
  readonly #dPhi: Float64Array;
  /** φ before and after each step. */
  #before: Float64Array = new Float64Array(0);
  #after: Float64Array = new Float64Array(0);

  constructor(spec: QlifLayerSpec, tape: LayerTape, _parameters: Tensors, _derivatives: Tensors) {
    this.#spec = spec;
    this.#tape = tape;
    this.#threshold = spec.threshold ?? QLIF_DEFAULTS.threshold;
    this.#phi = new Float64Array(spec.neurons);
    this.#dPhi = new Float64Array(spec.neurons);
  }

  reserve(steps: number): void {
    const cells = steps * this.#tape.neurons;
    if (cells <= this.#before.length) return;
    this.#before = new Float64Array(cells);
    this.#after = new Float64Array(cells);
  }

  begin(): void {
    this.#phi.fill(0);
  }

  /** `k = e^(−τ/2T1)` of the cell. */
  #decay(i: number): number {
    const { variant, tau, t1 } = this.#spec;
    const time =
      variant === 'two-weight' ? QLIF_DEFAULTS.tauPerCurrent * Math.abs(this.#tape.z2[i]) : (tau ?? QLIF_DEFAULTS.tau);
    return Math.exp(-time / (2 * (t1 ?? QLIF_DEFAULTS.t1)));
  }

  /** Whether a neuron at this angle has just fired. */
  #isSpent(phi: number): boolean {
    return Math.sin(phi / 2) ** 2 >= this.#threshold;
  }

  forward(t: number): void {
    const { z, p, fired, neurons } = this.#tape;
    for (let j = 0, i = t * neurons; j < neurons; j++, i++) {
      const phi = this.#phi[j];
      this.#before[i] = phi;
      let turned = 0;
      if (this.#isSpent(phi)) turned = 0;
      else if (z[i] > 0) turned = phi + Math.PI * z[i];
      else {
        const half = Math.asin(this.#decay(i) * Math.sin(phi / 2));
        turned = this.#spec.decay === 'exact' ? 2 * half : phi - 2 * half;
      }
      const root = Math.abs(Math.sin(turned / 2));
      this.#after[i] = 2 * Math.asin(Math.min(1, root));
      const spike = this.#isSpent(this.#after[i]) ? 1 : 0;
      this.#phi[j] = this.#after[i];
      fired[i] = spike;
      p[i] = spike;
    }
  }

  beginBackward(): void {
    this.#dPhi.fill(0);
  }

  backward(t: number): void {
    const { z, z2, dz, dz2, ds, dp, neurons } = this.#tape;
    for (let j = 0, i = t * neurons; j < neurons; j++, i++) {
      const phi = this.#before[i];
      const after = this.#after[i];
      const m = Math.sin(after / 2) ** 2;
      let d = (ds[i] + dp[i]) * arctanSlope(m - this.#threshold) * 0.5 * Math.sin(after) + this.#dPhi[j];
      dz[i] = 0;
      if (dz2.length > 0) dz2[i] = 0;
      if (this.#isSpent(phi)) {
        this.#dPhi[j] = 0;
        continue;
      }
      if (z[i] > 0) {
        d *= foldSlope(phi + Math.PI * z[i]);
        dz[i] = d * Math.PI;
        this.#dPhi[j] = d;
        continue;
      }
      const k = this.#decay(i);
      const sine = k * Math.sin(phi / 2);
      const cosine = Math.sqrt(Math.max(SMALL, 1 - sine * sine));
      // h = asin(k·sin(φ/2)): slopes by φ and by k
      const byPhi = (k * Math.cos(phi / 2)) / (2 * cosine);
      const byK = Math.sin(phi / 2) / cosine;
      let dHalf = 2 * d;
      if (this.#spec.decay === 'exact') this.#dPhi[j] = dHalf * byPhi;
      else {
        d *= foldSlope(phi - 2 * Math.asin(sine));
        dHalf = -2 * d;
        this.#dPhi[j] = d + dHalf * byPhi;
      }
      if (dz2.length > 0) {
        const byTau = (-k / (2 * (this.#spec.t1 ?? QLIF_DEFAULTS.t1))) * QLIF_DEFAULTS.tauPerCurrent;
        dz2[i] = dHalf * byK * byTau * Math.sign(z2[i]);
      }
    }
  }
}

/** Slope of `2·asin|sin(x/2)|`: 1 while the angle grows towards π, −1 on its way back. */
function foldSlope(x: number): number {
  return Math.sin(x) < 0 ? -1 : 1;
}
