import { once } from 'node:events';
import { Packr } from 'msgpackr';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type IncomingStream,
  type ServeOptions,
  type StreamServer,
  openLink,
  openStream,
  serveStream,
  webSocketSink,
} from '../../../adapters/network/index.node.js';
import type { Carrier } from '../../../adapters/network/carrier.js';
import { Delivery } from '../../../adapters/network/delivery.js';
import { type StreamFrame, StreamWriter } from '../../../adapters/network/stream-writer.js';
import { type EventPacket, RxSpikeError } from '../../../src/index.js';
import { HELLO, frame, info, packets, peer, servable } from './peer.js';

const open: { close(): Promise<unknown> | void }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(options: ServeOptions): Promise<StreamServer> {
  const server = await serveStream(options);
  open.push(server);
  return server;
}

type Frame = Readonly<Record<string, unknown>>;
const packr = new Packr({ useRecords: false, int64AsType: 'number' });

/** A client that sends what it is told to, and keeps what comes. */
class RawClient {
  readonly got: Frame[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(`${url}?auto=0`, 'rxspike.v1');
    this.#socket.on('message', (data: Buffer) => this.got.push(packr.unpack(data) as Frame));
    this.closed = once(this.#socket, 'close').then(([code]) => code as number);
    open.push({ close: () => this.#socket.terminate() });
  }

  async send(...frames: Frame[]): Promise<void> {
    if (this.#socket.readyState === WebSocket.CONNECTING) await once(this.#socket, 'open');
    for (const one of frames) this.#socket.send(packr.pack(one));
  }

  of(type: string): Frame[] {
    return this.got.filter((one) => one.type === type);
  }

  /** Resolves with the `count`-th frame of a type. */
  async wait(type: string, count = 1): Promise<Frame> {
    for (let tries = 0; this.of(type).length < count; tries++) {
      if (tries > 1000) throw new Error(`${type} has not come`);
      await idle(5);
    }
    return this.of(type)[count - 1];
  }

  cut(): void {
    this.#socket.terminate();
  }
}

const idle = (ms = 60): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const times = (list: readonly EventPacket[]): number[] => list.flatMap(({ t, length }) => [...t.subarray(0, length)]);

async function read<P>(events: AsyncIterable<P>): Promise<P[]> {
  const got: P[] = [];
  for await (const packet of events) got.push(packet);
  return got;
}

/** A connection that takes so many packets, then hangs. */
class HangingCarrier implements Carrier {
  readonly seqs: number[] = [];
  readonly types: string[] = [];
  displaced = 0;
  readonly #room: number;
  #never: Promise<void> = new Promise(() => {});

  constructor(room: number) {
    this.#room = room;
  }

  send({ type }: { readonly type: string }): Promise<void> {
    this.types.push(type);
    return Promise.resolve();
  }

  post({ seq }: StreamFrame): Promise<void> {
    this.seqs.push(seq);
    return this.seqs.length < this.#room ? Promise.resolve() : this.#never;
  }

  displace(): void {
    this.displaced++;
  }
}

const face = { id: 0, hello: { name: 'events', kind: 'events', sends: ['events'], info, epoch: 'e' } };
const frames = (count: number): StreamFrame[] => {
  const writer = new StreamWriter('events', info, 10, 0);
  return packets(count, 10).flatMap((packet) => [...writer.frames(packet)]);
};
const lossless = { policy: 'lossless', packets: 1e6, events: Infinity, every: 2 } as const;

describe('a place in a stream', () => {
  it('goes on over a newer connection while the older one hangs, and displaces it', async () => {
    const delivery = new Delivery(face, lossless, 's');
    const [older, newer] = [new HangingCarrier(3), new HangingCarrier(100)];
    for (const one of frames(9)) delivery.offer(one);
    delivery.finish({ outside: 0 });
    delivery.attach(older, 0);
    delivery.credit({ upTo: 100, taken: 0 });
    await idle(5);
    expect(older.seqs).toEqual([0, 1, 2]);
    expect(delivery.attach(newer, 1)).toBe(true);
    expect([older.displaced, delivery.isOn(older), delivery.isOn(newer)]).toEqual([1, false, true]);
    delivery.detach(older);
    delivery.credit({ upTo: 100, taken: 1 });
    await idle(5);
    expect(newer.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(newer.types).toEqual(['hello', 'end']);
    expect(delivery.absences).toBe(0);
  });

  it('keeps no more than a bound for a receiver that never says what it has', async () => {
    const delivery = new Delivery(face, lossless, 's');
    delivery.attach(new HangingCarrier(Infinity), 0);
    delivery.credit({ upTo: 1e9, taken: null });
    for (const one of frames(6000)) delivery.offer(one);
    await expect.poll(() => delivery.state.next).toBe(6001);
    expect(delivery.state.unacknowledged).toHaveLength(4096);
    expect(delivery.state.kept).toEqual({ packets: 4096, events: 40_950 });
    expect(delivery.attach(new HangingCarrier(1), 100)).toBe(false);
    expect(delivery.attach(new HangingCarrier(1), 5000)).toBe(true);
  });

  it('ends with its connection where nobody keeps it; is sent the end again where that was lost', async () => {
    const kept = new Delivery(face, lossless, 's');
    const first = new HangingCarrier(9);
    kept.attach(first, 0);
    for (const one of frames(1)) kept.offer(one);
    kept.finish({ outside: 0 });
    kept.credit({ upTo: 9, taken: 0 });
    await idle(5);
    kept.detach(first);
    const second = new HangingCarrier(9);
    expect(kept.attach(second, 2)).toBe(true);
    await idle(5);
    expect([first.types, second.types, second.seqs]).toEqual([['hello', 'end'], ['hello', 'end'], []]);
    kept.close('complete');
    await expect(kept.done).resolves.toBe('complete');
    const short = new Delivery(face, lossless, null);
    short.attach(first, 0);
    short.detach(first);
    await expect(short.done).resolves.toBe('lost');
  });

  it('a gap as the last thing before the end is told', async () => {
    const delivery = new Delivery(face, { policy: 'dropNewest', packets: 2, events: 1e9, every: 2 }, 's');
    for (const one of frames(6).slice(0, 6)) delivery.offer(one);
    delivery.finish({ outside: 0 });
    const carrier = new HangingCarrier(99);
    delivery.attach(carrier, 0);
    delivery.credit({ upTo: 2, taken: 0 });
    await idle(5);
    expect(carrier.types).toEqual(['hello']);
    delivery.credit({ upTo: 3, taken: 2 });
    await idle(5);
    expect([carrier.seqs, carrier.types]).toEqual([[0, 1], ['hello', 'gap', 'end']]); // prettier-ignore
  });
});

describe('two connections that claim one place', () => {
  it('the newer one gets it; the older one is told, and what it still says does not count', async () => {
    const sent = packets(40, 10);
    const server = await serve({ source: () => servable(sent), eventsPerFrame: 10 });
    const [older, newer] = [new RawClient(server.url), new RawClient(server.url)];
    await older.send({ type: 'subscribe', name: null });
    const { epoch, session } = await older.wait('hello');
    await older.send({ type: 'credit', upTo: 5, taken: 0 });
    await older.wait('packet', 5);
    const resume = { epoch, session, next: 3, events: 30 };
    await newer.send({ type: 'subscribe', name: null, resume });
    expect(await newer.wait('hello')).toMatchObject({ session, next: 3 });
    await older.send({ type: 'credit', upTo: 30, taken: 5 }, { type: 'unsubscribe' });
    expect(await older.closed).toBe(4011);
    expect(await older.wait('error')).toMatchObject({ code: 'ERR_CONNECTION' });
    expect(newer.of('packet')).toEqual([]);
    await newer.send({ type: 'credit', upTo: 100, taken: 3 });
    await newer.wait('end');
    expect(newer.of('packet').map(({ seq }) => seq)).toEqual(Array.from({ length: 38 }, (_, n) => n + 3));
    expect(older.of('packet')).toHaveLength(5);
    await newer.send({ type: 'unsubscribe' });
    await expect.poll(() => server.counts).toMatchObject({ clients: 1, completed: 1, lost: 0 });
  });

  it('a stream that is sent: what the older one still brings is not taken twice', async () => {
    let arrived!: (stream: IncomingStream) => void;
    const incoming = new Promise<IncomingStream>((resolve) => (arrived = resolve));
    const server = await serve({ source: () => servable([]), live: true, accept: arrived });
    const [older, newer] = [new RawClient(server.url), new RawClient(server.url)];
    const hello = { ...HELLO, version: 2, epoch: 'run', session: 'run', next: null } as Frame;
    await older.send(hello);
    const { stream } = await incoming;
    const reading = read(stream.events() as AsyncIterable<EventPacket>);
    await older.wait('credit');
    await older.send(frame(0) as Frame, frame(1) as Frame);
    await idle();
    await newer.send(hello);
    expect(await newer.wait('credit')).toMatchObject({ taken: 2 });
    await older.send(frame(2) as Frame);
    expect(await older.closed).toBe(4011);
    await newer.send(frame(2) as Frame, { type: 'end', reason: 'complete', packets: 3, events: 6 });
    expect(times(await reading)).toEqual([0, 5, 100, 105, 200, 205]);
  });
});

describe('a stream that is sent', () => {
  it('goes on behind what waits for a slow reader', async () => {
    let arrived!: (stream: IncomingStream) => void;
    const incoming = new Promise<IncomingStream>((resolve) => (arrived = resolve));
    const server = await serve({ source: () => servable([]), live: true, accept: arrived });
    const hello = { ...HELLO, version: 2, epoch: 'run', session: 'run', next: null } as Frame;
    const first = new RawClient(server.url);
    await first.send(hello);
    const { stream } = await incoming;
    const reader = stream.events() as AsyncIterableIterator<EventPacket>;
    const head = reader.next();
    await first.wait('credit');
    await first.send(...[0, 1, 2, 3].map((seq) => frame(seq) as Frame));
    await head;
    await idle();
    first.cut();
    await idle();
    const second = new RawClient(server.url);
    await second.send(hello);
    expect(await second.wait('credit')).toMatchObject({ taken: 4, upTo: 17 });
    await second.send(frame(4) as Frame, { type: 'end', reason: 'complete', packets: 5, events: 10 });
    expect(times(await read(reader))).toEqual([100, 105, 200, 205, 300, 305, 400, 405]);
  });

  it('is not taken for a new one when its sender has not heard that it arrived', async () => {
    const incoming: IncomingStream[] = [];
    const server = await serve({ source: () => servable([]), live: true, accept: (one) => incoming.push(one) });
    const hello = { ...HELLO, version: 2, epoch: 'run', session: 'run', next: null } as Frame;
    const end = { type: 'end', reason: 'complete', packets: 1, events: 2 };
    const first = new RawClient(server.url);
    await first.send(hello);
    await expect.poll(() => incoming.length).toBe(1);
    const got = read(incoming[0].stream.events());
    await first.wait('credit');
    await first.send(frame(0) as Frame, end);
    await first.wait('unsubscribe');
    first.cut();
    expect(await got).toHaveLength(1);
    const second = new RawClient(server.url);
    await second.send(hello);
    expect(await second.wait('credit')).toMatchObject({ upTo: 1, taken: 1 });
    await second.send(end);
    await second.wait('unsubscribe');
    expect(incoming).toHaveLength(1);
  });

  it('is lost at once where its sender keeps no place', async () => {
    let arrived!: (stream: IncomingStream) => void;
    const incoming = new Promise<IncomingStream>((resolve) => (arrived = resolve));
    const server = await serve({ source: () => servable([]), live: true, accept: arrived });
    const client = new RawClient(server.url);
    await client.send(HELLO);
    const { stream } = await incoming;
    const reading = read(stream.events());
    await client.wait('credit');
    client.cut();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('is refused without harm to what else goes over the connection', async () => {
    const camera = new Subject<EventPacket>();
    const server = await serve({ source: () => ({ info, events: () => camera.asObservable() }), live: true });
    const link = openLink(server.url);
    open.push(link);
    const stream = await link.subscribe<'events'>(null);
    const reading = read(stream.events());
    const labels = link.publish('labels');
    const label = { stream: info, items: [{ t0: 0, t1: 9, label: '7' }], length: 1, until: 9, mark: null };
    await expect(labels(label)).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: 'no stream is taken here' });
    for (const packet of packets(2, 10)) camera.next(packet);
    camera.complete();
    expect(times(await reading)).toHaveLength(20);
  });

  it('whose receiver goes away before it has everything says so at the end', async () => {
    const sink = await (async () => {
      const server = await peer((socket, send) => {
        send({ type: 'heartbeat', at: 0 });
        socket.on('message', (data: Buffer) => {
          const { type } = packr.unpack(data) as Frame;
          if (type === 'hello') send({ type: 'credit', upTo: 5, taken: 0 });
          if (type === 'end') socket.close(1000);
        });
      });
      open.push(server);
      return webSocketSink(server.url, { reconnect: 0 });
    })();
    await sink(packets(1, 10)[0]);
    await expect(sink.end()).resolves.toBeUndefined();
    const gone = await peer((socket, send) => {
      socket.on('message', (data: Buffer) => {
        const { type } = packr.unpack(data) as Frame;
        if (type === 'hello') send({ type: 'credit', upTo: 5, taken: 0 });
        if (type === 'end') socket.terminate();
      });
    });
    open.push(gone);
    const other = webSocketSink(gone.url, { reconnect: 0 });
    await other(packets(1, 10)[0]);
    await expect(other.end()).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });
});

describe('a receiver', () => {
  it('that comes back after the grace goes on out of the history, told what is gone; the end adds up', async () => {
    const camera = new Subject<EventPacket>();
    const source = { info, events: () => camera.asObservable() };
    const history = { packets: 5, events: 1e6 };
    const server = await serve({ source: () => source, live: true, eventsPerFrame: 10, grace: 0, history });
    const sent = packets(30, 10);
    let sockets = 0;
    const ways: WebSocket[] = [];
    const proxy = await peer((near) => {
      const far = new WebSocket(`${server.url}?auto=0`, 'rxspike.v1');
      const ready = once(far, 'open');
      const away = sockets++ > 0 ? idle(80) : Promise.resolve();
      near.on('message', (data: Buffer) => void Promise.all([ready, away]).then(() => far.send(data)));
      far.on('message', (data: Buffer) => near.send(data));
      far.on('close', () => near.terminate());
      near.on('close', () => far.terminate());
      ways.push(far);
    });
    open.push(proxy);
    const stream = await openStream(proxy.url);
    const reading = read(stream.events());
    for (const packet of sent.slice(0, 10)) camera.next(packet);
    await expect.poll(() => stream.report.events).toBe(100);
    ways[0].terminate();
    await idle(40);
    for (const packet of sent.slice(10, 20)) camera.next(packet);
    await expect.poll(() => sockets).toBe(2);
    await expect.poll(() => stream.report.violations).toEqual({ history: 50 });
    for (const packet of sent.slice(20)) camera.next(packet);
    camera.complete();
    const got = times(await reading);
    expect(got).toEqual([...times(sent.slice(0, 10)), ...times(sent.slice(15))]);
  });

  it('subscribes to a stream only once on a connection, and the first goes on', async () => {
    const server = await serve({ source: () => servable(packets(3, 10)), name: 'camera' });
    const link = openLink(server.url);
    open.push(link);
    const pending = link.subscribe<'events'>('camera');
    await expect(link.subscribe('camera')).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    const stream = await pending;
    await expect(link.subscribe(null)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    expect(times(await read(stream.events()))).toHaveLength(30);
    expect(times(await read((await link.subscribe<'events'>('camera')).events()))).toHaveLength(30);
  });

  it('unsubscribes in the middle and subscribes again while packets are under way', async () => {
    const server = await serve({ source: () => servable(packets(200, 100)), eventsPerFrame: 100 });
    const link = openLink(server.url, { window: 64 });
    open.push(link);
    for (let round = 0; round < 10; round++) {
      const stream = await link.subscribe<'events'>(null);
      const reader = stream.events();
      for (let i = 0; i < round; i++) await reader.next();
      const pending = reader.next();
      await reader.return?.();
      await pending;
    }
    const last = await link.subscribe<'events'>(null);
    expect(times(await read(last.events()))).toHaveLength(20_000);
    await expect.poll(() => server.counts).toMatchObject({ clients: 11, completed: 1, lost: 10 });
  });

  it('that returns while it waits for a packet ends, and the connection with it', async () => {
    const camera = new Subject<EventPacket>();
    const server = await serve({ source: () => ({ info, events: () => camera.asObservable() }), live: true });
    const stream = await openStream(server.url);
    const reader = stream.events();
    const [pending, another] = [reader.next(), reader.next()];
    await idle();
    await reader.return?.();
    await expect(Promise.all([pending, another])).resolves.toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    await expect.poll(() => camera.observed).toBe(true);
    await expect.poll(() => server.counts).toMatchObject({ clients: 1, lost: 1 });
  });

  it('closes while a connection is being made again', async () => {
    const server = await serve({ source: () => servable(packets(500, 10)), eventsPerFrame: 10 });
    const link = openLink(server.url, { window: 2 });
    const stream = await link.subscribe<'events'>(null);
    const reader = stream.events();
    await reader.next();
    await server.close();
    const rest = read(reader);
    link.close();
    await expect(rest).rejects.toBeInstanceOf(RxSpikeError);
    await link.closed;
  });

  it('asks what is offered of a server that does not say: an error in time', async () => {
    const old = await peer((_, send) => send(HELLO));
    open.push(old);
    const link = openLink(old.url, { timeout: 200 });
    open.push(link);
    await expect(link.offers()).rejects.toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('takes the stream of a server from before streams had names', async () => {
    const old = await peer((socket, send) => {
      send(HELLO);
      socket.on('message', (data: Buffer) => {
        if ((packr.unpack(data) as Frame).type !== 'credit') return;
        send(frame(0));
        send({ type: 'end', reason: 'complete', packets: 1, events: 2 });
      });
    });
    open.push(old);
    const stream = await openStream(old.url);
    expect(times(await read(stream.events()))).toEqual([0, 5]);
  });
});
