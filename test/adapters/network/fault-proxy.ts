import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';

/** What a proxy does to what goes through it. */
export interface Faults {
  /** Bytes, of both directions, after which connection `n` is cut; Infinity: never. */
  readonly cutAfter?: (n: number) => number;
  /** Bytes are passed on in pieces of this size. */
  readonly piece?: number;
  /** ms before a piece is passed on. */
  readonly delay?: number;
}

/** A proxy between a client and a server on this machine that cuts, trickles and delays. */
export class FaultProxy {
  /** Connections so far, and those that were cut. */
  connections = 0;
  cuts = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port: number, faults: Faults): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server);
    server.on('connection', (near) => proxy.#join(near, connect(port, '127.0.0.1'), faults));
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

  #join(near: Socket, far: Socket, { cutAfter = () => Infinity, piece = Infinity, delay = 0 }: Faults): void {
    const n = this.connections++;
    let left = cutAfter(n);
    const both = [near, far];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    const pass = async (bytes: Buffer, to: Socket): Promise<void> => {
      for (let at = 0; at < bytes.length && !to.destroyed; at += piece) {
        const part = bytes.subarray(at, Math.min(at + piece, bytes.length));
        if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
        const whole = part.length < left;
        to.write(whole ? part : part.subarray(0, left));
        left -= part.length;
        if (whole) continue;
        this.cuts++;
        far.resetAndDestroy();
        near.resetAndDestroy();
      }
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      let queue = Promise.resolve();
      from.on('data', (bytes: Buffer) => {
        queue = queue.then(() => pass(bytes, to));
      });
    }
  }
}
