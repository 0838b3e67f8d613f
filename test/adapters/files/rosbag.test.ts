import { describe, expect, it } from 'vitest';
import { openRecording } from '../../../adapters/files/index.js';
import { held, joined } from './prophesee-files.js';
import { chunked, read, sample } from './reading.js';
import {
  EVENT_ARRAY,
  VERSION,
  bagHeader,
  chunk,
  connection,
  eventArray,
  fields,
  message,
  number,
  record,
} from './ros-bags.js';

/** An interrupted bag of these records. */
const bag = (...records: readonly Uint8Array[]): Uint8Array => joined([VERSION, bagHeader(), ...records]);

/** An event of the first definition of all. */
const oldest = (t: number, p: number): Uint8Array => joined([Uint8Array.of(127, 3), number(t, 4), Uint8Array.of(p)]);

async function times(bytes: Uint8Array, topic?: string): Promise<number[]> {
  const found: number[] = [];
  const recording = await openRecording(bytes, topic === undefined ? {} : { topic });
  for await (const { t, length } of recording.events()) found.push(...t.subarray(0, length));
  return found;
}

describe('ROS bags', () => {
  it('reads what an interrupted recording left: a chunk that was not closed, and messages after it', async () => {
    // roscpp writes the size of a chunk when it ends; until then it is 0 and the records follow.
    const open = record(5, { compression: 'none', size: [0, 4] }, new Uint8Array(0));
    const bytes = bag(open, connection(0, '/e'), message(0, eventArray([5, 6])), message(0, eventArray([7])));
    const whole = await read(bytes, {});
    expect([whole.code, whole.events, whole.report?.violations]).toEqual([null, 3, { interrupted: 1 }]);
    const cut = await read(bytes.subarray(0, -1), {});
    expect([cut.code, cut.events]).toEqual(['ERR_TRUNCATED', 2]);
    expect(cut.message).toMatch(/the input ends in the record at byte \d+/);
  });

  it('delivers the messages of a chunk that is cut', async () => {
    const bytes = bag(chunk([connection(0, '/e'), message(0, eventArray([5, 6])), message(0, eventArray([7]))]));
    const cut = await read(bytes.subarray(0, -1), {});
    expect([cut.code, cut.events]).toEqual(['ERR_TRUNCATED', 2]);
  });

  it('says that a closed bag was cut even where a record ends', async () => {
    const data = joined([VERSION, bagHeader(9_999, 1, 1), chunk([connection(0, '/e'), message(0, eventArray([5]))])]);
    const index = joined([VERSION, bagHeader(data.length, 1, 1), data.subarray(VERSION.length + bagHeader().length)]);
    const info = record(6, { ver: [1, 4] }, new Uint8Array(8));
    const closed = joined([index, connection(0, '/e'), info]);
    expect(await read(closed, {})).toMatchObject({ code: null, events: 1, report: { violations: {} } });
    for (const cut of [index, joined([index, connection(0, '/e')])]) {
      expect(await read(cut, {})).toMatchObject({ code: 'ERR_TRUNCATED', events: 1 });
    }
    expect((await read(VERSION, {})).message).toContain('before its header');
    const two = bagHeader(data.length, 2, 1);
    const lacking = joined([VERSION, two, closed.subarray(VERSION.length + two.length)]);
    expect(await read(lacking, {})).toMatchObject({ code: 'ERR_TRUNCATED', events: 1 });
  });

  it('follows the definition that a connection carries', async () => {
    const nested = [
      'byte[3] before',
      'pkg/Inner inner',
      'string NAME=Event[] events # no field',
      'uint8[] data',
      'dvs_msgs/Event[] events',
      'uint32 after',
      '='.repeat(80),
      'MSG: dvs_msgs/Event',
      'bool polarity  # first',
      'float32[2] more',
      'uint64 time',
      'int16 y',
      'int16 x',
      '='.repeat(80),
      'MSG: pkg/Inner',
      'string name',
      'float64 value',
    ].join('\r\n');
    const event = joined([Uint8Array.of(1), number(0, 8), number(2 ** 40 + 7, 8), number(5, 2), number(6, 2)]);
    const data = joined([
      number(0, 3),
      number(2, 4),
      number(0, 2),
      number(0, 8),
      number(4, 4),
      number(0, 4),
      number(1, 4),
      event,
      number(9, 4),
    ]);
    const nest = await held(bag(connection(0, '/e', 'dvs_msgs/EventArray', nested), message(0, data)));
    expect(nest.info).toMatchObject({ width: null, height: null, epoch: null });
    expect(nest.events).toEqual([[2 ** 40 + 7, 6, 5, 1]]);
    expect(nest.report.violations).toEqual({ interrupted: 1 });
  });

  it('reads the first dvs_msgs of all: bytes, and int32 µs', async () => {
    const first = `Event[] events\n${'='.repeat(80)}\nMSG: dvs_msgs/Event\nint8 x\nint8 y\nint32 time\nint8 polarity\n`;
    const data = joined([number(2, 4), oldest(2 ** 32 - 5, 1), oldest(8, 255)]);
    const { events } = await held(bag(connection(0, '/e', 'dvs_msgs/EventArray', first), message(0, data)));
    expect(events).toEqual([
      [-5, 127, 3, 1],
      [8, 127, 3, 0],
    ]);
  });

  it('chooses a topic: the first with events, or the one asked for', async () => {
    const bytes = bag(
      connection(0, '/empty'),
      connection(1, '/b'),
      connection(2, '/c'),
      message(0, eventArray([])),
      message(1, eventArray([1, 2])),
      message(2, eventArray([3])),
      message(0, eventArray([4])),
    );
    expect([await times(bytes), await times(bytes, '/c'), await times(bytes, '/empty')]).toEqual([[1, 2], [3], [4]]);
    const recording = await openRecording(bytes);
    expect(recording.info.side).toEqual(['/empty', '/c']);
    expect(recording.facts.sniffed).toContain('dvs_msgs/EventArray on /b; events also on /empty, /c');
    for await (const packet of recording.events()) void packet;
    expect(recording.report.side).toEqual({ '/empty': 2, '/c': 1 });
    await expect(openRecording(bytes, { topic: '/no' })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: 'topic: there is no /no in the file; with events: /empty, /b, /c',
    });
    expect(() => recording.side('/c')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });

  it('finds the topic asked for from a pipe, and its absence at the end', async () => {
    const bytes = bag(
      connection(0, '/b'),
      message(0, eventArray([1])),
      connection(1, '/c'),
      message(1, eventArray([2])),
    );
    const late = await read(chunked(bytes, [10]), { topic: '/c' });
    expect([late.code, late.events]).toEqual([null, 1]);
    await expect(openRecording(chunked(bytes, [10]), { topic: '/no' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('counts what is odd by name', async () => {
    const bytes = bag(
      record(9, {}, number(1, 4)),
      connection(0, '/e'),
      message(7, eventArray([1])),
      message(0, eventArray([1], 64, 32)),
      message(0, joined([eventArray([2], 65, 32), number(0, 3)])),
    );
    expect((await read(bytes, {})).report?.violations).toEqual({
      unknownRecord: 1,
      unknownConnection: 1,
      sizeChange: 1,
      trailingBytes: 1,
      interrupted: 1,
    });
  });

  it.each<readonly [string, Uint8Array, string, RegExp]>([
    ['more events than bytes', message(0, eventArray([1], 1, 1, 9)), 'ERR_CORRUPT', /says 9 events, 13 bytes remain/],
    ['4 billion events', message(0, eventArray([1], 1, 1, 2 ** 32 - 1)), 'ERR_CORRUPT', /says 4294967295 events/],
    ['a message that ends early', message(0, number(0, 20)), 'ERR_CORRUPT', /says 4 bytes at its byte/],
    ['a header without end', joined([number(2 ** 31, 4), number(0, 9)]), 'ERR_CORRUPT', /bytes of header/],
    [
      'a field without end',
      record(2, { conn: [0, 4] }, number(0, 1)).fill(0xff, 4, 8),
      'ERR_CORRUPT',
      /longer than its header/,
    ],
    [
      'a record without kind',
      joined([number(5, 4), number(1, 4), number(0x3d, 1), number(0, 4)]),
      'ERR_CORRUPT',
      /field op/,
    ],
    [
      'a message above the limit',
      message(0, new Uint8Array(1 << 17)),
      'ERR_LIMIT',
      /has 131072 bytes, the limit is 65536/,
    ],
    ['a chunk in a chunk', chunk([chunk([number(0, 4)])]), 'ERR_CORRUPT', /is a chunk inside of one/],
    [
      'a record over the end of its chunk',
      chunk([message(0, eventArray([1])).subarray(0, 60)]),
      'ERR_CORRUPT',
      /its chunk ends/,
    ],
    ['another compression', chunk([], { compression: 'zip' }), 'ERR_UNSUPPORTED', /is compressed by zip/],
    ['damaged lz4', chunk([number(0, 40)], { compression: 'lz4' }), 'ERR_CORRUPT', /the chunk at byte \d+: lz4 frame/],
    [
      'damaged bz2',
      chunk([number(0, 40)], { compression: 'bz2' }),
      'ERR_CORRUPT',
      /the chunk at byte \d+: bzip2: does not/,
    ],
    ['a bomb', chunk([number(0, 40)], { compression: 'bz2', size: [60_000, 4] }), 'ERR_CORRUPT', /bzip2/],
    ['a large bomb', chunk([number(0, 40)], { compression: 'bz2', size: [1e6, 4] }), 'ERR_LIMIT', /the limit is 65536/],
    ['an encrypted bag', bagHeader(0, 0, 0, { encryptor: 'rosbag/AesCbcEncryptor' }), 'ERR_UNSUPPORTED', /encrypted/],
  ])('stops at %s', async (_, broken, code, expected) => {
    const good = bag(connection(0, '/e'), message(0, eventArray([1, 2, 3])));
    const outcome = await read(joined([good, broken, message(0, eventArray([9]))]), { maxPacketBytes: 1 << 16 });
    expect([outcome.code, outcome.events]).toEqual([code, 3]);
    expect(outcome.message).toMatch(expected);
  });

  it('verifies the checksums of bz2', async () => {
    const bytes = sample('prophesee-bz2.bag').slice();
    // Of the third chunk's block, after `BZh9` and the mark of a block.
    let at = 0;
    for (let chunks = 0; chunks < 3; chunks++) at = Buffer.from(bytes).indexOf('BZh9', at + 1);
    bytes[at + 10] ^= 1;
    const { code, events, message: text } = await read(bytes, {});
    expect(code).toBe('ERR_CORRUPT');
    expect(events).toBeGreaterThan(0);
    expect(text).toMatch(/the chunk at byte \d+: bzip2: block checksum does not match/);
  });

  it('stops where chunks expand out of proportion', async () => {
    // The first MiB is free.
    const bz2 = await read(sample('prophesee-bz2.bag'), { maxExpansion: 1 });
    expect([bz2.code, bz2.events]).toEqual([null, 300]);
    const empty = chunk([number(0, 40)], { compression: 'lz4', size: [1 << 21, 4] });
    expect((await read(bag(empty), {})).message).toContain('40 bytes say that they hold 2097152; at most 200 for one');
  });

  it.each<readonly [string, string, string]>([
    ['no x', 'Event[] events\n===\nMSG: dvs_msgs/Event\nuint16 y\ntime ts\nbool polarity', 'ERR_UNSUPPORTED'],
    ['a time of no known unit', EVENT_ARRAY.replace('time ts', 'float64 ts'), 'ERR_UNSUPPORTED'],
    ['events with text', `${EVENT_ARRAY}\nstring name`, 'ERR_UNSUPPORTED'],
    ['wide coordinates', EVENT_ARRAY.replaceAll('uint16', 'uint32'), 'ERR_UNSUPPORTED'],
    ['no events', 'Header header', 'ERR_UNSUPPORTED'],
    ['arrays of messages before the events', `Header[] all\n${EVENT_ARRAY}`, 'ERR_UNSUPPORTED'],
    ['a type that is not there', `Other other\n${EVENT_ARRAY}`, 'ERR_CORRUPT'],
    ['a name of the language', `constructor c\n${EVENT_ARRAY}`, 'ERR_CORRUPT'],
    ['no definition at all', 'this is no definition; is it?', 'ERR_CORRUPT'],
    ['itself', `A a\n===\nMSG: dvs_msgs/A\nA a`, 'ERR_LIMIT'],
    ['itself many times', `A a\n===\nMSG: dvs_msgs/A\n${'A a\n'.repeat(50)}`, 'ERR_LIMIT'],
    ['very many fields', 'bool b\n'.repeat(600), 'ERR_LIMIT'],
    ['very much text', `#${'a'.repeat(1 << 16)}`, 'ERR_LIMIT'],
  ])('refuses a definition with %s', async (_, definition, code) => {
    const bytes = bag(connection(0, '/e', 'dvs_msgs/EventArray', definition), message(0, eventArray([1, 2])));
    expect(await read(bytes, {})).toMatchObject({ code, events: 0 });
  });

  it('refuses other versions, and rosbag2 in SQLite by its name', async () => {
    const old = new TextEncoder().encode('#ROSBAG V1.2\nrest');
    expect(await read(old, {})).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: 'rosbag: version 1.2 is not read, only 2.0',
    });
    const sqlite = new TextEncoder().encode('SQLite format 3\0 and more');
    expect(await read(sqlite, { name: 'a.db3' })).toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect((await read(sqlite, { name: 'a.db3' })).message).toContain('MCAP');
  });

  it('passes over large messages of other topics without keeping them', async () => {
    const large = message(1, new Uint8Array(1 << 17));
    const other = connection(1, '/image', 'sensor_msgs/Image', 'uint8[] data');
    const bytes = bag(connection(0, '/e'), other, large, message(0, eventArray([1])));
    expect(await read(bytes, { maxPacketBytes: 1 << 16 })).toMatchObject({ code: null, events: 1 });
    expect((await read(bytes, {})).report?.side).toEqual({ '/image': 1 });
    expect(fields({ a: 'b' })).toHaveLength(7);
  });
});
