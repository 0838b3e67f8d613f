import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { JSON_SUBPROTOCOL, codecOf } from './frames.js';
import { CONTROL_BYTES, CONTROL_FRAGMENTS, type ServeLimits } from './limits.js';
import type { Scope } from './upgrade-guard.js';

/** How long a closing handshake may take, ms. */
const CLOSING = 2000;

/** A number of a column takes more room as text than as bytes. */
const AS_TEXT = 4;

interface Bytes {
  readonly received: number;
  readonly sent: number;
}

/** Makes WebSockets of sockets, with the limits that are due to each, and asks whether they are still there. */
export class Acceptors {
  readonly sockets: Set<WebSocket> = new Set();
  readonly #limits: ServeLimits;
  readonly #takes: boolean;
  readonly #made: Map<string, WebSocketServer> = new Map();
  readonly #raw: Map<WebSocket, Socket> = new Map();
  /** Those that have not answered the ping before. */
  readonly #silent: WeakSet<WebSocket> = new WeakSet();
  readonly #heart: NodeJS.Timeout;
  #past: Bytes = { received: 0, sent: 0 };

  /** @param takes whether streams of clients are taken */
  constructor(limits: ServeLimits, takes: boolean) {
    this.#limits = limits;
    this.#takes = takes;
    this.#heart = setInterval(() => this.#beat(), limits.pingInterval).unref();
  }

  /** Bytes of all WebSockets so far, upgrade requests included. */
  get bytes(): Bytes {
    return [...this.#raw.values()].reduce((sum, socket) => added(sum, socket), this.#past);
  }

  /** Bytes that wait to be written. */
  get buffered(): number {
    return [...this.sockets].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  }

  /** Largest frame that a client may send, as binary. */
  maxBytes(scope: Scope): number {
    return this.#takes && scope === 'publish' ? this.#limits.messageBytes : CONTROL_BYTES;
  }

  /** Completes an upgrade that was granted. */
  take(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    scope: Scope,
    connected: (client: WebSocket) => void,
  ): void {
    const offered = request.headers['sec-websocket-protocol'] ?? '';
    const protocol = offered.split(',').map((name) => name.trim()).find((name) => codecOf(name)); // prettier-ignore
    this.#acceptor(scope, protocol ?? '').handleUpgrade(request, socket, head, (client) => {
      this.sockets.add(client);
      this.#raw.set(client, request.socket);
      client.on('close', () => {
        this.sockets.delete(client);
        this.#raw.delete(client);
        this.#past = added(this.#past, request.socket);
      });
      client.on('pong', () => this.#silent.delete(client));
      connected(client);
    });
  }

  /** Waits for the connections to close, but not for longer than `grace` ms. */
  async close(grace: number): Promise<void> {
    clearInterval(this.#heart);
    const closing = Promise.all(
      [...this.sockets].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
    );
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closing, new Promise((resolve) => (timer = setTimeout(resolve, grace)))]);
    clearTimeout(timer);
    for (const socket of this.sockets) socket.terminate();
  }

  #acceptor(scope: Scope, protocol: string): WebSocketServer {
    const sends = this.#takes && scope === 'publish';
    const key = `${sends} ${protocol}`;
    let acceptor = this.#made.get(key);
    if (acceptor) return acceptor;
    acceptor = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.maxBytes(scope) * (protocol === JSON_SUBPROTOCOL ? AS_TEXT : 1),
      handleProtocols: () => protocol,
      // Known to ws, not yet to its types.
      ...({
        maxFragments: sends ? this.#limits.fragments : CONTROL_FRAGMENTS,
        maxBufferedChunks: this.#limits.bufferedChunks,
        closeTimeout: CLOSING,
      } as object),
    });
    this.#made.set(key, acceptor);
    return acceptor;
  }

  #beat(): void {
    for (const socket of this.sockets) {
      if (this.#silent.has(socket)) socket.terminate();
      else {
        this.#silent.add(socket);
        socket.ping();
      }
    }
  }
}

function added({ received, sent }: Bytes, { bytesRead, bytesWritten }: Socket): Bytes {
  return { received: received + bytesRead, sent: sent + bytesWritten };
}
