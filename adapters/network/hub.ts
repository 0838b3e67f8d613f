import { type DeliveryParams, RxSpikeError, requireDeliveryParams } from '../../src/index.js';
import { Absences } from './absences.js';
import type { Wish } from './check-frame.js';
import { checkHello } from './check-frame.js';
import type { Delivery } from './delivery.js';
import { Feed, type FeedSource } from './feed.js';
import type { OfferedStream, RawFrame } from './frames.js';
import type { HubLimits, HubStream, PublishedStream, ServeCounts } from './hub-stream.js';
import type { Link } from './link.js';
import { randomId } from './random-id.js';
import { type ReceiverFacts, receiverFacts } from './receiver-facts.js';
import { Reception, type Resumption } from './reception.js';
import { ReceptionBook, StreamBook, type StreamTotals } from './stream-totals.js';

/** Packets that may wait for a receiver that no source waits for: bounded by their events. */
const PUSHED_PACKETS = 4096;

/** Gives streams to connections, and takes streams from them; knows nothing of sockets. */
export class Hub {
  readonly counts: ServeCounts = { clients: 0, completed: 0, lost: 0, packets: 0, events: 0, outside: 0, dropped: 0 };
  /** Settles when a stream for a number of receivers is over; never else but by `stop`. */
  readonly done: Promise<void>;
  readonly streams: readonly HubStream[];
  readonly feeds: Set<Feed> = new Set();
  readonly #limits: HubLimits;
  readonly #accept: ((stream: PublishedStream) => void) | null;
  readonly #shared: Map<HubStream, Feed> = new Map();
  readonly #unused: Set<HubStream>;
  /** Places of receivers by session; of those without a connection until the grace is over. */
  readonly #places: Map<string, { readonly delivery: Delivery; readonly stream: HubStream }> = new Map();
  readonly #published: Map<string, Reception> = new Map();
  /** Those that have ended, for the time of the grace. */
  readonly #taken: Map<string, Reception> = new Map();
  readonly #timers: Set<ReturnType<typeof setTimeout>> = new Set();
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #stopped = false;
  #draining = false;
  /** Receivers whose stream goes on. */
  readonly #receivers: Map<Delivery, { readonly stream: HubStream; readonly from: string }> = new Map();
  readonly #absences: Absences;
  /** Streams whose reading is being opened, by the connection that asked. */
  readonly #giving: Map<Link, Set<HubStream>> = new Map();
  readonly #books: Map<HubStream, StreamBook>;
  readonly #received: ReceptionBook = new ReceptionBook();

  /** @param accept takes a stream that a connection sends, or throws what it is refused with; null: none is taken */
  constructor(streams: readonly HubStream[], limits: HubLimits, accept: ((stream: PublishedStream) => void) | null) {
    this.streams = streams;
    this.#limits = limits;
    this.#accept = accept;
    this.#unused = new Set(streams);
    this.#absences = new Absences(limits.grace, limits.keptPlaces);
    this.#books = new Map(streams.map((stream) => [stream, new StreamBook(stream.name, stream.kind)]));
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.done.catch(() => {});
    for (const stream of streams) if (stream.sharing !== 'each') this.#share(stream);
  }

  /** What can be subscribed to. */
  get offers(): readonly OfferedStream[] {
    return this.streams.map(({ name, kind, first }) => ({ name, kind, info: first.info }));
  }

  get isDraining(): boolean {
    return this.#draining || this.#stopped;
  }

