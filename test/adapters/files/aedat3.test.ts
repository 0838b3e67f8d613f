import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.js';
import { read, sample } from './reading.js';
import { concat } from './write-aedat4.js';

const TWO = ['#Source 1: DVS128', '#Source 2: DAVIS346'];

const header = (...sources: readonly string[]): Uint8Array =>
  new TextEncoder().encode(`${['#!AER-DAT3.1', '#Format: RAW', ...sources, '#!END-HEADER'].join('\r\n')}\r\n`);

/** A packet of events of eight bytes: address and time. */
function packet(
  type: number,
  source: number,
  events: readonly (readonly [address: number, time: number])[],
): Uint8Array {
  const bytes = new Uint8Array(28 + 8 * events.length);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, type, true);
  view.setInt16(2, source, true);
  [8, 4, 0, events.length, events.length, events.length].forEach((n, i) => view.setInt32(4 + 4 * i, n, true));
  events.flat().forEach((n, i) => view.setUint32(28 + 4 * i, n, true));
  return bytes;
}

/** Valid and ON. */
const at = (x: number, y: number, t: number): [address: number, time: number] => [3 | (y << 2) | (x << 17), t];

describe('AEDAT 3.1 of several sources', () => {
  const large = packet(1, 2, [at(345, 259, 7), at(300, 200, 8)]);
  const small = packet(1, 1, [at(127, 127, 9)]);

  it('has the sensor and the size of the source whose events are delivered', async () => {
    const bytes = concat(header(...TWO), packet(0, 1, [[3, 1]]), large, small);
    const { info, facts } = await openRecording(bytes);
    expect([info.width, info.height, facts.sensor]).toEqual([346, 260, 'DAVIS346']);
    expect((await read(bytes, {})).report).toMatchObject({ events: 2, violations: {}, side: { 'events@1': 1 } });
    const other = await openRecording(bytes, { stream: 1 });
    expect([other.info.width, other.facts.sensor]).toEqual([128, 'DVS128']);
  });

  it('does not invent them where that source is not known', async () => {
    for (const packets of [[], [packet(1, 3, [at(1, 1, 1)])], [packet(0, 1, [])]]) {
      const { info, facts } = await openRecording(concat(header(...TWO), ...packets));
      expect([info.width, info.height, facts.sensor]).toEqual([null, null, null]);
    }
  });

  it('of one source has its sensor, whatever number the packets have', async () => {
    const { info, facts } = await openRecording(concat(header('#Source 0: DAVIS346'), large));
    expect([info.width, facts.sensor]).toEqual([346, 'DAVIS346']);
    expect((await openRecording(sample('davis346-3.1.aedat'))).facts.sensor).toBe('DAVIS346');
  });
});
