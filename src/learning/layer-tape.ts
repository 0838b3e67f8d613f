import type { LayerKey } from '../random.js';

/**
 * What one layer did in each step of a sample, and the derivatives of the loss that flow back through it.
 *
 * All columns are row-major, steps × units with `unit = neuron · lines + line`, and grow only: a tape is reserved once for
 * the longest sample and used again.
 */
export class LayerTape {
  readonly neurons: number;
  readonly lines: number;
  /** neurons · lines. */
  readonly units: number;
  /** Currents; `z2` is the second sum of two-weight QLIF neurons, else empty. */
  z: Float64Array = new Float64Array(0);
  z2: Float64Array = new Float64Array(0);
  /** Firing probability of each unit, as the neuron reports it; 0 where it did not advance. */
  p: Float64Array = new Float64Array(0);
  /** Loss derivatives: of the spikes (from other neurons), of the reported probabilities (from the loss), of the currents. */
  ds: Float64Array = new Float64Array(0);
  dp: Float64Array = new Float64Array(0);
  dz: Float64Array = new Float64Array(0);
  dz2: Float64Array = new Float64Array(0);
  /** 1 in steps in which the layer advanced. */
  advanced: Uint8Array = new Uint8Array(0);
  /** Seconds since the advance before, 0 at the first. */
  seconds: Float64Array = new Float64Array(0);
  /** 1 for a unit that fired. */
  fired: Uint8Array = new Uint8Array(0);
  /** Units that fired in step t: `active[start[t]] … active[start[t + 1] − 1]`, ascending. */
  start: Uint32Array = new Uint32Array(1);
  active: Uint32Array = new Uint32Array(0);
  readonly #sums: 1 | 2;
  #steps = 0;

  constructor(neurons: number, lines: number, sums: 1 | 2) {
    this.neurons = neurons;
    this.lines = lines;
    this.units = neurons * lines;
    this.#sums = sums;
  }

  /** Makes room for samples of up to `steps` steps; the contents are lost. */
  reserve(steps: number): void {
    if (steps <= this.#steps) return;
    const cells = steps * this.units;
    this.#steps = steps;
    this.z = new Float64Array(cells);
    this.p = new Float64Array(cells);
    this.ds = new Float64Array(cells);
    this.dp = new Float64Array(cells);
    this.dz = new Float64Array(cells);
    if (this.#sums === 2) {
      this.z2 = new Float64Array(cells);
      this.dz2 = new Float64Array(cells);
    }
    this.advanced = new Uint8Array(steps);
    this.seconds = new Float64Array(steps);
    this.fired = new Uint8Array(cells);
    this.start = new Uint32Array(steps + 1);
    this.active = new Uint32Array(cells);
  }
}

/**
 * A layer of one kind of neuron with its derivative: runs forward as `src/neurons` does, keeping what the way back needs.
 *
 * The derivative is that of a relaxed neuron. Branches (which outcome was measured, whether a reset happened) stay as
 * drawn, and every spike is `s + p(θ) − p(θ₀)`: it has the drawn value and the slope of its firing probability.
 */
export interface LayerGradient {
  /** Makes room for samples of up to `steps` steps. */
  reserve(steps: number): void;
  /** Reads the parameters anew and sets the memory to its beginning; before each sample. */
  begin(): void;
  /**
   * Advances every neuron in step `t`: reads `z`, `seconds`, writes `p`, `fired`.
   * @param key random key of the layer
   * @param stepPart `stepKey(key, step)`
   */
  forward(t: number, key: LayerKey, stepPart: number): void;
  /** Sets the derivative of the memory to 0; before the way back of each sample. */
  beginBackward(): void;
  /** Reads `ds`, `dp` of step `t`, writes `dz`, adds to the derivatives of parameters and memory. */
  backward(t: number): void;
}

/** Parameters or derivatives by tensor name. */
export type Tensors = Readonly<Record<string, Float64Array>>;
