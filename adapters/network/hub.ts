import {
  type DeliveryParams,
  type HistoryParams,
  RxSpikeError,
  isGap,
  requireDeliveryParams,
} from '../../src/index.js';
import type { Wish } from './check-frame.js';
import { checkHello } from './check-frame.js';
import type { Delivery, DeliveryOutcome } from './delivery.js';
import { Feed, type FeedSource } from './feed.js';
import type { OfferedStream, RawFrame, StreamKind } from './frames.js';
import type { Link } from './link.js';
import { randomId } from './random-id.js';
import { Reception, type ReceptionOptions, type Resumption } from './reception.js';

/** What a server has done. */
export interface ServeCounts {
  /** Receivers that were given a stream. */
  clients: number;
  /** Those of them that got it to the end, and those that went away before. */
  completed: number;
  lost: number;
  /** Packet frames and events that were written, once for each reading of a source. */
  packets: number;
  events: number;
  /** Events left out because they lie outside the sensor. */
  outside: number;
  /** Events that the queue behind an Observable source has dropped. */
  dropped: number;
}

/** What a receiver of a stream has got so far. */
export interface ReceiverFacts {
  /** Name of the stream. */
  readonly stream: string;
  /** Address that it is at. */
  readonly from: string;
  readonly policy: DeliveryParams['policy'];
  /** Packet frames and events sent. */
  readonly packets: number;
  readonly events: number;
  /** Events that it was told are missing, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events that wait to be sent, and those sent of which it has not said that it has them. */
  readonly inFlight: number;
  /** How often its connection was lost. */
  readonly absences: number;
  /** Null while it goes on. */
  readonly outcome: DeliveryOutcome | null;
}

/**
 * How a stream is given to its receivers: to `each` from its beginning; once to all, when so many (`clients`) are there;
 * or `live`: from the start on, to whoever is there.
 */
export type Sharing = 'each' | 'live' | { readonly clients: number };

/** A stream that a hub gives. */
export interface HubStream {
  readonly name: string;
  readonly kind: StreamKind;
  readonly sharing: Sharing;
  /** The first reading; opened before the hub is there, so that its facts can be told. */
  readonly first: FeedSource;
  /** Opens a further reading. */
  readonly again: () => Promise<FeedSource>;
  /** False: the source cannot wait for its receivers. */
  readonly waits: boolean;
}

/** Limits of a hub. */
export interface HubLimits {
  readonly eventsPerFrame: number;
  /** How a receiver's queue is bounded; its `policy` is the default one. A receiver may ask for less events. */
  readonly delivery: DeliveryParams;
  /** Kept of live streams for those who come late or come back. */
  readonly history: HistoryParams;
  /** How long a receiver's place is kept after its connection is lost, ms. */
  readonly grace: number;
  readonly reception: ReceptionOptions;
  /** Called when a receiver has its stream, or is gone. */
  readonly onReceiver?: ((receiver: ReceiverFacts) => void) | undefined;
}

