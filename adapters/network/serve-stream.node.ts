import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { isObservable, type Observable, Subscription, takeWhile } from 'rxjs';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type EventPacket,
  PacketChannel,
  type QueueParams,
  RxSpikeError,
  type StreamInfo,
  requireQueueParams,
} from '../../src/index.js';
import { Broadcast, type ServeCounts, type ServeMode, Solo } from './broadcast.js';
import { EVENTS_PER_FRAME, requireEventsPerFrame } from './frame-writer.js';
import { MAX_CONTROL_BYTES, SUBPROTOCOL } from './frames.js';
import { Outlet } from './outlet.js';
import { type GuardSettings, type Refusal, isLoopback, refusal } from './upgrade-guard.js';
import type { SocketLike } from './wire.js';

/** What is served: a recording, a replay in pull form, or packets that push themselves. */
export interface Servable {
  readonly info: StreamInfo;
  events(): AsyncIterable<EventPacket> | Observable<EventPacket>;
  /** Called where it was opened and is not read after all. */
  close?(): void;
}

/** How a stream is served. */
export interface ServeOptions {
  /** Called once at the start, and without `clients` again for each further connection. */
  readonly source: () => Servable | Promise<Servable>;
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
  /** Breaks off what is running, closes all connections and stops listening. */
  close(): Promise<ServeCounts>;
}

const PUSH_QUEUE: QueueParams = { policy: 'error', packets: 1024, events: 4_000_000 };

/** How often connections are asked whether they are still there, ms. */
const HEARTBEAT = 30_000;

/** How long connections may take to close when the server is closed, ms. */
const GRACE = 1000;

/**
 * Serves a stream over WebSocket, subprotocol `rxspike.v1` (docs/protocol.md). Nothing is lost: a receiver that takes
 * its packets slowly slows the source down. Resolves when the server listens.
 *
 * @throws `ERR_ARGUMENT`; `ERR_LISTEN` when the address is in use or may not be listened on; what `source` throws
 */
export async function serveStream(options: ServeOptions): Promise<StreamServer> {
  const settings = checked(options);
  const counts: ServeCounts = { clients: 0, completed: 0, lost: 0, packets: 0, events: 0, outside: 0, dropped: 0 };
  const first = await options.source();
  const pull = (servable: Servable): AsyncIterable<EventPacket> => pulled(servable, settings.queue, counts);
  const mode: ServeMode =
    options.clients === undefined
      ? new Solo(first, options.source, pull, counts, settings.eventsPerFrame)
      : new Broadcast(first, pull, counts, settings.eventsPerFrame, options.clients);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const refused = look(request, settings.guard);
    const stranger = refused?.status === 403 || refused?.status === 401;
    response
      .writeHead(stranger ? refused.status : 426, { connection: 'close', 'content-type': 'text/plain' })
      .end(stranger ? `${refused.why}\n` : `${SUBPROTOCOL} over WebSocket\n`);
  });
  const sockets = accept(server, mode, settings);
  try {
    await listen(server, settings.port, settings.guard.host);
  } catch (error) {
    mode.stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const heart = setInterval(() => beat(sockets), HEARTBEAT).unref();
  const shut = once(async () => {
    clearInterval(heart);
    await settled(sockets);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
  const done = mode.done.finally(shut).then(() => counts);
  done.catch(() => {});
  const { host, path } = settings.guard;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    port,
    counts,
    done,
    close: async () => {
      mode.stop();
      await shut();
      return counts;
    },
  };
}

interface Settings {
  readonly guard: GuardSettings;
  readonly port: number;
  readonly eventsPerFrame: number;
  readonly maxConnections: number;
  readonly queue: QueueParams;
}

function checked(options: ServeOptions): Settings {
  const { host = '127.0.0.1', port = 0, token, path = '/', eventsPerFrame = EVENTS_PER_FRAME } = options;
  const { origins = [], hosts = [], queue = PUSH_QUEUE } = options;
  const maxConnections = roomFor(options);
  need(Number.isInteger(port) && port >= 0 && port <= 65_535, `port must be 0…65535, got ${port}`);
  need(path.startsWith('/') && !/[?#\s]/.test(path), `path must begin with /, got ${path}`);
  need(token === undefined || /^[\w.~-]{1,256}$/.test(token), 'token must be 1…256 letters, digits or any of . _ ~ -');
  need(token !== undefined || isLoopback(host), `a token is needed to listen on ${host}, which others can reach`);
  requireEventsPerFrame(eventsPerFrame);
  requireQueueParams(queue, 'serve');
  need(queue.policy !== 'block', 'an Observable source cannot be blocked: give the source in pull form');
  const isToken = token === undefined ? null : matcher(token);
  return { guard: { host, path, origins, hosts, isToken }, port, eventsPerFrame, maxConnections, queue };
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

function pulled(servable: Servable, params: QueueParams, counts: ServeCounts): AsyncIterable<EventPacket> {
  const events = servable.events();
  if (!isObservable(events)) return events;
  const channel = new PacketChannel<EventPacket>(params);
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
        counts.dropped += channel.counts.dropped.events - before;
      },
      error: (error: unknown) => channel.fail(error),
      complete: () => channel.complete(),
    }),
  );
  const read: AsyncIterableIterator<EventPacket, undefined> = {
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

function accept(server: Server, mode: ServeMode, settings: Settings): Set<WebSocket> {
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: MAX_CONTROL_BYTES,
    handleProtocols: () => SUBPROTOCOL,
    // Known to ws, not yet to its types.
    ...({ maxFragments: 4, maxBufferedChunks: 1024 } as object),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refused = look(request, settings.guard);
    if (refused) answer(socket, refused.status, refused.why);
    else if (acceptor.clients.size >= settings.maxConnections) answer(socket, 503, 'too many connections');
    else if (!mode.admits) answer(socket, 503, 'the stream has begun');
    else {
      acceptor.handleUpgrade(request, socket, head, (client) => {
        client.on('pong', () => silent.delete(client));
        mode.join(new Outlet(client as unknown as SocketLike, true));
      });
    }
  });
  return acceptor.clients;
}

function look({ url, headers }: IncomingMessage, guard: GuardSettings): Refusal | null {
  const { host, origin, authorization, 'sec-websocket-protocol': protocols } = headers;
  return refusal({ url, host, origin, authorization, protocols }, guard, SUBPROTOCOL);
}

function answer(socket: Duplex, status: number, why: string): void {
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Connections that have not answered the ping before. */
const silent = new WeakSet<WebSocket>();

function beat(sockets: Set<WebSocket>): void {
  for (const socket of sockets) {
    if (silent.has(socket)) socket.terminate();
    else {
      silent.add(socket);
      socket.ping();
    }
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the address is in use' : (cause.code ?? cause.message);
      reject(new RxSpikeError('ERR_LISTEN', `cannot listen on ${host}:${port}: ${why}`, { cause }));
    });
    server.listen({ port, host }, resolve);
  });
}

/** Waits for the connections to close, but not for ever. */
async function settled(sockets: Set<WebSocket>): Promise<void> {
  const closing = Promise.all(
    [...sockets].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  );
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([closing, new Promise((resolve) => (timer = setTimeout(resolve, GRACE)))]);
  clearTimeout(timer);
  for (const socket of sockets) socket.terminate();
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= run());
}
