import { type ErrorCode, RxSpikeError } from '../../src/index.js';
import { Delivery, errorFrame } from './delivery.js';
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
import { CEILING, type SocketLike, Wire, closeReason } from './wire.js';

/** Codes with which a connection is closed; in the range that a browser may send. */
export const CLOSE = { done: 1000, leaving: 1001, protocol: 4002, limit: 4008, failed: 4011 } as const;

/** What a connection is closed with for an error, where it is not `failed`. */
const CAUSES: Readonly<Partial<Record<ErrorCode, keyof typeof CLOSE>>> = {
  ERR_PROTOCOL: 'protocol',
  ERR_LIMIT: 'limit',
  ERR_OVERFLOW: 'limit',
};

/** A connection on which heartbeats have come is gone after this silence, ms: three of them. */
export const SILENCE = 15_000;

/** How long what was sent before may take to be written where a connection is closed, ms. */
const FLUSH = 2000;

/** What a connection asks of the side that it is on. */
export interface LinkEnds {
  /** The connection stands and speaks the protocol. */
  opened?(link: Link): void;
  /** The other side wants a stream; throws what it is refused with. */
  subscribe?(wish: Wish, link: Link): void;
  /** The other side sends a stream that nobody here has asked for; throws what it is refused with. */
  publish?(frame: RawFrame, stream: number, link: Link): Reception;
  offered?(streams: readonly OfferedStream[]): void;
  /** A stream goes over this connection, in either direction. */
  used?(): void;
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
  /** Bytes that may wait to be written before streams are made to wait. Default 2 MiB. */
  readonly ceiling?: number;
  /** After so long a silence a connection on which heartbeats have come is taken for lost, ms. Default 15000. */
  readonly silence?: number;
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
  /** Streams of the other side that have ended here; what is still under way of them is not looked at. */
  readonly #past: Set<number> = new Set();
  readonly #silence: number;
  /** What ended the connection, found on this side; and what the other side said before it closed. */
  #error: RxSpikeError | null = null;
  #told: RxSpikeError | null = null;
  #closing = false;
  #hasOpened = false;
  #isClosed = false;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;

