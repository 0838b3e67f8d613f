import { RxSpikeError } from '../../src/index.js';
import type { Delivery } from './delivery.js';
import { errorFrame } from './delivery.js';
import { type Wish, checkCredit, checkError, checkHello, checkOffer, checkWish, streamOf } from './check-frame.js';
import {
  JSON_SUBPROTOCOL,
  type OfferedStream,
  type RawFrame,
  SUBPROTOCOL,
  codecOf,
  knownCode,
  violation,
} from './frames.js';
import type { Reception } from './reception.js';
import { type SocketLike, Wire, closeReason } from './wire.js';

/** Codes with which a connection is closed; in the range that a browser may send. */
export const CLOSE = { done: 1000, protocol: 4002, failed: 4011 } as const;

/** A connection on which heartbeats have come is gone after this silence, ms: three of them. */
const SILENCE = 15_000;

/** What a connection asks of the side that it is on. */
export interface LinkEnds {
  /** The connection stands and speaks the protocol. */
  opened?(link: Link): void;
  /** The other side wants a stream; throws what it is refused with. */
  subscribe?(wish: Wish, link: Link): void;
  /** The other side sends a stream that nobody here has asked for; throws what it is refused with. */
  publish?(frame: RawFrame, stream: number, link: Link): Reception;
  offered?(streams: readonly OfferedStream[]): void;
  /** Called once, last: with the error that ended it, null where it was closed in order. */
  closed(error: RxSpikeError | null, link: Link): void;
}

/** How a connection is used. */
export interface LinkOptions {
  /** True where `send` calls back when the bytes are written (`ws`). */
  readonly tells: boolean;
  /** Largest frame that is taken, bytes. */
  readonly maxBytes: number;
  /** Name of the other side in messages, without secrets. */
  readonly where: string;
}

