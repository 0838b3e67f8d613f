import { afterEach, describe, expect, it } from 'vitest';
import {
  type IncomingStream,
  type ServeOptions,
  type StreamServer,
  openStream,
  serveStream,
  webSocketSink,
} from '../../../adapters/network/index.node.js';
import { type EventPacket, RandomSequence } from '../../../src/index.js';
import { type Faults, FaultProxy } from './fault-proxy.js';
import { packets, servable } from './peer.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(options: ServeOptions): Promise<StreamServer> {
  const server = await serveStream(options);
  open.push(server);
  return server;
}

async function through(server: StreamServer, faults: Faults): Promise<FaultProxy> {
  const proxy = await FaultProxy.open(server.port, faults);
  open.push(proxy);
  return proxy;
}

/** Every field of every event, in order. */
const events = (list: readonly EventPacket[]): number[] =>
  list.flatMap(({ t, x, y, p, length }) => Array.from({ length }, (_, i) => t[i] * 512 + x[i] * 32 + y[i] * 2 + p[i]));
const marks = (list: readonly EventPacket[]): unknown[] => list.flatMap(({ mark }) => (mark ? [mark] : []));

async function read(source: AsyncIterable<EventPacket>): Promise<EventPacket[]> {
  const got: EventPacket[] = [];
  for await (const packet of source) got.push(packet);
  return got;
}

function expectSame(got: readonly EventPacket[], sent: readonly EventPacket[]): void {
  expect(events(got)).toEqual(events(sent));
  expect(marks(got)).toEqual(marks(sent));
}

/** Places to cut at: the handshake and the first hello get through (some 700 bytes), then anywhere. */
function cuts(seed: number, longest: number, least = 900): (n: number) => number {
  const random = new RandomSequence(seed, 'cuts');
  return () => least + random.integer(longest);
}

describe('whatever is cut, the receiver ends with exactly the events sent', () => {
  it.each([1, 2, 3, 4, 5])('received, seed %i', async (seed) => {
    const sent = packets(300, 40);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 40 });
    const proxy = await through(server, { cutAfter: cuts(seed, 12_000) });
    const stream = await openStream(proxy.url, { window: 1 + (seed % 5) * 4 });
    expectSame(await read(stream.events()), sent);
    expect(proxy.cuts).toBeGreaterThanOrEqual(8);
    expect(stream.report).toMatchObject({ events: 12_000, violations: {} });
  });

  it.each([6, 7, 8, 9])('sent, seed %i', async (seed) => {
    const sent = packets(200, 40);
    const incoming: IncomingStream[] = [];
    const server = await serve({ source: () => servable([]), live: true, accept: (one) => incoming.push(one) });
    const proxy = await through(server, { cutAfter: cuts(seed, 8000) });
    const sink = webSocketSink(proxy.url, { eventsPerFrame: 40 });
    const written = (async () => {
      for (const packet of sent) await sink(packet);
      await sink.end();
    })();
    await expect.poll(() => incoming.length).toBe(1);
    expectSame(await read(incoming[0].stream.events() as AsyncIterable<EventPacket>), sent);
    await written;
    expect(incoming).toHaveLength(1);
    expect(proxy.cuts).toBeGreaterThanOrEqual(8);
    expect(sink.counts).toEqual({ packets: 201, events: 8000, outside: 0 });
  });

  it.each([
    ['in both directions at every byte of the last kilobyte', 20],
    ['of a slow reader', 21],
  ])('%s', async (what, seed) => {
    const sent = packets(30, 10);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 10 });
    const random = new RandomSequence(seed, 'ends');
    const proxy = await through(server, { cutAfter: (n) => 3200 - 37 * n + random.integer(30) });
    for (let round = 0; round < 8; round++) {
      const stream = await openStream(proxy.url, { window: 2 });
      const got: EventPacket[] = [];
      for await (const packet of stream.events()) {
        if (what === 'of a slow reader') await new Promise((resolve) => setTimeout(resolve, 1));
        got.push(packet);
      }
      expectSame(got, sent);
    }
    expect(proxy.cuts).toBeGreaterThan(0);
  });
});

