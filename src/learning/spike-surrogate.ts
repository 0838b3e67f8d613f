/**
 * Slope of the smooth stand-in for a hard threshold, `S(x) = atan(πx)/π + ½` (x: how far above the threshold), used for
 * the deterministic baselines LIF and QLIF: `S'(x) = 1 / (1 + (πx)²)`.
 */
export function arctanSlope(x: number): number {
  return 1 / (1 + (Math.PI * x) ** 2);
}
