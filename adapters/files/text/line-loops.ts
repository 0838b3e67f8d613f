import type { EventBatch } from '../decoder.js';
import { BLANK, CR, LF, MAX_LINE_BYTES, MINUS, TAB, type TextDialect } from './dialect.js';
import type { LineEvent } from './read-line.js';

/** Most events that are decoded at once. */
export const BLOCK = 2048;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** The four numbers of a line. */
const V = new Int32Array(4);

/** What the loop over columns does with a column; three bits each in one word, the first column lowest. */
const CODES = { t: 0, x: 1, y: 2, p: 3, none: 4 } as const;
const MOST_COLUMNS = 10;

/** Loops over the bytes of lines of digits, the simpler the faster. Each goes on up to a line that is not for it. */
export class LineLoops {
  /** Offset after the last line that was decoded. */
  done = 0;
  /** Lines that were decoded. */
  lines = 0;
  /** Whether a polarity was 0, and −1. */
  zero = false;
  minus = false;
  readonly #dialect: TextDialect;
  readonly #codes: number;
  /** How many columns there are; more than any where the loop over columns does not read them. */
  readonly #columns: number;
  /** Which of four columns holds what. */
  readonly #order: readonly [t: number, x: number, y: number, p: number];
  /** Which loop is tried for lines of four columns: most lines of a file are alike. */
  #decimals = false;

  constructor(dialect: TextDialect) {
    this.#dialect = dialect;
    const { roles } = dialect;
    this.#columns = roles.length <= MOST_COLUMNS ? roles.length : Infinity;
    this.#order = [roles.indexOf('t'), roles.indexOf('x'), roles.indexOf('y'), roles.indexOf('p')];
    this.#codes = roles.reduce((word, role, k) => word | (CODES[role ?? 'none'] << (3 * k)), 0);
  }

  /** Decodes lines in `bytes[from…to)`, whole ones, from place `free` on; returns the next free place. */
  run(bytes: Uint8Array, from: number, to: number, free: number): number {
    this.done = from;
    let n = free;
    if (this.#columns === 4) {
      n = this.#decimals ? this.#decimalTimes(bytes, from, to, n) : this.#wholeNumbers(bytes, from, to, n);
      if (n === free) this.#decimals = !this.#decimals && this.#order[0] === 0;
    }
    return this.done < to && n < BLOCK ? this.#anyColumns(bytes, this.done, to, n) : n;
  }

  /** Puts an event into place n. */
  put(n: number, { t, x, y, p }: LineEvent): void {
    T[n] = t;
    X[n] = x;
    Y[n] = y;
    P[n] = p > 0 ? 1 : 0;
    if (p === 0) this.zero = true;
    if (p < 0) this.minus = true;
  }

  /** The first n events. */
  batch(n: number): EventBatch {
    return { t: T, x: X, y: Y, p: P, length: n };
  }

