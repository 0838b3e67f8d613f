import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type IncomingStream,
  type ServeOptions,
  type StreamServer,
  openLink,
  openStream,
  serveStream,
  webSocketSink,
} from '../../../adapters/network/index.node.js';
import { type EventPacket, RandomSequence } from '../../../src/index.js';
import { FaultProxy } from './fault-proxy.js';
import { info, packets, servable } from './peer.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(options: ServeOptions): Promise<StreamServer> {
  const server = await serveStream(options);
  open.push(server);
  return server;
}

async function proxied(server: StreamServer, cutAfter: (n: number) => number): Promise<FaultProxy> {
  const proxy = await FaultProxy.open(server.port, { cutAfter });
  open.push(proxy);
  return proxy;
}

const times = (list: readonly EventPacket[]): number[] => list.flatMap(({ t, length }) => [...t.subarray(0, length)]);

async function read<P>(events: AsyncIterable<P>): Promise<P[]> {
  const got: P[] = [];
  for await (const packet of events) got.push(packet);
  return got;
}

/** Places to cut at, far enough on for something to get through. */
function cuts(seed: number, longest: number): (n: number) => number {
  const random = new RandomSequence(seed, 'cuts');
  return () => 400 + random.integer(longest);
}

describe('a connection that is lost', () => {
  it.each<[string, Partial<ServeOptions>]>([
    ['with a reading of its own', {}],
    ['with one reading for all', { clients: 1 }],
  ])('is made again, without gap or repeat: a receiver %s', async (_, options) => {
    const sent = packets(300, 50);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 50, ...options });
    const proxy = await proxied(server, cuts(3, 8000));
    const stream = await openStream(proxy.url, { window: 4 });
    const got = await read(stream.events());
    expect(times(got)).toEqual(times(sent));
    expect(proxy.cuts).toBeGreaterThan(20);
    expect(stream.report).toMatchObject({ events: 15_000, violations: {} });
  });

  it('of a sender is made again, without gap or repeat', async () => {
    const sent = packets(200, 50);
    let arrived!: (stream: IncomingStream) => void;
    const incoming = new Promise<IncomingStream>((resolve) => (arrived = resolve));
    const server = await serve({ source: () => servable([]), live: true, accept: arrived });
    const random = new RandomSequence(9, 'sender');
    const proxy = await proxied(server, () => 400 + random.integer(4000));
    const sink = webSocketSink(proxy.url, { name: 'camera', eventsPerFrame: 50 });
    const written = (async () => {
      for (const packet of sent) await sink(packet);
      await sink.end();
    })();
    const { name, stream } = await incoming;
    const got = await read(stream.events() as AsyncIterable<EventPacket>);
    await written;
    expect(name).toBe('camera');
    expect(times(got)).toEqual(times(sent));
    expect(proxy.cuts).toBeGreaterThan(3);
    expect(sink.counts).toEqual({ packets: 201, events: 10_000, outside: 0 });
  });

  it('is an error where the server does not come back in time', async () => {
    const server = await serve({ source: () => servable(packets(1000, 50)), eventsPerFrame: 50 });
    const stream = await openStream(server.url, { window: 4, reconnect: 300 });
    const reader = stream.events();
    await reader.next();
    await server.close();
    await expect(read(reader)).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });
});

