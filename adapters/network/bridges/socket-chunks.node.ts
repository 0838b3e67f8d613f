import type { Socket } from 'node:net';
import { RxSpikeError } from '../../../src/index.js';

/** Above this many bytes waiting the other side is made to wait. */
const ENOUGH = 1 << 20;

/**
 * What arrives on a socket, pulled. Everything that came before a break is handed out before the break is thrown, also
 * where asked again; a socket's own iterator drops it.
 */
export class SocketChunks implements AsyncIterable<Uint8Array> {
  readonly #socket: Socket;
  #waiting: Uint8Array[] = [];
  #held = 0;
  #asking: (() => void) | null = null;
  /** Null while it goes on, undefined at its end. */
  #outcome: RxSpikeError | undefined | null = null;

  /** @param where names the other side in messages */
  constructor(socket: Socket, where: string) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.#waiting.push(chunk);
      this.#held += chunk.length;
      if (this.#held > ENOUGH) socket.pause();
      this.#wake();
    });
    socket.on('end', () => this.#finish(undefined));
    socket.on('error', (cause) => {
      this.#finish(new RxSpikeError('ERR_CONNECTION', `${where}: the stream broke off: ${cause.message}`, { cause }));
    });
    socket.on('close', () => this.#finish(new RxSpikeError('ERR_CONNECTION', `${where}: closed`)));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk) {
        this.#held -= chunk.length;
        if (this.#held <= ENOUGH) this.#socket.resume();
        return { done: false, value: chunk };
      }
      if (this.#outcome === undefined) return { done: true, value: undefined };
      if (this.#outcome) throw this.#outcome;
      await new Promise<void>((resolve) => (this.#asking = resolve));
    }
  }

  #finish(outcome: RxSpikeError | undefined): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    this.#wake();
  }

  #wake(): void {
    this.#asking?.();
    this.#asking = null;
  }
}
