import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Encoder } from '../../../adapters/files/encoder.js';
import { esEncoder } from '../../../adapters/files/es/encoder.js';
import { Fit } from '../../../adapters/files/fit.js';
import { eventDigest, openRecording } from '../../../adapters/files/index.node.js';
import { RandomSequence, streamInfo, type EventPacket } from '../../../src/index.js';
import { describeWithData, projectRoot } from '../../shared-data.js';
import { chunked, prefixDigests, read } from './reading.js';

interface Expected {
  readonly sniffed: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly yUp: boolean;
  readonly events: number;
  readonly on: number;
  readonly t0: number | null;
  readonly t1: number | null;
  readonly side: Record<string, number>;
  readonly digest: string;
}

const folder = projectRoot('test', 'data', 'files');
const expected = JSON.parse(readFileSync(resolve(folder, 'expected-es.json'), 'utf8')) as Record<string, Expected>;
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(resolve(folder, name)));
const SIGNATURE = [...new TextEncoder().encode('Event Stream')];
/** A file of version 2.0 and a sensor of 100 × 50. */
const file = (type: number, ...body: number[]): Uint8Array =>
  Uint8Array.from([...SIGNATURE, 2, 0, 0, type, ...(type === 0 || type === 3 ? [] : [100, 0, 50, 0]), ...body]);

async function rows(bytes: Uint8Array): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { t, x, y, p, length } of (await openRecording(bytes)).events()) {
    for (let i = 0; i < length; i++) found.push([t[i], x[i], y[i], p[i]]);
  }
  return found;
}

/** All that is written for packets of the given sizes in turn. */
function written(encoder: Encoder, whole: EventPacket, sizes: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const take = (pieces: Iterable<Uint8Array>): void => {
    for (const piece of pieces) parts.push(piece.slice());
  };
  take(encoder.start());
  for (let at = 0, k = 0; at < whole.length; k++) {
    const to = Math.min(whole.length, at + sizes[k % sizes.length]);
    const [t, x, y, p] = [whole.t.slice(at, to), whole.x.slice(at, to), whole.y.slice(at, to), whole.p.slice(at, to)];
    take(encoder.encode({ ...whole, t, x, y, p, length: to - at }));
    t.fill(0);
    at = to;
  }
  take(encoder.finish());
  return new Uint8Array(Buffer.concat(parts));
}

/** All events of a recording in one packet. */
async function gathered(bytes: Uint8Array): Promise<EventPacket> {
  const columns = await rows(bytes);
  const { info } = await openRecording(bytes);
  return {
    stream: info,
    t: Float64Array.from(columns, ([t]) => t),
    x: Uint16Array.from(columns, ([, x]) => x),
    y: Uint16Array.from(columns, ([, , y]) => y),
    p: Uint8Array.from(columns, ([, , , p]) => p),
    length: columns.length,
    until: 0,
    mark: null,
  };
}

describe('Event Stream files of other writers', () => {
  it.each(Object.keys(expected))('%s', async (name) => {
    const { sniffed, width, height, yUp, events, on, t0, t1, side, digest: wanted } = expected[name];
    const recording = await openRecording(resolve(folder, name));
    expect(recording.format).toBe('es');
    expect(recording.facts.sniffed).toBe(sniffed);
    expect(recording.info).toMatchObject({ id: name, width, height, yUp, origin: t0 ?? 0, epoch: null });
    expect(recording.info.polarities).toBe(/DVS|ATIS/.test(sniffed) ? 2 : 1);
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    expect(recording.report).toEqual({ events, on, off: events - on, t0, t1, side, violations: {} });
    expect(digest.hex()).toBe(wanted);
  });

  it.each(Object.keys(expected))('%s: cut into chunks it is the same, cut short its beginning', async (name) => {
    const bytes = fixture(name);
    const whole = await read(bytes, {});
    for (const sizes of [[1], [2, 3, 1], [4099], [20, 1000, 7]]) {
      const cut = await read(chunked(bytes, sizes), {});
      expect([cut.digest, cut.report, cut.code]).toEqual([whole.digest, whole.report, null]);
    }
    const digests = await prefixDigests(bytes, {});
    const codes = new Set<string | null>();
    for (let length = 12; length < bytes.length; length += length < 300 ? 1 : 97) {
      const cut = await read(bytes.subarray(0, length), {});
      expect(cut.digest).toBe(digests[cut.events]);
      codes.add(cut.code);
    }
    expect(codes).toEqual(new Set(['ERR_TRUNCATED', null]));
    const last = await read(bytes.subarray(0, bytes.length - 1), {});
    expect(last.code).toBe(name === 'dvs-resets.es' ? null : 'ERR_TRUNCATED');
  });
});

const event = (x: number): number[] => [2, x, 0, 7, 0];
/** 3,000 events in column x. */
const many = (x: number): Uint8Array => file(1, ...Array.from({ length: 3000 }, () => [2, x, 0, 1, 0]).flat());

