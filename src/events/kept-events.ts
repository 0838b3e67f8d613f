import type { Emit } from '../step.js';
import { latestTime } from './event-packet.js';
import type { EventPacket } from './packet.js';

/**
 * The events of `packet` at the first `kept` indices of `keep`, in fresh memory, with the packet's `until` and mark.
 *
 * @param keep ascending indices
 */
export function keptEvents(packet: EventPacket, keep: Uint32Array, kept: number): EventPacket {
  const t = new Float64Array(kept);
  const x = new Uint16Array(kept);
  const y = new Uint16Array(kept);
  const p = new Uint8Array(kept);
  const from = { t: packet.t, x: packet.x, y: packet.y, p: packet.p };
  for (let j = 0; j < kept; j++) {
    const i = keep[j];
    t[j] = from.t[i];
    x[j] = from.x[i];
    y[j] = from.y[i];
    p[j] = from.p[i];
  }
  return { stream: packet.stream, length: kept, t, x, y, p, until: packet.until, mark: packet.mark };
}

/**
 * Emits what a filter kept of the first `good` events of a packet. Where the packet is not good to its end, the emitted
 * one reaches up to the time of the bad event and bears no mark: the step throws behind it.
 */
export function emitKept(
  packet: EventPacket,
  good: number,
  keep: Uint32Array,
  kept: number,
  emit: Emit<EventPacket>,
): void {
  const out = keptEvents(packet, keep, kept);
  if (good === packet.length) return emit(out);
  emit({ ...out, until: latestTime(packet.t, good + 1, -Infinity), mark: null });
}
