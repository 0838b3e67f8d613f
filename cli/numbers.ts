/** A whole number with its thousands set apart: `1,234,567`. */
export function thousands(n: number): string {
  return String(n).replace(/^-?\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ','));
}

/** A number of bytes: `512 B`, `1.25 MB`. */
export function byteCount(n: number): string {
  if (n < 1000) return `${n} B`;
  const [divisor, unit] = n < 1e6 ? [1e3, 'kB'] : n < 1e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${(n / divisor).toPrecision(3)} ${unit}`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A stretch of time given in µs: `999 µs`, `12.3 ms`, `3.167 s`, `1 h 02 min 03 s`. */
export function timeSpan(us: number): string {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1e3).toPrecision(3)} ms`;
  if (us < 6e7) return `${(us / 1e6).toFixed(3)} s`;
  const seconds = Math.floor(us / 1e6);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${thousands(hours)} h ${two(minutes)}` : minutes} min ${two(seconds % 60)} s`;
}

/** Counts by name: `frames 3, imu 1,200`; `none` where there are none. */
export function countsInWords(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? 'none' : entries.map(([name, n]) => `${name} ${thousands(n)}`).join(', ');
}
