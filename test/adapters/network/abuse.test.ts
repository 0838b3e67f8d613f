import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type IncomingStream,
  type ServeOptions,
  type StreamServer,
  openLink,
  openStream,
  serveStream,
} from '../../../adapters/index.node.js';
import { Reception } from '../../../adapters/network/reception.js';
import { type EventPacket, eventPacket, silence } from '../../../src/index.js';
import { END, HELLO, collect, frame, info, openHandles, packets, servable } from './peer.js';
import { OPCODE, RawClient, pack, upgradeRequest, wsFrame } from './raw-client.js';

const servers: StreamServer[] = [];
const clients: RawClient[] = [];

async function serve(options: Partial<ServeOptions> = {}): Promise<StreamServer> {
  const server = await serveStream({ source: () => servable(packets(20, 10)), ...options });
  servers.push(server);
  return server;
}

async function connected(server: StreamServer): Promise<RawClient> {
  const client = await RawClient.open(server.port);
  clients.push(client);
  return client;
}

async function upgraded(server: StreamServer, query?: string, protocol?: string): Promise<RawClient> {
  const client = await RawClient.upgraded(server.port, query, protocol);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (let i = 0; i < 50 && openHandles().length > 0; i++) await idle(10);
  if (openHandles().length > 0) throw new Error(`still open: ${openHandles().join(', ')}`);
});

const idle = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await idle(2);
}

/** Another client of the server, which behaves; it must get everything whatever happens beside it. */
async function wellServed(server: StreamServer, options = {}): Promise<void> {
  const { packets: got, error } = await collect((await openStream(server.url, options)).events());
  expect(error).toBeNull();
  expect(got).toHaveLength(21);
}

/** One that reads slowly from before the abuse until after it. */
async function meanwhile(server: StreamServer, abuse: () => Promise<void>): Promise<void> {
  const stream = await openStream(server.url, { window: 2 });
  const reader = stream.events();
  expect((await reader.next()).done).toBe(false);
  await abuse();
  const { packets: rest, error } = await collect(reader);
  expect(error).toBeNull();
  expect(rest).toHaveLength(20);
  await wellServed(server);
}

describe('requests that are drawn out', () => {
  const limits = { upgradeTimeout: 300 };

  it.each([
    ['says nothing', ''],
    ['stops in the middle of a header', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-'],
    ['stops in the middle of an upgrade', upgradeRequest(1, '/?auto=0').slice(0, -2)],
    ['never sends the body', 'POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n'],
  ])('one that %s is answered 408 and closed', async (_, text) => {
    const server = await serve({ limits });
    await meanwhile(server, async () => {
      const client = await connected(server);
      client.say(text);
      expect(await client.ended).toMatchObject({ status: 408 });
    });
  });

  it('one that trickles has no more time for it', async () => {
    const server = await serve({ limits });
    await meanwhile(server, async () => {
      const client = await connected(server);
      const text = upgradeRequest(server.port, '/?auto=0', { 'x-padding': 'y'.repeat(4000) });
      const before = performance.now();
      for (let i = 0; i < text.length && client.say(text[i]); i++) await idle(5);
      expect(await client.ended).toMatchObject({ status: 408 });
      expect(performance.now() - before).toBeLessThan(3000);
    });
  });

  it('a hundred of them take no place from others; those of one address are bounded', async () => {
    const server = await serve({ maxConnections: 4, limits: { upgradeTimeout: 1000 } });
    const slow = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(server.port)));
    clients.push(...slow);
    for (const client of slow) client.say('GET / HTTP/1.1\r\n');
    await idle(200);
    // Four that may be upgraded, and sixteen on their way: the others were closed at once.
    expect(slow.filter(({ socket }) => !socket.destroyed)).toHaveLength(20);
    await Promise.all(slow.map(({ ended }) => ended));
    await wellServed(server);
    expect(server.metrics).toMatch(/^rxspike_refused_total\{reason="sockets"\} 80$/m);
  });

  it.each([
    ['two thousand headers', Array.from({ length: 3000 }, (_, i) => `x${i}: y\r\n`).join('')],
    ['a header of a megabyte', `x: ${'y'.repeat(1 << 20)}\r\n`],
  ])('%s are answered 431', async (_, headers) => {
    const server = await serve();
    await meanwhile(server, async () => {
      const client = await connected(server);
      client.say(`${upgradeRequest(server.port, '/?auto=0').slice(0, -2)}${headers}\r\n`);
      const { status } = await client.ended;
      // Where the answer is there before everything is said, it can be lost with the connection.
      expect([431, null]).toContain(status);
      expect(server.counts.clients).toBe(1);
    });
  });

  it.each(['//', 'http://[/', '/%', '*', '/?token=%ff'])('a request for %s ends nothing but itself', async (path) => {
    const server = await serve();
    await meanwhile(server, async () => {
      const client = await connected(server);
      client.say(upgradeRequest(server.port, path));
      await Promise.race([client.ended, idle(200)]);
      expect([101, 400, 404]).toContain(client.status);
    });
  });
});

