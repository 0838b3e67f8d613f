import { requireInteger } from '../events/argument.js';

/** The most recent values in a ring, and the extremes of all values. */
export interface QuantileState {
  /** Ring of the most recent values, `count` modulo its length being written next. */
  readonly recent: Float64Array;
  /** Values added so far. */
  count: number;
  least: number;
  most: number;
}

/** Room for the most recent `capacity` values: quantiles are exact over these. @throws `ERR_ARGUMENT` */
export function quantileState(capacity = 4096): QuantileState {
  requireInteger('quantiles', 'capacity', capacity, 1);
  return { recent: new Float64Array(capacity), count: 0, least: Infinity, most: -Infinity };
}

/** Adds a value; NaN is not counted. */
export function addValue(state: QuantileState, value: number): void {
  if (Number.isNaN(value)) return;
  state.recent[state.count++ % state.recent.length] = value;
  if (value < state.least) state.least = value;
  if (value > state.most) state.most = value;
}

/**
 * For each share q in 0…1, the smallest kept value that at least the share q of the kept values does not exceed (the
 * inverse of the empirical distribution function); null where there is no value.
 */
export function quantilesOf(state: QuantileState, shares: readonly number[]): (number | null)[] {
  const kept = Math.min(state.count, state.recent.length);
  if (kept === 0) return shares.map(() => null);
  const sorted = state.recent.slice(0, kept).sort();
  return shares.map((q) => sorted[Math.min(kept - 1, Math.max(0, Math.ceil(q * kept) - 1))]);
}
