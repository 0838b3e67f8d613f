/**
 * A time in nanoseconds, given as two words, in whole µs and the nanoseconds beyond them: float64 cannot hold those of
 * today. Exact up to 2⁶³ ns.
 */
export function splitNanoseconds(low: number, high: number): readonly [micros: number, nanos: number] {
  // 2³² ns = 4,294,967 µs + 296 ns.
  const rest = high * 296 + low;
  const micros = Math.floor(rest / 1000);
  return [high * 4_294_967 + micros, rest - micros * 1000];
}

/** Whole µs below this times 1000 are exact in a float64. */
const EXACT = 2 ** 43;

/** The float64 that is nearest to a time of whole µs and nanoseconds beyond them, µs. */
export function joinNanoseconds(micros: number, nanos: number): number {
  // Where the sum of nanoseconds is exact one division rounds once; beyond, what is added is too coarse to round twice.
  return micros < EXACT && micros > -EXACT ? (micros * 1000 + nanos) / 1000 : micros + nanos / 1000;
}

/** The time of whole nanoseconds that is nearest to t, µs. */
export function toNanosecond(t: number): number {
  const micros = Math.floor(t);
  return joinNanoseconds(micros, Math.round((t - micros) * 1000));
}