describe('those who may not come in', () => {
  it('are told so, however many they are, and take nothing from those who may', async () => {
    const server = await serve({ token: 'sesame' });
    const right = '/?auto=0&token=sesame';
    const knock = async (path: string, headers: Record<string, string> = {}): Promise<number | null> => {
      const client = await connected(server);
      client.say(upgradeRequest(server.port, path, headers));
      return (await client.ended).status;
    };
    const stream = await openStream(server.url, { token: 'sesame', window: 2 });
    const reader = stream.events();
    await reader.next();
    const statuses: (number | null)[] = [];
    for (let i = 0; i < 50; i++) {
      statuses.push(await knock('/?auto=0'));
      statuses.push(await knock('/?auto=0&token=wrong'));
      statuses.push(await knock(right, { authorization: 'Bearer wrong' }));
      statuses.push(await knock(right, { origin: 'http://evil.example' }));
      statuses.push(await knock(right, { host: 'evil.example' }));
    }
    expect(statuses).toEqual(Array.from({ length: 50 }, () => [401, 401, 401, 403, 403]).flat());
    expect((await collect(reader)).packets).toHaveLength(20);
    expect(server.metrics).toMatch(/^rxspike_refused_total\{reason="token"\} 150$/m);
    expect(server.metrics).toMatch(/^rxspike_opened_connections_total 1$/m);
    await wellServed(server, { token: 'sesame' });
  });
});

/** Sends WebSocket bytes and tells how the connection ends. */
async function ending(
  server: StreamServer,
  bytes: Buffer | readonly Buffer[],
  query?: string,
  protocol?: string,
): Promise<{ code: number | null }> {
  // prettier-ignore
  const client = await upgraded(server, query, protocol);
  for (const one of Array.isArray(bytes) ? bytes : [bytes as Buffer]) client.say(one);
  return client.ended;
}

