import { readFileSync } from 'node:fs';
import { parse } from '@foxglove/rosmsg';
import { MessageReader } from '@foxglove/rosmsg2-serialization';
import { McapIndexedReader, type McapTypes } from '@mcap/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lz4Decompressor } from '../../../adapters/files/compression/lz4-frame.js';
import type { WriteOptions } from '../../../adapters/files/encoder.js';
import { Fit } from '../../../adapters/files/fit.js';
import { mcapEncoder } from '../../../adapters/files/ros/mcap-encoder.js';
import { toNanosecond } from '../../../adapters/files/nanoseconds.js';
import { RandomSequence, crc32, streamInfo, type StreamInfo } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { digestOf, held, joined, packets, type Event } from './prophesee-files.js';
import { chunked, read, sample } from './reading.js';
import { number } from './ros-bags.js';

interface Writing {
  readonly info?: Partial<StreamInfo>;
  readonly options?: WriteOptions;
  readonly sizes?: readonly number[];
}

/** The file that holds these events. */
function write(
  events: readonly Event[],
  { info = {}, options = { compression: 'none' }, sizes = [1000] }: Writing = {},
): Uint8Array {
  const stream = streamInfo(info);
  const encoder = mcapEncoder(stream, options);
  const fit = new Fit('mcap', encoder.holds, options.clip ?? false);
  const pieces: Uint8Array[] = [];
  const keep = (made: Iterable<Uint8Array>): void => {
    for (const piece of made) pieces.push(piece.slice());
  };
  keep(encoder.start());
  for (const packet of packets(events, sizes, stream)) keep(encoder.encode(fit.fit(packet)));
  keep(encoder.finish());
  expect(encoder.patches()).toEqual([]);
  return joined(pieces);
}

/** Zstandard without compressing: a frame of stored blocks, of 64 KiB at most each. */
function zstd(content: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58)];
  for (let at = 0; at < content.length; at += 65_536) {
    const block = content.subarray(at, at + 65_536);
    blocks.push(number(block.length * 8 + (at + 65_536 >= content.length ? 1 : 0), 3), block);
  }
  return joined(blocks);
}

const LATEST = 2 ** 31 * 1e6 - 0.25;

/** Events of all sorts: equal times, nanoseconds, gaps, steps back, times before 1970 and the last that there are. */
function recording(seed: number, count: number): Event[] {
  const random = new RandomSequence(seed, 'mcap');
  const events: Event[] = [];
  let t = [0, -5_000_000.5, random.integer(1e9) / 1000, 1.6e15, -(2 ** 31) * 1e6, LATEST - 1e6][random.integer(6)];
  for (let k = 0; k < count; k++) {
    const what = random.integer(30);
    if (what < 12) t += random.integer(20);
    else if (what === 12) t += random.integer(30_000);
    else if (what === 13) t -= random.integer(500);
    else if (what === 14 && random.integer(50) === 0) t += random.integer(1e9);
    else if (what > 25) t = Math.floor(t) + random.integer(1000) / 1000;
    // Sums miss whole nanoseconds by a hair.
    t = Math.min(Math.max(toNanosecond(t), -(2 ** 31) * 1e6), LATEST);
    events.push([t, random.integer(65_536), random.integer(65_536), random.integer(2)]);
  }
  return events;
}