/** One connection: hands frames to the streams that they are of, in either direction. */
export class Link {
  readonly wire: Wire;
  readonly where: string;
  readonly #ends: LinkEnds;
  readonly #deliveries: Map<number, Delivery> = new Map();
  readonly #receptions: Map<number, Reception> = new Map();
  /** Subscriptions whose hello has not come, by name; `null`: the one that comes unasked. */
  readonly #awaited: Map<string | null, Reception> = new Map();
  #error: RxSpikeError | null = null;
  #closing = false;
  #hasOpened = false;
  #isClosed = false;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: SocketLike, ends: LinkEnds, { tells, maxBytes, where }: LinkOptions) {
    this.#ends = ends;
    this.where = where;
    this.wire = new Wire(
      socket,
      {
        opened: () => this.#opened(),
        frame: (frame) => this.#take(frame),
        refused: (error) => this.break(error),
        closed: (code, reason, error) => this.#closed(code, reason, error),
      },
      { tells, maxBytes },
    );
  }

  /** To be called where the socket was open before; else opening does it. */
  begin(): void {
    if (this.wire.isOpen) this.#opened();
  }

  /** Whether it ever stood. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  get isOpen(): boolean {
    return this.wire.isOpen && !this.#closing;
  }

  /** Gives a stream to the other side. @returns false where it cannot go on there */
  deliver(delivery: Delivery, next: number, placed = true): boolean {
    this.#deliveries.set(delivery.id, delivery);
    if (delivery.attach(this.wire, next, placed)) return true;
    this.#deliveries.delete(delivery.id);
    return false;
  }

  has(stream: number): boolean {
    return this.#deliveries.has(stream);
  }

  /** Takes a stream that was asked for by name. */
  await(name: string | null, reception: Reception): void {
    this.#awaited.set(name, reception);
    reception.attach(this.wire);
  }

  /** Nothing more goes to this stream of either direction. */
  forget(stream: Delivery | Reception): void {
    for (const streams of [this.#deliveries, this.#receptions, this.#awaited] as Map<unknown, unknown>[]) {
      for (const [id, one] of streams) if (one === stream) streams.delete(id);
    }
  }

  /** True while a stream goes over this connection, in either direction. */
  get isUsed(): boolean {
    return this.#deliveries.size + this.#receptions.size + this.#awaited.size > 0;
  }

  /** Refuses one stream, or tells what broke. */
  refuse(stream: number, error: unknown, name?: string): void {
    void this.wire.send(errorFrame(stream, error, name));
  }

  /** Says that this side is there. */
  beat(at: number): void {
    if (this.isOpen) void this.wire.send({ type: 'heartbeat', at });
  }

  /** Closes in order; what was sent before still arrives. */
  async close(code: number = CLOSE.done, reason = ''): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    // The closing handshake has a time limit, so it begins when the bytes before it are on their way.
    await this.wire.flush();
    this.wire.close(code, reason);
  }

  /** Ends the connection: the other side broke the protocol, or what it asked for cannot be. */
  break(thrown: unknown): void {
    if (this.#closing || this.#error) return;
    const error = thrown instanceof RxSpikeError ? thrown : violation('a frame could not be read', thrown);
    this.#error = error;
    void this.wire.send(errorFrame(0, error));
    this.wire.close(error.code === 'ERR_PROTOCOL' ? CLOSE.protocol : CLOSE.failed, error.code);
  }

  #opened(): void {
    const { protocol } = this.wire;
    if (this.#hasOpened) return;
    this.#hasOpened = true;
    if (codecOf(protocol)) this.#ends.opened?.(this);
    else this.break(violation(`the other side speaks "${protocol}", not ${SUBPROTOCOL} or ${JSON_SUBPROTOCOL}`));
  }

  #take(frame: RawFrame): void {
    this.#heard(frame);
    if (this.#error || this.#closing) return;
    const { type } = frame;
    if (type === 'credit' || type === 'unsubscribe') this.#upstream(frame);
    else if (type === 'subscribe') this.#subscribe(frame);
    else if (type === 'offer') this.#ends.offered?.(checkOffer(frame));
    else if (['hello', 'packet', 'gap', 'end', 'error'].includes(type)) this.#downstream(frame);
  }

  /** After the first heartbeat, silence says that the connection is gone: a cut cable tells nothing. */
  #heard({ type }: RawFrame): void {
    if (type !== 'heartbeat' && this.#watch === undefined) return;
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#silent(), SILENCE);
  }

  #silent(): void {
    // A socket that is only closed would wait for an answer that will not come.
    this.wire.abandon();
    this.#closed(1006, `nothing was heard for ${SILENCE / 1000} s`, undefined);
  }

  #upstream(frame: RawFrame): void {
    const delivery = this.#deliveries.get(streamOf(frame));
    if (!delivery) return;
    if (frame.type === 'unsubscribe') {
      this.forget(delivery);
      delivery.close(delivery.isEnding ? 'complete' : 'lost');
    } else if (!delivery.credit(checkCredit(frame))) throw violation(`credit: it cannot be gone on with there`);
  }

  #subscribe(frame: RawFrame): void {
    const wish = checkWish(frame);
    if (!this.#ends.subscribe) throw violation('nothing can be subscribed to here');
    this.#ends.subscribe(wish, this);
  }

  #downstream(frame: RawFrame): void {
    const stream = streamOf(frame);
    const known = this.#receptions.get(stream);
    if (known) return known.take(frame, stream);
    if (frame.type === 'hello') {
      this.#hello(frame, stream);
      return;
    }
    const unasked = stream === 0 ? this.#awaited.get(null) : undefined;
    if (unasked && frame.type !== 'error') return unasked.take(frame, stream);
    if (frame.type !== 'error') return;
    const awaited =
      typeof frame.name === 'string' ? this.#awaited.get(frame.name) : this.#awaited.values().next().value;
    if (awaited) return awaited.take(frame, stream);
    const { code, message } = checkError(frame);
    this.#error = new RxSpikeError(knownCode(code), message, { details: { from: this.where, code } });
    const delivery = this.#deliveries.get(stream);
    delivery?.close('failed');
  }

  #hello(frame: RawFrame, stream: number): void {
    const { name } = checkHello(frame);
    const key = this.#awaited.has(name) ? name : null;
    const awaited = this.#awaited.get(key);
    const reception = awaited ?? this.#published(frame, stream);
    if (!reception) return;
    this.#awaited.delete(key);
    this.#receptions.set(stream, reception);
    reception.attach(this.wire);
    reception.take(frame, stream);
  }

  #published(frame: RawFrame, stream: number): Reception | null {
    // A stream of later versions that nobody asked for is none of this side's business.
    if (!this.#ends.publish) return null;
    try {
      return this.#ends.publish(frame, stream, this);
    } catch (error) {
      this.refuse(stream, error);
      return null;
    }
  }

  #closed(code: number, reason: string, cause: unknown): void {
    clearTimeout(this.#watch);
    if (this.#isClosed) return;
    this.#isClosed = true;
    const why = closeReason(code, reason, cause);
    const lost = (): RxSpikeError => {
      const breach = isBreach(cause);
      return new RxSpikeError(breach ? 'ERR_PROTOCOL' : 'ERR_CONNECTION', `${this.where}: ${why}`, { cause });
    };
    const inOrder = code === CLOSE.done && !cause;
    const error = this.#error ?? (inOrder || this.#closing ? null : lost());
    for (const delivery of this.#deliveries.values()) {
      // A receiver from before streams had numbers closes when it has everything.
      if (inOrder && delivery.isEnding) delivery.close('complete');
      else if ((inOrder && !this.#closing) || this.#error?.code === 'ERR_PROTOCOL') delivery.close('lost');
      else delivery.detach(this.wire);
    }
    for (const reception of [...this.#receptions.values(), ...this.#awaited.values()]) reception.detach(this.wire);
    this.#ends.closed(error, this);
  }
}

/** Whether a socket's error says that the other side breaks the rules of WebSocket or lacks the subprotocol. */
function isBreach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && String(error.code).startsWith('WS_ERR_')) || /subprotocol/.test(error.message);
}