/** A stream that the other side sends. */
export interface PublishedStream extends OfferedStream {
  readonly reception: Reception;
}

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
  readonly #timers: Set<ReturnType<typeof setTimeout>> = new Set();
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #stopped = false;
  #draining = false;
  /** Receivers whose stream goes on. */
  readonly #receivers: Map<Delivery, { readonly stream: HubStream; readonly from: string }> = new Map();

  /** @param accept takes a stream that a connection sends, or throws what it is refused with; null: none is taken */
  constructor(streams: readonly HubStream[], limits: HubLimits, accept: ((stream: PublishedStream) => void) | null) {
    this.streams = streams;
    this.#limits = limits;
    this.#accept = accept;
    this.#unused = new Set(streams);
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
      if (this.#goOn(wish, stream, link)) return;
      if (this.#draining) throw stopped();
      void this.#give(stream, link, this.#params(stream, wish), wish);
    } catch (error) {
      link.refuse(stream ? this.#id(stream) : 0, error, wish.name ?? undefined);
    }
  }

  /** @throws `ERR_ARGUMENT` where no stream is taken, and what `accept` throws */
  publish(frame: RawFrame, link: Link): Reception {
    const { epoch, name, kind, info } = checkHello(frame);
    const known = epoch === null ? undefined : this.#published.get(epoch);
    if (known) return known;
    if (!this.#accept || this.#stopped || this.#draining)
      throw new RxSpikeError('ERR_ARGUMENT', 'no stream is taken here');
    const reception = new Reception(link.where, this.#limits.reception, (stream) => {
      link.forget(stream);
      if (epoch !== null) this.#published.delete(epoch);
    });
    this.#accept({ name, kind, info, reception });
    if (epoch !== null) this.#published.set(epoch, reception);
    return reception;
  }

  /** A connection is gone: what went over it waits for another one, for a time. */
  leave(): void {
    const absent = [...[...this.#places.values()].map(({ delivery }) => delivery), ...this.#published.values()].filter(
      ({ isAttached }) => !isAttached,
    );
    const before = new Map(absent.map((one) => [one, one.absences]));
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const [one, absences] of before) {
        if (one.isAttached || one.absences !== absences) continue;
        if (one instanceof Reception) one.lose('the sender has gone');
        else one.close('lost');
      }
    }, this.#limits.grace);
    this.#timers.add(timer);
  }

  /** Those whose stream goes on. */
  get receivers(): readonly ReceiverFacts[] {
    return [...this.#receivers].map(([delivery, { stream, from }]) => receiverFacts(delivery, stream, from, null));
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
    if (link.deliver(place.delivery, resume.next)) return true;
    throw new RxSpikeError('ERR_PROTOCOL', `resume: packet ${resume.next} cannot be sent again`);
  }

  async #give(stream: HubStream, link: Link, params: DeliveryParams, wish: Wish | null): Promise<void> {
    try {
      const feed = stream.sharing === 'each' ? await this.#feed(stream) : this.#shared.get(stream);
      if (!feed) throw stopped();
      const resume = resumption(stream, feed, wish);
      const session = wish === null ? null : randomId();
      const delivery = feed.subscribe(params, session, resume ?? { past: wish?.history ?? 0 });
      this.#keep(delivery, stream, link);
      if (!link.isOpen || !link.deliver(delivery, delivery.state.next)) {
        delivery.close('lost');
        return;
      }
      this.#join(stream, feed);
    } catch (error) {
      link.refuse(this.#id(stream), error, stream.name);
    }
  }

  #keep(delivery: Delivery, stream: HubStream, link: Link): void {
    const { session } = delivery;
    if (session !== null) this.#places.set(session, { delivery, stream });
    this.#receivers.set(delivery, { stream, from: link.where });
    void delivery.done.then((outcome) => {
      this.#receivers.delete(delivery);
      this.#limits.onReceiver?.(receiverFacts(delivery, stream, link.where, outcome));
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
    throw new RxSpikeError('ERR_CONNECTION', 'resume: the place was not kept, and the stream has begun anew');
  }
  if (typeof sharing === 'object' && feed.hasBegun && !resume) {
    throw new RxSpikeError('ERR_CONNECTION', 'the stream has begun');
  }
  return resume;
}

function receiverFacts(
  { params, state, absences }: Delivery,
  { name }: HubStream,
  from: string,
  outcome: DeliveryOutcome | null,
): ReceiverFacts {
  const dropped = Object.entries(state.dropped).map(([reason, { events }]) => [reason, events] as const);
  const unacknowledged = outcome === 'complete' ? [] : state.unacknowledged;
  const inFlight = unacknowledged.reduce((sum, entry) => sum + (isGap(entry) ? 0 : entry.events), state.held.events);
  return {
    stream: name,
    from,
    policy: params.policy,
    ...state.sent,
    dropped: Object.fromEntries(dropped),
    inFlight,
    absences,
    outcome,
  };
}

const stopped = (): RxSpikeError => new RxSpikeError('ERR_CONNECTION', 'the server was stopped');
