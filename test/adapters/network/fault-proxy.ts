import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';

/** What a proxy does to what goes through it. */
export interface Faults {
  /** Bytes, of both directions, after which connection `n` is cut; Infinity: never. */
  readonly cutAfter?: (n: number) => number;
  /** Whether the cut of connection `n` tells nobody: bytes vanish from then on, and both ends stay open. */
  readonly isSilent?: (n: number) => boolean;
  /** Bytes are passed on in pieces of this size. */
  readonly piece?: number;
  /** ms before a piece is passed on. */
  readonly delay?: number;
  /** Bytes a second that go through in each direction; Infinity: all. */
  readonly bandwidth?: number;
}

/** A proxy between a client and a server on this machine that cuts, falls silent, trickles, delays and is narrow. */
export class FaultProxy {
  /** Connections so far, those that were cut, and those that fell silent. */
  connections = 0;
  cuts = 0;
  silences = 0;
  readonly #server: Server;
  readonly #faults: Faults;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(server: Server, faults: Faults) {
    this.#server = server;
    this.#faults = faults;
  }

  static async open(port: number, faults: Faults): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, faults);
    server.on('connection', (near) => proxy.#join(near, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket): void {
    const { cutAfter = () => Infinity, isSilent = () => false } = this.#faults;
    const n = this.connections++;
    const way: Way = { ends: [near, far], left: cutAfter(n), silent: isSilent(n), gone: false };
    for (const socket of way.ends) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        // Of a silent cut the other end hears nothing: it must find out by itself.
        if (!way.gone) for (const other of way.ends) other.destroy();
      });
    }
    void this.#pump(near, far, way);
    void this.#pump(far, near, way);
  }

  /** One direction, read no faster than it is passed on. */
  async #pump(from: Socket, to: Socket, way: Way): Promise<void> {
    const { piece = Infinity, delay = 0, bandwidth = Infinity } = this.#faults;
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; at += piece) {
          const part = bytes.subarray(at, Math.min(at + piece, bytes.length));
          const pause = delay + (1000 * part.length) / bandwidth;
          if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
          await this.#pass(part, to, way);
        }
      }
    } catch {
      // The other direction has closed both ends.
    }
    if (!way.gone) to.end();
  }

  async #pass(part: Buffer, to: Socket, way: Way): Promise<void> {
    if (way.gone || to.destroyed) return;
    const whole = part.length < way.left;
    const room = to.write(whole ? part : part.subarray(0, way.left));
    way.left -= part.length;
    if (!whole) this.#cut(way);
    else if (!room) await Promise.race([once(to, 'drain'), once(to, 'close')]);
  }

  #cut(way: Way): void {
    if (way.silent) {
      way.gone = true;
      this.silences++;
      return;
    }
    this.cuts++;
    for (const socket of way.ends) socket.resetAndDestroy();
  }
}

/** A connection through the proxy. */
interface Way {
  readonly ends: readonly [Socket, Socket];
  /** Bytes until the cut. */
  left: number;
  readonly silent: boolean;
  /** True once it has fallen silent. */
  gone: boolean;
}
