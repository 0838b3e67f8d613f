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

/** The time of whole nanoseconds that is nearest to t, µs, as {@link splitNanoseconds} and a sum would give it. */
export function toNanosecond(t: number): number {
  const micros = Math.floor(t);
  return micros + Math.round((t - micros) * 1000) / 1000;
}