/** One stream in each direction over cut connections; returns the cuts. */
async function both(seed: number): Promise<number> {
  const sent = packets(300, 40);
  const incoming: IncomingStream[] = [];
  const accept = (one: IncomingStream): unknown => incoming.push(one);
  const server = await serve({ source: () => servable(sent), eventsPerFrame: 40, accept });
  const proxy = await through(server, { cutAfter: cuts(seed, 9000) });
  const sink = webSocketSink(proxy.url, { eventsPerFrame: 40, reconnect: 30_000 });
  const written = (async () => {
    for (const packet of sent) await sink(packet);
    await sink.end();
  })();
  const stream = await openStream(proxy.url, { window: 1 + (seed % 16), reconnect: 30_000 });
  while (incoming.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [got, taken] = await Promise.all([
    read(stream.events()),
    read(incoming[0].stream.events() as AsyncIterable<EventPacket>),
    written,
  ]);
  expectSame(got, sent);
  expectSame(taken, sent);
  expect(incoming).toHaveLength(1);
  await server.close();
  await proxy.close();
  return proxy.cuts;
}

// `CUTS=1000 npx vitest run test/adapters/network/cuts.test.ts -t 'as many'`: the long form.
const asked = Number(process.env.CUTS ?? 0);
describe.runIf(asked > 0)('as many cuts as are asked for', () => {
  it('received and sent', { timeout: 600_000 }, async () => {
    let made = 0;
    for (let seed = 1000; made < asked; seed += 4) {
      const each = await Promise.all([0, 1, 2, 3].map((n) => both(seed + n)));
      made += each.reduce((sum, count) => sum + count, 0);
      open.length = 0;
    }
    process.stdout.write(`${made} cuts\n`);
    expect(made).toBeGreaterThanOrEqual(asked);
  });
});

describe('a connection that falls silent', () => {
  const limits = { beatInterval: 80 };

  it('is noticed by its missing beat, and made again: received', async () => {
    const sent = packets(120, 40);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 40, limits });
    const silent = cuts(31, 9000);
    const proxy = await through(server, { cutAfter: silent, isSilent: () => true });
    const stream = await openStream(proxy.url, { window: 4, silence: 250 });
    expectSame(await read(stream.events()), sent);
    expect(proxy.silences).toBeGreaterThanOrEqual(3);
    expect(stream.connection.absences).toBeGreaterThanOrEqual(3);
  });

  it('is noticed and made again: sent, with cuts in between', async () => {
    const sent = packets(120, 40);
    const incoming: IncomingStream[] = [];
    const accept = (one: IncomingStream): unknown => incoming.push(one);
    const server = await serve({ source: () => servable([]), live: true, accept, limits });
    const proxy = await through(server, { cutAfter: cuts(33, 9000), isSilent: (n) => n % 2 === 0 });
    const sink = webSocketSink(proxy.url, { eventsPerFrame: 40, silence: 250 });
    const written = (async () => {
      for (const packet of sent) await sink(packet);
      await sink.end();
    })();
    await expect.poll(() => incoming.length).toBe(1);
    expectSame(await read(incoming[0].stream.events() as AsyncIterable<EventPacket>), sent);
    await written;
    expect(incoming).toHaveLength(1);
    expect(proxy.silences).toBeGreaterThanOrEqual(2);
  });
});

describe('a poor way', () => {
  it.each<[string, Faults]>([
    ['one byte at a time', { piece: 1 }],
    ['with delay', { delay: 15, piece: 1400 }],
    ['of little bandwidth', { bandwidth: 60_000, piece: 1000 }],
    ['one byte at a time, and cut', { piece: 1, cutAfter: cuts(41, 6000) }],
  ])('%s: everything arrives', async (_, faults) => {
    const sent = packets(30, 40);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 40 });
    const proxy = await through(server, faults);
    const stream = await openStream(proxy.url, { window: 4 });
    expectSame(await read(stream.events()), sent);
    expect(proxy.cuts > 0).toBe(faults.cutAfter !== undefined);
  });
});
