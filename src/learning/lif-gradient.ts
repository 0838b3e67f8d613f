import type { LifLayerSpec } from '../network/network.js';
import type { LayerGradient, LayerTape, Tensors } from './layer-tape.js';
import { arctanSlope } from './spike-surrogate.js';

/**
 * LIF: `v ← β·v + z − ϑ·s_previous`, spike if `v > ϑ`; β and ϑ per neuron. The slope of a spike is arctan's; it flows on
 * through the reset as well.
 */
export class LifGradient implements LayerGradient {
  readonly #tape: LayerTape;
  readonly #beta: Float64Array;
  readonly #threshold: Float64Array;
  readonly #dBeta: Float64Array;
  readonly #dThreshold: Float64Array;
  readonly #v: Float64Array;
  readonly #spiked: Uint8Array;
  /** Derivatives by the voltage and by the spike that the reset of the next advance sees. */
  readonly #dv: Float64Array;
  readonly #dReset: Float64Array;
  /** Voltage before and after each step, and the spike before. */
  #before: Float64Array = new Float64Array(0);
  #after: Float64Array = new Float64Array(0);
  #reset: Uint8Array = new Uint8Array(0);

  constructor(spec: LifLayerSpec, tape: LayerTape, parameters: Tensors, derivatives: Tensors) {
    this.#tape = tape;
    this.#beta = parameters[`beta.${spec.name}`];
    this.#threshold = parameters[`threshold.${spec.name}`];
    this.#dBeta = derivatives[`beta.${spec.name}`];
    this.#dThreshold = derivatives[`threshold.${spec.name}`];
    this.#v = new Float64Array(spec.neurons);
    this.#spiked = new Uint8Array(spec.neurons);
    this.#dv = new Float64Array(spec.neurons);
    this.#dReset = new Float64Array(spec.neurons);
  }

  reserve(steps: number): void {
    const cells = steps * this.#tape.neurons;
    if (cells <= this.#before.length) return;
    this.#before = new Float64Array(cells);
    this.#after = new Float64Array(cells);
    this.#reset = new Uint8Array(cells);
  }

  begin(): void {
    this.#v.fill(0);
    this.#spiked.fill(0);
  }

  forward(t: number): void {
    const { z, p, fired, neurons } = this.#tape;
    for (let j = 0, i = t * neurons; j < neurons; j++, i++) {
      this.#before[i] = this.#v[j];
      this.#reset[i] = this.#spiked[j];
      const v = this.#beta[j] * this.#v[j] + z[i] - this.#threshold[j] * this.#spiked[j];
      const spike = v > this.#threshold[j] ? 1 : 0;
      this.#after[i] = v;
      this.#v[j] = v;
      this.#spiked[j] = spike;
      fired[i] = spike;
      p[i] = spike;
    }
  }

  beginBackward(): void {
    this.#dv.fill(0);
    this.#dReset.fill(0);
  }

  backward(t: number): void {
    const { dz, ds, dp, neurons } = this.#tape;
    for (let j = 0, i = t * neurons; j < neurons; j++, i++) {
      const slope = (ds[i] + dp[i] + this.#dReset[j]) * arctanSlope(this.#after[i] - this.#threshold[j]);
      const dv = this.#dv[j] + slope;
      this.#dThreshold[j] -= slope + dv * this.#reset[i];
      this.#dBeta[j] += dv * this.#before[i];
      dz[i] = dv;
      this.#dv[j] = dv * this.#beta[j];
      this.#dReset[j] = -dv * this.#threshold[j];
    }
  }
}
