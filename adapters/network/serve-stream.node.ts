import { createHash, timingSafeEqual } from 'node:crypto';
import { isObservable, type Observable, Subscription, takeWhile } from 'rxjs';
import {
  type DeliveryParams,
  type EventPacket,
  type HistoryParams,
  PacketChannel,
  type QueueParams,
  RxSpikeError,
  type StreamInfo,
  requireDeliveryParams,
  requireHistoryParams,
  requireQueueParams,
} from '../../src/index.js';
import type { FeedSource } from './feed.js';
import { MAX_CONTROL_BYTES, MAX_FRAME_BYTES, type StreamKind } from './frames.js';
import { type Endpoint, openEndpoint } from './http-endpoint.node.js';
import {
  Hub,
  type HubStream,
  type PublishedStream,
  type ReceiverFacts,
  type ServeCounts,
  type Sharing,
} from './hub.js';
import { Link } from './link.js';
import type { KindPackets, StreamPacket } from './packet-fields.js';
import type { ServedStream } from './stream-client.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './stream-writer.js';
import { type GuardSettings, isLoopback } from './upgrade-guard.js';

/** What is served: a recording, a replay in pull form, or packets that push themselves. */
export interface Servable<P = EventPacket> {
  readonly info: StreamInfo;
  events(): AsyncIterable<P> | Observable<P>;
  /** Called where it was opened and is not read after all. */
  close?(): void;
}

/** A stream among several. */
export interface ServedSource<K extends StreamKind = StreamKind> {
  readonly name: string;
  readonly kind: K;
  /** Called once at the start, and where each receiver gets a reading of its own again for each further one. */
  readonly source: () => Servable<KindPackets[K]> | Promise<Servable<KindPackets[K]>>;
  /** Default `live`. */
  readonly sharing?: Sharing;
}

/** A stream that a client sends. */
export interface IncomingStream<K extends StreamKind = StreamKind> {
  readonly name: string;
  readonly kind: K;
  readonly info: StreamInfo;
  readonly stream: ServedStream<KindPackets[K]>;
}

/** How a stream is served. */
export interface ServeOptions {
  /** The stream that is given to whoever does not ask for another; called once at the start, and where each receiver gets a reading of its own again for each further one. */
  readonly source: () => Servable | Promise<Servable>;
  /** Its name. Default `events`. */
  readonly name?: string;
  /** True: the source is read from the start on, for whoever is there. */
  readonly live?: boolean;
  /** Further streams. */
  readonly streams?: readonly ServedSource[];
  /** Takes a stream that a client sends; throws what it is refused with. Default: none is taken. */
  readonly accept?: (incoming: IncomingStream) => void;
  /** Address to listen on. Default 127.0.0.1; beyond loopback a `token` is needed. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /**
   * Begins when so many receivers are there, gives everything to each of them (the slowest sets the pace), and is then
   * done. Default: without end, each connection gets a reading of its own from the beginning.
   */
  readonly clients?: number;
  /** Needed to connect, as `?token=…` or `Authorization: Bearer …`. */
  readonly token?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Origins of web pages that may connect, as `http://name:port`. Default: none but the server's own. */
  readonly origins?: readonly string[];
  /** Further names under which the server may be addressed. */
  readonly hosts?: readonly string[];
  /** Most events in a frame, 1…65536. Default 10000. */
  readonly eventsPerFrame?: number;
  /** Most connections at a time. Default 64, or `clients` where these are more. */
  readonly maxConnections?: number;
  /**
   * Queue between an Observable source, which cannot be slowed down, and the receivers.
   * Default: policy `error`, 1024 packets, 4 million events.
   */
  readonly queue?: QueueParams;
  /**
   * What may wait for each receiver. Default: lossless, 2 million events in 8 packets, or in 4096 of a live Observable,
   * which cannot wait: a lossless receiver that is too slow for it is cut off.
   */
  readonly delivery?: Partial<DeliveryParams>;
  /** What is kept of live streams. Default: 1024 packets, 2 million events. */
  readonly history?: HistoryParams;
  /** How long the place of a receiver that lost its connection is kept, ms. Default 30000. */
  readonly grace?: number;
  /** Called when a receiver has its stream, or is gone. */
  readonly onReceiver?: (receiver: ReceiverFacts) => void;
}

