import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openRecording, type SideItem } from '../../../adapters/files/index.js';
import { projectRoot } from '../../shared-data.js';
import { read } from './reading.js';

interface Expected {
  readonly events: number;
  readonly on: number;
  readonly t0: number;
  readonly t1: number;
  readonly digest: string;
  readonly side: Record<string, number>;
}

const folder = projectRoot('test', 'data', 'files');
const expected = JSON.parse(readFileSync(`${folder}/expected-aedat1.json`, 'utf8')) as Record<string, Expected>;
const HEADER = new TextEncoder().encode('#!AER-DAT1.0\r\n');

/** Words of address and time, big-endian. */
function words(...pairs: readonly (readonly [address: number, time: number])[]): Uint8Array {
  const bytes = new Uint8Array(6 * pairs.length);
  const view = new DataView(bytes.buffer);
  pairs.forEach(([address, time], i) => {
    view.setUint16(6 * i, address);
    view.setInt32(6 * i + 2, time);
  });
  return bytes;
}

const headed = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...HEADER, ...bytes]);
const steady = words(...Array.from({ length: 50 }, (_, i): [number, number] => [i, 1000 + 10 * i]));

describe('AEDAT 1.0', () => {
  it.each(Object.keys(expected))('%s holds what its writer says', async (name) => {
    const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
    const { digest, events, on, t0, t1, side } = expected[name];
    const outcome = await read(bytes, { name });
    expect(outcome).toMatchObject({ code: null, digest, report: { events, on, t0, t1, side } });
    expect(outcome.report?.violations).toEqual({ timeStepBack: 1 });
    const { info, facts, format } = await openRecording(bytes, { name });
    expect([format, info.width, info.height, info.yUp, info.mirroredX]).toEqual(['aedat1', 128, 128, true, true]);
    expect([facts.sensor, facts.chipAssumed]).toEqual([null, true]);
  });

  it('x, y and polarity lie in the address as the DVS128 sends it', async () => {
    const recording = await openRecording(headed(words([(100 << 8) | (7 << 1), 5], [(3 << 8) | (127 << 1) | 1, 6])));
    const seen: number[][] = [];
    for await (const { t, x, y, p, length } of recording.events()) {
      for (let i = 0; i < length; i++) seen.push([t[i], x[i], y[i], p[i]]);
    }
    expect(seen).toEqual([
      [5, 7, 100, 1],
      [6, 127, 3, 0],
    ]);
  });

  it('an external input is a trigger', async () => {
    const recording = await openRecording(headed(words([2, 5], [0x8000, 8], [2, 9])));
    const items: SideItem[] = [];
    for await (const item of recording.side('triggers')) items.push(item);
    expect(items).toEqual([{ kind: 'trigger', t: 8, id: 0, edge: null }]);
  });

  it('without a header is believed by its times where the name or the caller says so', async () => {
    expect(await read(steady, { name: 'a.aedat' })).toMatchObject({ events: 50, code: null });
    expect(await read(steady, { name: 'a.xyz' })).toMatchObject({ code: 'ERR_UNKNOWN_FORMAT' });
    expect(await read(steady, { format: 'aedat1' })).toMatchObject({ events: 50, code: null });
    expect(await read(words([2, 5]), { format: 'aedat1' })).toMatchObject({ events: 1, code: null });
    expect(await read(words([2, 5]).subarray(0, 4), { format: 'aedat1' })).toMatchObject({ code: 'ERR_TRUNCATED' });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['zeros', new Uint8Array(600), /stands still/],
    ['text', new TextEncoder().encode('The quick brown fox jumps over the lazy dog. '.repeat(20)), /steps back/],
    ['times that go down', words(...Array.from({ length: 50 }, (_, i): [number, number] => [i, -i])), /steps back/],
    ['leaps', words(...Array.from({ length: 4 }, (_, i): [number, number] => [i, 7e8 * i])), /leaps/],
    ['no events', words(...Array.from({ length: 50 }, (_, i): [number, number] => [0x8000, i])), /no events/],
    ['next to nothing', steady.subarray(0, 18), /too few/],
  ])('%s named .dat is not', async (_, bytes, message) => {
    const outcome = await read(bytes, { name: 'a.dat' });
    expect(outcome.code).toBe('ERR_UNKNOWN_FORMAT');
    expect(outcome.message).toMatch(message);
  });

  it('is of no chip with wider addresses', async () => {
    await expect(openRecording(headed(steady), { chip: 'DAVIS240C' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
    expect((await openRecording(headed(steady), { chip: 'Tmpdiff128' })).facts).toMatchObject({
      sensor: 'Tmpdiff128',
      chipAssumed: false,
    });
  });
});
