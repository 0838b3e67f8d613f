import { RxSpikeError } from '../errors.js';
import type { EventPacket } from './packet.js';

/**
 * Several packets of one stream, in order, as one: all their events, the `until` and the mark of the last.
 *
 * @throws `ERR_ARGUMENT` without packets, when an earlier packet bears a mark (events behind it belong to another
 * stretch), or when packets are of different streams
 */
export function concatPackets(packets: readonly EventPacket[]): EventPacket {
  const last = packets.at(-1);
  if (!last) throw new RxSpikeError('ERR_ARGUMENT', 'concatPackets: no packets');
  let length = 0;
  for (const packet of packets) {
    length += packet.length;
    if (packet !== last && packet.mark) {
      throw new RxSpikeError('ERR_ARGUMENT', `concatPackets: a mark at ${packet.until} stands between the packets`);
    }
    if (packet.stream !== last.stream) {
      throw new RxSpikeError('ERR_ARGUMENT', 'concatPackets: packets are of different streams');
    }
  }
  const t = new Float64Array(length);
  const x = new Uint16Array(length);
  const y = new Uint16Array(length);
  const p = new Uint8Array(length);
  let at = 0;
  for (const packet of packets) {
    t.set(packet.t.subarray(0, packet.length), at);
    x.set(packet.x.subarray(0, packet.length), at);
    y.set(packet.y.subarray(0, packet.length), at);
    p.set(packet.p.subarray(0, packet.length), at);
    at += packet.length;
  }
  return { stream: last.stream, length, t, x, y, p, until: last.until, mark: last.mark };
}
