import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type UdpOptions,
  type UdpSinkOptions,
  type UdpSource,
  openUdp,
  udpSink,
} from '../../../../adapters/network/bridges/index.node.js';
import { udpAddress } from '../../../../adapters/network/bridges/udp-address.js';
import { kernelDrops } from '../../../../adapters/network/bridges/udp-drops.node.js';
import { type EventPacket, eventPacket } from '../../../../src/index.js';
import { packets } from '../peer.js';

const ANY = 'udp://127.0.0.1:0';
const SIZE = { width: 16, height: 16 };

/** Opens a stream and does something as soon as it listens. */
function opened(url: string, options: UdpOptions, act: (url: string) => void | Promise<void>): Promise<UdpSource> {
  let acting: Promise<void> = Promise.resolve();
  const onListening = (where: string): void => {
    acting = Promise.resolve(act(where));
  };
  return openUdp(url, { idle: 20_000, ...options, onListening }).finally(() => acting);
}

async function sendAll(url: string, list: readonly EventPacket[], options: UdpSinkOptions = {}): Promise<void> {
  const sink = udpSink(url, { rate: 200_000, ...options });
  for (const packet of list) await sink(packet);
  await sink.end();
}

/** Sends bytes as they are. */
async function sendRaw(url: string, ...datagrams: readonly Uint8Array[]): Promise<void> {
  const { host, port } = udpAddress(url);
  const socket: Socket = createSocket('udp4');
  for (const bytes of datagrams) {
    await new Promise<void>((resolve) => socket.send(bytes, port, host, () => resolve()));
  }
  socket.close();
  await once(socket, 'close');
}

async function readAll(source: UdpSource): Promise<{ t: number[]; packets: EventPacket[] }> {
  const list: EventPacket[] = [];
  for await (const packet of source.events()) list.push(packet);
  return { t: list.flatMap(({ t, length }) => [...t.subarray(0, length)]), packets: list };
}

const EMPTY = new Uint8Array(0);

