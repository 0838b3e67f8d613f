import type { Packet } from './packet.js';

/** What a stretch of a stream shows, told at any later time: for online learning, and to compare decisions with. */
export interface Label {
  /** The stretch [t0, t1), µs. */
  readonly t0: number;
  readonly t1: number;
  /** Name of the class. */
  readonly label: string;
}

/** A batch of things that are not columns: decisions, labels. */
export interface ItemPacket<T> extends Packet {
  /** `length` of them. */
  readonly items: readonly T[];
}
