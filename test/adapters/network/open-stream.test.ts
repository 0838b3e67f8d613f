import { afterEach, describe, expect, it } from 'vitest';
import { Packr } from 'msgpackr';
import { openStream } from '../../../adapters/index.node.js';
import { MESSAGE_PACK, type OutgoingFrame } from '../../../adapters/network/frames.js';
import { encodeFrame, packetFields } from '../../../adapters/network/packet-fields.js';
import { eventPacket, streamInfo } from '../../../src/index.js';
import { HELLO, collect, frame, info, openHandles, peer } from './peer.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  for (let i = 0; i < 50 && openHandles().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
});

/** A peer that sends these frames as soon as it is connected to; `last` is done afterwards. */
async function sending(frames: readonly unknown[], last: 'close' | 'terminate' | 'stay' = 'stay'): Promise<string> {
  const server = await peer((socket, send) => {
    // Frames wait for the first credit, so that they come in the stream's own time.
    const [hello, ...rest] = frames;
    if (hello !== undefined) send(hello);
    socket.once('message', () => {
      for (const one of rest) send(one);
      if (last === 'close') socket.close();
      if (last === 'terminate') setTimeout(() => socket.terminate(), 20);
    });
  });
  closers.push(server.close);
  return server.url;
}

const END = (packets: number, events: number): object => ({ type: 'end', reason: 'complete', packets, events });

const bytesOf = (one: object): Uint8Array => encodeFrame(MESSAGE_PACK, one as OutgoingFrame) as Uint8Array;