  constructor(
    socket: SocketLike,
    ends: LinkEnds,
    { tells, maxBytes, where, ceiling = CEILING, silence = SILENCE }: LinkOptions,
  ) {
    this.#ends = ends;
    this.#silence = silence;
    this.where = where;
    this.wire = new Wire(
      socket,
      {
        opened: () => this.#opened(),
        frame: (frame) => this.#take(frame),
        refused: (error) => this.break(error),
        displaced: () => this.break(new RxSpikeError('ERR_CONNECTION', 'gone on with over another connection')),
        closed: (code, reason, error) => this.#closed(code, reason, error),
      },
      { tells, maxBytes, ceiling },
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

  /** Gives a stream to the other side. @returns false where it cannot go on there, or its number is taken */
  deliver(delivery: Delivery, next: number, placed = true): boolean {
    if (this.has(delivery.id)) return false;
    this.#deliveries.set(delivery.id, delivery);
    if (delivery.attach(this.wire, next, placed)) return true;
    this.#deliveries.delete(delivery.id);
    return false;
  }

  /** Whether a stream of this side with this number goes over the connection. */
  has(stream: number): boolean {
    const delivery = this.#deliveries.get(stream);
    return delivery !== undefined && !delivery.isDone && delivery.isOn(this.wire);
  }

  /** Takes a stream that was asked for by name. */
  await(name: string | null, reception: Reception): void {
    this.#awaited.set(name, reception);
    reception.attach(this.wire);
  }

  /** Nothing more goes to this stream of either direction. */
  forget(stream: Delivery | Reception): void {
    for (const streams of [this.#deliveries, this.#receptions, this.#awaited] as Map<unknown, unknown>[]) {
      for (const [id, one] of streams) {
        if (one !== stream) continue;
        streams.delete(id);
        if (streams === this.#receptions) this.#past.add(id as number);
      }
    }
  }

  /** Streams of both directions that go over this connection, or went over it when it was closed. */
  get streams(): readonly (Delivery | Reception)[] {
    return [...this.#deliveries.values(), ...this.#receptions.values()];
  }

  /** Whether a stream goes over this connection that has not come to its end. */
  get isBusy(): boolean {
    const { streams } = this;
    return this.#awaited.size > 0 || streams.some((one) => !one.isDone && !(one instanceof Delivery && one.isEnding));
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
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.wire.flush(), new Promise((resolve) => (timer = setTimeout(resolve, FLUSH)))]);
    clearTimeout(timer);
    this.wire.close(code, reason);
  }

  /** Ends the connection: the other side broke the protocol, or what it asked for cannot be. */
  break(thrown: unknown): void {
    if (this.#closing || this.#error) return;
    const error = thrown instanceof RxSpikeError ? thrown : violation('a frame could not be read', thrown);
    this.#error = error;
    void this.wire.send(errorFrame(0, error));
    this.wire.close(CLOSE[CAUSES[error.code] ?? 'failed'], error.code);
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
    this.#heardAt = performance.now();
    this.#watch ??= setTimeout(() => this.#listen(), this.#silence);
  }

  /** A timer for each frame would cost more than the frame: it looks back when it is due. */
  #listen(): void {
    const left = this.#heardAt + this.#silence - performance.now();
    if (left > 0) {
      this.#watch = setTimeout(() => this.#listen(), Math.ceil(left));
      return;
    }
    // A socket that is only closed would wait for an answer that will not come.
    this.wire.abandon();
    this.#closed(1006, `nothing was heard for ${this.#silence / 1000} s`, undefined);
  }

  #upstream(frame: RawFrame): void {
    const delivery = this.#deliveries.get(streamOf(frame));
    if (!delivery?.isOn(this.wire)) return;
    if (frame.type === 'unsubscribe') {
      this.forget(delivery);
      delivery.close(delivery.isEnding ? 'complete' : 'lost');
    } else if (!delivery.credit(checkCredit(frame))) throw violation(`credit: it cannot be gone on with there`);
    this.#ends.used?.();
  }

  #subscribe(frame: RawFrame): void {
    const wish = checkWish(frame);
    if (!this.#ends.subscribe) throw violation('nothing can be subscribed to here');
    this.#ends.subscribe(wish, this);
  }

  #downstream(frame: RawFrame): void {
    const stream = streamOf(frame);
    const known = this.#receptions.get(stream);
    // An error with a name refuses what was asked for: perhaps a stream that goes over this connection already.
    const isRefusal = frame.type === 'error' && (typeof frame.name === 'string' || frame.of === 'hello');
    const begins = frame.type === 'hello' && known?.isDone === true;
    if (known && !isRefusal && !begins) return known.take(frame, stream, this.wire);
    if (frame.type === 'hello') return this.#hello(frame, stream);
    if (frame.type === 'error') return this.#refused(frame, stream);
    const unasked = stream === 0 && !this.#past.has(0) ? this.#awaited.get(null) : undefined;
    unasked?.take(frame, stream, this.wire);
  }

  #refused(frame: RawFrame, stream: number): void {
    const { code, message } = checkError(frame);
    const { name, of } = frame;
    const isOwn = of === 'hello';
    const named = typeof name === 'string' ? (this.#awaited.get(name) ?? this.#awaited.get(null)) : undefined;
    const delivery = this.#deliveries.get(stream);
    const nameless = delivery || this.#past.has(stream) ? undefined : this.#awaited.values().next().value;
    const awaited = typeof name === 'string' ? named : nameless;
    if (awaited && !isOwn) return awaited.take(frame, stream, this.wire);
    const error = new RxSpikeError(knownCode(code), message, { details: { from: this.where, code } });
    if ((isOwn || typeof name !== 'string') && delivery?.isOn(this.wire)) delivery.refuse(error);
    if (stream === 0 && !isOwn) this.#told = error;
  }

  #hello(frame: RawFrame, stream: number): void {
    const { name } = checkHello(frame);
    const key = this.#awaited.has(name) ? name : null;
    const awaited = this.#awaited.get(key);
    const reception = awaited ?? this.#published(frame, stream);
    if (!reception) return;
    this.#awaited.delete(key);
    this.#past.delete(stream);
    this.#receptions.set(stream, reception);
    reception.attach(this.wire);
    reception.take(frame, stream, this.wire);
    this.#ends.used?.();
  }

  #published(frame: RawFrame, stream: number): Reception | null {
    // A stream that nobody waits for, or no longer.
    if (!this.#ends.publish) {
      void this.wire.send({ type: 'unsubscribe', ...(stream === 0 ? {} : { stream }) });
      return null;
    }
    try {
      return this.#ends.publish(frame, stream, this);
    } catch (error) {
      // Both sides count their streams from 0: it must be plain whose is meant.
      void this.wire.send({ ...errorFrame(stream, error), of: 'hello' });
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
    const told = code === CLOSE.protocol || code === CLOSE.failed ? this.#told : null;
    const error = this.#error ?? (inOrder || this.#closing ? null : (told ?? lost()));
    for (const delivery of this.#deliveries.values()) {
      if (!delivery.isOn(this.wire)) continue;
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
