import { describe, expect, it } from 'vitest';
import { eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import type { EventPacket } from '../../../src/index.js';
import { SAMPLES, type Sample } from './reading.js';

/** All events of a sample in one packet. */
async function whole({ bytes, open }: Sample): Promise<EventPacket | null> {
  const recording = await openRecording(bytes, { ...open, packetEvents: 65_536 });
  const parts: EventPacket[] = [];
  for await (const packet of recording.events()) if (packet.length > 0) parts.push(packet);
  if (parts.length === 0) return null;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = {
    t: new Float64Array(length),
    x: new Uint16Array(length),
    y: new Uint16Array(length),
    p: new Uint8Array(length),
  };
  let at = 0;
  for (const part of parts) {
    all.t.set(part.t.subarray(0, part.length), at);
    all.x.set(part.x.subarray(0, part.length), at);
    all.y.set(part.y.subarray(0, part.length), at);
    all.p.set(part.p.subarray(0, part.length), at);
    at += part.length;
  }
  return { ...parts[0], ...all, length };
}

const hexFrom = ({ t, x, y, p, length, ...rest }: EventPacket, from: number): string => {
  const digest = eventDigest();
  const [start, end] = [from, length];
  digest.add({
    ...rest,
    t: t.slice(start, end),
    x: x.slice(start, end),
    y: y.slice(start, end),
    p: p.slice(start, end),
    length: end - start,
  });
  return digest.hex();
};

describe('seek begins at the first event that is not earlier', () => {
  const eventful = SAMPLES.filter(({ eventless }) => eventless !== true);
  it.each(eventful.map((sample) => [sample.name, sample] as const))('%s', async (_, sample) => {
    const all = await whole(sample);
    if (all === null) throw new Error('no events');
    const recording = await openRecording(sample.bytes, { ...sample.open, packetEvents: 31, reuse: 'scribble' });
    const { t, length } = all;
    for (const time of [-Infinity, t[0], t[length >> 1], t[length >> 1] + 0.5, t[length - 1], Infinity]) {
      recording.seek(time);
      const found = t.findIndex((now) => now >= time);
      const from = found === -1 ? length : found;
      const digest = eventDigest();
      for await (const packet of recording.events()) digest.add(packet);
      expect([time, recording.report.events, digest.hex()]).toEqual([time, length - from, hexFrom(all, from)]);
      expect([recording.report.t0, recording.report.t1]).toEqual(
        from < length ? [t[from], t[length - 1]] : [null, null],
      );
    }
  });
});
