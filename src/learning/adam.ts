import type { Tensors } from './layer-tape.js';

/** Adam (Kingma and Ba 2015) as plain data: moments by tensor name and the number of updates made. */
export interface AdamState {
  readonly m: Record<string, Float64Array>;
  readonly v: Record<string, Float64Array>;
  updates: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** State before the first update. */
export function adamState(tensors: Tensors): AdamState {
  const zeros = (): Record<string, Float64Array> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, new Float64Array(tensor.length)]));
  return { m: zeros(), v: zeros(), updates: 0 };
}

/** Euclidean norm over all tensors. */
export function tensorNorm(tensors: Tensors): number {
  let sum = 0;
  for (const name in tensors) {
    const tensor = tensors[name];
    for (let i = 0; i < tensor.length; i++) sum += tensor[i] * tensor[i];
  }
  return Math.sqrt(sum);
}

/**
 * One update in place: `g ← scale·derivative`, `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
 * `w ← w − rate·m̂/(√v̂ + ε)` with the usual corrections for the first updates.
 */
export function adamUpdate(
  tensors: Tensors,
  derivatives: Tensors,
  state: AdamState,
  { rate, scale }: { rate: number; scale: number },
): void {
  state.updates++;
  const mScale = 1 / (1 - BETA1 ** state.updates);
  const vScale = 1 / (1 - BETA2 ** state.updates);
  for (const name in tensors) update(tensors[name], derivatives[name], state.m[name], state.v[name]);

  function update(w: Float64Array, derivative: Float64Array, m: Float64Array, v: Float64Array): void {
    for (let i = 0; i < w.length; i++) {
      const g = derivative[i] * scale;
      m[i] += (1 - BETA1) * (g - m[i]);
      v[i] += (1 - BETA2) * (g * g - v[i]);
      w[i] -= (rate * mScale * m[i]) / (Math.sqrt(v[i] * vScale) + EPSILON);
    }
  }
}

/** Cosine schedule with a floor: `peak · (0.02 + 0.98 · (1 + cos(π·part))/2)`, part of the training done in 0…1. */
export function cosineRate(peak: number, part: number): number {
  return peak * (0.02 + (0.98 * (1 + Math.cos(Math.PI * part))) / 2);
}
