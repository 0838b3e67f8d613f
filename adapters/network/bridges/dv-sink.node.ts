import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type TlsOptions, createServer as createSecureServer } from 'node:tls';
import { type EventPacket, RxSpikeError, type StreamInfo } from '../../../src/index.js';
import { aedat4StreamEncoder } from '../../files/aedat4/encoder.js';
import { AEDAT4_VERSION_LINE } from '../../files/aedat4/layout.js';
import type { Counts } from '../../files/decoder.js';
import type { Encoder } from '../../files/encoder.js';
import { Fit } from '../../files/fit.js';
import { listenError, requireReach } from './listening.js';
import { hostAndPort, hostPort } from './udp-address.js';

/** How a stream is given to readers of dv-processing. */
export interface DvSinkOptions {
  /**
   * Readers that the first packet waits for; when all of them have gone the stream fails. 0: goes on without anybody, as
   * a `NetworkWriter` does. Default 1.
   */
  readonly clients?: number;
  /** Most readers at a time. Default 10, or `clients` where these are more. */
  readonly maxConnections?: number;
  /** How long a reader may take nothing before it is cut off, ms: until then everybody waits. Default 30000. */
  readonly patience?: number;
  /**
   * How long connections stay open behind the last packet, ms. Default 1000: a `NetworkReader` throws away what it has
   * received and not yet handed on as soon as its connection ends.
   */
  readonly linger?: number;
  /** Default `none`. */
  readonly compression?: 'none' | 'lz4';
  /** Camera as readers see it. Default: none. */
  readonly sensor?: string;
  /** What becomes of an event that the format cannot hold: `ERR_LOSS` (false, the default), or it is left out and counted. */
  readonly clip?: boolean;
  /** True: listens also where others than this machine reach it. Default false. */
  readonly allowRemote?: boolean;
  /** Listens by TLS; options of `node:tls`: `cert`, `key`, and `ca` with `requestCert` to let only known clients in. */
  readonly tls?: TlsOptions;
}

/** What has been sent so far. */
export interface DvSinkCounts {
  readonly packets: number;
  readonly events: number;
  /** Readers that are there, and that have been. */
  readonly connected: number;
  readonly connections: number;
  /** Readers that were cut off because they took nothing. */
  readonly cut: number;
  /** Events left out by `clip`, by reason. */
  readonly clipped: Readonly<Counts>;
}

/**
 * Gives packets to whoever is connected; resolves when everybody has taken them, or has room for them. Who connects later
 * gets what comes from then on.
 */
export interface DvSink {
  /**
   * @throws (rejects) `ERR_CONNECTION` when all readers have gone, `ERR_GEOMETRY` where the sensor's size is not known,
   * `ERR_LOSS` for an event that the format cannot hold
   */
  (packet: EventPacket): Promise<void>;
  /** Closes the connections behind the last packet, which is how readers know the end; listens no more. */
  end(): Promise<void>;
  /** Breaks off. */
  close(): Promise<void>;
  /** Address for {@link openDvStream}. */
  readonly url: string;
  readonly port: number;
  readonly counts: DvSinkCounts;
}

/**
 * Listens at `dv://HOST:PORT` (port 0: any) for readers of dv-processing (`NetworkReader`) and gives them packets
 * (docs/bridges.md).
 *
 * @throws `ERR_ARGUMENT`; `ERR_LISTEN` when the address is in use or may not be listened on
 */
export async function dvSink(url: string, options: DvSinkOptions = {}): Promise<DvSink> {
  const { host, port } = hostAndPort(url, 'dv:', []);
  const { clients = 1, patience = 30_000, linger = 1000, tls, allowRemote = false } = options;
  const { maxConnections = Math.max(10, clients) } = options;
  need(Number.isInteger(clients) && clients >= 0, `clients must be 0 or more, got ${clients}`);
  need(maxConnections >= Math.max(1, clients), `${clients} clients do not fit in ${maxConnections} connections`);
  need(patience > 0 && patience < 2 ** 31, `patience must be above 0 ms and below 2^31, got ${patience}`);
  need(linger >= 0 && linger < 2 ** 31, `linger must be 0 ms or more and below 2^31, got ${linger}`);
  requireReach(host, allowRemote);
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.maxConnections = maxConnections;
  const readers = new Readers(server, tls === undefined ? 'connection' : 'secureConnection', { clients, patience });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(`dv://${hostPort(host, port)}`, cause);
  }
  const address = server.address() as AddressInfo;
  let stream: DvPackets | null = null;
  const counts = { packets: 0, events: 0 };
  const write = async (packet: EventPacket): Promise<void> => {
    stream ??= new DvPackets(packet.stream, options);
    readers.greet(stream.greeting);
    await readers.complete();
    const { pieces, events } = stream.piecesOf(packet);
    await readers.give(pieces);
    counts.packets++;
    counts.events += events;
  };
  // One after another, also where the caller does not wait.
  let written: Promise<void> = Promise.resolve();
  const sink = (packet: EventPacket): Promise<void> => {
    const done = written.then(() => write(packet));
    written = done.catch(() => {});
    return done;
  };
  return Object.defineProperty(
    Object.assign(sink, {
      url: `dv://${hostPort(address.address, address.port)}`,
      port: address.port,
      end: async (): Promise<void> => {
        await written;
        await readers.taken();
        await readers.leave(linger);
        await readers.close(true);
      },
      close: () => readers.close(false),
    }),
    'counts',
    { get: (): DvSinkCounts => ({ ...counts, ...readers.counts, clipped: stream?.clipped ?? {} }) },
  ) as DvSink;
}

