import { Observable } from 'rxjs';
import { type DeliveryPolicy, type EventPacket, RxSpikeError, type StreamInfo } from '../../src/index.js';
import type { Report } from '../files/recording.js';
import type { Delivery } from './delivery.js';
import { MAX_FRAME_BYTES, type OfferedStream, type StreamKind } from './frames.js';
import { CLOSE, Link, SILENCE } from './link.js';
import type { KindPackets } from './packet-fields.js';
import { Reception, type ReceptionOptions, TIMEOUT } from './reception.js';
import { type SinkCarrier, type SinkOptions, type WebSocketSink, sinkOver, words } from './web-socket-sink.js';
import type { SocketLike } from './wire.js';

/** How a connection to a server is made and kept. */
export interface ConnectOptions extends ReceptionOptions {
  /** Token that the server asks for; sent in the address. */
  readonly token?: string;
  /** PEM text: authorities that a `wss://` server's certificate may come from, in place of the system's. Not in browsers. */
  readonly ca?: string;
  /**
   * How long a lost connection is tried to be made again, ms; what was under way goes on without gap or repeat.
   * 0: never. Default 10000.
   */
  readonly reconnect?: number;
  /**
   * A server that has beaten (docs/protocol.md) and is then silent for so long is taken for gone, ms. Default 15000:
   * three of its beats.
   */
  readonly silence?: number;
}

/** What is asked of a stream. */
export interface SubscribeOptions {
  /** What becomes of packets for which this side is too slow. Default `lossless`: the sender waits. */
  readonly policy?: DeliveryPolicy;
  /** Events that may wait at the sender; at most its own limit, which is the default. */
  readonly limit?: number;
  /** `sample`: one packet in so many is kept. */
  readonly every?: number;
  /** Events of the past that are wanted at first. Default 0. */
  readonly history?: number;
}

/** How a served stream is opened. */
export interface StreamOptions extends ConnectOptions, SubscribeOptions {
  /** Name of the stream. Default: the first one that the server offers. */
  readonly stream?: string;
}

/** The connection that a stream comes over. */
export interface StreamConnection {
  /** How often it was lost. */
  readonly absences: number;
  /** False while it is lost: another one is being made. */
  readonly isAttached: boolean;
}

/** A stream that another side serves; has the shape of a recording that can be read once. */
export interface ServedStream<P = EventPacket> {
  readonly url: string;
  readonly name: string;
  readonly kind: StreamKind;
  readonly info: StreamInfo;
  /**
   * What has come so far, counted as it arrives; `violations` counts the events that were told missing, by reason, and
   * at the end, as `leftOut`, those that the sender left out as outside the sensor.
   */
  readonly report: Report;
  readonly connection: StreamConnection;
  /**
   * The packets as the sender made them, cut into frames. Credit is given as they are taken, so a slow reader slows a
   * lossless sender down. May be called once.
   * @throws (while iterating, after everything good before the break) `ERR_CONNECTION` when the sender goes away,
   * `ERR_PROTOCOL` when it breaks the rules, and the code that the sender reports; (at the second call) `ERR_ARGUMENT`
   */
  events(): AsyncIterableIterator<P, undefined>;
  /** Wants no more. */
  close(): void;
}

/** A socket that is being opened. */
export interface Connection {
  readonly socket: SocketLike;
  /** Address for messages, without secrets. */
  readonly where: string;
  /** True where the socket calls back when bytes are written. */
  readonly tells: boolean;
}

interface Subscription {
  readonly name: string | null;
  readonly options: SubscribeOptions;
  readonly reception: Reception;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

/** Streams of both directions over one connection, which is made again when it is lost. */
export class StreamLink implements SinkCarrier {
  readonly #dial: (() => Connection) | null;
  readonly #reconnect: number;
  readonly #silence: number;
  readonly #options: ReceptionOptions;
  readonly #subscriptions: Set<Subscription> = new Set();
  readonly #deliveries: Set<Delivery> = new Set();
  readonly #closed: Promise<void>;
  #settle!: () => void;
  #link: Link;
  #where: string;
  #offers: readonly OfferedStream[] | null = null;
  #offered: ((offers: readonly OfferedStream[]) => void)[] = [];
  #error: RxSpikeError | null = null;
  #ended = false;
  /** When the connection was lost that is being made again, and the pause before the next try. */
  #since: number | null = null;
  #pause = FIRST_PAUSE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lingers = false;
  /** True while there is no connection, and none is being made. */
  #isDown = false;
  /** Streams of this side so far. */
  #streams = 0;

  /** @param dial makes a further connection; null where there is none to be made */
  constructor(first: Connection, dial: (() => Connection) | null, options: ConnectOptions) {
    this.#dial = dial;
    this.#reconnect = options.reconnect ?? 10_000;
    this.#silence = options.silence ?? SILENCE;
    this.#options = options;
    this.#where = first.where;
    this.#closed = new Promise((resolve) => (this.#settle = resolve));
    this.#link = this.#linked(first);
  }

