import { RxSpikeError } from '../../../src/index.js';
import type { Role } from './column-names.js';
import { EXPONENT, floatTime } from './time-unit.js';
import type { Counts, EventBatch } from '../decoder.js';
import { BLOCK } from '../fixed-size-decoder.js';
import type { TimeUnit } from '../recording.js';
import type { Scalar } from './scalar.js';
import { readThousandths, readValues, type Slice } from './read-values.js';

/** What is in each column, and the unit of the times. */
export interface EventTypes {
  readonly scalars: Readonly<Record<Role, Scalar>>;
  readonly unit: TimeUnit;
}

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const VALUES = new Float64Array(BLOCK);
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Values of columns → events. */
export class EventColumns {
  readonly violations: Counts = {};
  /** Why the events after the last batch cannot be had; null where they can. */
  failure: RxSpikeError | null = null;
  readonly #format: string;
  readonly #types: EventTypes;
  #events = 0;
  #zero = false;
  #minus = false;

  constructor(format: string, types: EventTypes) {
    this.#format = format;
    this.#types = types;
  }

  /** Converts `n` events, at most {@link BLOCK}, up to the first one that is none; `failure` says why. */
  convert(slices: Readonly<Record<Role, Slice>>, n: number): EventBatch {
    let good = n;
    for (const role of ['t', 'x', 'y', 'p'] as const) {
      const until = this.#convert(role, slices[role], good);
      if (until < good) {
        const what = role === 't' ? 'no time' : 'no whole number from 0 to 65535';
        this.failure = new RxSpikeError(
          'ERR_CORRUPT',
          `${this.#format}: ${role} of event ${this.#events + until} is ${VALUES[until]}, ${what}`,
          { details: { event: this.#events + until } },
        );
        good = until;
      }
    }
    this.#events += good;
    return { t: T, x: X, y: Y, p: P, length: good };
  }

  /** Converts a column into its array. @returns how many of its values are sound */
  #convert(role: Role, slice: Slice, n: number): number {
    const scalar = this.#types.scalars[role];
    if (role === 't') return this.#times(scalar, slice, n);
    readValues(VALUES, scalar, slice, n);
    if (role === 'p') return this.#polarities(n);
    const into = role === 'x' ? X : Y;
    for (let i = 0; i < n; i++) {
      const value = VALUES[i];
      into[i] = value;
      if (into[i] !== value) return i;
    }
    return n;
  }

  #times(scalar: Scalar, slice: Slice, n: number): number {
    const { unit } = this.#types;
    if (scalar.kind !== 'f' && scalar.size === 8 && unit === 'ns') {
      readThousandths(T, scalar, slice, n);
      return n;
    }
    readValues(VALUES, scalar, slice, n);
    if (scalar.kind === 'f') {
      const round = scalar.size === 4 ? Math.fround : undefined;
      for (let i = 0; i < n; i++) {
        T[i] = floatTime(VALUES[i], unit, round);
        if (!Number.isFinite(T[i])) return i;
      }
      return n;
    }
    if (unit === 'ns') for (let i = 0; i < n; i++) T[i] = VALUES[i] / 1000;
    else {
      const factor = 10 ** EXPONENT[unit];
      for (let i = 0; i < n; i++) T[i] = VALUES[i] * factor;
    }
    return n;
  }

  #polarities(n: number): number {
    let [unknown, zeros, minus] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const value = VALUES[i];
      P[i] = value > 0 ? 1 : 0;
      if (value === 0) zeros++;
      else if (value === -1) minus++;
      else if (value !== 1) unknown++;
    }
    if (zeros > 0) this.#zero = true;
    if (minus > 0) this.#minus = true;
    if (this.#zero && this.#minus) this.violations.mixedPolarity = 1;
    if (unknown > 0) this.violations.unknownPolarity = (this.violations.unknownPolarity ?? 0) + unknown;
    return n;
  }
}