function need(ok: boolean, what: string): void {
  if (!ok) throw new RxSpikeError('ERR_ARGUMENT', `dv: ${what}`);
}

/** Packets of events as dv-processing frames them. */
class DvPackets {
  readonly greeting: Uint8Array;
  readonly #encoder: Encoder;
  readonly #fit: Fit;

  constructor(info: StreamInfo, { compression = 'none', sensor, clip = false }: DvSinkOptions) {
    this.#encoder = aedat4StreamEncoder(info, { compression, sensor: sensor ?? null });
    this.#fit = new Fit('dv', this.#encoder.holds, clip);
    // As a file begins, without its version line.
    this.greeting = copies(this.#encoder.start())[0].subarray(AEDAT4_VERSION_LINE.length);
  }

  get clipped(): Counts {
    return this.#fit.clipped;
  }

  piecesOf(packet: EventPacket): { readonly pieces: readonly Uint8Array[]; readonly events: number } {
    if (packet.length === 0) return { pieces: [], events: 0 };
    const fitting = this.#fit.fit(packet);
    const pieces = [...copies(this.#encoder.encode(fitting)), ...copies(this.#encoder.flush?.() ?? [])];
    return { pieces, events: fitting.length };
  }
}

/** Pieces that may be kept: an encoder's are valid until the next. */
function copies(pieces: Iterable<Uint8Array>): Uint8Array[] {
  return Array.from(pieces, (piece) => piece.slice());
}

/** Who is connected. */
class Readers {
  readonly #server: Server;
  readonly #clients: number;
  readonly #patience: number;
  readonly #sockets: Set<Socket> = new Set();
  readonly #counts = { connections: 0, cut: 0 };
  #greeting: Uint8Array | null = null;
  #isComplete = false;
  #isOver = false;
  #changed: (() => void)[] = [];

  constructor(server: Server, event: 'connection' | 'secureConnection', limits: { clients: number; patience: number }) {
    this.#server = server;
    this.#clients = limits.clients;
    this.#patience = limits.patience;
    server.on(event, (socket: Socket) => this.#come(socket));
    server.on('error', () => {});
  }

  get counts(): { connected: number; connections: number; cut: number } {
    return { connected: this.#sockets.size, ...this.#counts };
  }

  /** What everybody gets first. */
  greet(greeting: Uint8Array): void {
    if (this.#greeting) return;
    this.#greeting = greeting;
    for (const socket of this.#sockets) socket.write(greeting);
  }

  /** Resolves when as many are there as are waited for. */
  async complete(): Promise<void> {
    while (!this.#isComplete && this.#sockets.size < this.#clients && !this.#isOver) await this.#change();
    this.#isComplete = true;
  }

  /** Resolves when everybody has room again. @throws `ERR_CONNECTION` when all have gone that were waited for */
  async give(pieces: readonly Uint8Array[]): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => this.#put(socket, pieces)));
    if (this.#isOver) throw new RxSpikeError('ERR_CONNECTION', 'dv: the stream was closed');
    if (this.#clients === 0 || this.#sockets.size > 0) return;
    throw new RxSpikeError('ERR_CONNECTION', 'dv: all receivers have gone');
  }

  /** Resolves when all that was written has been handed to the other sides, or they are cut off. */
  async taken(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => this.#drained(socket)));
  }

  /** Resolves when all have left, or after so many ms. */
  async leave(linger: number): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const lingering = new Promise<void>((resolve) => (late = setTimeout(resolve, linger)));
    await Promise.race([this.#deserted(), lingering]);
    clearTimeout(late);
  }

  /** Listens no more; lets go of everybody, behind what has been written, or at once. */
  async close(gently: boolean): Promise<void> {
    this.#isOver = true;
    this.#wake();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) {
      if (gently) socket.end();
      else socket.destroy();
    }
    const late = setTimeout(() => {
      this.#counts.cut += this.#sockets.size;
      for (const socket of this.#sockets) socket.destroy();
    }, this.#patience);
    await closed;
    while (this.#sockets.size > 0) await this.#change();
    clearTimeout(late);
  }

  #come(socket: Socket): void {
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#counts.connections++;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#wake();
    });
    // Readers say nothing.
    socket.resume();
    if (this.#greeting) socket.write(this.#greeting);
    this.#wake();
  }

  async #put(socket: Socket, pieces: readonly Uint8Array[]): Promise<void> {
    if (socket.destroyed) return;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
    if (socket.writableNeedDrain) await this.#drained(socket);
  }

  /** Resolves when a reader has taken what was written, or is cut off. */
  async #drained(socket: Socket): Promise<void> {
    if (socket.writableLength === 0 || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => {
        this.#counts.cut++;
        socket.destroy();
      }, this.#patience);
      // Behind all that was written before.
      socket.write('', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  async #deserted(): Promise<void> {
    while (this.#sockets.size > 0 && !this.#isOver) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}
