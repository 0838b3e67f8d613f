import type { Counts, EventBatch } from '../../files/decoder.js';

/** Most events in a datagram: 65507 bytes in words of four. */
const MOST = 16_376;

/** Room for the events of one datagram; those outside the sensor are left out and counted as `leftOut`. */
export class EventRoom implements EventBatch {
  readonly t: Float64Array = new Float64Array(MOST);
  readonly x: Uint16Array = new Uint16Array(MOST);
  readonly y: Uint16Array = new Uint16Array(MOST);
  readonly p: Uint8Array = new Uint8Array(MOST);
  length = 0;
  readonly #counts: Counts;
  readonly #width: number;
  readonly #height: number;

  /** Null: the size is not known, and every event lies within it. */
  constructor(width: number | null, height: number | null, counts: Counts) {
    this.#width = width ?? 65_536;
    this.#height = height ?? 65_536;
    this.#counts = counts;
  }

  /** True where a pixel lies on the sensor. */
  holds(x: number, y: number): boolean {
    return x < this.#width && y < this.#height;
  }

  add(t: number, x: number, y: number, p: 0 | 1): void {
    if (!this.holds(x, y)) {
      countOf(this.#counts, 'leftOut', 1);
      return;
    }
    const at = this.length++;
    this.t[at] = t;
    this.x[at] = x;
    this.y[at] = y;
    this.p[at] = p;
  }
}

/** Adds to a count by name. */
export function countOf(counts: Counts, name: string, n: number): void {
  counts[name] = (counts[name] ?? 0) + n;
}