describe('WebSocket frames that break its rules', () => {
  const subscribe = pack({ type: 'subscribe', name: null });
  const cases: [string, Buffer | Buffer[], number][] = [
    ['no mask', wsFrame(subscribe, { masked: false }), 1002],
    ['reserved bits', wsFrame(subscribe, { reserved: 4 }), 1002],
    ['a compressed one', wsFrame(subscribe, { reserved: 2 }), 1002],
    ['an opcode that there is none of', wsFrame(subscribe, { opcode: 3 }), 1002],
    ['a control opcode that there is none of', wsFrame(subscribe, { opcode: 11 }), 1002],
    ['a long ping', wsFrame(Buffer.alloc(126), { opcode: OPCODE.ping }), 1002],
    ['a ping in pieces', wsFrame(Buffer.alloc(1), { opcode: OPCODE.ping, fin: false }), 1002],
    ['a continuation of nothing', wsFrame(subscribe, { opcode: OPCODE.more }), 1002],
    ['a message inside another', [wsFrame(subscribe, { fin: false }), wsFrame(subscribe)], 1002],
    ['a length of 2⁶³', wsFrame(Buffer.alloc(8), { declared: 2n ** 63n }), 1009],
    ['a length of 2⁶⁴ − 1', wsFrame(Buffer.alloc(8), { declared: 2n ** 64n - 1n }), 1009],
    ['a length of 4 GiB', wsFrame(Buffer.alloc(8), { declared: 2n ** 32n }), 1009],
    ['a length one above the limit', wsFrame(Buffer.alloc(8), { declared: 4097n }), 1009],
    ['five fragments', [0, 1, 2, 3, 4].map((i) => wsFrame(Buffer.alloc(1), { opcode: i === 0 ? 2 : 0, fin: false })), 1008], // prettier-ignore
    ['invalid UTF-8 in text', wsFrame(Buffer.from([0xc3, 0x28]), { opcode: OPCODE.text }), 1007],
    ['a close code that there is none of', wsFrame(Buffer.from([0, 5]), { opcode: OPCODE.close }), 1002],
    ['a close reason that is no UTF-8', wsFrame(Buffer.from([3, 232, 0xc3]), { opcode: OPCODE.close }), 1007],
    ['a close of one byte', wsFrame(Buffer.from([3]), { opcode: OPCODE.close }), 1002],
  ];
  it.each(cases)('%s', async (_, bytes, code) => {
    const server = await serve();
    await meanwhile(server, async () => {
      expect(await ending(server, bytes)).toMatchObject({ code });
    });
  });

  it('a thousand fragments of one byte, where streams are taken', async () => {
    const server = await serve({ accept: () => {} });
    const many = Array.from({ length: 1000 }, (_, i) =>
      wsFrame(Buffer.alloc(1), { opcode: i === 0 ? 2 : 0, fin: false }),
    );
    await meanwhile(server, async () => {
      expect(await ending(server, many)).toMatchObject({ code: 1008 });
    });
  });

  it('a message that never ends holds no more than it may', async () => {
    const server = await serve({ accept: () => {} });
    const client = await upgraded(server);
    client.say(wsFrame(Buffer.alloc(0), { declared: 1_048_577n }));
    expect(await client.ended).toMatchObject({ code: 1009 });
    const patient = await upgraded(server);
    patient.say(wsFrame(Buffer.alloc(1000), { declared: 1_048_576n }).subarray(0, 500));
    // No stream goes over it, so it is not let wait for ever.
    await wellServed(server);
  });
});

const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
const map = (key: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x82]), pack('type'), pack('subscribe'), pack(key), value]);

