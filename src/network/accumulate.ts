/** Units that fired in one step: `units[0 … length − 1]`, ascending, each once; `counts` beside them. */
export interface ActiveUnits {
  readonly units: Uint32Array;
  readonly counts: Uint32Array;
  length: number;
  /** True: every count is 1. */
  single: boolean;
}

/** Room for all units of a node, none active, all counts 1. */
export function activeUnits(units: number): ActiveUnits {
  return { units: new Uint32Array(units), counts: new Uint32Array(units).fill(1), length: 0, single: true };
}

/** Where an edge's sums go in `z`: entry k of a row to `z[k · stride + first]`. */
export interface Target {
  readonly stride: number;
  readonly first: number;
}

/**
 * z += Σ count · w over the active units of one edge, unit after unit in one accumulator per entry, so that the sum of
 * several edges in turn is that of one edge of all their units.
 *
 * @param w [sources, size], a row per presynaptic neuron
 * @param size entries of a row: neurons · lines of the layer that the edge leads to
 * @param lines lines of the source: unit `s·lines + n` adds entries n, n + lines, … of row s
 */
export function accumulate(
  z: Float64Array,
  w: Float64Array,
  active: ActiveUnits,
  size: number,
  lines: number,
  target: Target,
): void {
  if (lines === 1 && active.single && target.stride === 1) {
    addRows(z, w, active, size);
    return;
  }
  const { stride, first } = target;
  const { units, counts, length } = active;
  for (let i = 0; i < length; i++) {
    const line = units[i] % lines;
    const row = ((units[i] - line) / lines) * size;
    const count = counts[i];
    for (let k = line; k < size; k += lines) z[k * stride + first] += count * w[row + k];
  }
}

/** The common case; four rows a pass, added in the same order as one by one. */
function addRows(z: Float64Array, w: Float64Array, { units, length }: ActiveUnits, size: number): void {
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const a = units[i] * size;
    const b = units[i + 1] * size;
    const c = units[i + 2] * size;
    const d = units[i + 3] * size;
    for (let k = 0; k < size; k++) z[k] = z[k] + w[a + k] + w[b + k] + w[c + k] + w[d + k];
  }
  for (; i < length; i++) {
    const a = units[i] * size;
    for (let k = 0; k < size; k++) z[k] += w[a + k];
  }
}