  /**
   * Lines of four whole numbers of up to nine digits, from place n on, up to one that is something else.
   * @returns the next free place; `done` is where it stopped
   */
  // oxlint-disable-next-line complexity -- one loop over the bytes: a call for each field costs as much as the field
  #wholeNumbers(bytes: Uint8Array, from: number, to: number, free: number): number {
    const { separator, exponent } = this.#dialect;
    const other = separator === BLANK ? TAB : separator;
    const [t, x, y, p] = this.#order;
    const scale = POWERS[Math.abs(exponent)];
    const divided = exponent < 0;
    let i = from;
    let n = free;
    let start = from;
    let ones = 0;
    let c = 0;
    while (i < to && n < BLOCK) {
      start = i;
      let a = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        a = (a * 10 + c) | 0;
        i++;
      }
      if (i === start || i - start > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      let first = ++i;
      let b = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        b = (b * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      first = ++i;
      let d = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        d = (d * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      first = ++i;
      let e = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        e = (e * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9) break;
      if ((c = bytes[i]) === CR) c = bytes[++i];
      if (c !== LF) break;
      V[0] = a;
      V[1] = b;
      V[2] = d;
      V[3] = e;
      const column = V[x];
      const row = V[y];
      const polarity = V[p];
      if (column > 65535 || row > 65535 || polarity > 1) break;
      T[n] = divided ? V[t] / scale : V[t] * scale;
      X[n] = column;
      Y[n] = row;
      P[n] = polarity;
      ones += polarity;
      n++;
      start = ++i;
    }
    this.done = start;
    this.lines += n - free;
    if (ones < n - free) this.zero = true;
    return n;
  }

  /** Lines of a time with decimals, up to nine, and three whole numbers, as {@link #wholeNumbers}. */
  // oxlint-disable-next-line complexity -- one loop over the bytes: a call for each field costs as much as the field
  #decimalTimes(bytes: Uint8Array, from: number, to: number, free: number): number {
    const { separator, decimal, exponent } = this.#dialect;
    const other = separator === BLANK ? TAB : separator;
    const [, x, y, p] = this.#order;
    let i = from;
    let n = free;
    let start = from;
    let ones = 0;
    let c = 0;
    while (i < to && n < BLOCK) {
      start = i;
      let a = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        a = (a * 10 + c) | 0;
        i++;
      }
      const digits = i - start;
      if (digits === 0 || digits > 10 || bytes[i] !== decimal) break;
      let first = ++i;
      let fraction = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        fraction = (fraction * 10 + c) | 0;
        i++;
      }
      const decimals = i - first;
      if (decimals > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      // Numbers of ten digits below 4·10⁹ have 32 bits, without a sign.
      if (digits === 10 && bytes[start] > 51) break;
      T[n] = shifted(a >>> 0, fraction, decimals, exponent);
      first = ++i;
      let b = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        b = (b * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      first = ++i;
      let d = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        d = (d * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9 || ((c = bytes[i]) !== separator && c !== other)) break;
      first = ++i;
      let e = 0;
      while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
        e = (e * 10 + c) | 0;
        i++;
      }
      if (i === first || i - first > 9) break;
      if ((c = bytes[i]) === CR) c = bytes[++i];
      if (c !== LF) break;
      V[1] = b;
      V[2] = d;
      V[3] = e;
      const column = V[x];
      const row = V[y];
      const polarity = V[p];
      if (column > 65535 || row > 65535 || polarity > 1 || !(T[n] <= Number.MAX_SAFE_INTEGER)) break;
      X[n] = column;
      Y[n] = row;
      P[n] = polarity;
      ones += polarity;
      n++;
      start = ++i;
    }
    this.done = start;
    this.lines += n - free;
    if (ones < n - free) this.zero = true;
    return n;
  }

  /**
   * Lines of up to ten columns of digits, times with decimals among them, as {@link #wholeNumbers}. Polarity may be −1.
   */
  // oxlint-disable-next-line complexity -- one loop over the bytes: a call for each field costs as much as the field
  #anyColumns(bytes: Uint8Array, from: number, to: number, free: number): number {
    const { separator, decimal, exponent } = this.#dialect;
    const other = separator === BLANK ? TAB : separator;
    const [columns, codes] = [this.#columns, this.#codes];
    let i = from;
    let n = free;
    let start = from;
    let zeros = 0;
    let minus = 0;
    while (i < to && n < BLOCK) {
      start = i;
      let k = 0;
      let code = codes;
      let c = 0;
      for (; k < columns; k++, code >>= 3) {
        if (k > 0) {
          if ((c = bytes[i]) !== separator && c !== other) break;
          i++;
        }
        while ((c = bytes[i]) === BLANK || c === TAB) i++;
        const role = code & 7;
        if (role === CODES.none) {
          while ((c = bytes[i]) !== separator && c !== other && c !== LF && c !== CR) i++;
          continue;
        }
        let value = 0;
        let first = i;
        while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
          value = (value * 10 + c) | 0;
          i++;
        }
        const digits = i - first;
        if (role === CODES.t) {
          if (digits === 0 || digits > 15) break;
          const whole = digits > 9 ? wide(bytes, first, i) : value;
          if (c !== decimal - 48) {
            T[n] = shifted(whole, 0, 0, exponent);
          } else {
            first = ++i;
            value = 0;
            while ((c = (bytes[i] - 48) | 0) >= 0 && c < 10) {
              value = (value * 10 + c) | 0;
              i++;
            }
            if (i - first > 9) break;
            T[n] = shifted(whole, value, i - first, exponent);
          }
          if (!(T[n] <= Number.MAX_SAFE_INTEGER)) break;
        } else if (role === CODES.p) {
          if (digits === 0 && bytes[i] === MINUS && bytes[i + 1] === 49) {
            i += 2;
            minus = 1;
          } else if (digits !== 1 || value > 1) break;
          else if (value === 0) zeros++;
          P[n] = value;
        } else {
          if (digits === 0 || digits > 9 || value > 65535) break;
          if (role === CODES.x) X[n] = value;
          else Y[n] = value;
        }
      }
      if ((c = bytes[i]) === CR) c = bytes[++i];
      if (k < columns || c !== LF || i - start > MAX_LINE_BYTES) break;
      n++;
      start = ++i;
    }
    this.done = start;
    this.lines += n - free;
    if (zeros > 0) this.zero = true;
    if (minus > 0) this.minus = true;
    return n;
  }
}

/** The number of ten to fifteen digits. */
function wide(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] - 48);
  return value;
}

/**
 * The float64 nearest to `(whole + fraction/10^decimals) · 10^exponent`; NaN where these steps do not give it.
 * Up to 2⁵³ the numerator is exact and there is one rounding; above, the whole part is exact and so large that the
 * rounding of the rest, thousandths at most, does not show.
 */
function shifted(whole: number, fraction: number, decimals: number, exponent: number): number {
  const shift = decimals - exponent;
  const all = whole * POWERS[decimals] + fraction;
  if (all <= Number.MAX_SAFE_INTEGER) return shift > 0 ? all / POWERS[shift] : all * POWERS[-shift];
  if (shift <= 0 || shift > 3 || exponent < 0) return Number.NaN;
  const unit = POWERS[shift];
  const micros = Math.floor(fraction / unit);
  return whole * POWERS[exponent] + micros + (fraction - micros * unit) / unit;
}
