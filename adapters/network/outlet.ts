import { RxSpikeError, creditBalance, spendCredit, takeCredit } from '../../src/index.js';
import { checkCredit } from './check-frame.js';
import { MAX_CONTROL_BYTES, type RawFrame, encodeFrame } from './frames.js';
import { type SocketLike, Wire, closeReason } from './wire.js';

/** Codes with which a connection is closed; in the range that a browser may send. */
export const CLOSE = { done: 1000, protocol: 4002, failed: 4011 } as const;

/** The sending end of a connection: packets wait for credit and for room, so a slow receiver slows the sender down. */
export class Outlet {
  /** Resolves when the connection is closed, to whether that was at the end of the stream and in order. */
  readonly closed: Promise<boolean>;
  /** Resolves when the connection is open, which it may be from the start, or is closed. */
  readonly opened: Promise<void>;
  readonly #wire: Wire;
  readonly #balance = creditBalance();
  #credited: (() => void) | null = null;
  #ended = false;
  #error: RxSpikeError | null = null;
  #gone = false;

  constructor(socket: SocketLike, tells: boolean) {
    let open!: () => void;
    let close!: (inOrder: boolean) => void;
    this.opened = new Promise((resolve) => (open = resolve));
    this.closed = new Promise((resolve) => (close = resolve));
    this.#wire = new Wire(
      socket,
      {
        opened: open,
        frame: (frame) => this.#take(frame),
        refused: (error) => this.fail(error),
        closed: (code, reason, error) => {
          this.#gone = true;
          const why = closeReason(code, reason, error);
          this.#error ??= new RxSpikeError('ERR_CONNECTION', `the receiver has gone: ${why}`, { cause: error });
          this.#credited?.();
          open();
          close(this.#ended && code === CLOSE.done);
        },
      },
      { tells, maxBytes: MAX_CONTROL_BYTES },
    );
    if (this.#wire.isOpen) open();
  }

  /** Sends a frame outside of the credit: hello. */
  post(bytes: Uint8Array): Promise<void> {
    return this.#wire.send(bytes);
  }

  /** Sends a packet frame once the receiver allows it. @throws `ERR_CONNECTION`, `ERR_PROTOCOL` when it has gone */
  async send(bytes: Uint8Array): Promise<void> {
    while (!this.#error && !spendCredit(this.#balance)) {
      await new Promise<void>((resolve) => (this.#credited = resolve));
    }
    if (!this.#error) await this.#wire.send(bytes);
    if (this.#error) throw this.#error;
  }

  /** Sends the end frame and closes; does nothing when the connection has failed. */
  async end(bytes: Uint8Array): Promise<void> {
    if (this.#gone || this.#error) return;
    this.#ended = true;
    void this.#wire.send(bytes);
    // The closing handshake has a time limit, so it begins when the bytes before it are on their way.
    await this.#wire.flush();
    this.#wire.close(CLOSE.done, 'end');
  }

  /** Tells the receiver what went wrong, and closes. */
  fail(error: unknown): void {
    if (this.#gone || this.#ended) return;
    const known = error instanceof RxSpikeError;
    const code = known ? error.code : 'ERR_CONNECTION';
    const message = known ? error.message : 'the source failed';
    this.#error ??= known ? error : new RxSpikeError('ERR_CONNECTION', message, { cause: error });
    this.#credited?.();
    void this.#wire.send(encodeFrame({ type: 'error', code, message: message.slice(0, 1000) }));
    this.#wire.close(code === 'ERR_PROTOCOL' ? CLOSE.protocol : CLOSE.failed, code);
  }

  #take(frame: RawFrame): void {
    if (frame.type !== 'credit' || (frame.stream !== undefined && frame.stream !== 0)) return;
    takeCredit(this.#balance, checkCredit(frame));
    this.#credited?.();
  }
}
