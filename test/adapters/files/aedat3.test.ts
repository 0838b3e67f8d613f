import { describe, expect, it } from 'vitest';
import { openRecording, type SideItem } from '../../../adapters/files/index.js';
import { chunked, read, sample } from './reading.js';
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

const items = async (source: Uint8Array | AsyncIterable<Uint8Array>, name: string): Promise<SideItem[]> => {
  const found: SideItem[] = [];
  for await (const item of (await openRecording(source)).side(name)) found.push(item);
  return found;
};

describe('packets with room for more events than they hold', () => {
  const FULL = packet(1, 0, [at(1, 2, 30), at(3, 4, 40)]);
  /** A packet that says so, and the room itself where a writer left it in. */
  const roomy = (events: readonly (readonly [number, number])[], room: number, left: boolean): Uint8Array => {
    const bytes = packet(1, 0, events);
    new DataView(bytes.buffer).setInt32(16, events.length + room, true);
    return left ? concat(bytes, new Uint8Array(8 * room)) : bytes;
  };

  it.each([1, 2, 3, 4, 100])('%d more, left in the file or not', async (room) => {
    for (const left of [false, true]) {
      const first = roomy([at(5, 6, 10)], room, left);
      const bytes = concat(header('#Source 0: DVS128'), first, FULL, first);
      for (const source of [bytes, chunked(bytes, [1]), chunked(bytes, [29, 3])]) {
        const { events, code, digest, report } = await read(source, {});
        expect([events, code, report?.violations]).toEqual([
          4,
          null,
          { timeStepBack: 1, ...(left ? { unusedRoom: 2 } : {}) },
        ]);
        expect(digest).toBe((await read(concat(header('#Source 0: DVS128'), ...plain), {})).digest);
      }
    }
  });

  const one = packet(1, 0, [at(5, 6, 10)]);
  const plain = [one, FULL, one];
});

describe('side streams of AEDAT 3.1', () => {
  it.each([false, true])('their content, in chunks of one byte: %s', async (cut) => {
    const bytes = sample('davis346-3.1.aedat');
    const source = (): Uint8Array | AsyncIterable<Uint8Array> => (cut ? chunked(bytes, [1]) : bytes);
    expect(await items(source(), 'triggers')).toEqual([{ kind: 'trigger', t: 77, id: 1, edge: null }]);
    // The middle of the exposure; the second frame is marked invalid.
    const pixels = Uint16Array.of(1000, 2000, 3000, 65535);
    expect(await items(source(), 'frames')).toEqual([
      { kind: 'frame', t: 105, width: 2, height: 2, channels: 1, pixels },
    ]);
    const samples = await items(source(), 'imu');
    expect(samples.length).toBe(6);
    expect(samples[0]).toEqual({
      kind: 'imu',
      t: 88,
      acceleration: [0.5, 0.5, 0.5],
      rotation: [0.5, 0.5, 0.5],
      magneticField: null,
      temperature: 0.5,
    });
    expect(samples[5]).toEqual({
      kind: 'imu',
      t: 2 ** 31 + 89,
      acceleration: [0, 1, 2],
      rotation: [3, 4, 5],
      temperature: 6,
      magneticField: [7, 8, 9],
    });
  });

  it('those of another camera are counted by its number', async () => {
    const special = (source: number): Uint8Array => packet(0, source, [[1 | (2 << 1), 30 + source]]);
    const bytes = concat(header(...TWO), packet(1, 2, [at(1, 2, 3)]), special(1), special(2));
    expect(await items(bytes, 'triggers')).toEqual([{ kind: 'trigger', t: 32, id: 2, edge: 'rising' }]);
    expect((await read(bytes, {})).report?.side).toEqual({ 'triggers@1': 1, triggers: 1 });
  });

  it('a frame above the limit is refused where it is wanted only', async () => {
    const big = new Uint8Array(28);
    new DataView(big.buffer).setInt16(0, 2, true);
    [2 ** 24, 4, 0, 1, 1, 1].forEach((n, i) => new DataView(big.buffer).setInt32(4 + 4 * i, n, true));
    const bytes = concat(header('#Source 0: DVS128'), big);
    const limited = await openRecording(bytes, { maxPacketBytes: 1 << 20 });
    const reading = (async () => {
      for await (const item of limited.side('frames')) void item;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_LIMIT' });
    expect(await read(bytes, { maxPacketBytes: 1 << 20 })).toMatchObject({ code: 'ERR_TRUNCATED' });
  });
});

describe('what is left of a damaged AEDAT 3.1 recording', () => {
  const many = Array.from({ length: 20 }, (_, k) =>
    packet(
      1,
      1,
      Array.from({ length: 50 }, (_unused, i) => at(i, k, 1000 * k + i)),
    ),
  );
  const whole = concat(header('#Source 1: DVS128'), ...many);
  const begin = whole.length - 20 * many[0].length;
  const change = (by: (view: DataView) => void): Uint8Array => {
    const bytes = whole.slice();
    by(new DataView(bytes.buffer));
    return bytes;
  };
  const third = begin + 3 * many[0].length;

  it.each<[string, Uint8Array, number, Record<string, number>]>([
    ['nothing is wrong', whole, 1000, {}],
    [
      'a packet says too many events',
      change((view) => {
        for (const i of [16, 20]) view.setInt32(third + i, 70, true);
      }),
      950,
      { damagedPacket: 1, skippedByte: 428 },
    ],
    [
      'a packet says too few events',
      change((view) => {
        for (const i of [20, 24]) view.setInt32(third + i, 30, true);
      }),
      980,
      { skippedByte: 160 },
    ],
    ['a packet of nonsense', change((view) => view.setInt32(third + 4, -1, true)), 950, { skippedByte: 428 }],
    [
      'noise between packets',
      concat(whole.slice(0, third), new Uint8Array(99).fill(0xee), whole.slice(third)),
      1000,
      { skippedByte: 99 },
    ],
    ['the end is missing', whole.slice(0, -100), 987, { truncatedPacket: 1 }],
  ])('%s', async (_, bytes, events, violations) => {
    const outcome = await read(bytes, { salvage: true });
    expect([outcome.code, outcome.events]).toEqual([null, events]);
    expect(outcome.report?.violations).toEqual(violations);
  });

  it('is not read from a pipe', async () => {
    await expect(openRecording(chunked(whole, [100]), { salvage: true })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
  });
});
