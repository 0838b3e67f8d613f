import type { EventPacket } from './packet.js';

/** Parts that a window is made of; windows begin at each of them. */
const PARTS = 10;
/** Parts that are kept; events further back than that are not counted. */
const KEPT = 256;

/** Finds the busiest window of one length in a stream, to a tenth of that length, counted from the first event. */
export class PeakRate {
  /** µs */
  readonly width: number;
  readonly #numbers = new Float64Array(KEPT).fill(-Infinity);
  readonly #counts = new Uint32Array(KEPT);
  #first: number | null = null;
  #newest = -Infinity;
  #most = 0;
  #earliest = Infinity;
  #latest = -Infinity;

  /** @param width length of a window, µs */
  constructor(width: number) {
    this.width = width;
  }

  /** Events of the busiest window. */
  get most(): number {
    return Math.max(this.#most, this.#window());
  }

  /** From the earliest to the latest event, µs; null where there was none. */
  get duration(): number | null {
    return this.#earliest === Infinity ? null : this.#latest - this.#earliest;
  }

  /** Counts the events of a packet; times need not be in order. */
  add({ t, length }: EventPacket): void {
    if (length === 0) return;
    const first = (this.#first ??= t[0]);
    const part = this.width / PARTS;
    for (let i = 0; i < length; i++) {
      const now = t[i];
      if (now < this.#earliest) this.#earliest = now;
      if (now > this.#latest) this.#latest = now;
      const number = Math.floor((now - first) / part);
      if (number > this.#newest) {
        this.#most = Math.max(this.#most, this.#window());
        this.#newest = number;
      }
      const slot = slotOf(number);
      if (this.#numbers[slot] !== number) {
        if (number < this.#numbers[slot]) continue;
        this.#numbers[slot] = number;
        this.#counts[slot] = 0;
      }
      this.#counts[slot]++;
    }
  }

  /** Events of the window that ends with the newest part. */
  #window(): number {
    let events = 0;
    if (this.#newest === -Infinity) return 0;
    for (let number = this.#newest; number > this.#newest - PARTS; number--) {
      const slot = slotOf(number);
      if (this.#numbers[slot] === number) events += this.#counts[slot];
    }
    return events;
  }
}

function slotOf(number: number): number {
  return number - Math.floor(number / KEPT) * KEPT;
}