describe('openStream', () => {
  it('takes a stream made by hand, and ignores what it does not know', async () => {
    const url = await sending([
      { ...HELLO, version: 7, more: { deep: [1, 2] }, info: { ...info, lens: 'wide' } },
      frame(0, { extra: true }),
      { type: 'label', anything: 1 },
      { type: 'packet', stream: 3, whatever: 'of another stream' },
      frame(1, { mark: { kind: 'end', label: '4' }, x: Buffer.from([15, 0, 0, 0]) }),
      END(2, 4),
    ]);
    const stream = await openStream(url);
    expect(stream.info).toEqual(info);
    const { packets, error } = await collect(stream.events());
    expect(error).toBeNull();
    expect(packets.map(({ t, x, y, p, until }) => [[...t], [...x], [...y], [...p], until])).toEqual([
      [[0, 5], [1, 2], [3, 4], [0, 1], 5],
      [[100, 105], [15, 0], [3, 4], [0, 1], 105],
    ]); // prettier-ignore
    expect(packets[1].mark).toEqual({ kind: 'end', source: null, label: '4' });
    expect(stream.report).toMatchObject({ events: 4, on: 2, off: 2, t0: 0, t1: 105 });
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ['bytes that are no MessagePack', Uint8Array.of(0xc1, 1, 2)],
    ['half a frame', bytesOf(frame(1)).slice(0, 40)],
    ['an array', [1, 2]],
    ['a map without type', { seq: 1 }],
    ['a map that nests without end', new Uint8Array(200_000).fill(0x91)],
    ['a map that claims to be huge', Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ['a gap', frame(2)],
    ['a repetition', frame(0)],
    ['no number', frame(1, { seq: '1' })],
    ['half a number', frame(1, { seq: 1.5 })],
    ['no count', frame(1, { count: undefined })],
    ['a count below zero', frame(1, { count: -1 })],
    ['a count above the limit', frame(1, { count: 65_537 })],
    ['too few times', frame(1, { dt: new Uint8Array(4) })],
    ['too many times', frame(1, { dt: new Uint8Array(12) })],
    ['times that are no bytes', frame(1, { dt: [0, 5] })],
    ['no times', frame(1, { dt: undefined })],
    ['times that are no numbers', frame(1, { dt: undefined, t: new Uint8Array(16).fill(0xff) })],
    ['too few columns', frame(1, { x: new Uint8Array(2) })],
    ['too few rows', frame(1, { y: new Uint8Array(3) })],
    ['too few polarities', frame(1, { p: new Uint8Array(1) })],
    ['a polarity of 2', frame(1, { p: Uint8Array.of(0, 2) })],
    ['a column outside the sensor', frame(1, { x: Uint8Array.of(16, 0, 0, 0) })],
    ['a row outside the sensor', frame(1, { y: Uint8Array.of(0, 1, 0, 0) })],
    ['a base that is none', frame(1, { t0: Number.NaN })],
    ['a base that is text', frame(1, { t0: '1' })],
    ['an endless watermark', frame(1, { until: Infinity })],
    ['a watermark that steps back', frame(1, { until: 4, t0: 0, dt: new Uint8Array(8) })],
    ['an event after the watermark', frame(1, { until: 104 })],
    ['a mark of no kind', frame(1, { mark: { kind: 'stop' } })],
    ['a mark that is text', frame(1, { mark: 'end' })],
    ['a mark with a number for a label', frame(1, { mark: { kind: 'end', label: 4 } })],
    ['an overlong label', frame(1, { mark: { kind: 'end', label: 'x'.repeat(5000) } })],
    ['a second hello', HELLO],
    ['an end that counts otherwise', END(1, 3)],
    ['an end that left out fewer than none', { ...END(1, 2), outside: -1 }],
    ['an error without a code', { type: 'error', message: 'x' }],
  ];

  it.each(bad)('refuses %s, after everything good', async (_, one) => {
    const url = await sending([HELLO, frame(0), one, frame(1), END(2, 4)]);
    const stream = await openStream(url);
    const { packets, error } = await collect(stream.events());
    expect(packets).toHaveLength(1);
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL' });
    expect((error as Error).message).not.toMatch(/\n/);
  });

  it('refuses more than it has given credit for', async () => {
    const url = await sending([HELLO, ...Array.from({ length: 20 }, (_, i) => frame(i))]);
    const reader = (await openStream(url, { window: 4 })).events();
    const first = await reader.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { packets, error } = await collect(reader);
    expect(first.done).toBe(false);
    expect(packets.length).toBeLessThan(8);
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL', message: /without credit/ });
  });

  it('refuses a frame above the limit before it is in memory', async () => {
    const url = await sending([HELLO, new Uint8Array(2 << 20)]);
    const { error } = await collect((await openStream(url)).events());
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  it.each([
    ['a version of none', { ...HELLO, version: 0 }],
    ['no version', { ...HELLO, version: undefined }],
    ['no events', { ...HELLO, sends: ['frames'] }],
    ['no info', { ...HELLO, info: null }],
    ['a width of none', { ...HELLO, info: { ...info, width: 0 } }],
    ['a width of text', { ...HELLO, info: { ...info, width: '16' } }],
    ['three polarities', { ...HELLO, info: { ...info, polarities: 3 } }],
    ['an endless origin', { ...HELLO, info: { ...info, origin: Infinity } }],
    ['a packet', frame(0)],
    ['an end', END(0, 0)],
  ])('refuses a stream that begins with %s', async (_, first) => {
    const url = await sending([first]);
    await expect(openStream(url)).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  it.each(['terminate', 'close'] as const)('delivers what came before the sender went away (%s)', async (how) => {
    const url = await sending([HELLO, frame(0), frame(1)], how);
    const { packets, error } = await collect((await openStream(url)).events());
    expect(packets).toHaveLength(2);
    expect(error).toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('passes on what the sender says went wrong, in one line', async () => {
    const known = await sending([HELLO, frame(0), { type: 'error', code: 'ERR_TRUNCATED', message: 'cut\r\nhere' }]);
    const { packets, error } = await collect((await openStream(known)).events());
    expect(packets).toHaveLength(1);
    expect(error).toMatchObject({ code: 'ERR_TRUNCATED', message: 'cut here' });
    const odd = await sending([HELLO, { type: 'error', code: 'oops', message: 'x' }]);
    expect((await collect((await openStream(odd)).events())).error).toMatchObject({ code: 'ERR_CONNECTION' });
    const early = await sending([{ type: 'error', code: 'ERR_GEOMETRY', message: 'x' }]);
    await expect(openStream(early)).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
  });

  it('does not wait for ever for a hello', async () => {
    const url = await sending([]);
    await expect(openStream(url, { timeout: 60 })).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      message: /no hello within 60 ms/,
    });
  });

  it('says plainly that there is nothing, or nothing of this kind', async () => {
    await expect(openStream('ws://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      message: 'ws://127.0.0.1:1/: no stream: connect ECONNREFUSED 127.0.0.1:1',
    });
    for (const url of ['http://127.0.0.1/', 'nonsense', 'file:///x']) {
      await expect(openStream(url)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    for (const options of [{ window: 0 }, { window: 1.5 }, { timeout: 0 }, { timeout: 2 ** 31 }]) {
      await expect(openStream('ws://127.0.0.1:1/', options)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });
});

describe('columns', () => {
  it('take nine bytes an event, thirteen where times do not fit', () => {
    const stream = streamInfo({ width: 640, height: 480 });
    const index = Array.from({ length: 1000 }, (_, i) => i);
    const size = (t: number[]): number => {
      const packet = eventPacket({ stream, t, x: index, y: index, p: index.map(() => 1) });
      return Object.values(packetFields('events', packet, 0, 1000)).reduce<number>(
        (sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0),
        0,
      );
    };
    expect(size(index.map((i) => 1.7e15 + i))).toBe(9000);
    expect(size(index.map((i) => i * 2 ** 23))).toBe(13_000);
    expect(size(index.map((i) => i / 2))).toBe(13_000);
  });

  it('are written little-endian, in the fields of the protocol', () => {
    const packet = eventPacket({ stream: info, t: [300, 0x01020304], x: [1, 2], y: [3, 0x0405], p: [1, 0] });
    const bytes = bytesOf({
      type: 'packet',
      seq: 5,
      count: 2,
      until: 1e9,
      mark: null,
      ...packetFields('events', packet, 0, 2),
    });
    const map = new Packr({ useRecords: false }).unpack(bytes) as Record<string, unknown>;
    expect(Object.keys(map)).toEqual(['type', 'seq', 'count', 'until', 'mark', 't0', 'dt', 'x', 'y', 'p']);
    expect(map).toMatchObject({ type: 'packet', seq: 5, count: 2, until: 1e9, mark: null, t0: 300 });
    expect([...(map.dt as Uint8Array)]).toEqual([0, 0, 0, 0, 0xd8, 0x01, 0x02, 0x01]);
    expect([...(map.y as Uint8Array)]).toEqual([3, 0, 5, 4]);
  });
});
