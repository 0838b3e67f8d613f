import type { EventPacket } from './packet.js';

/** Windows that are kept open; events further back than that are not counted. */
const OPEN = 128;

/** Finds the busiest of the windows of one length that a stream is divided into, counted from time 0. */
export class PeakRate {
  /** µs */
  readonly width: number;
  readonly #numbers = new Float64Array(OPEN).fill(-Infinity);
  readonly #counts = new Uint32Array(OPEN);
  #most = 0;
  #earliest = Infinity;
  #latest = -Infinity;

  /** @param width length of a window, µs */
  constructor(width: number) {
    this.width = width;
  }

  /** Events of the busiest window. */
  get most(): number {
    return this.#most;
  }

  /** From the earliest to the latest event, µs; null where there was none. */
  get duration(): number | null {
    return this.#earliest === Infinity ? null : this.#latest - this.#earliest;
  }

  /** Counts the events of a packet; times need not be in order. */
  add({ t, length }: EventPacket): void {
    const { width } = this;
    for (let i = 0; i < length; i++) {
      const now = t[i];
      if (now < this.#earliest) this.#earliest = now;
      if (now > this.#latest) this.#latest = now;
      const number = Math.floor(now / width);
      const slot = number - Math.floor(number / OPEN) * OPEN;
      if (this.#numbers[slot] !== number) {
        if (number < this.#numbers[slot]) continue;
        this.#numbers[slot] = number;
        this.#counts[slot] = 0;
      }
      const count = ++this.#counts[slot];
      if (count > this.#most) this.#most = count;
    }
  }
}
