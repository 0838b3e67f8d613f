import { RxSpikeError } from '../../src/index.js';
import { type Codec, MESSAGE_PACK, type OutgoingFrame, type RawFrame, codecOf } from './frames.js';
import { encodeFrame } from './packet-fields.js';
import type { StreamFrame } from './stream-writer.js';
import type { Carrier } from './carrier.js';

/** What is used of a WebSocket: the browser's and that of `ws` are both one. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  send(message: Uint8Array | string, written?: () => void): void;
  close(code?: number, reason?: string): void;
  /** Of `ws`: lets go without waiting for the other side. */
  terminate?(): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: never) => void): void;
}

const OPEN = 1;

/** Bytes that may wait to be written before the sender is made to wait. */
export const CEILING: number = 2 << 20;

/** Bytes of answers and notices that may wait on top of that: they are not made to wait. */
const BESIDE = 256 << 10;

/** How often (ms) a browser's socket is asked what is still waiting: it does not tell by itself. */
const POLL = 4;

/** What the wire reports. */
export interface WireEnds {
  opened?(): void;
  frame(frame: RawFrame): void;
  /** A frame was refused. */
  refused(error: unknown): void;
  /** What went over this connection goes over another one now. */
  displaced?(): void;
  /** Called once, last. `error` is what the socket said, where it said something. */
  closed(code: number, reason: string, error: unknown): void;
}

/** A socket as a carrier of frames, with a bound on what waits to be written. */
export class Wire implements Carrier {
  readonly #socket: SocketLike;
  readonly #tells: boolean;
  readonly #ends: WireEnds;
  #ceiling: number;
  /** Bytes of answers and notices since there was room. */
  #beside = 0;
  #drained: (() => void)[] = [];

  /**
   * @param tells true where `send` calls back when the bytes are written (`ws`)
   * @param maxBytes largest frame that is taken
   * @param ceiling bytes that may wait to be written before packets are made to wait
   */
  constructor(
    socket: SocketLike,
    ends: WireEnds,
    { tells, maxBytes, ceiling }: { tells: boolean; maxBytes: number; ceiling: number },
  ) {
    this.#socket = socket;
    this.#ceiling = ceiling;
    this.#ends = ends;
    this.#tells = tells;
    socket.binaryType = 'arraybuffer';
    let error: unknown;
    socket.addEventListener('open', () => ends.opened?.());
    socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      try {
        ends.frame(this.#codec.decode(data, maxBytes));
      } catch (refusal) {
        ends.refused(refusal);
      }
    });
    socket.addEventListener('error', (event: { readonly error?: unknown }) => {
      error ??= event.error;
    });
    socket.addEventListener('close', ({ code, reason }: { readonly code: number; readonly reason: string }) => {
      this.#settle();
      ends.closed(code, reason, error);
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** By what was agreed on while connecting. */
  get #codec(): Codec {
    return codecOf(this.#socket.protocol) ?? MESSAGE_PACK;
  }

  /** Sends a frame if the socket is open; resolves when there is room for the next, or the socket is closed. */
  send(frame: OutgoingFrame): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    const message = encodeFrame(this.#codec, frame);
    if (this.#room()) this.#beside = 0;
    // A side that asks and asks and does not read the answers would fill memory with them.
    else if ((this.#beside += message.length) > BESIDE) {
      this.#overflow();
      return Promise.resolve();
    }
    return this.#write(message);
  }

  post(frame: StreamFrame): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    // Several streams may have waited for the same room.
    return this.#room() ? this.#write(frame.message(this.#codec)) : this.#drain().then(() => this.post(frame));
  }

  displace(): void {
    this.#ends.displaced?.();
  }

  #write(message: Uint8Array | string): Promise<void> {
    if (this.#tells) this.#socket.send(message, () => this.#room() && this.#settle());
    else this.#socket.send(message);
    return this.#room() ? Promise.resolve() : this.#drain();
  }

  /** Resolves when everything is written, or the socket is closed. */
  async flush(): Promise<void> {
    this.#ceiling = 0;
    if (!this.#room()) await this.#drain();
  }

  /** Begins the closing handshake; what was sent before still arrives. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Lets go of the socket; nothing more is to be had from it. */
  abandon(): void {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
    this.#settle();
  }

  #overflow(): void {
    if (this.#beside === Infinity) return;
    this.#beside = Infinity;
    this.#ends.refused(new RxSpikeError('ERR_OVERFLOW', 'what is sent is not read'));
  }

  #room(): boolean {
    return !this.isOpen || this.#socket.bufferedAmount <= this.#ceiling;
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      if (!this.#tells && this.#drained.length === 1) this.#poll();
    });
  }

  #poll(): void {
    setTimeout(() => {
      if (this.#room()) this.#settle();
      else this.#poll();
    }, POLL);
  }

  #settle(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }
}

/** Why a socket was closed, in words. */
export function closeReason(code: number, reason: string, error: unknown): string {
  if (!(error instanceof Error)) return reason || `closed with code ${code}`;
  // Where several addresses were tried, the message is empty and the code is that of the attempts.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
