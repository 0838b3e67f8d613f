import type { SideSink } from '../side.js';
import type { TextHeader } from '../text-header.js';

/** Words of a sample, in their order: acceleration x, y, z, temperature, rotation x, y, z. */
const WORDS = 7;
/** The chip's thermometer (Invensense MPU-6100A): units a °C, and °C at 0. */
const PER_DEGREE = 340;
const ZERO_AT = 35;
const FULL_SCALE = 32768;

/** What the largest values of a sensor stand for, g and °/s; null where that is not known. */
export interface ImuScales {
  readonly acceleration: number | null;
  readonly rotation: number | null;
}

/** The scales that jAER had set, which it keeps among the preferences in a header. */
export function imuScalesOf(header: TextHeader): ImuScales {
  const preference = (key: string, value: string): number | null => {
    const pattern = new RegExp(`key="${key}" value="${value}(\\d{1,4})"`);
    const found = header.lines.map((line) => Number(pattern.exec(line)?.[1] ?? 0)).find((scale) => scale > 0);
    return found ?? null;
  };
  return {
    acceleration: preference('ImuAccelScale', 'ImuAccelScaleG'),
    rotation: preference('ImuGyroScale', 'GyroFullScaleDegPerSec'),
  };
}

type Vector = readonly [number, number, number];

const scaled = ([x, y, z]: Vector, scale: number | null): Vector | null =>
  scale === null ? null : [(x * scale) / FULL_SCALE, (y * scale) / FULL_SCALE, (z * scale) / FULL_SCALE];

/**
 * Puts the samples of a DAVIS's inertial sensor together, which AEDAT 2.0 spreads over seven words: which word it is in
 * bits 30–28, its value (i16) in bits 27–12. Source: jAER's `IMUSample`, `IMUSampleType`, `ImuAccelScale`, `ImuGyroScale`.
 */
export class ImuWords {
  /** Samples that lack words. */
  partial = 0;
  readonly #sink: SideSink | null;
  readonly #values: number[] = Array.from({ length: WORDS }, () => 0);
  /** The word that comes next; −1 after a break, until a sample begins. */
  #next = 0;

  readonly #scales: ImuScales;

  /** Samples go to `sink`. */
  constructor(scales: ImuScales, sink: SideSink | null) {
    this.#scales = scales;
    this.#sink = sink;
  }

  /** Takes in a word at `t` µs. */
  add(word: number, t: number): void {
    const code = (word >> 28) & 7;
    if (code === 0) {
      if (this.#next > 0) this.partial++;
    } else if (code !== this.#next) {
      if (this.#next !== -1) this.partial++;
      this.#next = -1;
      return;
    }
    this.#values[code] = (word << 4) >> 16;
    this.#next = code + 1;
    if (this.#next < WORDS) return;
    this.#next = 0;
    const [ax, ay, az, temperature, gx, gy, gz] = this.#values;
    this.#sink?.add({
      kind: 'imu',
      t,
      acceleration: scaled([ax, ay, az], this.#scales.acceleration),
      rotation: scaled([gx, gy, gz], this.#scales.rotation),
      magneticField: null,
      temperature: temperature / PER_DEGREE + ZERO_AT,
    });
  }
}