/** A server that runs. */
export interface StreamServer {
  /** Address for {@link openStream}, without the token. */
  readonly url: string;
  readonly port: number;
  /** So far. */
  readonly counts: ServeCounts;
  /**
   * Resolves when everything is served (with `clients`) or the server was closed. Rejects with the source's error, or
   * with `ERR_CONNECTION` when every receiver left before the end.
   */
  readonly done: Promise<ServeCounts>;
  /** Receivers whose stream goes on. */
  readonly receivers: readonly ReceiverFacts[];
  /**
   * Takes no new receivers, reads live streams no further and lets what is under way go on to its end, for at most
   * `within` ms; then as `close`. Resolves with those that it had to break off.
   */
  drain(within: number): Promise<readonly ReceiverFacts[]>;
  /** Breaks off what is running, closes all connections and stops listening. */
  close(): Promise<ServeCounts>;
}

const PUSH_QUEUE: QueueParams = { policy: 'error', packets: 1024, events: 4_000_000 };

const DELIVERY: DeliveryParams = { policy: 'lossless', packets: 8, events: 2_000_000, every: 10 };
/** How often a client hears from the server, ms. */
const HEARTBEAT = 5000;
const HISTORY: HistoryParams = { packets: 1024, events: 2_000_000 };

/**
 * Serves a stream over WebSocket, subprotocol `rxspike.v1` (docs/protocol.md). Nothing is lost: a receiver that takes
 * its packets slowly slows the source down. Resolves when the server listens.
 *
 * @throws `ERR_ARGUMENT`; `ERR_LISTEN` when the address is in use or may not be listened on; what `source` throws
 */