describe('Event Stream', () => {
  it('y of DVS and ATIS events is turned; overflows add up, also before the first event and after the last', async () => {
    expect(await rows(file(1, 0xff, 0xff, 3, 9, 0, 0, 0, 0xfe, 0xff, 0xfc, 99, 0, 49, 0, 0xff))).toEqual([
      [255, 9, 49, 1],
      [255 + 127 + 126, 99, 0, 0],
    ]);
    expect(await rows(file(2, 0xff, 0xfd, 0xfb, 1, 0, 0, 0, 0xfc, 0x06, 1, 0, 2, 0, 0xfe))).toEqual([
      [3 * 63 + 63 + 62 + 1, 1, 47, 1],
    ]);
  });

  it('a coordinate outside the sensor is delivered and counted', async () => {
    const outcome = await read(file(1, 0, 100, 0, 0, 0, 0, 0, 0, 50, 0, 0, 99, 0, 49, 0, 0, 0, 0, 0xff, 0xff), {});
    expect(outcome.report).toMatchObject({ events: 4, violations: { outOfBounds: 3 } });
  });

  it('a file without a size keeps y as stored and says so', async () => {
    const bytes = file(1, 2, 5, 0, 7, 0);
    bytes.fill(0, 16, 20);
    expect((await openRecording(bytes)).info).toMatchObject({ width: null, height: null, yUp: true });
    expect(await rows(bytes)).toEqual([[1, 5, 7, 0]]);
  });

  it('a lost byte shifts what follows, until five resets', async () => {
    const whole = [...event(1), ...event(2), ...event(3), 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, ...event(4), ...event(5)];
    const lost = [...whole.slice(0, 5), ...whole.slice(6)];
    expect((await rows(file(1, ...lost))).map(([, x]) => x).slice(-2)).toEqual([4, 5]);
  });

  it.each([
    ['an unknown version', [3, 0, 0, 1, 1, 0, 1, 0], 'ERR_UNSUPPORTED', /3\.0/],
    ['version 0.1', [0, 1, 0], 'ERR_UNSUPPORTED', /0\.1/],
    ['an unknown type', [2, 0, 0, 5, 1, 0, 1, 0], 'ERR_UNSUPPORTED', /type 5/],
    ['an unknown type of 1.0', [1, 0, 5], 'ERR_UNSUPPORTED', /type 5/],
    ['no type', [2, 0, 0], 'ERR_TRUNCATED', /header/],
    ['half a size', [2, 0, 0, 1, 1, 0, 1], 'ERR_TRUNCATED', /header/],
  ])('%s', async (_, rest, code, message) => {
    const bytes = Uint8Array.from([...SIGNATURE, ...rest]);
    await expect(openRecording(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('a generic event may be empty, or say its size in more bytes than it needs; more than the limit is refused', async () => {
    expect((await read(file(0, 9, 0, 9, 3, 0, 7, 0xfe, 9, 1, 1, 1, 0), {})).report?.side).toEqual({
      generic: 3,
      resets: 1,
    });
    const large = file(0, 9, 2, 7, 9, 0xff, 0xff, 0xff, 0x0e);
    expect(await read(large, { maxPacketBytes: 1000 })).toMatchObject({
      code: 'ERR_LIMIT',
      report: { side: { generic: 1 } },
    });
    expect((await read(large, {})).code).toBe('ERR_TRUNCATED');
    const endless = file(0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    expect(await read(endless, {})).toMatchObject({ code: 'ERR_CORRUPT', message: expect.stringMatching(/byte 16/) });
  });

  it('what is counted only cannot be asked for', async () => {
    const recording = await openRecording(fixture('colour.es'));
    expect(recording.info.side).toEqual(['colours']);
    expect(() => recording.side('colours')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });

  it('two recordings that are read in turns do not mix', async () => {
    const [a, b] = await Promise.all([1, 2].map((x) => openRecording(many(x), { packetEvents: 100 })));
    const [first, second] = [a.events()[Symbol.asyncIterator](), b.events()[Symbol.asyncIterator]()];
    const seen = [new Set<number>(), new Set<number>()];
    for (let k = 0; k < 30; k++) {
      for (const [which, iterator] of [first, second].entries()) {
        const { value } = (await iterator.next()) as { value: EventPacket };
        for (const x of value.x.subarray(0, value.length)) seen[which].add(x);
      }
    }
    expect(seen.map((xs) => [...xs])).toEqual([[1], [2]]);
  });

  it.each(Object.keys(expected))('%s: 500 damaged copies give events and typed errors', async (name) => {
    const random = new RandomSequence(23, name);
    const bytes = fixture(name).subarray(0, 4_000);
    for (let k = 0; k < 500; k++) {
      const bad = bytes.slice(0, k % 3 === 0 ? 1 + random.integer(bytes.length) : bytes.length);
      for (let n = 1 + random.integer(4); n > 0; n--) bad[random.integer(bad.length)] ^= 1 << random.integer(8);
      if (k % 5 === 0) bad.copyWithin(random.integer(bad.length), random.integer(bad.length));
      const { code, events, marks, untils } = await read(bad, { name: 'a.es' });
      expect(marks.length).toBe(code === null ? 1 : 0);
      expect(events).toBeLessThanOrEqual(bad.length / 3);
      expect(untils).toEqual(untils.toSorted((a, b) => a - b));
    }
  });
});

describe('writing Event Stream', () => {
  it('gives the bytes that event_stream and faery write, whatever the packets', async () => {
    const bytes = fixture('dvs.es');
    const whole = await gathered(bytes);
    for (const sizes of [[whole.length], [1], [7, 100]]) {
      expect(Buffer.from(written(esEncoder(whole.stream), whole, sizes)).equals(bytes)).toBe(true);
    }
  });

  it('keeps what it holds, event for event', async () => {
    const events = fc.array(
      fc.record({
        dt: fc.oneof(fc.nat(300), fc.constantFrom(126, 127, 128, 20_000_000)),
        x: fc.nat(99),
        y: fc.nat(49),
        p: fc.nat(1),
      }),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), async (list, sizes) => {
        let time = 0;
        const t = Float64Array.from(list, ({ dt }) => (time += dt));
        const packet = {
          stream: streamInfo({ width: 100, height: 50 }),
          t,
          x: Uint16Array.from(list, ({ x }) => x),
          y: Uint16Array.from(list, ({ y }) => y),
          p: Uint8Array.from(list, ({ p }) => p),
          length: list.length,
          until: time,
          mark: null,
        };
        const encoder = esEncoder(packet.stream);
        expect(new Fit('es', encoder.holds, false).fit(packet)).toBe(packet);
        const back = await rows(written(encoder, packet, sizes));
        expect(back).toEqual(list.map(({ x, y, p }, i) => [t[i], x, y, p]));
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('an empty recording is a header', async () => {
    const none = await gathered(file(1));
    const bytes = written(esEncoder(none.stream), none, [1]);
    expect([...bytes]).toEqual([...file(1)]);
  });

  it.each([
    ['no size', {}],
    ['no height', { width: 3 }],
    ['too wide', { width: 65_536, height: 1 }],
    ['too high', { width: 1, height: 65_536 }],
  ])('%s: ERR_GEOMETRY', (_, info) => {
    expect(() => esEncoder(streamInfo(info))).toThrow(expect.objectContaining({ code: 'ERR_GEOMETRY' }));
  });

  it.each([
    ['a step back', [5, 4], [0, 0], 'timeStepBack'],
    ['a Unix time', [1.6e15, 1.6e15], [0, 0], 'time'],
    ['a place outside', [1, 2], [0, 10], 'coordinates'],
    ['half a microsecond', [1, 1.5], [0, 0], 'fraction'],
  ])('%s is what it cannot hold', (_, t, x, why) => {
    const stream = streamInfo({ width: 10, height: 10 });
    const zeros = new Uint16Array(2);
    const columns = { t: Float64Array.from(t), x: Uint16Array.from(x), y: zeros, p: new Uint8Array(2) };
    const fit = new Fit('es', esEncoder(stream).holds, false);
    expect(() => fit.fit({ stream, ...columns, length: 2, until: 0, mark: null })).toThrow(
      expect.objectContaining({ code: 'ERR_LOSS', details: expect.objectContaining({ why }) }),
    );
  });
});

describeWithData('real Event Stream recordings', ['recordings'], (data) => {
  const truth = (JSON.parse(readFileSync(`${data}/truth.json`, 'utf8')) as { recordings: Record<string, Expected> })
    .recordings;
  it.each(['atis-dvs.es', 'color.es'])('%s gives the events that other readers give', async (name) => {
    const recording = await openRecording(`${data}/${name}`);
    const digest = eventDigest();
    for await (const packet of recording.events()) digest.add(packet);
    const { events, on, t0, t1, digest: wanted } = truth[name];
    expect(digest.hex()).toBe(wanted);
    expect(recording.report).toMatchObject({ events, on, t0, t1, violations: {} });
    expect(recording.info).toMatchObject({ width: 320, height: 240, polarities: on > 0 ? 2 : 1, yUp: on === 0 });
  });

  it('a recording that is written again is the same file', async () => {
    const bytes = new Uint8Array(readFileSync(`${data}/atis-dvs.es`));
    const { info } = await openRecording(bytes);
    const encoder = esEncoder(info);
    const parts = [...encoder.start()].map((piece) => piece.slice());
    for await (const packet of (await openRecording(bytes)).events()) {
      for (const piece of encoder.encode(packet)) parts.push(piece.slice());
    }
    for (const piece of encoder.finish()) parts.push(piece.slice());
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });
});
