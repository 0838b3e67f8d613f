import { RxSpikeError } from '../errors.js';
import type { EventPacket } from './packet.js';
import { latestTime } from './event-packet.js';

/**
 * Events `from` … `to − 1` of a packet as a packet of their own, in copied memory. The slice that reaches the end keeps
 * the packet's `until` and mark; any other is delivered up to its latest event and bears no mark.
 *
 * @param before latest time delivered earlier in the stream: the floor of the slice's `until`
 * @throws `ERR_ARGUMENT` when `0 ≤ from ≤ to ≤ packet.length` does not hold
 */
export function slicePacket(packet: EventPacket, from: number, to: number, before: number = -Infinity): EventPacket {
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= packet.length)) {
    throw new RxSpikeError('ERR_ARGUMENT', `slicePacket: [${from}, ${to}) of a packet of ${packet.length} events`);
  }
  const whole = to === packet.length;
  const latest = latestTime(packet.t, to, before);
  return {
    stream: packet.stream,
    length: to - from,
    t: packet.t.slice(from, to),
    x: packet.x.slice(from, to),
    y: packet.y.slice(from, to),
    p: packet.p.slice(from, to),
    until: whole ? packet.until : Math.max(latest, to === 0 && before === -Infinity ? packet.t[0] : before),
    mark: whole ? packet.mark : null,
  };
}