const live = async (options: Partial<ServeOptions> = {}): Promise<[Subject<EventPacket>, StreamServer]> => {
  const camera = new Subject<EventPacket>();
  const source = { info, events: () => camera.asObservable() };
  return [camera, await serve({ source: () => source, live: true, eventsPerFrame: 10, ...options })];
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe('a live stream', () => {
  it('gives those who come late the past that they ask for', async () => {
    const [camera, server] = await live();
    const sent = packets(20, 10);
    for (const packet of sent.slice(0, 10)) camera.next(packet);
    await settle();
    const late = await openStream(server.url, { history: 35 });
    const now = await openStream(server.url);
    await settle();
    for (const packet of sent.slice(10)) camera.next(packet);
    camera.complete();
    expect(times(await read(late.events()))).toEqual(times(sent.slice(7)));
    expect(times(await read(now.events()))).toEqual(times(sent.slice(10)));
  });

  it.each(['dropOldest', 'dropNewest', 'sample'] as const)('%s: what is missing is told exactly', async (policy) => {
    const [camera, server] = await live();
    const slow = await openStream(server.url, { policy, limit: 100, every: 4, window: 2 });
    await settle();
    for (const packet of packets(100, 10)) camera.next(packet);
    camera.complete();
    await settle();
    const got = await read(slow.events());
    const { events, violations } = slow.report;
    expect(events).toBe(times(got).length);
    expect(Object.keys(violations)).toEqual([policy]);
    expect(events + (violations[policy] ?? 0)).toBe(1000);
    expect(got.at(-1)?.mark).toMatchObject({ kind: 'end' });
  });

  it('cuts off a lossless receiver that is too slow, and tells it why; the others go on', async () => {
    const [camera, server] = await live({ delivery: { events: 200 } });
    const slow = await openStream(server.url, { window: 2 });
    const quick = await openStream(server.url, { policy: 'dropOldest' });
    const all = read(quick.events());
    await settle();
    for (const packet of packets(100, 10)) {
      camera.next(packet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    camera.complete();
    await expect(read(slow.events())).rejects.toMatchObject({ code: 'ERR_OVERFLOW' });
    expect(times(await all).length + (quick.report.violations['dropOldest'] ?? 0)).toBe(1000);
  });
});

describe('several streams on one connection', () => {
  it('are offered, subscribed to by name, and labels flow back', async () => {
    const labels: unknown[] = [];
    const server = await serve({
      source: () => servable(packets(3, 10)),
      name: 'camera',
      streams: [
        {
          name: 'decisions',
          kind: 'decisions',
          sharing: 'each',
          source: () => ({
            info,
            async *events() {
              const counts = new Float64Array([1, 5]);
              const decision = { t0: 0, t1: 9, label: '1', confidence: 0.75, counts, truth: null, source: 'a' };
              yield { stream: info, items: [decision], length: 1, until: 9, mark: null };
            },
          }),
        },
      ],
      accept: ({ kind, stream }) => {
        void (async () => {
          for await (const packet of stream.events()) if ('items' in packet) labels.push(kind, ...packet.items);
        })();
      },
    });
    const link = openLink(server.url);
    open.push({ close: async () => link.close() });
    const offered = await link.offers();
    expect(offered.map(({ name, kind }) => [name, kind])).toEqual([
      ['camera', 'events'],
      ['decisions', 'decisions'],
    ]);
    const [camera, decisions] = await Promise.all([
      link.subscribe<'events'>('camera'),
      link.subscribe<'decisions'>('decisions'),
    ]);
    const [events, made] = await Promise.all([read(camera.events()), read(decisions.events())]);
    expect(times(events)).toHaveLength(30);
    expect(made.flatMap(({ items }) => items)).toMatchObject([{ label: '1', confidence: 0.75, source: 'a' }]);
    const back = link.publish('labels');
    await back({ stream: info, items: [{ t0: 0, t1: 9, label: '7' }], length: 1, until: 9, mark: null });
    await back.end();
    expect(labels).toEqual(['labels', { t0: 0, t1: 9, label: '7' }]);
    await expect(link.subscribe('nothing')).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});

describe('a live stream that can wait', () => {
  it('waits for no receiver that is away; what it missed is told exactly', async () => {
    const sent = packets(400, 50);
    const slowly = {
      info,
      async *events() {
        for (const packet of sent) {
          await new Promise((resolve) => setImmediate(resolve));
          yield packet;
        }
      },
    };
    const history = { packets: 20, events: 1e6 };
    const server = await serve({ source: () => slowly, live: true, eventsPerFrame: 50, history });
    let connections = 0;
    // The first connection is cut in the middle; further ones are let through only once the stream is over.
    const proxy = await proxied(server, () => (connections++ === 0 ? 9000 : Infinity));
    const present = await openStream(server.url, { history: 1e9 });
    const away = await openStream(proxy.url, { window: 4, history: 1e9 });
    const [all, part] = await Promise.all([read(present.events()), read(away.events())]);
    expect(times(all)).toEqual(times(sent));
    const missing = Object.values(away.report.violations).reduce((sum, n) => sum + n, 0);
    expect(times(part).length + missing).toBe(20_000);
    expect(proxy.cuts).toBe(1);
  });
});
