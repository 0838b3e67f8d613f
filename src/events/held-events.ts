import { RxSpikeError } from '../errors.js';
import type { EventPacket, Mark } from './packet.js';
import type { StreamInfo } from './stream-info.js';

/** Most events that a slice holds. */
export const MAX_SLICE = 16_777_216;

/** Events that wait for their slice to be full; plain data. The columns are longer than `length`. */
export interface HeldEvents {
  /** Stream of the latest packet; null before the first. */
  stream: StreamInfo | null;
  length: number;
  t: Float64Array;
  x: Uint16Array;
  y: Uint16Array;
  p: Uint8Array;
}

/** No events. */
export function noHeldEvents(): HeldEvents {
  return {
    stream: null,
    length: 0,
    t: new Float64Array(0),
    x: new Uint16Array(0),
    y: new Uint16Array(0),
    p: new Uint8Array(0),
  };
}

/** @throws `ERR_STATE` when restored columns are shorter than their length */
export function checkHeldEvents(step: string, { length, t, x, y, p }: HeldEvents): void {
  if (!(length >= 0 && t.length >= length && x.length === t.length && y.length === t.length && p.length === t.length)) {
    throw new RxSpikeError('ERR_STATE', `${step}: saved columns are not of ${length} events`);
  }
}

/** Adds events `from` … `to − 1` of a packet. @throws `ERR_LIMIT` above {@link MAX_SLICE} */
export function holdEvents(step: string, held: HeldEvents, packet: EventPacket, from: number, to: number): void {
  held.stream = packet.stream;
  const length = held.length + to - from;
  if (length > MAX_SLICE) {
    throw new RxSpikeError('ERR_LIMIT', `${step}: a slice has more than ${MAX_SLICE} events`);
  }
  if (length > held.t.length) {
    const room = Math.max(1024, 2 ** Math.ceil(Math.log2(length)));
    held.t = grown(held.t, new Float64Array(room), held.length);
    held.x = grown(held.x, new Uint16Array(room), held.length);
    held.y = grown(held.y, new Uint16Array(room), held.length);
    held.p = grown(held.p, new Uint8Array(room), held.length);
  }
  held.t.set(packet.t.subarray(from, to), held.length);
  held.x.set(packet.x.subarray(from, to), held.length);
  held.y.set(packet.y.subarray(from, to), held.length);
  held.p.set(packet.p.subarray(from, to), held.length);
  held.length = length;
}

function grown<T extends Float64Array | Uint16Array | Uint8Array>(old: T, room: T, length: number): T {
  room.set(old.subarray(0, length));
  return room;
}

/** The held events as a packet in fresh memory; none are held any more. */
export function takeEvents(held: HeldEvents, stream: StreamInfo, until: number, mark: Mark | null): EventPacket {
  const { length } = held;
  held.length = 0;
  return {
    stream,
    length,
    t: held.t.slice(0, length),
    x: held.x.slice(0, length),
    y: held.y.slice(0, length),
    p: held.p.slice(0, length),
    until,
    mark,
  };
}
