import { describe, expect, it } from 'vitest';
import { LastEvents } from '../../cli/last-events.js';
import { type EventPacket, silence, streamInfo } from '../../src/index.js';

const stream = streamInfo();
const packet = (...t: number[]): EventPacket => ({
  ...silence(stream, t.at(-1) ?? 0),
  t: Float64Array.from(t),
  x: new Uint16Array(t.length),
  y: new Uint16Array(t.length),
  p: new Uint8Array(t.length),
  length: t.length,
});

describe('the last event of a window', () => {
  it('is in the newest packet, or the last of those before it', () => {
    const last = new LastEvents();
    expect(last.earlierThan(100)).toBeNull();
    last.note(packet(1, 5, 5, 9), 1000);
    expect(last.earlierThan(100)).toEqual({ t: 9, arrived: 1000 });
    expect(last.earlierThan(9)).toEqual({ t: 5, arrived: 1000 });
    expect(last.earlierThan(1)).toBeNull();
    last.note(packet(12, 20), 1005);
    last.note(packet(), 1010);
    expect(last.earlierThan(20)).toEqual({ t: 12, arrived: 1005 });
    expect(last.earlierThan(12)).toEqual({ t: 9, arrived: 1000 });
  });
});