describe('what is written as MCAP', () => {
  it('is read, every event as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e9), fc.constantFrom(0, 1, 7, 300, 12_000), async (seed, count) => {
        const events = recording(seed, count);
        const back = await held(write(events));
        // As text: to compare as many arrays takes seconds.
        expect(JSON.stringify(back.events)).toBe(JSON.stringify(events));
        expect([back.format, back.digest]).toEqual(['mcap', digestOf(events)]);
      }),
      { numRuns: 20, seed: 5 },
    );
  });

  it('is the same file whatever the packets', async () => {
    const events = recording(4, 75_000);
    const whole = write(events, { sizes: [75_000] });
    // More than one chunk, and messages that are full.
    expect(whole.length).toBeGreaterThan(1.1 * 2 ** 20);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30_000 })), { minLength: 1 }),
        (sizes) => {
          expect(Buffer.compare(write(events, { sizes }), whole)).toBe(0);
        },
      ),
      { numRuns: 8, seed: 6 },
    );
    const two = [mcapEncoder(streamInfo(), {}), mcapEncoder(streamInfo(), {})];
    expect(two.map((encoder) => encoder.patching)).toEqual(['append', 'append']);
  });

  it('is what the pinned file holds, which other readers are given', () => {
    const folder = projectRoot('test', 'data', 'files');
    const events = recording(12, 400);
    expect(Buffer.compare(write(events, PINNED), readFileSync(`${folder}/written.mcap`))).toBe(0);
    const about = JSON.parse(readFileSync(`${folder}/ros-written.json`, 'utf8')) as Record<string, unknown>;
    const nanoseconds = events.reduce((sum, [t]) => sum + Math.round((t - Math.floor(t)) * 1000), 0);
    expect(about['written.mcap']).toMatchObject({ events: 400, digest: digestOf(events), nanoseconds });
  });

  it('keeps size, orientation, epoch and sensor, also without events', async () => {
    const info = { width: 640, height: 480, yUp: true, mirroredX: true, epoch: null } as const;
    for (const events of [[], recording(2, 9)]) {
      const bytes = write(events, { info, options: { sensor: 'DAVIS346', compression: 'none' } });
      const back = await held(bytes);
      expect(back.info).toMatchObject(info);
      expect(back.events).toEqual(events);
      expect(back.report.side).toEqual({});
    }
    const plain = write([[1.6e15, 2, 3, 1]], { info: { epoch: 'unix' } });
    expect((await held(plain)).info).toMatchObject({ width: null, height: null, yUp: false, epoch: 'unix' });
    expect(new TextDecoder('latin1').decode(plain)).not.toContain('yUp');
  });

  it('is compressed by LZ4 unless told otherwise, or by a Zstandard encoder that is given', async () => {
    const events = recording(5, 75_000);
    const plain = write(events);
    for (const options of [{}, { compression: 'lz4' }] as const) {
      const bytes = write(events, { options });
      expect(bytes.length).toBeLessThan(0.8 * plain.length);
      expect(new TextDecoder('latin1').decode(bytes)).toContain('\u0003\0\0\0lz4');
      expect((await held(bytes)).digest).toBe(digestOf(events));
      expect((await indexed(bytes)).chunkIndexes).toMatchObject([
        { compression: 'lz4', uncompressedSize: expect.any(BigInt) as bigint },
        { compression: 'lz4' },
      ]);
    }
    const bytes = write(events, { options: { compression: 'zstd', zstd } });
    expect((await held(bytes)).digest).toBe(digestOf(events));
    expect(() => mcapEncoder(streamInfo(), { compression: 'zstd' })).toThrow(
      /^mcap: this runtime has no encoder for zstd/,
    );
  });

  it('holds every time that text of whole nanoseconds gives', async () => {
    const events = Array.from({ length: 3_000 }, (_, k): Event => [
      Number(`${(k * k * 7919) % 4e6}.${`${k}`.padStart(3, '0').slice(-3)}`),
      1,
      2,
      0,
    ]);
    expect((await held(write(events))).events).toEqual(events);
  });

  it('holds whole nanoseconds only', async () => {
    const [fine, between]: Event[] = [
      [1.001, 1, 1, 1],
      [2.0016, 1, 1, 1],
    ];
    expect(() => write([fine, between])).toThrow(/is at 2.0016 µs; only whole ns can be held/);
    expect((await held(write([fine, between], { options: { clip: true } }))).events).toEqual([fine, [2.002, 1, 1, 1]]);
    expect(() => write([[LATEST + 0.25, 0, 0, 0]])).toThrow(/can be held/);
  });

  it('is read by the readers of Foxglove: index, checksums, every event and every time', async () => {
    const events = recording(3, 75_000);
    const bytes = write(events, { info: { width: 7, height: 5, yUp: true } });
    const reader = await indexed(bytes);
    expect(reader.header).toMatchObject({ profile: 'ros2', library: 'rxspike' });
    expect(reader.chunkIndexes.length).toBe(2);
    expect(reader.statistics).toMatchObject({ schemaCount: 1, channelCount: 1, chunkCount: 2, metadataCount: 1 });
    const metadata: McapTypes.Metadata[] = [];
    for await (const record of reader.readMetadata()) metadata.push(record);
    expect(metadata[0]?.metadata).toEqual(
      new Map([
        ['yUp', 'true'],
        ['epoch', 'none'],
      ]),
    );
    const schema = reader.schemasById.get(1);
    expect(schema).toMatchObject({ name: 'dvs_msgs/msg/EventArray', encoding: 'ros2msg' });
    const definition = parse(new TextDecoder().decode(schema?.data), { ros2: true });
    const decode = new MessageReader<Foreign>(definition);
    const others: number[][] = [];
    let [n, messages, before] = [0, 0, -1n];
    for await (const message of reader.readMessages({ validateCrcs: true })) {
      const { header, width, height, events: found } = decode.readMessage(message.data);
      expect([width, height, header.frame_id]).toEqual([7, 5, '']);
      expect(header.stamp).toEqual(found[0]?.ts);
      expect(message.logTime >= before).toBe(true);
      before = message.logTime;
      messages++;
      for (const { x, y, ts, polarity } of found) {
        const micros = ts.sec * 1e6 + Math.floor(ts.nanosec / 1000);
        const t = Math.abs(ts.sec) < 8e6 ? (ts.sec * 1e9 + ts.nanosec) / 1000 : micros + (ts.nanosec % 1000) / 1000;
        const [t0, x0, y0, p0] = events[n++];
        if (t !== t0 || x !== x0 || y !== y0 || polarity !== (p0 === 1)) others.push([t, x, y, n]);
      }
    }
    expect(others).toEqual([]);
    expect([n, BigInt(messages)]).toEqual([events.length, reader.statistics?.messageCount]);
  });
});

