import { describe, expect, it } from 'vitest';
import { openRecording, type SideItem } from '../../../adapters/files/index.js';
import { RandomSequence } from '../../../src/index.js';
import { parseXml } from '../../../adapters/files/aedat4/xml.js';
import { read, sample } from './reading.js';
import { aedat4, concat, description, eventBody, frameBody, packet, type Event } from './write-aedat4.js';

const A: Event[] = [
  [1_700_000_000_000_000, 1, 2, 1],
  [1_700_000_000_000_001, 3, 4, 0],
];
const B: Event[] = [
  [1_700_000_000_000_000, 5, 6, 1],
  [1_700_000_000_000_007, 9, 8, 1],
  [1_700_000_000_000_009, 7, 7, 0],
];
const TWO = description([
  [0, 'FRME', 20, 10],
  [3, 'EVTS', 20, 10],
  [4, 'EVTS', 40, 30],
]);

describe('AEDAT 4.0', () => {
  it('of several event streams the first in the file, or the one asked for', async () => {
    const bytes = aedat4({ xml: TWO, packets: [packet(4, eventBody(B)), packet(3, eventBody(A))] });
    const first = await openRecording(bytes);
    expect([first.info.width, first.info.height, first.info.origin, first.facts.sensor]).toEqual([
      20,
      10,
      A[0][0],
      'CAM_3',
    ]);
    const other = await openRecording(bytes, { stream: 4 });
    expect([other.info.width, other.info.height, other.facts.sensor]).toEqual([40, 30, 'CAM_4']);
    expect((await read(bytes, {})).report).toMatchObject({ events: 2, side: { 'events@4': 3 } });
    expect((await read(bytes, { stream: 4 })).report).toMatchObject({ events: 3, on: 2, side: { 'events@3': 2 } });
    await expect(openRecording(bytes, { stream: 0 })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('frames and unknown types are skipped whatever is in them', async () => {
    const xml = description([
      [0, 'FRME'],
      [1, 'EVTS'],
      [2, 'WXYZ'],
      [3, 'constructor'],
    ]);
    const junk = new Uint8Array(300).fill(0xee);
    const packets = [
      packet(0, junk),
      packet(2, junk),
      packet(2, new Uint8Array(0)),
      packet(3, junk),
      packet(1, eventBody(A)),
    ];
    const outcome = await read(aedat4({ xml, packets }), {});
    expect(outcome).toMatchObject({ events: 2, code: null });
    expect(outcome.report?.side).toEqual({ frames: 1, wxyz: 2, constructor: 1 });
    expect((await openRecording(aedat4({ xml, packets }))).info.side).toEqual(['frames']);
  });

  it('a file without an event stream has no events', async () => {
    const outcome = await read(
      aedat4({ xml: description([[0, 'FRME']]), packets: [packet(0, new Uint8Array(9))] }),
      {},
    );
    expect(outcome).toMatchObject({ events: 0, code: null, untils: [0] });
  });

  it('an interrupted recording is read to its end', async () => {
    const bytes = aedat4({
      xml: TWO,
      packets: [packet(3, eventBody(A)), packet(3, eventBody(B))],
      table: 'interrupted',
    });
    expect(await read(bytes, {})).toMatchObject({
      events: 5,
      code: null,
      report: { violations: { interrupted: 1, timeStepBack: 1 } },
    });
    expect(await read(bytes.subarray(0, bytes.length - 3), {})).toMatchObject({
      events: 2,
      code: 'ERR_TRUNCATED',
      marks: [],
      report: { violations: { interrupted: 1 } },
    });
  });

  it('a position of 0 is none', async () => {
    const bytes = aedat4({ xml: TWO, packets: [packet(3, eventBody(A))], table: 'interrupted' });
    const at = bytes.findIndex((_, i) => bytes.subarray(i, i + 8).every((byte) => byte === 0xff));
    bytes.fill(0, at, at + 8);
    expect(await read(bytes, {})).toMatchObject({ events: 2, code: null, report: { violations: { interrupted: 1 } } });
  });

  it('stops at the data table, and says when it is missing or damaged', async () => {
    const bytes = aedat4({ xml: TWO, packets: [packet(3, eventBody(A))] });
    expect(await read(bytes, {})).toMatchObject({ events: 2, code: null });
    const table = bytes.length - 32;
    expect(await read(bytes.subarray(0, table), {})).toMatchObject({ events: 2, code: 'ERR_TRUNCATED' });
    const other = bytes.slice();
    other.set([0x45, 0x56, 0x54, 0x53], other.lastIndexOf('F'.charCodeAt(0)));
    expect(await read(other, {})).toMatchObject({ events: 2, code: 'ERR_CORRUPT' });
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['a stream that is not declared', packet(407_708_164, new Uint8Array(8)), 'ERR_CORRUPT', /stream 407708164/],
    ['a negative size', new Uint8Array(new Int32Array([3, -5, 0, 0]).buffer), 'ERR_CORRUPT', /-5 bytes/],
    ['a size beyond the table', new Uint8Array(new Int32Array([3, 5000, 0, 0]).buffer), 'ERR_CORRUPT', /5000 bytes/],
    ['an empty body', packet(3, new Uint8Array(0)), 'ERR_CORRUPT', /empty/],
    ['a body of another type', packet(3, patched(eventBody(A), 8, 'IMUS')), 'ERR_CORRUPT', /IMUS/],
    ['a body that ends early', packet(3, eventBody(A).subarray(0, 40)), 'ERR_CORRUPT', /40 bytes|follow/],
    ['a time no float64 holds', packet(3, eventBody([A[0], [2n ** 60n, 1, 1, 1]])), 'ERR_CORRUPT', /event 1/],
  ])('%s: what is good comes first', async (_, bad, code, message) => {
    const packets = [packet(3, eventBody(A)), packet(4, eventBody(B)), bad, packet(3, eventBody(A))];
    const outcome = await read(aedat4({ xml: TWO, packets }), {});
    expect(outcome).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(outcome.events).toBe(code === 'ERR_CORRUPT' && /float64/.test(_) ? 3 : 2);
  });

  it.each([
    ['in front of the packets', 40, 'ERR_CORRUPT'],
    ['below zero', -2, 'ERR_CORRUPT'],
  ])('a data table %s', async (_, table, code) => {
    const bytes = aedat4({ xml: TWO, packets: [packet(3, eventBody(A))], table });
    await expect(openRecording(bytes)).rejects.toMatchObject({ code });
  });

  it('a compression that is not known', async () => {
    const bytes = aedat4({ xml: TWO, packets: [], compression: 9 });
    await expect(openRecording(bytes)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('a packet above the limit', async () => {
    const bytes = aedat4({ xml: TWO, packets: [packet(3, eventBody(A)), packet(3, eventBody([...B, ...B, ...B]))] });
    expect(await read(bytes, { maxPacketBytes: 128 })).toMatchObject({ code: 'ERR_LIMIT', events: 2 });
  });

  it('coordinates outside the sensor are delivered and counted', async () => {
    const bytes = aedat4({
      xml: TWO,
      packets: [packet(3, eventBody([...A, [A[1][0], 20, 0, 1], [A[1][0], -1, 0, 1]]))],
    });
    expect((await read(bytes, {})).report).toMatchObject({ events: 4, violations: { outOfBounds: 2 } });
  });

  it('a header whose XML would expand is refused', async () => {
    for (const xml of [
      `<!DOCTYPE dv [<!ENTITY a "b">]>${TWO}`,
      '<dv><node name="0">',
      '<a></b>',
      '<a b=c/>',
      '<a>'.repeat(99),
    ]) {
      await expect(openRecording(aedat4({ xml, packets: [] }))).rejects.toMatchObject({ code: 'ERR_CORRUPT' });
    }
    await expect(openRecording(aedat4({ xml: '<a/>'.repeat(9_000), packets: [] }))).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
  });

  it('bytes after the data table are left alone', async () => {
    const bytes = aedat4({ xml: TWO, packets: [packet(3, eventBody(A))] });
    expect(await read(concat(bytes, new Uint8Array(50)), {})).toMatchObject({ events: 2, code: null });
  });
});

function patched(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const out = bytes.slice();
  out.set(new TextEncoder().encode(text), at);
  return out;
}

describe('XML of the header', () => {
  it('elements, attributes, text, comments and the predefined entities', () => {
    const root = parseXml(`<?xml version="1.0"?><!-- <x> --><a k="1 &lt; 2" l='"'> t &amp;amp; <b/><c >u</c ></a>`);
    expect(root.children).toHaveLength(1);
    const [a] = root.children;
    expect([a.tag, a.text, [...a.attributes]]).toEqual([
      'a',
      't &amp;',
      [
        ['k', '1 < 2'],
        ['l', '"'],
      ],
    ]);
    expect(a.children.map(({ tag, text }) => [tag, text])).toEqual([
      ['b', ''],
      ['c', 'u'],
    ]);
  });

  it('takes linear time over what never becomes an attribute', () => {
    const started = process.cpuUsage();
    expect(() => parseXml(`<a ${'b'.repeat(1_000_000)}>`)).toThrow(/attributes/);
    expect(() => parseXml(`<a ${' '.repeat(1_000_000)}=>`)).toThrow(/attributes/);
    expect(process.cpuUsage(started).user).toBeLessThan(5e6);
  });
});

const items = async (bytes: Uint8Array, name: string): Promise<SideItem[]> => {
  const found: SideItem[] = [];
  for await (const item of (await openRecording(bytes)).side(name)) found.push(item);
  return found;
};

const frame = (format: number, pixels: Uint8Array, exposure: readonly [number, number] = [0, 0]): Uint8Array =>
  frameBody({ t: 77, exposure, format, width: 2, height: 1, pixels });

describe('side streams of AEDAT 4.0', () => {
  it.each(['none.aedat4', 'lz4.aedat4', 'zstd.aedat4'])('%s, as dv_processing wrote them', async (name) => {
    const bytes = sample(name);
    const frames = await items(bytes, 'frames');
    expect(frames.length).toBe(3);
    const t = 1_605_537_493_756_887;
    expect(frames[0]).toEqual({ kind: 'frame', t, width: 8, height: 6, channels: 1, pixels: new Uint8Array(48) });
    const samples = await items(bytes, 'imu');
    expect(samples.length).toBe(12);
    expect(samples[1]).toEqual({
      kind: 'imu',
      t: t + 1,
      acceleration: [0.25, 0.25, 0.25],
      rotation: [0.25, 0.25, 0.25],
      magneticField: [0.25, 0.25, 0.25],
      temperature: 20,
    });
    const triggers = await items(bytes, 'triggers');
    expect(triggers.length).toBe(12);
    expect(triggers[3]).toEqual({ kind: 'trigger', t: t + 3, id: 1, edge: 'rising' });
  });

  it('frames in colour, and of 16 bits', async () => {
    const xml = description([[0, 'FRME']]);
    const bgr = packet(0, frame(16, Uint8Array.of(1, 2, 3, 4, 5, 6)));
    const bgra = packet(0, frame(24, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
    const wide = packet(0, frame(2, Uint8Array.of(0, 1, 255, 255), [100, 111]));
    const found = await items(aedat4({ xml, packets: [bgr, bgra, wide] }), 'frames');
    expect(found.map((item) => item.kind === 'frame' && [item.t, item.channels, ...item.pixels])).toEqual([
      [77, 3, 3, 2, 1, 6, 5, 4],
      [77, 4, 3, 2, 1, 4, 7, 6, 5, 8],
      [105, 1, 256, 65535],
    ]);
  });

  it.each<[string, number, Uint8Array, string]>([
    ['of floating point', 5, new Uint8Array(8), 'ERR_UNSUPPORTED'],
    ['of two channels', 8, new Uint8Array(4), 'ERR_UNSUPPORTED'],
    ['that lacks pixels', 0, new Uint8Array(1), 'ERR_CORRUPT'],
  ])('a frame %s', async (_, format, pixels, code) => {
    const bytes = aedat4({ xml: description([[0, 'FRME']]), packets: [packet(0, frame(format, pixels))] });
    await expect(items(bytes, 'frames')).rejects.toMatchObject({ code });
    expect(await read(bytes, {})).toMatchObject({ code: null, report: { side: { frames: 1 } } });
  });

  it('are those of the camera whose events are read', async () => {
    const xml = description([
      [3, 'EVTS', 20, 10],
      [4, 'FRME'],
    ]).replace('CAM_4', 'CAM_3');
    const both = [packet(4, frame(0, Uint8Array.of(1, 2))), packet(3, eventBody(A))];
    expect((await items(aedat4({ xml, packets: both }), 'frames')).length).toBe(1);
    const others = xml.replace('CAM_3', 'CAM_9');
    expect(await items(aedat4({ xml: others, packets: both }), 'frames')).toEqual([]);
  });
});

describe('what is left of a damaged AEDAT 4.0 recording', () => {
  const xml = description([[3, 'EVTS', 20, 10]]);
  const many = Array.from({ length: 9 }, (_, k) =>
    packet(3, eventBody(Array.from({ length: 30 }, (_unused, i): Event => [1e15 + 100 * k + i, i % 20, k, 1]))),
  );
  const size = many[0].length;
  const whole = aedat4({ xml, packets: many });
  const begin = aedat4({ xml, packets: [], table: 'interrupted' }).length;
  const fourth = begin + 3 * size;
  const change = (at: number, value: number): Uint8Array => {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setInt32(at, value, true);
    return bytes;
  };

  it.each<[string, Uint8Array, number, Record<string, number>]>([
    ['nothing is wrong', whole, 270, {}],
    ['a packet of a stream that is not declared', change(fourth, 77), 240, { skippedByte: size }],
    ['a packet of negative size', change(fourth + 4, -5), 240, { skippedByte: size }],
    [
      'a packet that would reach beyond the end',
      change(fourth + 4, 1 << 20),
      240,
      { truncatedPacket: 1, skippedByte: size },
    ],
    ['a table beyond its buffer', change(fourth + 12, 1 << 20), 240, { damagedPacket: 1, skippedByte: size }],
    ['the end is missing', whole.slice(0, begin + 5 * size + 40), 150, { truncatedPacket: 1, skippedByte: 40 }],
    [
      'noise in between',
      concat(whole.slice(0, fourth), new Uint8Array(55).fill(3), whole.slice(fourth)),
      270,
      { skippedByte: 55 + whole.length - begin - 9 * size },
    ],
  ])('%s', async (_, bytes, events, violations) => {
    const outcome = await read(bytes, { salvage: true });
    expect([outcome.code, outcome.events]).toEqual([null, events]);
    expect(outcome.report?.violations).toEqual(violations);
  });

  it.each(['none.aedat4', 'lz4.aedat4', 'zstd.aedat4'])(
    '%s: a bit that is turned costs one packet at most',
    async (name) => {
      const bytes = sample(name);
      const start = 18 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true);
      const random = new RandomSequence(8, name);
      for (let k = 0; k < 60; k++) {
        const turned = bytes.slice();
        turned[start + random.integer(bytes.length - start - 500)] ^= 1 << random.integer(8);
        const { code, events } = await read(turned, { salvage: true });
        expect(code).toBeNull();
        expect(events).toBeGreaterThanOrEqual(800);
      }
    },
  );

  it('bytes behind the end are counted', async () => {
    const none = await read(concat(whole, new Uint8Array(5)), {});
    expect(none).toMatchObject({ events: 270, code: null, report: { violations: { trailingByte: 5 } } });
    const lz4 = await read(concat(sample('lz4.aedat4'), new Uint8Array(9)), {});
    expect(lz4).toMatchObject({ events: 1200, code: null, report: { violations: { trailingByte: 9 } } });
  });
});