  /** What each stream has come to. */
  get totals(): readonly StreamTotals[] {
    return [...this.#books.values()].map(({ totals }) => totals);
  }

  /** What streams of clients have come to. */
  get received(): {
    readonly open: number;
    readonly streams: number;
    readonly events: number;
    readonly missing: number;
  } {
    return { open: this.#received.open, ...this.#received.totals };
  }

  /** Those who lost their connection and are waited for. */
  get keptPlaces(): number {
    return this.#absences.size;
  }

  /** Whether a stream is being opened for a connection. */
  isGiving(link: Link): boolean {
    return this.#giving.has(link);
  }

  /** Whether a receiver that comes for the first time still gets the first stream. */
  get admits(): boolean {
    const [stream] = this.streams;
    if (this.#stopped || this.#draining || stream === undefined) return false;
    return typeof stream.sharing !== 'object' || this.#shared.get(stream)?.hasBegun !== true;
  }

  /** Gives the first stream to a connection that has not asked. */
  greet(link: Link): void {
    if (this.#draining) link.refuse(0, stopped());
    else void this.#give(this.streams[0], link, this.#params(this.streams[0], null), null);
  }

  /** @throws `ERR_PROTOCOL`, `ERR_ARGUMENT`, `ERR_CONNECTION` */
  subscribe(wish: Wish, link: Link): void {
    const stream = wish.name === null ? this.streams[0] : this.streams.find(({ name }) => name === wish.name);
    try {
      if (this.#stopped) throw stopped();
      if (!stream) throw new RxSpikeError('ERR_ARGUMENT', `there is no stream ${String(wish.name)}`);
      if (link.has(this.#id(stream))) throw new RxSpikeError('ERR_ARGUMENT', `${stream.name} is subscribed to already`);
      if (this.#giving.get(link)?.has(stream)) throw new RxSpikeError('ERR_ARGUMENT', `${stream.name} is asked for already`); // prettier-ignore
      if (this.#goOn(wish, stream, link)) return;
      if (this.#draining) throw stopped();
      void this.#give(stream, link, this.#params(stream, wish), wish);
    } catch (error) {
      link.refuse(stream ? this.#id(stream) : 0, error, wish.name ?? stream?.name);
    }
  }

  /** @throws `ERR_ARGUMENT` where no stream is taken, and what `accept` throws */
  publish(frame: RawFrame, link: Link): Reception {
    const { epoch, name, kind, info } = checkHello(frame);
    const known = epoch === null ? undefined : (this.#published.get(epoch) ?? this.#taken.get(epoch));
    if (known) return known;
    if (!this.#accept || this.#stopped || this.#draining)
      throw new RxSpikeError('ERR_ARGUMENT', 'no stream is taken here');
    const own = link.streams.filter((one) => one instanceof Reception && !one.isDone);
    const { published, publishedInAll } = this.#limits;
    if (own.length >= published) throw tooMany(`${published} of one connection`);
    if (this.#received.open >= publishedInAll) throw tooMany(`${publishedInAll} in all`);
    const reception = new Reception(link.where, this.#limits.reception, (stream) => {
      link.forget(stream);
      if (epoch === null || !this.#published.delete(epoch)) return;
      // Its sender comes back where it has not heard that everything arrived: that must not look like a new stream.
      this.#taken.set(epoch, stream);
      this.#later(() => this.#taken.delete(epoch));
    });
    if (epoch !== null) this.#published.set(epoch, reception);
    this.#received.add(reception);
    try {
      this.#accept({ name, kind, info, reception });
    } catch (error) {
      if (epoch !== null) this.#published.delete(epoch);
      reception.lose('it is not taken');
      throw error;
    }
    return reception;
  }

  /** A connection is gone: what went over it waits for another one, for a time. */
  leave(link: Link): void {
    for (const one of link.streams) this.#absences.add(one);
  }

  /** Runs when the grace is over; does not keep a process from ending. */
  #later(run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, this.#limits.grace);
    this.#timers.add(timer);
    (timer as { unref?(): void }).unref?.();
  }

  /** Those whose stream goes on. */
  get receivers(): readonly ReceiverFacts[] {
    return [...this.#receivers].map(([delivery, { stream, from }]) => receiverFacts(delivery, stream.name, from, null));
  }

  /**
   * Takes no new receiver or sender, reads live streams no further, and lets everything else that is under way go on to
   * its end; resolves when it has.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const [stream, feed] of this.#shared) if (stream.sharing === 'live' || !feed.hasBegun) feed.cut(stopped());
    while (!this.#stopped && this.#receivers.size + this.#published.size > 0) {
      const receptions = [...this.#published.values()].map(({ over }) => over);
      await Promise.all([...[...this.#receivers.keys()].map(({ done }) => done), ...receptions]);
    }
  }

  /** Breaks off. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const feed of this.feeds) feed.stop(stopped());
    for (const stream of this.#unused) stream.first.close?.();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#absences.stop();
    for (const reception of this.#published.values()) reception.fail(stopped());
    this.#finish();
  }

  #id(stream: HubStream): number {
    return this.streams.indexOf(stream);
  }

  #params(stream: HubStream, wish: Wish | null): DeliveryParams {
    const { delivery } = this.#limits;
    const packets = stream.waits ? delivery.packets : Math.max(delivery.packets, PUSHED_PACKETS);
    if (wish === null) return { ...delivery, packets };
    const params = {
      policy: wish.policy as DeliveryParams['policy'],
      packets: wish.policy === 'lossless' ? packets : Math.max(packets, PUSHED_PACKETS),
      events: Math.min(wish.limit ?? Infinity, delivery.events),
      every: wish.every ?? delivery.every,
    };
    requireDeliveryParams(params, 'subscribe');
    return params;
  }

  /** Goes on with a place that was kept. */
  #goOn({ resume }: Wish, stream: HubStream, link: Link): boolean {
    const place = resume?.session === null || resume === null ? undefined : this.#places.get(resume.session);
    if (!place || place.stream !== stream || place.delivery.isDone || resume === null) return false;
    if (link.deliver(place.delivery, resume.next)) {
      this.#books.get(stream)?.returned();
      return true;
    }
    throw new RxSpikeError('ERR_PROTOCOL', `resume: packet ${resume.next} cannot be sent again`);
  }

  async #give(stream: HubStream, link: Link, params: DeliveryParams, wish: Wish | null): Promise<void> {
    let feed: Feed | undefined;
    const done = this.#begin(stream, link);
    try {
      feed = await this.#feedFor(stream, wish);
      const resume = resumption(stream, feed, wish);
      // Asked for again while the reading was being opened.
      if (link.has(this.#id(stream))) throw new RxSpikeError('ERR_ARGUMENT', `${stream.name} is subscribed to already`);
      const session = wish === null ? null : randomId();
      const delivery = feed.subscribe(params, session, resume ?? { past: wish?.history ?? 0 });
      if (resume) this.#books.get(stream)?.returned();
      this.#keep(delivery, stream, link);
      if (!link.isOpen || !link.deliver(delivery, delivery.state.next)) {
        delivery.close('lost');
        if (stream.sharing === 'each') feed.stop(stopped());
        return;
      }
      this.#join(stream, feed);
    } catch (error) {
      // A reading of its own that nobody will read.
      if (stream.sharing === 'each') feed?.stop(stopped());
      link.refuse(this.#id(stream), error, stream.name);
    } finally {
      done();
    }
  }

  async #feedFor(stream: HubStream, wish: Wish | null): Promise<Feed> {
    const each = stream.sharing === 'each';
    // A reading of its own begins anew: there is no place in it.
    if (each && wish?.resume) throw begunAnew();
    const feed = each ? await this.#feed(stream) : this.#shared.get(stream);
    if (!feed) throw stopped();
    return feed;
  }

  /** A stream is being opened for a connection, until the function that it returns is called. */
  #begin(stream: HubStream, link: Link): () => void {
    const streams = this.#giving.get(link) ?? new Set();
    this.#giving.set(link, streams.add(stream));
    return () => {
      streams.delete(stream);
      if (streams.size === 0) this.#giving.delete(link);
    };
  }

  #keep(delivery: Delivery, stream: HubStream, link: Link): void {
    const { session } = delivery;
    if (session !== null) this.#places.set(session, { delivery, stream });
    this.#receivers.set(delivery, { stream, from: link.where });
    this.#books.get(stream)?.add(delivery);
    void delivery.done.then((outcome) => {
      this.#receivers.delete(delivery);
      this.#limits.onReceiver?.(receiverFacts(delivery, stream.name, link.where, outcome));
      if (session !== null) this.#places.delete(session);
      link.forget(delivery);
      if (stream.sharing === 'each' || this.#shared.get(stream)?.hasBegun === true) {
        if (outcome === 'complete') this.counts.completed++;
        else this.counts.lost++;
      }
    });
  }

  /** Begins a stream that has waited for this receiver. */
  #join(stream: HubStream, feed: Feed): void {
    if (typeof stream.sharing === 'object') {
      if (feed.hasBegun || feed.deliveries.size < stream.sharing.clients) return;
      this.counts.clients += feed.deliveries.size;
      feed.start();
    } else {
      this.counts.clients++;
      if (stream.sharing === 'each') feed.start();
    }
  }

  /** A reading of its own for one receiver. */
  async #feed(stream: HubStream): Promise<Feed> {
    const source = this.#unused.delete(stream) ? stream.first : await stream.again();
    if (this.#stopped) {
      source.close?.();
      throw stopped();
    }
    return this.#made(stream, source, true);
  }

  #share(stream: HubStream): void {
    this.#unused.delete(stream);
    const feed = this.#made(stream, stream.first, stream.sharing !== 'live');
    this.#shared.set(stream, feed);
    if (stream.sharing === 'live') feed.start();
    else void this.#watch(feed);
  }

  #made(stream: HubStream, source: FeedSource, stopsDeserted: boolean): Feed {
    const { eventsPerFrame, history } = this.#limits;
    const feed = new Feed(source, {
      id: this.#id(stream),
      name: stream.name,
      kind: stream.kind,
      epoch: randomId(),
      eventsPerFrame,
      history: stream.sharing === 'live' ? history : { packets: 0, events: 0 },
      waits: stream.waits,
      stopsDeserted,
    });
    this.feeds.add(feed);
    feed.watch((packets, events, outside) => {
      this.counts.packets += packets;
      this.counts.events += events;
      this.counts.outside += outside;
      this.#books.get(stream)?.read(packets, events, outside);
    });
    void feed.done.catch(() => {}).finally(() => stream.sharing === 'each' && this.feeds.delete(feed));
    return feed;
  }

  /** The hub is done when a stream for a number of receivers is, and each of them has it or is gone. */
  async #watch(feed: Feed): Promise<void> {
    try {
      await feed.done;
      const outcomes = await feed.outcomes();
      if (this.#stopped || outcomes.length === 0 || outcomes.includes('complete')) this.#finish();
      else this.#fail(new RxSpikeError('ERR_CONNECTION', 'every receiver left before the end of the stream'));
    } catch (error) {
      await feed.outcomes();
      this.#fail(error);
    }
  }
}

/** Where a receiver goes on in a run of a stream. @throws `ERR_CONNECTION` where that cannot be, or it comes too late */
function resumption({ sharing }: HubStream, feed: Feed, wish: Wish | null): Resumption | null {
  const resume = wish?.resume ?? null;
  if (resume && resume.epoch !== feed.epoch) {
    throw begunAnew();
  }
  if (typeof sharing === 'object' && feed.hasBegun && !resume) {
    throw new RxSpikeError('ERR_CONNECTION', 'the stream has begun');
  }
  return resume;
}

const begunAnew = (): RxSpikeError =>
  new RxSpikeError('ERR_CONNECTION', 'resume: the place was not kept, and the stream has begun anew');

const tooMany = (what: string): RxSpikeError =>
  new RxSpikeError('ERR_LIMIT', `too many streams are sent: ${what} may be`);

const stopped = (): RxSpikeError => new RxSpikeError('ERR_CONNECTION', 'the server was stopped');