/** The file as Foxglove's reader sees it. */
const indexed = (bytes: Uint8Array): Promise<McapIndexedReader> =>
  McapIndexedReader.Initialize({
    readable: {
      size: () => Promise.resolve(BigInt(bytes.length)),
      read: (at, size) => Promise.resolve(bytes.slice(Number(at), Number(at + size))),
    },
    decompressHandlers: {
      lz4: (content, size) => new Lz4Decompressor(Number(size)).expand(content),
    },
  });

/** How the pinned file is written. */
const PINNED: Writing = {
  info: { width: 65_535, height: 65_535, mirroredX: true },
  options: { sensor: 'test', compression: 'none' },
};

interface Stamp {
  readonly sec: number;
  readonly nanosec: number;
}

/** `dvs_msgs/msg/EventArray` as Foxglove's reader gives it. */
interface Foreign {
  readonly header: { readonly stamp: Stamp; readonly frame_id: string };
  readonly width: number;
  readonly height: number;
  readonly events: readonly {
    readonly x: number;
    readonly y: number;
    readonly ts: Stamp;
    readonly polarity: boolean;
  }[];
}

const text = (value: string): Uint8Array => joined([number(value.length, 4), new TextEncoder().encode(value)]);
const rec = (op: number, ...content: Uint8Array[]): Uint8Array => {
  const body = joined(content);
  return joined([Uint8Array.of(op), number(body.length, 8), body]);
};
const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
const DEFINITION = 'Event[] events\n===\nMSG: dvs_msgs/Event\nuint16 x\nuint16 y\nuint64 time\nbool polarity\n';

