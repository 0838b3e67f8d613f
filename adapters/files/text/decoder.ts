import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { Gathering } from '../gathering.js';
import { BLANK, CR, HASH, LF, MAX_LINE_BYTES, MINUS, PERCENT, TAB, type TextDialect } from './dialect.js';
import { parseCoordinate, parsePolarity, parseTime } from './parse-field.js';
import { isComment, isEmptyLine, lineText, splitLine } from './split-line.js';

/** Most events that are decoded at once. */
const BLOCK = 2048;

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

/** A broken line: why, and whether the input ends in it. */
interface Broken {
  readonly why: string;
  readonly offset: number;
  readonly line: number;
  readonly tooLong: boolean;
}

/**
 * Lines of text → events; see `Decoder`. Lines of digits go through loops over the bytes, the simpler the faster; a line
 * that is anything else is read by `#slow`, which is what decides how a line reads.
 */
export class TextDecoding implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #dialect: TextDialect;
  readonly #salvage: boolean;
  readonly #carry = new Gathering();
  readonly #codes: number;
  /** How many columns there are; more than any where the loop over columns does not read them. */
  readonly #columns: number;
  /** Which of four columns holds what, and whether there are just these. */
  readonly #order: readonly [t: number, x: number, y: number, p: number];
  readonly #whole: boolean;
  /** Where the next byte that is not decoded lies, and the number of its line. */
  #offset: number;
  #line: number;
  /** Bytes of the block that are decoded. */
  #done = 0;
  #broken: Broken | null = null;
  /** Within a line that is too long and left out. */
  #skipping = false;
  #zero = false;
  #minus = false;
  #latest = -Infinity;

  /**
   * @param offset of the first line of data, and its number, for messages
   * @param salvage whether a line that cannot be read is counted in place of being an error
   */
  constructor(dialect: TextDialect, offset: number, line: number, salvage: boolean) {
    this.#dialect = dialect;
    this.#offset = offset;
    this.#line = line;
    this.#salvage = salvage;
    const { roles } = dialect;
    this.#columns = roles.length <= MOST_COLUMNS ? roles.length : Infinity;
    this.#order = [roles.indexOf('t'), roles.indexOf('x'), roles.indexOf('y'), roles.indexOf('p')];
    this.#whole = roles.length === 4;
    this.#codes = roles.reduce((word, role, k) => word | (CODES[role ?? 'none'] << (3 * k)), 0);
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    if (this.#skipping) {
      at = chunk.indexOf(LF) + 1;
      if (at === 0) {
        this.#keep(chunk);
        return;
      }
      this.#skipping = false;
      this.#offset += at;
      this.#line++;
      this.#unreadable();
    } else if (this.#carry.length > 0) {
      at = chunk.indexOf(LF) + 1;
      if (at === 0) {
        this.#keep(chunk);
        return;
      }
      yield* this.#lines(this.#carry.finish(chunk.subarray(0, at)), 0);
    }
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > at) yield* this.#lines(chunk.subarray(0, end), at);
    this.#keep(chunk.subarray(Math.max(at, end)));
  }

  end(): EventBatch | void {
    if (this.#skipping) this.#unreadable();
    if (this.#carry.length === 0) return;
    const line = this.#carry.finish(Uint8Array.of(LF));
    const before = this.#latest;
    const batch = this.#block(line, 0, line.length);
    const { roles } = this.#dialect;
    const lastRole = roles.findLast((role) => role !== null) ?? 'p';
    // Digits may be missing from what stands last, unless it is a polarity.
    const open = batch.length > 0 && lastRole !== 'p';
    // A time with digits missing is earlier than the one before it; where there is none, nothing can be said for it.
    const cut = open && lastRole === 't' && (batch.t[0] < before || before === -Infinity);
    if (this.#broken === null && !cut) {
      if (open) this.violations.unfinishedLine = 1;
      return batch;
    }
    const { offset, line: number } = this.#broken ?? { offset: this.#offset - line.length, line: this.#line - 1 };
    if (this.#salvage) {
      this.#unreadable();
      return;
    }
    throw new RxSpikeError('ERR_TRUNCATED', `csv: the input ends in line ${number} (byte ${offset})`, {
      details: { offset, line: number },
    });
  }

  #unreadable(): void {
    this.violations.unreadableLine = (this.violations.unreadableLine ?? 0) + 1;
  }

  #keep(rest: Uint8Array): void {
    if (this.#skipping) {
      this.#offset += rest.length;
      return;
    }
    if (rest.length > 0) this.#carry.add(rest);
    const { length } = this.#carry;
    if (length <= MAX_LINE_BYTES) return;
    const why = `longer than ${MAX_LINE_BYTES} bytes`;
    if (!this.#salvage) throw brokenLine({ why, offset: this.#offset, line: this.#line, tooLong: true });
    this.#carry.finish(new Uint8Array(0));
    this.#offset += length;
    this.#skipping = true;
  }

  /** Decodes whole lines, the last of which ends the bytes. */
  *#lines(bytes: Uint8Array, from: number): Generator<EventBatch> {
    for (let at = from; at < bytes.length; at = this.#done) {
      const batch = this.#block(bytes, at, bytes.length);
      if (batch.length > 0) yield batch;
      const broken = this.#broken;
      if (broken === null) continue;
      this.#broken = null;
      if (this.#salvage) {
        this.#unreadable();
        continue;
      }
      throw brokenLine(broken);
    }
  }

  /** Decodes lines up to a broken one, as many as a block holds. */
  #block(bytes: Uint8Array, from: number, to: number): EventBatch {
    let [n, i, whole] = [0, from, this.#whole];
    const offset = this.#offset - from;
    while (i < to && n < BLOCK) {
      if (whole) {
        const before = n;
        n = this.#wholeNumbers(bytes, i, to, n);
        i = this.#done;
        if (i >= to || n >= BLOCK) break;
        whole = n > before;
      }
      n = this.#clean(bytes, i, to, n);
      i = this.#done;
      if (i >= to || n >= BLOCK) break;
      const start = i;
      const end = bytes.indexOf(LF, start);
      i = end + 1;
      this.#line++;
      if (end === start) continue;
      const tooLong = end - start > MAX_LINE_BYTES;
      const verdict = tooLong ? `longer than ${MAX_LINE_BYTES} bytes` : this.#slow(bytes, start, end, n);
      if (typeof verdict === 'string') {
        this.#broken = { why: verdict, offset: offset + start, line: this.#line - 1, tooLong };
        break;
      }
      n += verdict;
    }
    this.#offset = offset + i;
    this.#done = i;
    if (n > 0) this.#latest = T[n - 1];
    if (this.#zero && this.#minus) this.violations.mixedPolarity = 1;
    return { t: T, x: X, y: Y, p: P, length: n };
  }

  /**
   * Lines of four whole numbers of up to nine digits, from place n on, up to one that is something else.
   * @returns the next free place; `#done` is where it stopped
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
    this.#done = start;
    this.#line += n - free;
    if (ones < n - free) this.#zero = true;
    return n;
  }

  /**
   * Lines of up to ten columns of digits, times with decimals among them, as {@link #wholeNumbers}. Polarity may be −1.
   */
  // oxlint-disable-next-line complexity -- one loop over the bytes: a call for each field costs as much as the field
  #clean(bytes: Uint8Array, from: number, to: number, free: number): number {
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
    this.#done = start;
    this.#line += n - free;
    if (zeros > 0) this.#zero = true;
    if (minus > 0) this.#minus = true;
    return n;
  }

  /** Reads a line in any notation into place n. @returns how many events it is, or why it cannot be read */
  #slow(bytes: Uint8Array, from: number, to: number, n: number): number | string {
    if (bytes[from] === HASH || bytes[from] === PERCENT) {
      this.side.comments = (this.side.comments ?? 0) + 1;
      return 0;
    }
    const text = lineText(bytes, from, to);
    if (isEmptyLine(text)) {
      if (isComment(text)) this.side.comments = (this.side.comments ?? 0) + 1;
      return 0;
    }
    const { roles, exponent } = this.#dialect;
    const fields = splitLine(text, this.#dialect);
    if (fields.length !== roles.length) return `expected ${roles.length} columns, got ${fields.length}`;
    for (const [k, role] of roles.entries()) {
      if (role === null) continue;
      const value =
        role === 't'
          ? parseTime(fields[k], exponent)
          : role === 'p'
            ? parsePolarity(fields[k])
            : parseCoordinate(fields[k]);
      if (value === null) return `${role} is ${JSON.stringify(fields[k].slice(0, 30))}`;
      if (role === 't') T[n] = value;
      else if (role === 'x') X[n] = value;
      else if (role === 'y') Y[n] = value;
      else {
        if (value === 0) this.#zero = true;
        if (value < 0) this.#minus = true;
        P[n] = value > 0 ? 1 : 0;
      }
    }
    return 1;
  }
}

function brokenLine({ why, offset, line, tooLong }: Broken): RxSpikeError {
  const code = tooLong ? 'ERR_LIMIT' : 'ERR_CORRUPT';
  return new RxSpikeError(code, `csv: line ${line} (byte ${offset}): ${why}`, { details: { offset, line } });
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
  const rest = fraction % POWERS[shift];
  return whole * POWERS[exponent] + (fraction - rest) / POWERS[shift] + rest / POWERS[shift];
}