describe('frames that break the rules of the protocol', () => {
  const wrong: [string, Buffer][] = [
    ['deep nesting', nested(4000)],
    ['deep nesting in a field', map('name', nested(4000))],
    ['an array where a map should be', pack([1, 2])],
    ['nothing', Buffer.alloc(0)],
    ['a map that goes on behind it', Buffer.concat([pack({ type: 'subscribe' }), pack(1)])],
    ['a declared array of 4 billion', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a declared map of 4 billion', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['declared bytes of 4 billion', Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['a number of another stream', pack({ type: 'subscribe', name: 7 })],
    ['a limit below nothing', pack({ type: 'subscribe', limit: -1 })],
    ['a limit of NaN', pack({ type: 'subscribe', limit: NaN })],
    ['a place of rubbish', pack({ type: 'subscribe', resume: { epoch: 'x', next: -1, events: 0 } })],
    ['a history below nothing', pack({ type: 'subscribe', history: -5 })],
    ['an extension', Buffer.from([0xd4, 0x72, 0x40])],
  ];
  it.each(wrong)('%s', async (_, bytes) => {
    const server = await serve();
    await meanwhile(server, async () => {
      expect(await ending(server, wsFrame(bytes))).toMatchObject({ code: 4002 });
    });
  });

  it.each([
    ['a huge one', 1e300],
    ['one below nothing', -1],
    ['NaN', NaN],
    ['half of one', 0.5],
    ['text', '9'],
    ['an integer of 64 bits', 2n ** 63n],
  ])('a credit that is %s', async (_, upTo) => {
    const server = await serve();
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.send({ type: 'subscribe' });
      client.send({ type: 'credit', upTo });
      expect(await client.ended).toMatchObject({ code: 4002 });
    });
  });

  it('the largest credit that there is is kept to the room for one client', async () => {
    const source = servable(packets(1000, 10));
    const server = await serve({ source: () => source, delivery: { packets: 4 } });
    const client = await upgraded(server);
    client.send({ type: 'subscribe' });
    client.send({ type: 'credit', upTo: Number.MAX_SAFE_INTEGER });
    client.send({ type: 'credit', upTo: 3, taken: Number.MAX_SAFE_INTEGER });
    const end = (): unknown => client.frames.find(({ type }) => type === 'end');
    for (let i = 0; i < 100 && !end(); i++) await idle(20);
    expect(end()).toMatchObject({ packets: 1001, events: 10_000 });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s as a key changes nothing', async (key) => {
    const server = await serve();
    const polluting = Buffer.concat([
      Buffer.from([0x82]),
      pack('type'),
      pack('subscribe'),
      pack(key),
      pack({ polluted: true, policy: 'dropOldest' }),
    ]);
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.say(wsFrame(polluting));
      await idle(50);
      expect(client.frames.find(({ type }) => type === 'hello')).toMatchObject({ policy: 'lossless' });
      const text = await upgraded(server, undefined, 'rxspike.v1.json');
      text.say(wsFrame(Buffer.from(`{"type":"subscribe","${key}":{"polluted":true,"policy":"dropOldest"}}`), { opcode: OPCODE.text })); // prettier-ignore
      await idle(50);
      expect(text.messages.map(String).find((one) => one.includes('"hello"'))).toMatch(/"policy":"lossless"/);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });
  });

  it('keys of one message mean nothing in the next', async () => {
    const server = await serve();
    // A record definition of msgpackr: a structure that later messages could refer to.
    const define = Buffer.concat([Buffer.from([0xd4, 0x72, 0x40]), pack(['type', 'name']), pack('later'), pack(null)]);
    const refer = Buffer.concat([Buffer.from([0x40]), pack('subscribe'), pack(null)]);
    const first = await upgraded(server);
    first.say(wsFrame(define));
    const second = await upgraded(server);
    second.say(wsFrame(refer));
    expect(await second.ended).toMatchObject({ code: 4002 });
  });

  it('JSON that nests deeply, and numbers that it makes endless', async () => {
    const server = await serve();
    const texts = ['['.repeat(16_000), `{"type":"subscribe","name":${'['.repeat(7000)}${']'.repeat(7000)}}`, '{"type":"subscribe","limit":1e999}']; // prettier-ignore
    await meanwhile(server, async () => {
      for (const text of texts) {
        const bytes = wsFrame(Buffer.from(text), { opcode: OPCODE.text });
        expect(await ending(server, bytes, undefined, 'rxspike.v1.json')).toMatchObject({ code: 4002 });
      }
    });
  });
});

