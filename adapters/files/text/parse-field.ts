import { floatTime } from '../columns/time-unit.js';
import type { TimeUnit } from '../recording.js';

/** A number in decimal digits, as its parts. */
interface Decimal {
  /** `-` or nothing. */
  readonly sign: string;
  /** Digits without the point. */
  readonly digits: string;
  /** Power of ten of the last digit. */
  readonly exponent: number;
  /** True where it is written with an `e`. */
  readonly scientific: boolean;
}

/** More significant digits, in the notation with an exponent, come of a float that was printed, not of a clock. */
const FLOAT_DIGITS = 17;
/** More digits after the point come of a float too. */
const FLOAT_DECIMALS = 12;

const UNIT: ReadonlyMap<number, TimeUnit> = new Map([
  [6, 's'],
  [3, 'ms'],
  [0, 'us'],
  [-3, 'ns'],
]);

/** Takes `-12.5e-3` apart; null for anything else. The work grows with the length of the text, not faster. */
function decimalOf(text: string): Decimal | null {
  let at = text[0] === '-' || text[0] === '+' ? 1 : 0;
  const sign = text[0] === '-' ? '-' : '';
  const whole = digitsAt(text, at);
  at += whole;
  let digits = text.slice(at - whole, at);
  let exponent = 0;
  if (text[at] === '.') {
    const fraction = digitsAt(text, at + 1);
    digits += text.slice(at + 1, at + 1 + fraction);
    exponent = -fraction;
    at += 1 + fraction;
  }
  if (digits === '') return null;
  const scientific = text[at] === 'e' || text[at] === 'E';
  if (scientific) {
    const from = text[at + 1] === '-' || text[at + 1] === '+' ? at + 2 : at + 1;
    const length = digitsAt(text, from);
    if (length === 0 || length > 4) return null;
    exponent += Number(text.slice(at + 1, from + length));
    at = from + length;
  }
  return at === text.length ? { sign, digits, exponent, scientific } : null;
}

function digitsAt(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at - from;
}

/**
 * A time as written in µs: the float64 nearest to what the digits say, so that whole µs come out whole. A number that
 * was printed from a float is read as that float; see `floatTime`.
 * @param exponent power of ten that makes µs
 * @returns null where it is no number
 */
export function parseTime(text: string, exponent: number): number | null {
  const decimal = decimalOf(text);
  if (decimal === null) return null;
  const { sign, digits, scientific } = decimal;
  const printed = scientific ? digits.length >= FLOAT_DIGITS : -decimal.exponent > FLOAT_DECIMALS;
  const value = printed
    ? floatTime(Number(text), UNIT.get(exponent) ?? 'us')
    : Number(`${sign}${digits}e${decimal.exponent + exponent}`);
  return Number.isFinite(value) ? value + 0 : null;
}

/** A column or row, 0…65535, as written: `96`, `96.0`, `9.6e+01`; null for anything else. */
export function parseCoordinate(text: string): number | null {
  const decimal = decimalOf(text);
  if (decimal === null) return null;
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && value <= 65535 ? value : null;
}

/** A polarity as written: 1, 0, −1 (OFF); null for anything else. */
export function parsePolarity(text: string): 1 | 0 | -1 | null {
  const word = text.length <= 5 ? text.toLowerCase() : '';
  if (word === 'true' || word === 'on') return 1;
  if (word === 'false' || word === 'off') return 0;
  if (decimalOf(text) === null) return null;
  const value = Number(text);
  if (value === 1) return 1;
  if (value === -1) return -1;
  return value === 0 ? 0 : null;
}

/** A number or a word for a polarity as a number, rounded; null for anything else. */
export function numberOf(text: string): number | null {
  const decimal = decimalOf(text);
  if (decimal === null) return parsePolarity(text);
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** Digits of a number after the point, without zeros at the end; 0 for what is none. */
export function decimalsIn(text: string): number {
  const decimal = decimalOf(text);
  if (decimal === null) return 0;
  const { digits, exponent } = decimal;
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return end === 0 ? 0 : Math.max(0, -exponent - (digits.length - end));
}