/** A file of these records; what is known of messages before, and the end, come by themselves. */
function mcap(records: readonly Uint8Array[], schema = ['ros2msg', DEFINITION], encoding = 'cdr'): Uint8Array {
  const declared = [
    rec(3, number(1, 2), text('dvs_msgs/msg/EventArray'), text(schema[0]), text(schema[1])),
    rec(4, number(1, 2), number(1, 2), text('/e'), text(encoding), number(0, 4)),
  ];
  return joined([MAGIC, rec(1, text(''), text('')), ...declared, ...records, END]);
}

const END = joined([rec(15, number(0, 4)), rec(2, number(0, 8), number(0, 8), number(0, 4)), MAGIC]);

const messageOf = (data: Uint8Array, channel = 1): Uint8Array =>
  rec(5, number(channel, 2), number(0, 4), number(0, 8), number(0, 8), data);

/** A message of one event in CDR, 8 bytes for its time. */
const event = (t: number, head: readonly number[] = [0, 1, 0, 0], count = 1): Uint8Array =>
  joined([Uint8Array.from(head), number(count, 4), number(3, 2), number(4, 2), number(t, 8), Uint8Array.of(1)]);

const chunkOf = (records: Uint8Array, compression = '', size = records.length, crc = 0): Uint8Array =>
  rec(6, number(0, 16), number(size, 8), number(crc, 4), text(compression), number(records.length, 8), records);