describe('floods', () => {
  it('of subscriptions: 10,000 of them open no more than one reading', async () => {
    let opened = 0;
    const source = async (): Promise<ReturnType<typeof servable>> => {
      opened++;
      await idle(5);
      return servable(packets(20, 10));
    };
    const server = await serve({ source });
    await meanwhile(server, async () => {
      const before = opened;
      const client = await upgraded(server);
      client.say(Buffer.concat(Array.from({ length: 10_000 }, () => wsFrame(pack({ type: 'subscribe' })))));
      expect(await client.ended).toMatchObject({ code: 4008, reason: 'ERR_LIMIT' });
      expect(opened - before).toBeLessThanOrEqual(1);
    });
    expect(server.metrics).toMatch(/^rxspike_limits_met_total\{limit="subscriptions"\} 1$/m);
  });

  it('of subscriptions that are taken back', async () => {
    let open = 0;
    let opened = 0;
    const source = (): ReturnType<typeof servable> & { close(): void } => {
      opened++;
      open++;
      return { ...servable(packets(20, 10)), close: () => void open-- };
    };
    const server = await serve({ source });
    const client = await upgraded(server);
    const pair = Buffer.concat([wsFrame(pack({ type: 'subscribe' })), wsFrame(pack({ type: 'unsubscribe' }))]);
    client.say(Buffer.concat(Array.from({ length: 1000 }, () => pair)));
    expect(await client.ended).toMatchObject({ code: 4008 });
    expect(opened).toBeLessThanOrEqual(101);
    await wellServed(server);
  });

  it('of places that were never kept open no reading', async () => {
    let opened = 0;
    const server = await serve({ source: () => (opened++, servable(packets(20, 10))) });
    const client = await upgraded(server);
    const resume = { epoch: 'e', session: 's', next: 0, events: 0 };
    for (let i = 0; i < 50; i++) client.send({ type: 'subscribe', resume });
    await idle(200);
    expect(client.frames.filter(({ type }) => type === 'error')).toHaveLength(50);
    expect(opened).toBe(1);
  });

  it('of messages', async () => {
    const server = await serve({ limits: { messagesPerSecond: 1000 } });
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.say(Buffer.concat(Array.from({ length: 5000 }, () => wsFrame(pack({ type: 'nothing that is known' })))));
      expect(await client.ended).toMatchObject({ code: 4008, reason: 'ERR_LIMIT' });
    });
  });

  it.each([
    ['pings', OPCODE.ping],
    ['pongs', OPCODE.pong],
  ])('of %s', async (_, opcode) => {
    const server = await serve();
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.say(Buffer.concat(Array.from({ length: 5000 }, () => wsFrame(Buffer.alloc(125), { opcode }))));
      const { code } = await client.ended;
      // ws ends a connection at once on which sixty pongs wait.
      expect([4008, null]).toContain(code);
    });
  });

  it('of questions whose answers are not read', async () => {
    const server = await serve({ limits: { subscriptionsPerSecond: Infinity, messagesPerSecond: Infinity } });
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.socket.pause();
      const name = 'x'.repeat(900);
      const asked = Buffer.concat(Array.from({ length: 1000 }, () => wsFrame(pack({ type: 'subscribe', name }))));
      let most = 0;
      for (let i = 0; i < 300 && !/^rxspike_connections 1$/m.test(server.metrics); i++) {
        if (i < 30) client.say(asked);
        await idle(20);
        most = Math.max(most, Number(/^rxspike_buffered_bytes (\d+)$/m.exec(server.metrics)?.[1]));
      }
      expect(most).toBeGreaterThan(1 << 20);
      expect(most).toBeLessThan(3 << 20);
      expect(server.metrics).toMatch(/^rxspike_connections 1$/m);
    });
  });

  it('of connections that subscribe and vanish: places are bounded, the oldest go first', async () => {
    const sources: ReturnType<typeof servable>[] = [];
    const source = (): ReturnType<typeof servable> => {
      const one = servable(packets(200, 10));
      sources.push(one);
      return one;
    };
    const server = await serve({ source, limits: { keptPlaces: 5 }, delivery: { packets: 2 } });
    for (let i = 0; i < 60; i++) {
      const client = await upgraded(server);
      client.send({ type: 'subscribe' });
      client.send({ type: 'credit', upTo: 1 });
      for (let k = 0; k < 50 && client.frames.length < 3; k++) await idle(2);
      client.close();
    }
    await idle(50);
    expect(server.metrics).toMatch(/^rxspike_kept_places 5$/m);
    expect(sources.filter(({ pulled, closed }) => pulled > 0 && !closed)).toHaveLength(5);
    expect(server.counts.lost).toBe(55);
    expect(sources.slice(-5).every(({ closed }) => !closed)).toBe(true);
  });
});

