import type { TimeUnit } from '../recording.js';

/** Power of ten that makes µs of a unit. */
export const EXPONENT: Readonly<Record<TimeUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };

/** A time as large as this in µs lies thousands of years away, so that it is in ns. */
const SURELY_NS = 1e16;
/** Unix times of 2001 to 2286 in µs, and in ms. */
const UNIX_US = 1e15;
const UNIX_MS: readonly [number, number] = [1e12, 1e13];
/** Fewer events say nothing of how often events come. */
const FEW = 16;
const MANY = 256;
/** Mean steps from event to event, µs, that no camera keeps up (50 MHz), and that none needs (10 Hz). */
const SHORTEST_STEP = 0.02;
const LONGEST_STEP = 1e5;
/** Events of one time that are still rather those of a µs, and surely those of a simulated ms. */
const OF_ONE_US = 2;
const OF_ONE_MS = 100;
/** Seconds between events, on average, above which a time with many decimals could as well be in ms. */
const SLOWEST = 0.1;

/**
 * Finds out the unit of times from their size, their steps and their decimals; null where it could be either of two.
 * @param times of the first events, as written
 * @param decimals digits after the decimal point of the one that has most, without zeros at the end
 */
export function guessTimeUnit(times: Float64Array, decimals: number): TimeUnit | null {
  if (times.length === 0) return 'us';
  const largest = times.reduce((most, t) => Math.max(most, Math.abs(t)), 0);
  const span =
    times.reduce((most, t) => Math.max(most, t), -Infinity) - times.reduce((a, t) => Math.min(a, t), Infinity);
  const step = times.length > 1 ? span / (times.length - 1) : 0;
  return decimals === 0 ? wholeUnit(times, largest, step) : decimalUnit(times.length, largest, step, decimals);
}

/** Times with decimals are in seconds, unless that many decimals would also do for ms and the steps for both. */
function decimalUnit(count: number, largest: number, step: number, decimals: number): TimeUnit | null {
  if (decimals >= 4) return step <= SLOWEST ? 's' : null;
  // A clock of ms in seconds gives many events the same time; one of µs in ms does not.
  return count >= FEW && largest < UNIX_MS[0] && step < 10 ** -decimals ? 's' : null;
}

/** Whole times are in µs, unless events would come too fast or too seldom for that. */
function wholeUnit(times: Float64Array, largest: number, step: number): TimeUnit | null {
  if (largest >= SURELY_NS) return 'ns';
  if (largest >= UNIX_US || times.length < FEW || step === 0) return 'us';
  if (step < SHORTEST_STEP || (step < 1 && largest >= UNIX_MS[0] && largest < UNIX_MS[1])) return null;
  if (times.every((t) => t % 1000 === 0)) return thousandsUnit(times);
  return step > LONGEST_STEP && times.length >= MANY ? null : 'us';
}

/** Multiples of 1000 are those of a µs clock in ns, or of a ms clock in µs. */
function thousandsUnit(times: Float64Array): TimeUnit | null {
  const steps = new Set<number>();
  let distinct = 1;
  let divisor = 0;
  for (let i = 1; i < times.length; i++) {
    const step = Math.abs(times[i] - times[i - 1]);
    if (step === 0) continue;
    distinct++;
    steps.add(step);
    divisor = greatestDivisor(divisor, step);
  }
  // What is made by hand or in frames goes in even steps.
  if (steps.size <= 4 || divisor > 1000) return 'us';
  const ofOne = times.length / distinct;
  if (ofOne > OF_ONE_MS) return 'us';
  return ofOne < OF_ONE_US ? 'ns' : null;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * A time that was stored as a float of seconds, ms or ns in µs: where the float is the nearest one to a whole number of
 * µs (or ns), that number, else the product.
 * @param round to the precision of the store: `Math.fround` for float32
 */
export function floatTime(value: number, unit: TimeUnit, round: (value: number) => number = identity): number {
  const exponent = EXPONENT[unit];
  if (exponent === 0) return value;
  if (exponent < 0) return value / 1000;
  const perUnit = 10 ** exponent;
  const us = Math.round(value * perUnit);
  if (round(us / perUnit) === value) return us;
  const ns = Math.round(value * perUnit * 1000);
  if (Math.abs(ns) <= Number.MAX_SAFE_INTEGER && round(ns / (perUnit * 1000)) === value) return ns / 1000;
  return value * perUnit;
}

const identity = (value: number): number => value;

/**
 * Digits after the decimal point of the value that has most, at most 20.
 * @param values a sample; at most 256 of them are looked at
 */
export function decimalsOf(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < Math.min(values.length, 256); i++) {
    const [mantissa, exponent = '0'] = String(values[i]).split('e');
    const point = mantissa.indexOf('.');
    most = Math.max(most, (point < 0 ? 0 : mantissa.length - point - 1) - Number(exponent));
  }
  return Math.min(most, 20);
}