describe('a stream of datagrams', () => {
  it.each(['spif', 'faery', 'faery-t32'] as const)('%s: every event, in order, and the end', async (format) => {
    const list = packets(7, 333);
    const source = await opened(`${ANY}?format=${format}`, { size: SIZE }, (url) => sendAll(url, list));
    const { t, packets: got } = await readAll(source);
    expect(t).toEqual(Array.from({ length: 7 * 333 }, (_, i) => i));
    const x = got.flatMap((packet) => [...packet.x.subarray(0, packet.length)]);
    const p = got.flatMap((packet) => [...packet.p.subarray(0, packet.length)]);
    expect(x).toEqual(t.map((i) => i % 16));
    expect(p).toEqual(t.map((i) => i % 2));
    expect(got.at(-1)).toMatchObject({ length: 0, until: 7 * 333, mark: { kind: 'end', label: null } });
    expect(source.times).toBe('device');
    expect(source.info).toMatchObject({ ...SIZE, origin: 0, epoch: null });
    expect(source.report).toMatchObject({ events: 2331, on: 1165, off: 1166, t0: 0, t1: 2330 });
    expect(source.report.violations).toEqual({});
    expect(source.counts).toMatchObject({ dropped: 0, foreign: 0 });
    expect(source.counts.kernelDropped ?? 0).toBe(0);
  });

  it('without times has those of arrival, by a clock that is given', async () => {
    let clock = 5000;
    const now = (): number => (clock += 10);
    const source = await opened(`${ANY}?format=spif`, { now }, (url) => sendAll(`${url}&times=0`, packets(1, 200)));
    const { t } = await readAll(source);
    expect(source.times).toBe('arrival');
    expect(t).toEqual([...Array.from({ length: 128 }, () => 5010), ...Array.from({ length: 72 }, () => 5020)]);
    expect(source.info).toMatchObject({ origin: 5010, epoch: null });
  });

  it('without times and without a clock counts from 1970', async () => {
    const before = 1000 * Date.now();
    const source = await opened(`${ANY}?format=spif`, {}, (url) => sendAll(`${url}&times=0`, packets(1, 3)));
    const { t } = await readAll(source);
    expect(source.info.epoch).toBe('unix');
    // Clocks of a machine may differ by what they were set by since it started.
    expect(Math.abs(t[0] - before)).toBeLessThan(60e6);
  });

  it('tells what it left out: outside the sensor, from others, malformed', async () => {
    const list = [eventPacket({ t: [1, 2, 3], x: [1, 16, 2], y: [1, 1, 16], p: [1, 1, 0] })];
    const source = await opened(`${ANY}?format=faery&width=16&height=16`, {}, async (url) => {
      await sendRaw(url, new Uint8Array(5));
      await sendAll(url, list);
    });
    const { t } = await readAll(source);
    expect(t).toEqual([1]);
    expect(source.report).toMatchObject({ events: 1, violations: { leftOut: 2, partialEvent: 1 } });
    expect(source.counts).toMatchObject({ datagrams: 3, bytes: 44 });
    const alone = opened(`${ANY}?format=faery`, { from: '127.0.0.9', idle: 150 }, (url) => sendAll(url, list));
    await expect(alone).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it.each(['dropOldest', 'dropNewest'] as const)(
    'drops and counts what a slow reader has no room for: %s',
    async (policy) => {
      const queue = { policy, packets: 4, events: 100_000 };
      const sent: EventPacket[] = packets(40, 50).slice(0, 40);
      const source = await opened(`${ANY}?format=faery`, { queue }, async (url) => {
        await sendApart(url, sent);
        await sendRaw(url, EMPTY);
      });
      await until(() => source.counts.datagrams === 41);
      const { t } = await readAll(source);
      const { dropped } = source.counts;
      expect(dropped).toBeGreaterThan(0);
      expect(source.report.violations).toEqual({ dropped });
      expect(source.report.events).toBe(2000);
      expect(t.length + dropped + lostOnTheWay(source)).toBe(2000);
      expect(policy === 'dropOldest' ? t.at(-1) : t[0]).toBe(policy === 'dropOldest' ? 1999 : 0);
    },
  );

  it('fails where its queue is to fail when it is full', async () => {
    const queue = { policy: 'error', packets: 1, events: 100_000 } as const;
    const source = await opened(`${ANY}?format=faery`, { queue, idle: 2000 }, async (url) => {
      await sendApart(url, packets(5, 10).slice(0, 5));
    });
    await until(() => source.counts.datagrams >= 2);
    await expect(readAll(source)).rejects.toMatchObject({ code: 'ERR_OVERFLOW' });
  });

  it('is over after a silence that is named, and where there was none but silence it has not begun', async () => {
    const idle = await opened(`${ANY}?format=faery&idle=150`, { idle: 150 }, (url) =>
      sendRaw(url, ...datagram(packets(1, 3)[0])),
    );
    const { t, packets: got } = await readAll(idle);
    expect(t).toEqual([0, 1, 2]);
    expect(got.at(-1)?.mark?.kind).toBe('end');
    await expect(openUdp(ANY, { idle: 50 })).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('begins its time line at the first event, or where it is told to', async () => {
    const late = [eventPacket({ t: [700, 800], x: [1, 2], y: [1, 1], p: [1, 1] })];
    const origins: number[] = [];
    for (const [url, options] of [
      [ANY, {}],
      [`${ANY}?origin=5`, {}],
      [`${ANY}?origin=5`, { origin: 6 }],
    ] as const) {
      const source = await opened(url, options, (where) => sendAll(where, late));
      const { packets: got } = await readAll(source);
      expect(got.every(({ stream }) => stream === source.info)).toBe(true);
      origins.push(source.info.origin);
    }
    expect(origins).toEqual([700, 5, 6]);
    await expect(openUdp(ANY, { origin: Number.NaN })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('may end without an event', async () => {
    const source = await opened(ANY, {}, (url) => sendRaw(url, EMPTY));
    const { t, packets: got } = await readAll(source);
    expect(t).toEqual([]);
    expect(got).toMatchObject([{ length: 0, until: 0, mark: { kind: 'end' } }]);
  });

  it('can be given up before it begins, closed, and read once', async () => {
    const given = new AbortController();
    const waiting = openUdp(ANY, { signal: given.signal, onListening: () => given.abort() });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    await expect(openUdp(ANY, { signal: given.signal })).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    const source = await opened(ANY, {}, (url) => sendRaw(url, ...datagram(packets(1, 3)[0])));
    const reading = source.events();
    expect(() => source.events()).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    expect((await reading.next()).value).toMatchObject({ length: 3 });
    const next = reading.next();
    source.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('what is refused', () => {
  it.each([
    'udp://127.0.0.1',
    'udp://:3333',
    'http://127.0.0.1:3333',
    'udp://127.0.0.1:3333/path',
    'udp://127.0.0.1:3333?format=other',
    'udp://127.0.0.1:3333?width=16',
    'udp://127.0.0.1:3333?width=0&height=1',
    'udp://127.0.0.1:3333?idle=-1',
    'udp://127.0.0.1:3333?token=x',
    'no address',
  ])('the address %s', async (url) => {
    await expect(openUdp(url)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    expect(() => udpSink(url)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it.each(['0.0.0.0', '192.0.2.7', '[::]'])('to listen at %s, unless that is asked for', async (host) => {
    await expect(openUdp(`udp://${host}:0`)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('options that make no sense', async () => {
    for (const options of [{ idle: 0 }, { size: { width: 0, height: 4 } }, { receiveBuffer: 0 }]) {
      await expect(openUdp(ANY, options)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    expect(() => udpSink('udp://127.0.0.1:9', { rate: 0 })).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('an address that is in use', async () => {
    const source = await opened(ANY, {}, (url) => sendRaw(url, ...datagram(packets(1, 1)[0])));
    await expect(openUdp(source.url)).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    source.close();
  });

  it('an event that a format cannot hold, unless it may be left out', async () => {
    const far = eventPacket({ t: [1, 2], x: [1, 40_000], y: [1, 1], p: [1, 1] });
    const sink = udpSink('udp://127.0.0.1:9?format=spif');
    await expect(sink(far)).rejects.toMatchObject({ code: 'ERR_LOSS' });
    sink.close();
    const clipping = udpSink('udp://127.0.0.1:9?format=spif', { clip: true });
    await clipping(far);
    expect(clipping.counts).toMatchObject({ events: 1, clipped: { coordinates: 1 } });
    clipping.close();
  });

  it('sending to where nothing can be sent', async () => {
    const sink = udpSink('udp://255.255.255.255:9');
    await expect(sink(packets(1, 1)[0])).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    sink.close();
  });
});

describe('a sink', () => {
  it('keeps to a rate', async () => {
    const sink = udpSink('udp://127.0.0.1:9?format=faery&rate=20000');
    const before = performance.now();
    for (const packet of packets(4, 1000)) await sink(packet);
    await sink.end();
    // 4000 events, the last of them sent at once, some 2 ms ahead.
    expect(performance.now() - before).toBeGreaterThan(140);
    expect(sink.counts).toMatchObject({ packets: 5, events: 4000, datagrams: 40, bytes: 52_000 });
  });
});

describe('what the kernel threw away', () => {
  it.runIf(process.platform === 'linux')('is counted', async () => {
    const source = await opened(`${ANY}?format=faery`, { receiveBuffer: 1 }, (url) =>
      sendRaw(url, ...datagram(packets(1, 1)[0])),
    );
    const { port } = udpAddress(source.url);
    expect(kernelDrops(port, 'IPv4')).toBe(0);
    // Sent together, they are more than the least room that a kernel gives.
    await sendTogether(port, 300);
    await until(() => (source.counts.kernelDropped ?? 0) > 0);
    const { kernelDropped, datagrams } = source.counts;
    source.close();
    expect(source.counts.kernelDropped).toBe(kernelDropped);
    expect((kernelDropped ?? 0) + datagrams).toBeLessThanOrEqual(301);
    expect(kernelDrops(port, 'IPv6')).toBeNull();
  });
});

async function sendTogether(port: number, count: number): Promise<void> {
  const socket = createSocket('udp4');
  const send = (): Promise<void> =>
    new Promise((resolve) => socket.send(new Uint8Array(1300), port, '127.0.0.1', () => resolve()));
  await Promise.all(Array.from({ length: count }, send));
  socket.close();
}

/** A packet as one datagram of faery's. */
function datagram({ t, x, y, p, length }: EventPacket): Uint8Array[] {
  const bytes = new Uint8Array(13 * length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < length; i++) {
    view.setBigUint64(13 * i, BigInt(t[i]), true);
    view.setUint16(13 * i + 8, x[i], true);
    view.setUint16(13 * i + 10, y[i], true);
    view.setUint8(13 * i + 12, p[i]);
  }
  return [bytes];
}

/** One datagram after another, so that each becomes a packet of its own. */
async function sendApart(url: string, list: readonly EventPacket[]): Promise<void> {
  for (const packet of list) {
    await sendRaw(url, ...datagram(packet));
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** On loopback nothing is. */
const lostOnTheWay = (source: UdpSource): number => source.counts.kernelDropped ?? 0;

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !isSo(); n++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}