describe('receivers that take nothing', () => {
  it('are cut off where marks add up, which are never dropped', async () => {
    const pushed = new Subject<EventPacket>();
    const server = await serve({ live: true, source: () => ({ info, events: () => pushed }) });
    const stream = await openStream(server.url);
    const read = { marks: 0 };
    const reading = (async () => {
      for await (const { mark } of stream.events()) if (mark) read.marks++;
    })();
    const lossy = await upgraded(server);
    const lossless = await upgraded(server);
    lossy.send({ type: 'subscribe', policy: 'dropOldest' });
    lossless.send({ type: 'subscribe' });
    await idle();
    for (let i = 0; i < 5000; i++) {
      pushed.next(silence(info, i, END));
      // As fast as it is read, so that only those who do not read fall behind.
      if (i % 100 === 0) await until(() => read.marks > i - 500);
    }
    pushed.complete();
    await reading;
    expect(read.marks).toBe(5000);
    for (const { frames } of [lossy, lossless])
      expect(frames.at(-1)).toMatchObject({ type: 'error', code: 'ERR_OVERFLOW' });
  });

  it('hold no more than their share, however many streams they have', async () => {
    const large = eventPacket({ stream: info, t: new Float64Array(10_000), x: new Uint16Array(10_000), y: new Uint16Array(10_000), p: new Uint8Array(10_000) }); // prettier-ignore
    const endless = (): { info: typeof info; events(): AsyncGenerator<EventPacket> } => ({
      info,
      async *events() {
        for (;;) {
          yield large;
          await idle(1);
        }
      },
    });
    const streams = Array.from(
      { length: 8 },
      (_, i) => ({ name: `s${i}`, kind: 'events', source: endless, sharing: 'each' }) as const,
    );
    const server = await serve({ streams, limits: { bufferedBytes: 500_000 } });
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.socket.pause();
      for (const { name } of streams) client.send({ type: 'subscribe', name });
      for (let stream = 1; stream <= 8; stream++) client.send({ type: 'credit', stream, upTo: 1e6 });
      let most = 0;
      for (let i = 0; i < 50; i++) {
        await idle(20);
        most = Math.max(most, Number(/^rxspike_buffered_bytes (\d+)$/m.exec(server.metrics)?.[1]));
      }
      // A frame has 90 kB and may be begun while there is room.
      expect(most).toBeGreaterThan(400_000);
      expect(most).toBeLessThan(600_000);
    });
  });
});

describe('connections that do nothing', () => {
  it('are closed: without a stream, after the last one, half-open', async () => {
    const limits = { subscribeTimeout: 200, idleTimeout: 400, pingInterval: 300 };
    const server = await serve({ limits });
    await meanwhile(server, async () => {
      const silent = await upgraded(server);
      const before = performance.now();
      expect(await silent.ended).toMatchObject({ code: 4008, reason: 'no stream for 0.2 s' });
      expect(performance.now() - before).toBeGreaterThan(150);

      const done = await upgraded(server);
      done.send({ type: 'subscribe' });
      await idle(50);
      done.send({ type: 'unsubscribe' });
      expect(await done.ended).toMatchObject({ code: 4008, reason: 'no stream for 0.4 s' });

      // Waits for credit that does not come: has a stream, so it may.
      const waits = await upgraded(server);
      waits.send({ type: 'subscribe' });
      const half = await upgraded(server);
      half.send({ type: 'subscribe' });
      half.socket.pause();
      await idle(1000);
      // It has not answered pings: as one whose cable was cut.
      expect(server.metrics).toMatch(/closed_connections_total\{code="1006"\} 1$/m);
      expect(waits.socket.destroyed).toBe(false);
    });
  });

  it('a client that lingers without streams is let in again', async () => {
    const server = await serve({ limits: { subscribeTimeout: 100, idleTimeout: 100 } });
    const link = openLink(server.url);
    await link.offers();
    await idle(500);
    const stream = await link.subscribe<'events'>(null);
    expect((await collect(stream.events())).packets).toHaveLength(21);
    link.close();
  });
});

