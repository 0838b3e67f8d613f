import { type IncomingMessage, STATUS_CODES, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { RxSpikeError } from '../../src/index.js';
import { SUBPROTOCOL, codecOf } from './frames.js';
import type { SocketLike } from './wire.js';
import { type GuardSettings, type Refusal, refusal } from './upgrade-guard.js';

/** How often connections are asked whether they are still there, ms. */
const HEARTBEAT = 30_000;

/** How long connections may take to close when the endpoint is closed, ms. */
const GRACE = 1000;

/** What listens, and who may come in. */
export interface EndpointSettings {
  readonly guard: GuardSettings;
  readonly port: number;
  readonly maxConnections: number;
  /** Largest message that is taken, bytes, and most fragments of one. */
  readonly maxPayload: number;
  readonly maxFragments: number;
  /** What further looks at an upgrade request: null to let it in. */
  readonly admit: (url: URL) => Refusal | null;
  /** Takes a connection over; `unasked`: it gets a stream without subscribing. */
  readonly connected: (socket: SocketLike, url: URL, address: string) => void;
}

/** A listening HTTP server whose upgrades are looked at. */
export interface Endpoint {
  readonly port: number;
  /** Stops listening and closes what is connected. */
  close(): Promise<void>;
}

/** Begins to listen. @throws (rejects) `ERR_LISTEN` when the address is in use or may not be listened on */
export async function openEndpoint(settings: EndpointSettings): Promise<Endpoint> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const refused = look(request, settings.guard);
    const stranger = refused?.status === 403 || refused?.status === 401;
    response
      .writeHead(stranger ? refused.status : 426, { connection: 'close', 'content-type': 'text/plain' })
      .end(stranger ? `${refused.why}\n` : `${SUBPROTOCOL} over WebSocket\n`);
  });
  const sockets = accept(server, settings);
  await listen(server, settings.port, settings.guard.host);
  const heart = setInterval(() => beat(sockets), HEARTBEAT).unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(heart);
      await settled(sockets);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function accept(server: Server, settings: EndpointSettings): Set<WebSocket> {
  const { maxPayload, maxFragments, maxConnections } = settings;
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (offered) => [...offered].find((protocol) => codecOf(protocol)) ?? false,
    // Known to ws, not yet to its types.
    ...({ maxFragments, maxBufferedChunks: 1024 } as object),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '', 'http://localhost');
    const refused = look(request, settings.guard) ?? settings.admit(url);
    if (refused) answer(socket, refused.status, refused.why);
    else if (acceptor.clients.size >= maxConnections) answer(socket, 503, 'too many connections');
    else {
      acceptor.handleUpgrade(request, socket, head, (client) => {
        client.on('pong', () => silent.delete(client));
        settings.connected(client as unknown as SocketLike, url, request.socket.remoteAddress ?? '');
      });
    }
  });
  return acceptor.clients;
}
function look({ url, headers }: IncomingMessage, guard: GuardSettings): Refusal | null {
  const { host, origin, authorization, 'sec-websocket-protocol': protocols } = headers;
  return refusal({ url, host, origin, authorization, protocols }, guard);
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
