import { RxSpikeError } from '../errors.js';
import type { ToUnitsParams } from '../events/to-units.js';
import type { RandomSequence } from '../random.js';
import type { SparseInput } from './backpropagation.js';

/**
 * One stretch of a recording, filtered and put into steps as in inference, with its pixels kept so that training may
 * move them. Plain data; the columns are not written again.
 */
export interface TrainingSample {
  /** Name of the recording. */
  readonly name: string;
  /** Index of the class. */
  readonly label: number;
  /** Number of steps, silent ones included, ≥ 1. */
  readonly steps: number;
  readonly length: number;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
  /** Step of each event, from 0, non-decreasing. */
  readonly step: Uint32Array;
  /** Time of each step, µs, where every event is a step of its own (`dt` 0). */
  readonly time?: Float64Array;
}

/** How far events of a training sample are moved, drawn anew for each sample and epoch; about the sensor's middle. */
export interface Augmentation {
  /** Rotation by U(−r, r), degrees. */
  readonly rotation: number;
  /** Size times 1 + U(−s, s). */
  readonly scale: number;
  /** Shift by U(−d, d) pixels in x and in y. */
  readonly shift: number;
}

/** One drawn movement: `x' = ⌊mid + a·(x − mid) − b·(y − mid) + dx + ½⌋` and so on. */
export interface Movement {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

/** Draws a movement: four numbers of `random`. */
export function drawMovement({ rotation, scale, shift }: Augmentation, random: RandomSequence): Movement {
  const angle = ((2 * random.uniform() - 1) * rotation * Math.PI) / 180;
  const size = 1 + (2 * random.uniform() - 1) * scale;
  const dx = (2 * random.uniform() - 1) * shift;
  const dy = (2 * random.uniform() - 1) * shift;
  return { a: size * Math.cos(angle), b: size * Math.sin(angle), dx, dy };
}

/** Makes network input of samples; its buffers are used again, so an input holds until the next. */
export class SampleInput {
  readonly #map: ToUnitsParams;
  readonly #counting: boolean;
  readonly #ofX: Uint32Array;
  readonly #ofY: Uint32Array;
  readonly #units: number;
  readonly #input: SparseInput = { steps: 0, start: new Uint32Array(1), unit: new Uint32Array(0) };
  /** Unit of each event (or `units` for one that left the sensor), events by unit, and where each unit's begin. */
  #unit: Uint32Array = new Uint32Array(0);
  #order: Uint32Array = new Uint32Array(0);
  readonly #first: Uint32Array;

  /**
   * @param map unit map of the model
   * @param counting whether a unit counts more than once a step
   */
  constructor(map: ToUnitsParams, counting: boolean) {
    this.#map = map;
    this.#counting = counting;
    this.#ofX = Uint32Array.from({ length: map.width }, (_, x) => Math.floor((x * map.columns) / map.width));
    this.#ofY = Uint32Array.from(
      { length: map.height },
      (_, y) => Math.floor((y * map.rows) / map.height) * map.columns,
    );
    this.#units = map.rows * map.columns * (map.polarity === 'split' ? 2 : 1);
    this.#first = new Uint32Array(this.#units + 2);
  }

  /** Units of each step. @throws `ERR_GEOMETRY` when an unmoved event lies outside of the map's sensor */
  of(sample: TrainingSample, movement: Movement | null = null): SparseInput {
    const { length } = sample;
    if (this.#unit.length < length) {
      this.#unit = new Uint32Array(2 * length);
      this.#order = new Uint32Array(2 * length);
      this.#input.unit = new Uint32Array(2 * length);
    }
    if (this.#input.start.length <= sample.steps) this.#input.start = new Uint32Array(2 * sample.steps + 1);
    this.#place(sample, movement);
    this.#sortByUnit(length);
    this.#sortByStep(sample);
    return this.#input;
  }

  #place({ name, length, x, y, p }: TrainingSample, movement: Movement | null): void {
    const { width, height, polarity, rows, columns } = this.#map;
    const unit = this.#unit;
    const on = polarity === 'split' ? rows * columns : 0;
    const midX = (width - 1) / 2;
    const midY = (height - 1) / 2;
    for (let i = 0; i < length; i++) {
      let px = x[i];
      let py = y[i];
      if (movement) {
        const { a, b, dx, dy } = movement;
        px = Math.floor(midX + a * (x[i] - midX) - b * (y[i] - midY) + dx + 0.5);
        py = Math.floor(midY + b * (x[i] - midX) + a * (y[i] - midY) + dy + 0.5);
      }
      const inside = px >= 0 && px < width && py >= 0 && py < height;
      if (!inside && !movement) {
        throw new RxSpikeError('ERR_GEOMETRY', `${name}: event at (${px}, ${py}), the model is for ${width}×${height}`);
      }
      unit[i] = inside ? p[i] * on + this.#ofY[py] + this.#ofX[px] : this.#units;
    }
  }

  #sortByUnit(length: number): void {
    const first = this.#first;
    first.fill(0);
    for (let i = 0; i < length; i++) first[this.#unit[i] + 1]++;
    for (let u = 1; u < first.length; u++) first[u] += first[u - 1];
    for (let i = 0; i < length; i++) this.#order[first[this.#unit[i]]++] = i;
  }

  /** Deals events, by ascending unit, into their steps; where units count once, repeats within a step fall away. */
  #sortByStep({ steps, length, step, time }: TrainingSample): void {
    const { start, unit } = this.#input;
    this.#input.steps = steps;
    this.#input.time = time ?? null;
    start.fill(0, 0, steps + 1);
    const kept = this.#dropRepeats(length, step);
    for (let i = 0; i < kept; i++) start[step[this.#order[i]] + 1]++;
    for (let t = 1; t <= steps; t++) start[t] += start[t - 1];
    for (let i = 0; i < kept; i++) {
      const event = this.#order[i];
      unit[start[step[event]]++] = this.#unit[event];
    }
    for (let t = steps; t > 0; t--) start[t] = start[t - 1];
    start[0] = 0;
  }

  #dropRepeats(length: number, step: Uint32Array): number {
    const order = this.#order;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const event = order[i];
      if (this.#unit[event] === this.#units) break;
      const before = kept > 0 ? order[kept - 1] : -1;
      const repeats = before >= 0 && this.#unit[before] === this.#unit[event] && step[before] === step[event];
      if (!repeats || this.#counting) order[kept++] = event;
    }
    return kept;
  }
}