/** A server that takes streams and reads them. */
async function taking(
  options: Partial<ServeOptions> = {},
): Promise<{ server: StreamServer; taken: { name: string; got: ReturnType<typeof collect> }[] }> {
  // prettier-ignore
  const taken: { name: string; got: ReturnType<typeof collect> }[] = [];
  const accept = ({ name, stream }: IncomingStream): void => {
    taken.push({ name, got: collect(stream.events() as AsyncIterable<EventPacket>) });
  };
  return { server: await serve({ accept, ...options }), taken };
}
const granted = async (client: RawClient): Promise<void> => {
  for (let i = 0; i < 100 && !client.frames.some(({ type }) => type === 'credit'); i++) await idle(5);
};

describe('clients that send streams', () => {
  it.each([
    ['repeated', [0, 1, 1]],
    ['reversed', [1, 0]],
    ['left out', [0, 2]],
    ['beyond credit', Array.from({ length: 40 }, (_, i) => i)],
    ['below nothing', [-1]],
    ['endless', [0, Infinity]],
  ])('numbers that are %s', async (name, numbers) => {
    const { server, taken } = await taking();
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      client.send(HELLO);
      await granted(client);
      // All in one write, so that no credit comes between.
      client.say(Buffer.concat(numbers.map((seq) => wsFrame(pack(frame(seq))))));
      expect(await client.ended).toMatchObject({ code: 4002 });
      const { packets: got, error } = (await taken[0]?.got) ?? {};
      expect(error).toMatchObject({ code: expect.stringMatching(/ERR_PROTOCOL|ERR_CONNECTION/) as string });
      expect(got?.length).toBeLessThanOrEqual(name === 'beyond credit' ? 32 : 2);
    });
  });

  it.each([
    ['a column too short', { x: Uint8Array.of(1, 0) }],
    ['an entry outside', { x: Uint8Array.of(16, 0, 2, 0) }],
    ['a count of 2³²', { count: 2 ** 32 }],
    ['a polarity of 7', { p: Uint8Array.of(7, 1) }],
    ['a time that is endless', { dt: undefined, t: new Uint8Array(Float64Array.of(-Infinity, 1).buffer) }],
    ['no map for a mark', { mark: [1] }],
  ])('packets with %s', async (_, changes) => {
    const { server, taken } = await taking();
    const client = await upgraded(server);
    client.send(HELLO);
    await granted(client);
    client.send(frame(0, changes));
    expect(await client.ended).toMatchObject({ code: 4002 });
    expect((await taken[0]?.got)?.packets).toHaveLength(0);
    await wellServed(server);
  });

  it('gaps without end take no memory, and their reasons are words', async () => {
    const { server } = await taking({ limits: { messagesPerSecond: Infinity } });
    const client = await upgraded(server);
    client.send(HELLO);
    await granted(client);
    const gaps = Array.from({ length: 5000 }, (_, i) =>
      wsFrame(pack({ type: 'gap', seq: i, next: i + 1, packets: 1, events: 1, reason: 'dropOldest' })),
    );
    client.say(Buffer.concat(gaps));
    client.send({ type: 'gap', seq: 5000, next: 5001, packets: 1, events: 1, reason: '__proto__' });
    expect(await client.ended).toMatchObject({ code: 4002 });
    await wellServed(server);
  });

  it('gaps that nobody takes add up to one', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const carrier = { send: () => Promise.resolve(), post: () => Promise.resolve(), displace: () => {} };
    const reception = new Reception('test', {}, () => {});
    reception.attach(carrier);
    reception.take({ ...HELLO, type: 'hello' }, 0, carrier);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 300_000; i++) {
      reception.take({ type: 'gap', seq: i, next: i + 1, packets: 1, events: 2, reason: 'sample' }, 0, carrier);
    }
    collectGarbage();
    // Each kept by itself would come to 14 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 << 20);
    expect(reception.report.violations).toEqual({ sample: 600_000 });
    void reception.return();
  });

  it('streams without end: so many of one connection, so many in all', async () => {
    const { server, taken } = await taking({ limits: { published: 3, publishedInAll: 5 } });
    const some = await Promise.all([upgraded(server), upgraded(server), upgraded(server)]);
    for (const client of some) {
      for (let stream = 0; stream < 20; stream++) client.send({ ...HELLO, stream, name: `s${stream}` });
    }
    await idle(200);
    expect(taken).toHaveLength(5);
    const refused = some.flatMap(({ frames }) => frames.filter(({ code }) => code === 'ERR_LIMIT'));
    expect(refused).toHaveLength(55);
    // Those of a sender that keeps no place end with its connection.
    for (const client of some) client.close();
    for (const { got } of taken) expect((await got).error).toMatchObject({ code: 'ERR_CONNECTION' });
    await wellServed(server);
  });

  it('streams begun and ended again and again', async () => {
    const { server, taken } = await taking();
    await meanwhile(server, async () => {
      const client = await upgraded(server);
      const end = wsFrame(pack({ type: 'end', reason: 'complete', packets: 0, events: 0 }));
      client.say(
        Buffer.concat(
          Array.from({ length: 2000 }, (_, i) => [
            wsFrame(pack({ ...HELLO, epoch: `e${i}`, session: 's', next: 0 })),
            end,
          ]).flat(),
        ),
      );
      expect(await client.ended).toMatchObject({ code: 4008 });
      expect(taken.length).toBeLessThanOrEqual(101);
    });
  });

  it('more events per second than they may are slowed down, and none is lost', async () => {
    const { server, taken } = await taking({ limits: { eventsPerSecond: 10_000 } });
    const link = openLink(server.url);
    const sink = link.publish('events', { eventsPerFrame: 500 });
    const before = performance.now();
    await meanwhile(server, async () => {
      for (const packet of packets(40, 500)) await sink(packet);
      await sink.end();
    });
    const { packets: got, error } = (await taken[0]?.got) ?? {};
    expect(error).toBeNull();
    expect(got?.reduce((sum, { length }) => sum + length, 0)).toBe(20_000);
    // 10,000 at once, 8000 under way, the rest at 10 a millisecond.
    expect(performance.now() - before).toBeGreaterThan(180);
    expect(server.metrics).toMatch(/^rxspike_published_throttled_seconds_total 0\.[1-9]/m);
    expect(server.metrics).toMatch(/^rxspike_published_events_total 20000$/m);
    link.close();
  });

  it('take no place of large messages where no streams are taken', async () => {
    const server = await serve();
    const client = await upgraded(server);
    client.send(HELLO);
    await idle(50);
    expect(client.frames.find(({ type }) => type === 'error')).toMatchObject({ code: 'ERR_ARGUMENT' });
    client.say(wsFrame(Buffer.alloc(5000)));
    expect(await client.ended).toMatchObject({ code: 1009 });
  });
});

describe('connections', () => {
  it('of one address, in all, and new ones per second are bounded', async () => {
    const server = await serve({ maxConnections: 10, limits: { connectionsPerAddress: 2 } });
    const first = await upgraded(server);
    first.send({ type: 'subscribe' });
    await upgraded(server);
    expect((await upgraded(server)).status).toBe(429);
    const fast = await serve({ limits: { newConnectionsPerSecond: 0.5 } });
    const statuses: (number | null)[] = [];
    for (let i = 0; i < 7; i++) statuses.push((await upgraded(fast)).status);
    expect(statuses).toEqual([101, 101, 101, 101, 101, 429, 429]);
    expect(fast.metrics).toMatch(/^rxspike_refused_total\{reason="rate"\} 2$/m);
  });

  it('limits that make no sense are refused', async () => {
    const wrong = [{ streams: 0 }, { messageBytes: 2 ** 21 }, { messageBytes: 100 }, { idleTimeout: Infinity }, { keptPlaces: -1 }, { nothing: 1 }, { fragments: 1.5 }, { eventsPerSecond: 0 }]; // prettier-ignore
    for (const limits of wrong) {
      await expect(serve({ limits })).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });
});