describe('MCAP files', () => {
  it('reads records outside of chunks, and in chunks with and without a checksum', async () => {
    const inside = messageOf(event(8));
    const bytes = mcap([messageOf(event(7)), chunkOf(inside), chunkOf(inside, '', inside.length, crc32(inside))]);
    const { events } = await held(bytes);
    expect(events).toEqual([
      [7, 3, 4, 1],
      [8, 3, 4, 1],
      [8, 3, 4, 1],
    ]);
    expect((await held(chunked(bytes, [3]))).events).toEqual(events);
  });

  it.each<readonly [string, Uint8Array, string, RegExp]>([
    ['another checksum', chunkOf(messageOf(event(9)), '', 50, 77), 'ERR_CORRUPT', /says 50 bytes of content, it has/],
    [
      'another size',
      chunkOf(messageOf(event(9)), '', messageOf(event(9)).length, 77),
      'ERR_CORRUPT',
      /another checksum/,
    ],
    ['another compression', chunkOf(number(0, 9), 'brotli'), 'ERR_UNSUPPORTED', /is compressed by brotli/],
    ['damaged zstd', chunkOf(number(0, 9), 'zstd'), 'ERR_CORRUPT', /the chunk at byte \d+: zstd/],
    ['damaged lz4', chunkOf(number(0, 9), 'lz4'), 'ERR_CORRUPT', /the chunk at byte \d+: lz4/],
    ['a bomb', chunkOf(number(0, 9), 'zstd', 1 << 20), 'ERR_LIMIT', /9 bytes say that they hold 1048576; the limit is/],
    ['a chunk in a chunk', chunkOf(chunkOf(number(0, 9))), 'ERR_CORRUPT', /holds a record of kind 6/],
    [
      'a record over the end of its chunk',
      chunkOf(messageOf(event(9)).subarray(0, 40)),
      'ERR_CORRUPT',
      /ends in the record/,
    ],
    ['a record of kind 0', rec(0, number(0, 9)), 'ERR_CORRUPT', /is of kind 0/],
    ['an empty message', rec(5), 'ERR_CORRUPT', /is empty/],
    ['a message without its beginning', rec(5, number(1, 2)), 'ERR_CORRUPT', /without its beginning/],
    [
      'a message above the limit',
      messageOf(new Uint8Array(70_000)),
      'ERR_LIMIT',
      /has 70022 bytes, the limit is 65536/,
    ],
    ['a length of 2⁶³', joined([Uint8Array.of(6), number(2 ** 63, 8)]), 'ERR_LIMIT', /the limit is 65536/],
    ['more events than bytes', messageOf(event(9, [0, 1, 0, 0], 2)), 'ERR_CORRUPT', /says 2 events|ends in event/],
    ['a time beyond 2⁵³ µs', messageOf(event(2 ** 54)), 'ERR_CORRUPT', /beyond ±2⁵³ µs in event 0/],
    ['a message without CDR', messageOf(number(0, 2)), 'ERR_CORRUPT', /fewer than the header of CDR/],
    ['parameter lists', messageOf(event(9, [0, 3, 0, 0])), 'ERR_UNSUPPORTED', /representation 0\.3 of CDR/],
  ])('stops at %s', async (_, broken, code, expected) => {
    const outcome = await read(mcap([messageOf(event(7)), broken]), { maxPacketBytes: 1 << 16 });
    expect([outcome.code, outcome.events]).toEqual([code, 1]);
    expect(outcome.message).toMatch(expected);
  });

  it('reads CDR of both byte orders and of the second version', async () => {
    const big = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, 1);
    // The second version puts 8 bytes at multiples of 4; here both have them at 8.
    const second = event(9, [0, 7, 0, 0]);
    const { events } = await held(mcap([messageOf(big), messageOf(second)]));
    expect(events).toEqual([
      [9, 3, 4, 1],
      [9, 3, 4, 1],
    ]);
    const early = DEFINITION.replace('uint16 x\nuint16 y\n', 'uint8 x\nuint8 y\n');
    const body = joined([number(1, 4), Uint8Array.of(3, 4), number(0, 2), number(9, 8), Uint8Array.of(1)]);
    const file = mcap([messageOf(joined([Uint8Array.of(0, 7, 0, 0), body]))], ['ros2msg', early]);
    expect((await held(file)).events).toEqual([[9, 3, 4, 1]]);
  });

  it('takes the definition of today where the file has one in another language', async () => {
    const bytes = sample('dvs.mcap');
    const changed = bytes.slice();
    const at = Buffer.from(changed).indexOf('ros2msg');
    changed.set(new TextEncoder().encode('ros2idl'), at);
    // The schema lies in a chunk, whose checksum is taken away.
    const chunk = Buffer.from(changed).indexOf(Uint8Array.of(6));
    expect(chunk).toBeGreaterThan(0);
    const outcome = await read(changed, {});
    expect(outcome.code).toBe('ERR_CORRUPT');
    const idl = mcap([messageOf(packedEvent())], ['ros2idl', 'module dvs_msgs { };']);
    expect((await held(idl)).events).toEqual([[5_000_000.006, 3, 4, 1]]);
    const json = await read(mcap([messageOf(packedEvent())], ['jsonschema', '{}'], 'json'), {});
    expect([json.code, json.events, json.report?.side]).toEqual([null, 0, { '/e': 1 }]);
  });

  it('says that a file without its end was cut, and what stands after the end', async () => {
    const whole = mcap([messageOf(event(7))]);
    const noFooter = await read(whole.subarray(0, -END.length), {});
    expect([noFooter.code, noFooter.events]).toEqual(['ERR_TRUNCATED', 1]);
    expect(noFooter.message).toMatch(/ends at byte \d+ without a footer/);
    const more = await read(joined([whole, number(0, 5)]), {});
    expect([more.code, more.report?.violations]).toEqual([null, { trailingBytes: 5 }]);
    const wrong = whole.slice();
    wrong[wrong.length - 1] = 0;
    expect((await read(wrong, {})).message).toContain('is not the end of MCAP');
    expect((await read(mcap([messageOf(event(7), 9)]), {})).report?.violations).toEqual({ unknownConnection: 1 });
  });

  it('does not look at what follows the data', async () => {
    const summary = rec(3, number(1, 2));
    const bytes = mcap([messageOf(event(7)), rec(15, number(0, 4)), summary]);
    expect(await read(bytes, {})).toMatchObject({ code: null, events: 1 });
  });
});

/** `dvs_msgs/EventArray` of today in CDR, of one event. */
function packedEvent(): Uint8Array {
  const head = [number(0x0100, 4), number(0, 8), number(1, 4), number(0, 4), number(0, 8), number(1, 4)];
  return joined([...head, number(3, 2), number(4, 2), number(5, 4), number(6, 4), Uint8Array.of(1)]);
}
