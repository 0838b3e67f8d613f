/**
 * The three sums over an edge that training spends its time in. Matrices are row-major, a row per presynaptic neuron;
 * offsets point at the beginning of a step's row. Rows are taken four at a time, added in ascending order, so that
 * results are those of one row after another.
 */

/** `z[zAt + k] += Σ_i w[units[i]·size + k]` for i in from…to−1: a one-line source feeds every line. */
export function addRows(
  z: Float64Array,
  zAt: number,
  size: number,
  w: Float64Array,
  units: Uint32Array,
  range: { from: number; to: number },
): void {
  const { from, to } = range;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const a = units[i] * size;
    const b = units[i + 1] * size;
    const c = units[i + 2] * size;
    const d = units[i + 3] * size;
    for (let k = 0; k < size; k++) z[zAt + k] = z[zAt + k] + w[a + k] + w[b + k] + w[c + k] + w[d + k];
  }
  for (; i < to; i++) {
    const a = units[i] * size;
    for (let k = 0; k < size; k++) z[zAt + k] += w[a + k];
  }
}

/** The same for a source of several lines: unit `s·lines + n` adds the entries `j·lines + n` of row s. */
export function addLines(
  z: Float64Array,
  zAt: number,
  size: number,
  w: Float64Array,
  units: Uint32Array,
  range: { from: number; to: number; lines: number },
): void {
  const { from, to, lines } = range;
  for (let i = from; i < to; i++) {
    const line = units[i] % lines;
    const row = ((units[i] - line) / lines) * size;
    for (let k = line; k < size; k += lines) z[zAt + k] += w[row + k];
  }
}

/** `ds[dsAt + s] += Σ_k w[s·size + k]·dz[dzAt + k]` for every source neuron s of one line. */
export function addProducts(
  ds: Float64Array,
  dsAt: number,
  sources: number,
  w: Float64Array,
  dz: Float64Array,
  at: { dz: number; size: number },
): void {
  const { dz: dzAt, size } = at;
  for (let s = 0; s < sources; s++) {
    const row = s * size;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let k = 0;
    for (; k + 3 < size; k += 4) {
      a += w[row + k] * dz[dzAt + k];
      b += w[row + k + 1] * dz[dzAt + k + 1];
      c += w[row + k + 2] * dz[dzAt + k + 2];
      d += w[row + k + 3] * dz[dzAt + k + 3];
    }
    for (; k < size; k++) a += w[row + k] * dz[dzAt + k];
    ds[dsAt + s] += a + b + (c + d);
  }
}

/** The same for a source of several lines, each with the entries of its own line. */
export function addLineProducts(
  ds: Float64Array,
  dsAt: number,
  units: number,
  w: Float64Array,
  dz: Float64Array,
  at: { dz: number; size: number; lines: number },
): void {
  const { dz: dzAt, size, lines } = at;
  for (let u = 0; u < units; u++) {
    const line = u % lines;
    const row = ((u - line) / lines) * size;
    let sum = 0;
    for (let k = line; k < size; k += lines) sum += w[row + k] * dz[dzAt + k];
    ds[dsAt + u] += sum;
  }
}

/** `dw[row + k] += Σ_i dz[steps[i]·size + k]` over i in from…to−1: all steps in which one unit fired. */
export function addOuter(
  dw: Float64Array,
  row: number,
  dz: Float64Array,
  size: number,
  steps: Uint32Array,
  range: { from: number; to: number },
): void {
  const { from, to } = range;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const a = steps[i] * size;
    const b = steps[i + 1] * size;
    const c = steps[i + 2] * size;
    const d = steps[i + 3] * size;
    for (let k = 0; k < size; k++) dw[row + k] += dz[a + k] + dz[b + k] + (dz[c + k] + dz[d + k]);
  }
  for (; i + 1 < to; i += 2) {
    const a = steps[i] * size;
    const b = steps[i + 1] * size;
    for (let k = 0; k < size; k++) dw[row + k] += dz[a + k] + dz[b + k];
  }
  for (; i < to; i++) {
    const a = steps[i] * size;
    for (let k = 0; k < size; k++) dw[row + k] += dz[a + k];
  }
}

/** The same for one line of a source of several lines. */
export function addOuterLine(
  dw: Float64Array,
  row: number,
  dz: Float64Array,
  size: number,
  steps: Uint32Array,
  range: { from: number; to: number; line: number; lines: number },
): void {
  const { from, to, line, lines } = range;
  for (let i = from; i < to; i++) {
    const a = steps[i] * size;
    for (let k = line; k < size; k += lines) dw[row + k] += dz[a + k];
  }
}
