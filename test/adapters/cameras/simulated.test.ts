import { describe, expect, test } from 'vitest';
import { SIMULATED_SCENES, simulatedCamera } from '../../../adapters/cameras/index.js';
import type { EventPacket } from '../../../src/index.js';

async function read(name: string, seed = 1): Promise<EventPacket[]> {
  const packets: EventPacket[] = [];
  for await (const packet of simulatedCamera(name, { seed }).events()) packets.push(packet);
  return packets;
}

const noise = (rate: number): number =>
  [...simulatedCamera('bar', { noise: rate }).simulate()].reduce(
    (sum, p) => sum + p.noise.reduce((a, b) => a + b, 0),
    0,
  );

describe('simulatedCamera', () => {
  test.each(SIMULATED_SCENES)('%s: ordered events inside the sensor, labelled end marks', async (name) => {
    const camera = simulatedCamera(name);
    const packets = await read(name);
    expect(packets.every(({ stream }) => stream.id === camera.info.id)).toBe(true);
    let last = 0;
    let events = 0;
    const wrong: string[] = [];
    for (const { t, x, y, length, until } of packets) {
      for (let i = 0; i < length; i++) {
        if (t[i] < last || x[i] >= 34 || y[i] >= 34)
          wrong.push(`event at ${t[i]} µs, (${x[i]}, ${y[i]}) after ${last} µs`);
        last = t[i];
      }
      if (until < last) wrong.push(`watermark ${until} µs after ${last} µs`);
      last = until;
      events += length;
    }
    expect(wrong).toEqual([]);
    expect(events).toBeGreaterThan(500);
    const labels = packets.flatMap(({ mark }) => (mark ? [mark.label] : []));
    expect(labels).toEqual(name === 'digits' ? Array.from('0123456789') : [camera.label]);
    expect(packets[packets.length - 1].mark).not.toBeNull();
  });

  test('reads the same again, and otherwise with another seed', async () => {
    const camera = simulatedCamera('disc', { seed: 2 });
    const twice = [[...camera.simulate()], [...camera.simulate()]];
    expect(JSON.stringify(twice[0])).toBe(JSON.stringify(twice[1]));
    expect(JSON.stringify(await read('disc', 3))).not.toBe(JSON.stringify(twice[0]));
  });

  test('tells noise from signal', () => {
    expect(noise(0)).toBe(0);
    expect(Math.abs(noise(1) - 1156)).toBeLessThan(4 * 34);
  });

  test('refuses an unknown scene and bad options at the call', () => {
    expect(() => simulatedCamera('cat')).toThrow(/"cat".*bar/);
    expect(() => simulatedCamera('bar', { width: 0 })).toThrow(/width/);
    expect(() => simulatedCamera('toString')).toThrow(/toString/);
  });
});