  /** Resolves when the link is over. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Resolves at once where the link stays open, else when it is over. */
  get unused(): Promise<void> {
    return this.#lingers ? Promise.resolve() : this.#closed;
  }

  /** What ended it, where that was no wish of this side. */
  get error(): RxSpikeError | null {
    return this.#error;
  }

  /** Stays open also where no stream goes over it. */
  linger(): this {
    this.#lingers = true;
    return this;
  }

  /** What the server offers; rejects when there is no server, or it tells of none. */
  async offers(): Promise<readonly OfferedStream[]> {
    if (this.#offers) return this.#offers;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new RxSpikeError('ERR_CONNECTION', `${this.#where}: it does not say what it offers`)),
        this.#options.timeout ?? TIMEOUT,
      );
      this.#offered.push((offers) => {
        clearTimeout(timer);
        resolve(offers);
      });
      void this.#closed.then(() => {
        clearTimeout(timer);
        reject(this.#lost());
      });
    });
  }

  /** A stream of the other side; rejects as `openStream`, and with `ERR_ARGUMENT` where it is subscribed to already. */
  async subscribe<K extends StreamKind>(
    name: string | null,
    options: SubscribeOptions = {},
  ): Promise<ServedStream<KindPackets[K]>> {
    if ([...this.#subscriptions].some((one) => one.name === name)) {
      throw new RxSpikeError('ERR_ARGUMENT', `${name ?? 'the first stream'} is subscribed to already`);
    }
    const reception = new Reception(this.#where, this.#options, (done) => {
      this.#subscriptions.delete(subscription);
      this.#link.forget(done);
      this.closeUnused();
    });
    const subscription = { name, options, reception };
    this.#subscriptions.add(subscription);
    if (this.#ended) reception.fail(this.#lost());
    else if (this.#link.isOpen) this.#ask(subscription);
    else this.#link.await(name, reception);
    const hello = await reception.hello;
    let taken = false;
    return {
      url: this.#where,
      name: hello.name,
      kind: hello.kind,
      info: hello.info,
      report: reception.report,
      connection: reception,
      events: () => {
        if (taken) throw new RxSpikeError('ERR_ARGUMENT', 'a served stream can be read only once');
        taken = true;
        return reception as unknown as AsyncIterableIterator<KindPackets[K], undefined>;
      },
      close: () => void reception.return(),
    };
  }

  /** A sink for a stream of this side; the first packet tells what it is of. */
  publish<K extends StreamKind>(kind: K, options: SinkOptions = {}): WebSocketSink<KindPackets[K]> {
    return sinkOver<K>(this, kind, options, this.#streams++);
  }

  /** Gives a delivery to the other side, which says where it goes on. */
  give(delivery: Delivery): void {
    this.#deliveries.add(delivery);
    void delivery.done.then(() => {
      this.#deliveries.delete(delivery);
      this.#link.forget(delivery);
      this.closeUnused();
    });
    if (this.#ended) delivery.close('lost');
    else if (this.#link.isOpen) this.#link.deliver(delivery, 0, false);
  }

  /** Closes the connection; what is under way breaks off. */
  close(): void {
    this.#end(new RxSpikeError('ERR_CONNECTION', `${this.#where}: closed`));
    void this.#link.close(CLOSE.done, 'no longer wanted');
  }

  #linked(connection: Connection): Link {
    const { tells, where } = connection;
    const link: Link = new Link(
      connection.socket,
      {
        opened: () => this.#opened(link),
        offered: (offers) => this.#told(offers),
        used: () => this.#used(link),
        closed: (error) => this.#gone(link, error),
      },
      { tells, where, maxBytes: MAX_FRAME_BYTES, silence: this.#silence },
    );
    // After the constructor has set the field that the callback looks at.
    queueMicrotask(() => link.begin());
    return link;
  }

  #opened(link: Link): void {
    if (link !== this.#link) return;
    if (this.#subscriptions.size + this.#deliveries.size === 0) this.#used(link);
    for (const subscription of this.#subscriptions) this.#ask(subscription);
    for (const delivery of this.#deliveries) link.deliver(delivery, 0, false);
  }

  /** The connection is of use: that it stands says nothing where each one breaks before a stream goes over it. */
  #used(link: Link): void {
    if (link !== this.#link) return;
    this.#since = null;
    this.#pause = FIRST_PAUSE;
  }

  #ask({ name, options, reception }: Subscription): void {
    this.#link.await(name, reception);
    const { policy = 'lossless', limit = null, every = null, history = 0 } = options;
    // A socket that is given may be of a side that sends without being asked.
    if (!this.#dial) return;
    const resume = reception.place;
    void this.#link.wire.send({ type: 'subscribe', name, policy, limit, every, history, resume });
  }

  #told(offers: readonly OfferedStream[]): void {
    this.#offers = offers;
    for (const tell of this.#offered.splice(0)) tell(offers);
  }

  #gone(link: Link, error: RxSpikeError | null): void {
    if (link !== this.#link) return;
    this.#isDown = true;
    if (this.#ended) return this.#settle();
    const used = this.#subscriptions.size + this.#deliveries.size > 0 || this.#lingers;
    if (error === null && !used) this.#end(this.#lost());
    else if (!this.#again(error)) this.#end(error ?? this.#lost());
  }

  /** Tries to connect again, where that may help. */
  #again(error: RxSpikeError | null): boolean {
    if (!this.#dial || this.#reconnect <= 0 || (error && isFinal(error))) return false;
    // A stream that has not begun is asked for again, where it is not alone; one whose sender keeps no place is lost.
    const began = [...this.#subscriptions].filter(({ reception }) => reception.info !== null);
    for (const { reception } of began) if (reception.place === null) reception.lose(words(error ?? this.#lost()));
    const goesOn = began.some(({ reception }) => !reception.isDone) || this.#deliveries.size > 0 || this.#lingers;
    if (!goesOn || this.#ended) return false;
    const now = performance.now();
    // A connection that was never made is not made again.
    if (this.#since === null && !this.#link.hasOpened) return false;
    this.#since ??= now;
    if (now - this.#since > this.#reconnect) return false;
    this.#timer = setTimeout(() => {
      const dial = this.#dial as () => Connection;
      this.#isDown = false;
      this.#link = this.#linked(dial());
    }, this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    return true;
  }

  /** Closes the connection where no stream goes over it. */
  closeUnused(): void {
    if (this.#ended || this.#lingers || this.#subscriptions.size + this.#deliveries.size > 0) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    void this.#link.close(CLOSE.done, 'done');
    if (this.#isDown) this.#settle();
  }

  #end(error: RxSpikeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    clearTimeout(this.#timer);
    for (const { reception } of this.#subscriptions) {
      if (error.code === 'ERR_CONNECTION' && error.details['from'] === undefined)
        reception.lose(words(error), error.cause);
      else reception.fail(error);
    }
    for (const delivery of this.#deliveries) delivery.close('lost');
    if (this.#isDown) this.#settle();
  }

  #lost(): RxSpikeError {
    return this.#error ?? new RxSpikeError('ERR_CONNECTION', `${this.#where}: closed`);
  }
}

/** Whether a further connection would end in the same way: the other side has refused, or one side broke the rules. */
function isFinal({ code, details, message }: RxSpikeError): boolean {
  return code !== 'ERR_CONNECTION' || details['from'] !== undefined || /response: 4\d\d/.test(message);
}

/**
 * Takes the stream that the other end of `socket` sends; for sockets that a server of one's own has accepted.
 * @throws `ERR_ARGUMENT`, `ERR_CONNECTION`, `ERR_PROTOCOL`
 */
export function receiveStream(socket: SocketLike, options: ReceptionOptions = {}): Promise<ServedStream> {
  return new StreamLink({ socket, where: 'socket', tells: false }, null, options).subscribe<'events'>(null);
}

/** The packets of a served stream; each subscription is a connection of its own. */
export function observe<P>(open: () => Promise<ServedStream<P>>): Observable<P> {
  return new Observable((subscriber) => {
    let stream: ServedStream<P> | null = null;
    void (async () => {
      try {
        stream = await open();
        if (subscriber.closed) {
          stream.close();
          return;
        }
        for await (const packet of stream.events()) subscriber.next(packet);
        subscriber.complete();
      } catch (error) {
        subscriber.error(error);
      }
    })();
    return () => stream?.close();
  });
}

/** What may be shown of an address: a token may stand in its query, a password before its host. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '?…').replace(/\/\/[^/]*@/, '//…@');
}

/** The address to connect to and how to call it. @throws `ERR_ARGUMENT` when it is not a WebSocket address */
export function addressOf(url: string, token: string | undefined): { readonly url: string; readonly where: string } {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new RxSpikeError('ERR_ARGUMENT', `not an address: ${withoutSecrets(url)}`, { cause });
  }
  if (!['ws:', 'wss:'].includes(address.protocol)) {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `expected an address that begins with ws:// or wss://, got ${withoutSecrets(url)}`,
    );
  }
  address.hash = '';
  // Streams come when they are asked for.
  address.searchParams.set('auto', '0');
  if (token !== undefined) address.searchParams.set('token', token);
  return { url: address.href, where: `${address.protocol}//${address.host}${address.pathname}` };
}