export async function serveStream(options: ServeOptions): Promise<StreamServer> {
  const settings = checked(options);
  const dropped = { events: 0 };
  const hub = new Hub(
    await hubStreams(options, settings, dropped),
    { ...settings, onReceiver: options.onReceiver },
    options.accept ? (incoming) => options.accept?.(incomingStream(incoming)) : null,
  );
  const counts = (): ServeCounts => ({ ...hub.counts, dropped: dropped.events });
  const { guard, port, maxConnections } = settings;
  const links = new Set<Link>();
  let endpoint: Endpoint;
  try {
    endpoint = await openEndpoint({
      guard,
      port,
      maxConnections,
      maxPayload: options.accept ? MAX_FRAME_BYTES : MAX_CONTROL_BYTES,
      maxFragments: options.accept ? 64 : 4,
      admit: (url) => (asks(url) || hub.admits ? null : { status: 503, why: 'the stream has begun' }),
      connected: (socket, url, address) => {
        const link: Link = new Link(
          socket,
          {
            subscribe: (wish, of) => hub.subscribe(wish, of),
            publish: (frame, _, of) => hub.publish(frame, of),
            closed: () => {
              links.delete(link);
              hub.leave();
            },
          },
          { tells: true, where: address, maxBytes: options.accept ? MAX_FRAME_BYTES : MAX_CONTROL_BYTES },
        );
        links.add(link);
        link.begin();
        if (asks(url)) void link.wire.send({ type: 'offer', streams: hub.offers });
        else hub.greet(link);
      },
    });
  } catch (error) {
    hub.stop();
    throw error;
  }
  const heart = setInterval(() => {
    for (const link of links) link.beat(Date.now());
  }, HEARTBEAT).unref();
  const shut = once(() => {
    clearInterval(heart);
    return endpoint.close();
  });
  const done = hub.done.finally(shut).then(counts);
  done.catch(() => {});
  const { host, path } = guard;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${endpoint.port}${path}`,
    port: endpoint.port,
    get counts(): ServeCounts {
      return counts();
    },
    done,
    get receivers(): readonly ReceiverFacts[] {
      return hub.receivers;
    },
    drain: async (within) => {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([hub.drain(), new Promise((resolve) => (timer = setTimeout(resolve, within)))]);
      clearTimeout(timer);
      const left = hub.receivers;
      hub.stop();
      await shut();
      return left;
    },
    close: async () => {
      hub.stop();
      await shut();
      return counts();
    },
  };
}

/** Whether a client subscribes to what it wants; else it is given the first stream. */
const asks = (url: URL): boolean => url.searchParams.get('auto') === '0';

async function hubStreams(
  options: ServeOptions,
  { queue }: Settings,
  dropped: { events: number },
): Promise<HubStream[]> {
  const { source, name = 'events', live = false, clients, streams = [] } = options;
  const sharing = live ? 'live' : clients === undefined ? 'each' : { clients };
  const all: readonly ServedSource[] = [{ name, kind: 'events', source, sharing }, ...streams];
  const opened: HubStream[] = [];
  for (const one of all) {
    const open = async (): Promise<OpenedSource> => feedSource(await one.source(), queue, dropped);
    const { name: id, kind, sharing: shared = 'live' } = one;
    const first = await open();
    opened.push({ name: id, kind, sharing: shared, first, again: open, waits: shared !== 'live' || !first.pushes });
  }
  return opened;
}

interface OpenedSource extends FeedSource {
  /** It cannot wait. */
  readonly pushes: boolean;
}

function feedSource(servable: Servable<StreamPacket>, queue: QueueParams, dropped: { events: number }): OpenedSource {
  // Called before it is read: what it gives tells whether it can wait.
  const events = servable.events();
  return {
    info: servable.info,
    pushes: isObservable(events),
    packets: () => pulled(events, queue, dropped),
    close: () => servable.close?.(),
  };
}

function incomingStream({ name, kind, info, reception }: PublishedStream): IncomingStream {
  const stream = {
    url: '',
    name,
    kind,
    info,
    report: reception.report,
    connection: reception,
    events: () => reception as unknown as AsyncIterableIterator<never, undefined>,
    close: () => void reception.return(),
  };
  return { name, kind, info, stream };
}

interface Settings {
  readonly guard: GuardSettings;
  readonly port: number;
  readonly eventsPerFrame: number;
  readonly maxConnections: number;
  readonly queue: QueueParams;
  readonly delivery: DeliveryParams;
  readonly history: HistoryParams;
  readonly grace: number;
  readonly reception: Readonly<Record<string, never>>;
}

function checked(options: ServeOptions): Settings {
  const { host = '127.0.0.1', port = 0, token, path = '/', eventsPerFrame = EVENTS_PER_FRAME } = options;
  const { origins = [], hosts = [], queue = PUSH_QUEUE, history = HISTORY, grace = 30_000 } = options;
  const delivery = { ...DELIVERY, ...options.delivery };
  const maxConnections = roomFor(options);
  need(Number.isInteger(port) && port >= 0 && port <= 65_535, `port must be 0…65535, got ${port}`);
  need(path.startsWith('/') && !/[?#\s]/.test(path), `path must begin with /, got ${path}`);
  need(token === undefined || /^[\w.~-]{1,256}$/.test(token), 'token must be 1…256 letters, digits or any of . _ ~ -');
  need(token !== undefined || isLoopback(host), `a token is needed to listen on ${host}, which others can reach`);
  requireEventsPerFrame(eventsPerFrame);
  requireQueueParams(queue, 'serve');
  requireDeliveryParams(delivery, 'serve');
  requireHistoryParams(history, 'serve');
  need(grace >= 0 && grace < 2 ** 31, `grace must be 0 ms or more and below 2^31, got ${grace}`);
  need(queue.policy !== 'block', 'an Observable source cannot be blocked: give the source in pull form');
  const isToken = token === undefined ? null : matcher(token);
  const guard = { host, path, origins, hosts, isToken };
  return { guard, port, eventsPerFrame, maxConnections, queue, delivery, history, grace, reception: {} };
}

/** Connections that there may be at a time. */
function roomFor({ clients, maxConnections = Math.max(64, clients ?? 0) }: ServeOptions): number {
  need(clients === undefined || isCount(clients), `clients must be 1 or more, got ${clients}`);
  need(isCount(maxConnections), `maxConnections must be 1 or more, got ${maxConnections}`);
  need((clients ?? 0) <= maxConnections, `${clients} clients do not fit in ${maxConnections} connections`);
  return maxConnections;
}

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;

function need(ok: boolean, what: string): void {
  if (!ok) throw new RxSpikeError('ERR_ARGUMENT', `serve: ${what}`);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of where the difference is. */
function matcher(token: string): (other: string) => boolean {
  const expected = digest(token);
  return (other) => timingSafeEqual(digest(other), expected);
}

function pulled(
  events: AsyncIterable<StreamPacket> | Observable<StreamPacket>,
  params: QueueParams,
  lost: { events: number },
): AsyncIterable<StreamPacket> {
  if (!isObservable(events)) return events;
  const channel = new PacketChannel<StreamPacket>(params);
  const reading = new Subscription();
  // An Observable that emits while it is being subscribed to can only be stopped from inside.
  const open = events.pipe(takeWhile(() => !reading.closed));
  reading.add(
    open.subscribe({
      next: (packet) => {
        const before = channel.counts.dropped.events;
        try {
          channel.offer(packet);
        } catch (error) {
          channel.fail(error);
          reading.unsubscribe();
        }
        lost.events += channel.counts.dropped.events - before;
      },
      error: (error: unknown) => channel.fail(error),
      complete: () => channel.complete(),
    }),
  );
  const read: AsyncIterableIterator<StreamPacket, undefined> = {
    [Symbol.asyncIterator]: () => read,
    next: () => channel.next(),
    // Not a generator: it would let go of the source only after the packet that it waits for.
    return: () => {
      reading.unsubscribe();
      return channel.return();
    },
  };
  return read;
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= run());
}
