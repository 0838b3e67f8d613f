import type { Packet } from '../events/packet.js';

/** Totals of a stream, and where the current interval of measurement began. */
export interface RateState {
  packets: number;
  events: number;
  marks: number;
  /** Start of the interval (ms), and the totals at that time. */
  since: number;
  packetsBefore: number;
  eventsBefore: number;
}

/** Totals since the start, and rates over the interval that ends with the report. */
export interface RateReport {
  readonly packets: number;
  readonly events: number;
  readonly marks: number;
  /** Length of the interval, s. */
  readonly seconds: number;
  /** Per second; 0 over an interval of no length. */
  readonly packetRate: number;
  readonly eventRate: number;
}

/** Nothing counted at time `now` (ms). */
export function rateState(now: number): RateState {
  return { packets: 0, events: 0, marks: 0, since: now, packetsBefore: 0, eventsBefore: 0 };
}

/** Counts a packet of any kind. */
export function countPacket(state: RateState, packet: Packet): void {
  state.packets++;
  state.events += packet.length;
  if (packet.mark) state.marks++;
}

/** Closes the interval at time `now` (ms) and begins the next. */
export function reportRate(state: RateState, now: number): RateReport {
  const seconds = Math.max(0, now - state.since) / 1000;
  const rate = (n: number): number => (seconds > 0 ? n / seconds : 0);
  const report = {
    packets: state.packets,
    events: state.events,
    marks: state.marks,
    seconds,
    packetRate: rate(state.packets - state.packetsBefore),
    eventRate: rate(state.events - state.eventsBefore),
  };
  state.since = now;
  state.packetsBefore = state.packets;
  state.eventsBefore = state.events;
  return report;
}
