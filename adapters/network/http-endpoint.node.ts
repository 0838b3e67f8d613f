import { type IncomingMessage, STATUS_CODES, type Server, type ServerResponse, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { RxSpikeError } from '../../src/index.js';
import { AddressBook } from './address-book.js';
import { Acceptors } from './acceptors.node.js';
import type { Journal } from './journal.js';
import { KNOCKING, type ServeLimits } from './limits.js';
import { PROMETHEUS_TYPE } from './prometheus.js';
import { SUBPROTOCOL } from './frames.js';
import type { TlsFiles } from './serve-options.js';
import {
  type Admission,
  type GuardSettings,
  type Refusal,
  type Scope,
  type UpgradeRequest,
  admission,
  foreignness,
  isRefusal,
  upgradeAdmission,
} from './upgrade-guard.js';

/** How long connections may take to close when the endpoint is closed, ms. */
const GRACE = 1000;

/** A connection that was let in. */
export interface Accepted {
  readonly socket: WebSocket;
  readonly id: string;
  readonly url: URL;
  readonly scope: Scope;
  /** Address of the client. */
  readonly address: string;
}

/** What listens, and who may come in. */
export interface EndpointSettings {
  readonly guard: GuardSettings;
  readonly port: number;
  readonly tls: TlsFiles | null;
  readonly maxConnections: number;
  readonly limits: ServeLimits;
  readonly journal: Journal;
  /** What further looks at an upgrade request: null to let it in. */
  readonly admit: (url: URL) => Refusal | null;
  readonly isDraining: () => boolean;
  /** Text of `/metrics`; null: there is none. */
  readonly metrics: (() => string) | null;
  /** Takes a connection over. */
  readonly connected: (accepted: Accepted) => void;
}

/** A listening HTTP server whose upgrades are looked at. */
export interface Endpoint {
  readonly port: number;
  /** Stops listening and closes what is connected. */
  close(): Promise<void>;
}

/** Begins to listen. @throws (rejects) `ERR_LISTEN` when the address is in use or may not be listened on, `ERR_ARGUMENT` for wrong TLS files */
export async function openEndpoint(settings: EndpointSettings, acceptors: Acceptors): Promise<Endpoint> {
  const server = httpServer(settings);
  const addresses = new AddressBook(settings.limits.newConnectionsPerSecond);
  boundSockets(server, settings);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const address = request.socket.remoteAddress ?? '';
    const answer = upgradeAnswer(request, address, settings, acceptors.sockets.size, addresses);
    if (isRefusal(answer)) {
      settings.journal.refuse(answer, address);
      refuse(socket, answer);
      return;
    }
    const leave = addresses.enter(address);
    const { url, scope } = answer;
    acceptors.take(request, socket, head, scope, (client) => {
      client.on('close', leave);
      settings.connected({ socket: client, id: settings.journal.connect(address, scope), url, scope, address });
    });
  });
  await listen(server, settings.port, settings.guard.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await acceptors.close(GRACE);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function httpServer(settings: EndpointSettings): Server {
  const { upgradeTimeout: time } = settings.limits;
  const options = {
    headersTimeout: time,
    requestTimeout: time,
    // Looked at often enough for the time to mean something.
    connectionsCheckingInterval: Math.max(50, Math.min(1000, time / 2)),
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => respond(request, response, settings);
  const { tls } = settings;
  if (!tls) return createServer(options, answer);
  try {
    const secure = { ...tls, minVersion: 'TLSv1.2', handshakeTimeout: time } as const;
    const server = createSecureServer({ ...options, ...secure }, answer);
    server.on('tlsClientError', (_, socket) => {
      settings.journal.refuse({ status: 0, why: 'TLS handshake failed', reason: 'tls' }, socket.remoteAddress ?? '');
    });
    return server;
  } catch (cause) {
    // What OpenSSL says names no contents.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RxSpikeError('ERR_ARGUMENT', `serve: tls: certificate and key cannot be used: ${why}`);
  }
}

/** Bounds the sockets that have not asked for anything yet: in all, and of one address. */
function boundSockets(server: Server, { maxConnections, limits, journal }: EndpointSettings): void {
  const sockets = new AddressBook(Infinity);
  server.maxConnections = maxConnections + KNOCKING.inAll;
  server.on('drop', (from?: { readonly remoteAddress?: string }) => {
    journal.refuse({ status: 0, why: 'too many sockets', reason: 'sockets' }, from?.remoteAddress ?? '');
  });
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (sockets.count(address) >= limits.connectionsPerAddress + KNOCKING.perAddress) {
      journal.refuse({ status: 0, why: 'too many sockets from one address', reason: 'sockets' }, address);
      socket.destroy();
    } else socket.on('close', sockets.enter(address));
  });
}

function upgradeAnswer(
  request: IncomingMessage,
  address: string,
  settings: EndpointSettings,
  open: number,
  addresses: AddressBook,
): Admission | Refusal {
  const { guard, limits, maxConnections } = settings;
  // Before the token: guessing is what this slows down.
  if (!addresses.mayCome(address, performance.now())) {
    return { status: 429, why: 'too many new connections from one address', reason: 'rate' };
  }
  const answer = upgradeAdmission(upgradeRequest(request), guard);
  if (isRefusal(answer)) return answer;
  if (settings.isDraining()) return { status: 503, why: 'the server is going away', reason: 'draining' };
  const refused = settings.admit(answer.url);
  if (refused) return refused;
  if (open >= maxConnections) return { status: 503, why: 'too many connections', reason: 'connections' };
  if (addresses.count(address) >= limits.connectionsPerAddress) {
    return { status: 429, why: 'too many connections from one address', reason: 'address' };
  }
  return answer;
}

function upgradeRequest({ url, headers }: IncomingMessage): UpgradeRequest {
  const { host, origin, authorization, 'sec-websocket-protocol': protocols } = headers;
  return { url, host, origin, authorization, protocols };
}

/** Answers what is no upgrade. */
function respond(request: IncomingMessage, response: ServerResponse, settings: EndpointSettings): void {
  const asked = upgradeRequest(request);
  const path = /^[^?#]*/.exec(asked.url ?? '')?.[0];
  // Whether it serves is no secret: what watches over servers has no token.
  const answer = path === '/healthz' ? foreignness(asked, settings.guard) : admission(asked, settings.guard);
  const say = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, {
      connection: 'close',
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? '' : body);
  };
  if (answer && isRefusal(answer)) {
    settings.journal.refuse(answer, request.socket.remoteAddress ?? '');
    return say(answer.status, `${answer.why}\n`);
  }
  const page = path === '/healthz' || (path === '/metrics' && settings.metrics !== null);
  if (page && !['GET', 'HEAD'].includes(request.method ?? '')) return say(405, 'GET or HEAD\n');
  if (path === '/healthz') return settings.isDraining() ? say(503, 'draining\n') : say(200, 'ok\n');
  if (path === '/metrics' && settings.metrics) return say(200, settings.metrics(), PROMETHEUS_TYPE);
  say(426, `${SUBPROTOCOL} over WebSocket\n`);
}

function refuse(socket: Duplex, { status, why }: Refusal): void {
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
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
