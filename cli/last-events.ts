import type { EventPacket } from '../src/index.js';

/** An event's time (µs), and when its packet arrived (ms of the clock). */
export interface Arrival {
  readonly t: number;
  readonly arrived: number;
}

/**
 * Remembers when the newest events came, to say how long after the last event of a window a decision came: the newest
 * packet and the last event before it, which is all that a window that has just closed can end with.
 */
export class LastEvents {
  #before: Arrival | null = null;
  #packet: EventPacket | null = null;
  #arrived = 0;

  /** Takes note of a packet of ordered times that arrives at `now` (ms). */
  note(packet: EventPacket, now: number): void {
    if (packet.length === 0) return;
    if (this.#packet !== null) {
      this.#before = { t: this.#packet.t[this.#packet.length - 1], arrived: this.#arrived };
    }
    this.#packet = packet;
    this.#arrived = now;
  }

  /** The last event earlier than `t1` (µs), or null where none is known. */
  earlierThan(t1: number): Arrival | null {
    if (this.#packet !== null) {
      let i = this.#packet.length - 1;
      while (i >= 0 && this.#packet.t[i] >= t1) i--;
      if (i >= 0) return { t: this.#packet.t[i], arrived: this.#arrived };
    }
    return this.#before !== null && this.#before.t < t1 ? this.#before : null;
  }
}
