import { once } from 'node:events';
import { request } from 'node:http';
import fc from 'fast-check';
import { Observable, concat, from, lastValueFrom, of, take, throwError, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type ServeOptions,
  type StreamServer,
  openRecording,
  openStream,
  receiveStream,
  serveStream,
  webSocketSink,
  webSocketSource,
} from '../../../adapters/index.node.js';
import type { SocketLike } from '../../../adapters/network/wire.js';
import * as browser from '../../../adapters/network/web-socket.js';
import { type EventPacket, RxSpikeError, eventPacket, silence, streamInfo } from '../../../src/index.js';
import { projectRoot } from '../../shared-data.js';
import { contentOf } from '../../streams/content.js';
import { STREAM, cuts, disorderly, packetsOf } from '../../streams/scripts.js';
import { END, collect, info, openHandles, packets, peer, servable } from './peer.js';

const servers: StreamServer[] = [];

async function serve(options: ServeOptions): Promise<StreamServer> {
  const server = await serveStream(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (let i = 0; i < 50 && openHandles().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
});

const idle = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const open = (): ReturnType<typeof openRecording> =>
  openRecording(projectRoot('assets/nmnist/00936.bin'), { label: '6', packetEvents: 500 });

describe('a served stream', () => {
  it('says what its source says, event for event and mark for mark', async () => {
    await fc.assert(
      fc.asyncProperty(disorderly, cuts, fc.integer({ min: 1, max: 7 }), async (one, where, eventsPerFrame) => {
        const list = packetsOf(one, where);
        const source = (): ReturnType<typeof servable> => ({ ...servable(list), info: STREAM });
        const server = await serve({ source, clients: 1, eventsPerFrame });
        const stream = await openStream(server.url);
        expect(stream.info).toEqual(STREAM);
        const { packets: got, error } = await collect(stream.events());
        expect(error).toBeNull();
        expect(contentOf(got)).toEqual(contentOf(list));
        const sum = list.reduce((total, { length }) => total + length, 0);
        await expect(server.done).resolves.toMatchObject({
          clients: 1,
          completed: 1,
          lost: 0,
          events: sum,
          outside: 0,
        });
      }),
      { numRuns: 12, seed: 20_506 },
    );
  });

  it('says what a recording says, end mark and all', async () => {
    const server = await serve({ source: open, clients: 1 });
    const stream = await openStream(server.url);
    const { packets: got } = await collect(stream.events());
    const recording = await open();
    const { packets: own } = await collect(recording.events());
    expect(contentOf(got)).toEqual(contentOf(own));
    expect(stream.report).toEqual(recording.report);
    expect(got.at(-1)?.mark).toMatchObject({ kind: 'end', label: '6' });
    expect(() => stream.events()).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });

  it('keeps times that do not fit 32 bits, or fall between microseconds', async () => {
    // 1.118 − 0.118 is 1, but 0.118 + 1 is not 1.118.
    const times = [[5e9, 0, 0.25, 1.7e15], [1.7e15, 1.7e15 + 1], [0.5, 2 ** 53 - 1], [0.118, 1.118]]; // prettier-ignore
    const list = times.map((t) =>
      eventPacket({ stream: info, t, x: t.map(() => 15), y: t.map(() => 0), p: t.map(() => 1), until: 2 ** 53 - 1 }),
    );
    const server = await serve({ source: () => servable(list), clients: 1 });
    const { packets: got } = await collect((await openStream(server.url)).events());
    expect(got.flatMap(({ t }) => [...t])).toEqual(times.flat());
  });

  it('leaves out events outside the sensor, and counts them', async () => {
    const t = [1, 2, 3];
    const wide = eventPacket({ stream: info, t, x: [15, 16, 0], y: [0, 0, 99], p: [1, 1, 1], until: 9 });
    const server = await serve({ source: () => servable([wide]), clients: 1 });
    const stream = await openStream(server.url);
    const { packets: got } = await collect(stream.events());
    expect(got.map(({ t: kept, until }) => [[...kept], until])).toEqual([[[1], 9]]);
    expect(stream.report.violations).toEqual({ leftOut: 2 });
    await expect(server.done).resolves.toMatchObject({ events: 1, outside: 2 });
  });

  it('goes no faster than its receiver: memory is bounded, nothing is lost', async () => {
    const source = servable(packets(300, 100));
    const delivery = { packets: 1 };
    const server = await serve({ source: () => source, clients: 1, eventsPerFrame: 100, delivery });
    const stream = await openStream(server.url, { window: 8 });
    const reader = stream.events();
    await idle();
    expect(source.pulled).toBe(2);
    expect(stream.report.events).toBe(0);
    await reader.next();
    await idle();
    expect(stream.report.events).toBe(800);
    expect(source.pulled).toBe(10);
    for (let i = 0; i < 20; i++) await reader.next();
    await idle();
    expect(stream.report.events).toBeLessThanOrEqual(2900);
    expect(source.pulled).toBeLessThanOrEqual(31);
    const { packets: rest } = await collect(reader);
    expect(rest).toHaveLength(301 - 21);
    await expect(server.done).resolves.toMatchObject({ packets: 301, events: 30_000 });
  });

  it('does not fill memory for a receiver that grants credit and never reads', async () => {
    const [large] = packets(1, 10_000);
    const source = servable(Array.from({ length: 1000 }, () => large));
    const server = await serve({ source: () => source, clients: 1 });
    const socket = new WebSocket(server.url, 'rxspike.v1', { perMessageDeflate: false });
    await once(socket, 'open');
    // {type: 'credit', upTo: 1000000}
    socket.send(Uint8Array.from([0x82, 0xa4, ...Buffer.from('type'), 0xa6, ...Buffer.from('credit'), 0xa4, ...Buffer.from('upTo'), 0xce, 0, 15, 66, 64])); // prettier-ignore
    socket.pause();
    await idle(500);
    // 90 kB a packet: what the kernel takes, and 2 MiB.
    expect(source.pulled).toBeLessThan(400);
    socket.terminate();
    await expect(server.done).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    expect(source.closed).toBe(true);
  });

  it('is given from its beginning to each connection, one after another or at once', async () => {
    let opened = 0;
    const source = (): ReturnType<typeof servable> => {
      opened++;
      return servable(packets(20, 10));
    };
    const server = await serve({ source });
    const read = async (): Promise<number> => {
      const { packets: got } = await collect((await openStream(server.url)).events());
      return got.length;
    };
    await expect(read()).resolves.toBe(21);
    await expect(Promise.all([read(), read()])).resolves.toEqual([21, 21]);
    expect(opened).toBe(3);
    await expect(server.close()).resolves.toMatchObject({ clients: 3, completed: 3, events: 600 });
    await expect(server.done).resolves.toMatchObject({ lost: 0 });
  });
});

describe('a stream for several receivers', () => {
  it('begins when all are there, gives everything to each, the slowest sets the pace', async () => {
    const source = servable(packets(100, 10));
    const server = await serve({ source: () => source, clients: 2, eventsPerFrame: 10, delivery: { packets: 1 } });
    const first = await openStream(server.url, { window: 4 });
    const quick = collect(first.events());
    await idle();
    expect(source.pulled).toBe(0);
    const second = await openStream(server.url, { window: 4 });
    const slow = second.events();
    await slow.next();
    await idle();
    expect(first.report.events).toBeLessThan(100);
    await expect(openStream(server.url)).rejects.toMatchObject({ code: 'ERR_CONNECTION', message: /503/ });
    const { packets: rest } = await collect(slow);
    const { packets: all } = await quick;
    expect(contentOf(all)).toEqual(contentOf(packets(100, 10)));
    expect(rest).toHaveLength(100);
    await expect(server.done).resolves.toMatchObject({ clients: 2, completed: 2, lost: 0, events: 1000 });
  });

  it('goes on when one of them leaves; fails when all have', async () => {
    const server = await serve({ source: () => servable(packets(100, 10)), clients: 2, eventsPerFrame: 10 });
    const [stays, leaves] = await Promise.all([openStream(server.url), openStream(server.url)]);
    const reader = leaves.events();
    const all = collect(stays.events());
    await reader.next();
    await reader.return?.();
    expect((await all).packets).toHaveLength(101);
    await expect(server.done).resolves.toMatchObject({ clients: 2, completed: 1, lost: 1 });

    const source = servable(packets(1000, 10));
    const alone = await serve({ source: () => source, clients: 1, eventsPerFrame: 10 });
    const stream = await openStream(alone.url);
    for await (const { until } of stream.events()) if (until > 50) break;
    await expect(alone.done).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    expect(source.closed).toBe(true);
  });

  it('fails when all have left, also while the source keeps one waiting', async () => {
    const never = new Promise<never>(() => {});
    async function* silent(): AsyncGenerator<EventPacket> {
      yield packets(1, 5)[0];
      await never;
    }
    const server = await serve({ source: () => ({ info, events: silent }), clients: 1 });
    const stream = await openStream(server.url);
    const reader = stream.events();
    await reader.next();
    stream.close();
    await expect(Promise.race([server.done, idle(2000)])).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    expect(server.counts).toMatchObject({ clients: 1, lost: 1 });
  });

  it('has room for as many as it waits for', async () => {
    const server = await serve({ source: () => servable(packets(1, 5)), clients: 70 });
    const streams = await Promise.all(Array.from({ length: 70 }, () => openStream(server.url)));
    await Promise.all(streams.map((stream) => collect(stream.events())));
    await expect(server.done).resolves.toMatchObject({ clients: 70, completed: 70 });
  });

  it('does not count one that leaves before the beginning', async () => {
    const server = await serve({ source: () => servable(packets(3, 10)), clients: 2 });
    const gone = await openStream(server.url);
    gone.close();
    await idle(50);
    const both = await Promise.all([openStream(server.url), openStream(server.url)]);
    const got = await Promise.all(both.map((stream) => collect(stream.events())));
    expect(got.map(({ packets: list }) => list.length)).toEqual([4, 4]);
    await expect(server.done).resolves.toMatchObject({ clients: 2, completed: 2, lost: 0 });
  });
});

describe('a break', () => {
  it('of the source reaches the receiver with its code, after everything good', async () => {
    const fails = new RxSpikeError('ERR_TRUNCATED', 'rec: cut at byte 7');
    const server = await serve({ source: () => servable(packets(5, 10).slice(0, 5), fails), clients: 1 });
    const { packets: got, error } = await collect((await openStream(server.url)).events());
    expect(got).toHaveLength(5);
    expect(error).toMatchObject({ code: 'ERR_TRUNCATED', message: 'rec: cut at byte 7' });
    await expect(server.done).rejects.toBe(fails);
  });

  it('of one reading leaves the server running; other errors tell nothing of this machine', async () => {
    let round = 0;
    const source = (): ReturnType<typeof servable> =>
      servable(packets(2, 10), round++ === 0 ? new Error('/home/someone/secret') : undefined);
    const server = await serve({ source });
    const first = await collect((await openStream(server.url)).events());
    expect(first.error).toMatchObject({ code: 'ERR_CONNECTION', message: 'the source failed' });
    const second = await collect((await openStream(server.url)).events());
    expect(second).toMatchObject({ error: null, packets: { length: 3 } });
  });

  it('of the server while it is read: what came is delivered, then ERR_CONNECTION', async () => {
    const source = servable(packets(500, 10));
    const server = await serve({ source: () => source, clients: 1, eventsPerFrame: 10 });
    const stream = await openStream(server.url, { window: 4 });
    const reader = stream.events();
    await reader.next();
    await idle(50);
    await server.close();
    const { packets: rest, error } = await collect(reader);
    expect(rest).toHaveLength(3);
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', message: 'the server was stopped' });
    expect(source.closed).toBe(true);
    await expect(server.done).resolves.toMatchObject({ lost: 1 });
  });

  it('before the beginning closes what was waiting', async () => {
    const server = await serve({ source: () => servable(packets(5, 10)), clients: 2 });
    const stream = await openStream(server.url);
    const waiting = collect(stream.events());
    await idle(20);
    await server.close();
    expect((await waiting).error).toMatchObject({ code: 'ERR_CONNECTION' });
    await expect(server.done).resolves.toMatchObject({ clients: 0 });
  });

  it('before anything was read closes what was opened', async () => {
    let closed = 0;
    const close = (): void => void closed++;
    const opened = (): ReturnType<typeof servable> & { close(): void } => ({ ...servable([]), close });
    const server = await serve({ source: opened });
    await expect(serveStream({ source: opened, port: server.port })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    expect(closed).toBe(1);
    await server.close();
    expect(closed).toBe(2);
    await (await serve({ source: opened, clients: 1 })).close();
    expect(closed).toBe(3);
  });

  it('of the source before it is served is thrown at once', async () => {
    const fails = new RxSpikeError('ERR_NOT_FOUND', 'no such file');
    await expect(serveStream({ source: () => Promise.reject(fails) })).rejects.toBe(fails);
  });
});

const events = (): Observable<EventPacket> => from(packets(50, 10));

describe('an Observable source', () => {
  it('is served through a bounded queue', async () => {
    const server = await serve({ source: () => ({ info, events }), clients: 1 });
    const { packets: got } = await collect((await openStream(server.url)).events());
    expect(contentOf(got)).toEqual(contentOf(packets(50, 10)));
  });

  it('overflows by its policy: fails, or drops and counts', async () => {
    const queue = { packets: 4, events: 1000 } as const;
    const failing = await serve({ source: () => ({ info, events }), clients: 1, queue: { ...queue, policy: 'error' } });
    const first = await collect((await openStream(failing.url)).events());
    expect(first.error).toMatchObject({ code: 'ERR_OVERFLOW' });
    expect(first.packets).toHaveLength(4);
    const dropping = await serve({
      source: () => ({ info, events }),
      clients: 1,
      queue: { ...queue, policy: 'dropOldest' },
    });
    const second = await collect((await openStream(dropping.url)).events());
    expect(second.packets.map(({ mark }) => mark?.kind)).toEqual([undefined, undefined, undefined, 'end']);
    await expect(dropping.done).resolves.toMatchObject({ events: 30, dropped: 470 });
    await expect(
      serveStream({ source: () => ({ info, events }), queue: { ...queue, policy: 'block' } }),
    ).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  it('is let go of when all have left, also while it is silent', async () => {
    let unsubscribed = 0;
    const silent = (): Observable<EventPacket> => new Observable(() => () => void unsubscribed++);
    const server = await serve({ source: () => ({ info, events: silent }), clients: 1 });
    (await openStream(server.url)).close();
    await expect(server.done).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    expect(unsubscribed).toBe(1);
  });

  it('passes its error on', async () => {
    const fails = new RxSpikeError('ERR_CORRUPT', 'bad');
    const breaking = (): Observable<EventPacket> => concat(of(packets(1, 5)[0]), throwError(() => fails)); // prettier-ignore
    const server = await serve({ source: () => ({ info, events: breaking }), clients: 1 });
    const { error, packets: got } = await collect((await openStream(server.url)).events());
    expect([got.length, (error as RxSpikeError).code]).toEqual([1, 'ERR_CORRUPT']);
    await expect(server.done).rejects.toBe(fails);
  });
});

/** Status of an upgrade, 101 when it is granted. */
async function knock(
  server: StreamServer,
  headers: Readonly<Record<string, string>> = {},
  path = '/',
  protocol: string | null = 'rxspike.v1',
): Promise<number> {
  const asked = request({
    host: '127.0.0.1',
    port: server.port,
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...(protocol === null ? {} : { 'sec-websocket-protocol': protocol }),
      ...headers,
    },
  });
  asked.on('error', () => {});
  asked.end();
  return new Promise((resolve) => {
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
  });
}

const source = (): ReturnType<typeof servable> => servable(packets(2, 5));

describe('who may connect', () => {
  it('keeps out foreign pages and foreign names', async () => {
    const server = await serve({ source, origins: ['http://friend.example'] });
    const own = `127.0.0.1:${server.port}`;
    await expect(knock(server)).resolves.toBe(101);
    await expect(knock(server, { origin: `http://${own}` })).resolves.toBe(101);
    await expect(knock(server, { origin: 'http://friend.example' })).resolves.toBe(101);
    await expect(knock(server, { host: `localhost:${server.port}` })).resolves.toBe(101);
    await expect(knock(server, { host: `[::1]:${server.port}` })).resolves.toBe(101);
    for (const origin of [
      'http://evil.example',
      'null',
      `http://evil.example:${server.port}`,
      `http://${own}.evil.example`,
      'http://localhost:1',
    ]) {
      await expect(knock(server, { origin })).resolves.toBe(403);
    }
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      '127.0.0.1.evil.example',
      '192.168.1.7',
      'a b',
    ]) {
      await expect(knock(server, { host })).resolves.toBe(403);
    }
    await expect(knock(server, {}, '/other')).resolves.toBe(404);
    await expect(knock(server, {}, '/', null)).resolves.toBe(400);
    await expect(knock(server, {}, '/', 'chat, other')).resolves.toBe(400);
    await expect(knock(server, {}, '/', 'chat, rxspike.v1')).resolves.toBe(101);
  });

  it('asks for the token where one is set', async () => {
    const server = await serve({ source, token: 'sesame-1', path: '/live' });
    await expect(knock(server, {}, '/live')).resolves.toBe(401);
    await expect(knock(server, {}, '/live?token=sesame')).resolves.toBe(401);
    await expect(knock(server, { authorization: 'Bearer wrong' }, '/live?token=sesame-1')).resolves.toBe(401);
    await expect(knock(server, { authorization: 'Bearer sesame-1' }, '/live')).resolves.toBe(101);
    await expect(knock(server, { origin: 'http://evil.example' }, '/live?token=sesame-1')).resolves.toBe(403);
    await expect(openStream(server.url)).rejects.toMatchObject({ code: 'ERR_CONNECTION', message: /401/ });
    const { packets: got } = await collect((await openStream(server.url, { token: 'sesame-1' })).events());
    expect(got).toHaveLength(3);
    const wrong = await openStream(`${server.url}?token=hush`).catch((error: Error) => error.message);
    expect(wrong).not.toMatch(/hush/);
  });

  it('listens beyond this machine only with a token', async () => {
    await expect(serveStream({ source, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(serveStream({ source, host: '::' })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    const server = await serve({ source, host: '0.0.0.0', token: 't', hosts: ['camera.lan'] });
    const query = '/?token=t';
    await expect(knock(server, { host: '192.168.1.7:80' }, query)).resolves.toBe(101);
    await expect(knock(server, { host: 'Camera.LAN' }, query)).resolves.toBe(101);
    await expect(knock(server, { host: 'evil.example' }, query)).resolves.toBe(403);
  });

  it('answers plain HTTP with 426, strangers as ever, and limits connections', async () => {
    const server = await serve({ source, maxConnections: 1 });
    const plain = { connection: 'close', upgrade: '' };
    await expect(knock(server, plain)).resolves.toBe(426);
    await expect(knock(server, { ...plain, host: 'evil.example' })).resolves.toBe(403);
    await expect(knock(server, { ...plain, origin: 'http://evil.example' })).resolves.toBe(403);
    const closed = await serve({ source, token: 'sesame-1' });
    await expect(knock(closed, plain)).resolves.toBe(401);
    await expect(knock(closed, { ...plain, authorization: 'Bearer sesame-1' })).resolves.toBe(426);
    const stream = await openStream(server.url);
    await expect(knock(server)).resolves.toBe(503);
    stream.close();
  });

  it('says when the address is in use, or the arguments are wrong', async () => {
    const server = await serve({ source });
    await expect(serveStream({ source, port: server.port })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `cannot listen on 127.0.0.1:${server.port}: the address is in use`,
    });
    const wrong: Partial<ServeOptions>[] = [
      { port: -1 },
      { port: 1.5 },
      { clients: 0 },
      { path: 'live' },
      { token: '' },
      { token: 'a b' },
      { eventsPerFrame: 0 },
      { eventsPerFrame: 65_537 },
      { maxConnections: 0 },
      { clients: 3, maxConnections: 2 },
    ];
    for (const one of wrong) {
      await expect(serveStream({ source, ...one })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['a credit below nothing', Buffer.from([0x82, 0xa4, ...Buffer.from('type'), 0xa6, ...Buffer.from('credit'), 0xa4, ...Buffer.from('upTo'), 0xff])], // prettier-ignore
    ['text', 'credit'],
  ])('closes on a receiver that sends %s', async (_, data) => {
    const server = await serve({ source });
    const socket = new WebSocket(server.url, 'rxspike.v1');
    await once(socket, 'open');
    socket.send(data);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(4002);
    await idle(20);
    expect(server.counts.lost).toBe(1);
  });

  it('closes on a receiver whose frames are too large', async () => {
    const server = await serve({ source });
    const socket = new WebSocket(server.url, 'rxspike.v1');
    await once(socket, 'open');
    socket.send(Buffer.alloc(5000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });
});

describe('other ends of a stream', () => {
  it('webSocketSource is an Observable of it', async () => {
    const server = await serve({ source: () => servable(packets(20, 10)), eventsPerFrame: 10 });
    const all = await lastValueFrom(webSocketSource(server.url).pipe(toArray()));
    expect(contentOf(all)).toEqual(contentOf(packets(20, 10)));
    const some = await lastValueFrom(webSocketSource(server.url).pipe(take(3), toArray()));
    expect(some).toHaveLength(3);
    await idle(50);
    expect(server.counts).toMatchObject({ clients: 2, completed: 1, lost: 1 });
    const early = webSocketSource(server.url).subscribe();
    early.unsubscribe();
    await idle(50);
    expect(() => webSocketSource('http://127.0.0.1/')).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
    await expect(lastValueFrom(webSocketSource('ws://127.0.0.1:1/'))).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('the browser takes and sends the same with a WebSocket of its own', async () => {
    const server = await serve({ source: () => servable(packets(20, 1000)) });
    const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    Object.defineProperty(globalThis, 'WebSocket', { value: undefined, configurable: true, writable: true });
    await expect(browser.openStream(server.url)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true });
    try {
      const { packets: got } = await collect((await browser.openStream(server.url)).events());
      expect(contentOf(got)).toEqual(contentOf(packets(20, 1000)));
      const observed = await lastValueFrom(browser.webSocketSource(server.url).pipe(toArray()));
      expect(contentOf(observed)).toEqual(contentOf(packets(20, 1000)));
      const { received, url, close } = await receiver();
      const sink = browser.webSocketSink(url);
      for (const packet of packets(5, 10)) await sink(packet);
      await sink.end();
      expect(contentOf((await received).packets)).toEqual(contentOf(packets(5, 10)));
      await close();
    } finally {
      if (own) Object.defineProperty(globalThis, 'WebSocket', own);
      else Reflect.deleteProperty(globalThis, 'WebSocket');
    }
  });

  it('webSocketSink sends, no faster than the receiver takes', async () => {
    const { received, url, close } = await receiver();
    const sink = webSocketSink(url, { eventsPerFrame: 7 });
    for (const packet of packets(100, 10)) await sink(packet);
    await sink.end();
    expect(sink.counts).toEqual({ packets: 201, events: 1000, outside: 0 });
    const { packets: got, error } = await received;
    expect(error).toBeNull();
    expect(contentOf(got)).toEqual(contentOf(packets(100, 10)));
    await expect(sink(packets(1, 1)[0])).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    await close();
  });

  it('webSocketSink keeps the order of packets that are not waited for', async () => {
    const { received, url, close } = await receiver();
    const sink = webSocketSink(url, { eventsPerFrame: 7 });
    const list = packets(10, 10);
    await Promise.all([...list.map((packet) => sink(packet)), sink.end()]);
    expect(contentOf((await received).packets)).toEqual(contentOf(list));
    await close();
  });

  it('webSocketSink tells what broke; fails where nobody listens, or packets change their size', async () => {
    const { received, url, close } = await receiver();
    const sink = webSocketSink(url);
    await sink(packets(1, 10)[0]);
    const other = silence(streamInfo({ width: 3, height: 3 }), 10, END);
    await expect(sink(other)).rejects.toMatchObject({ code: 'ERR_GEOMETRY' });
    await sink.fail(new RxSpikeError('ERR_NOT_READABLE', 'unplugged'));
    expect((await received).error).toMatchObject({ code: 'ERR_NOT_READABLE', message: 'unplugged' });
    await close();
    const nobody = webSocketSink('ws://127.0.0.1:1/');
    await expect(nobody(packets(1, 1)[0])).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
    await nobody.end();
  });
});

/** A server of one's own that takes one stream. */
async function receiver(): Promise<{
  readonly url: string;
  readonly received: Promise<Awaited<ReturnType<typeof collect>>>;
  readonly close: () => Promise<void>;
}> {
  let begin!: (result: ReturnType<typeof collect>) => void;
  const received = new Promise<Awaited<ReturnType<typeof collect>>>((resolve) => (begin = resolve as typeof begin));
  const server = await peer((socket) => {
    const stream = receiveStream(socket as unknown as SocketLike, { window: 2 });
    begin(stream.then((one) => collect(one.events())));
  });
  return { url: server.url, received, close: server.close };
}
