import {
  type DeliveryParams,
  type HistoryParams,
  RxSpikeError,
  type StreamInfo,
  hasRoom,
  historyState,
  newest,
  remember,
  since,
  skipFrames,
} from '../../src/index.js';
import { Delivery, type DeliveryOutcome, type StreamFace } from './delivery.js';
import type { StreamKind } from './frames.js';
import type { StreamPacket } from './packet-fields.js';
import { type StreamFrame, StreamWriter } from './stream-writer.js';

/** Packets of a stream, pulled. */
export interface FeedSource {
  readonly info: StreamInfo;
  packets(): AsyncIterable<StreamPacket>;
  /** Called where it was opened and is not read after all. */
  close?(): void;
}

/** How a feed runs. */
export interface FeedParams {
  readonly id: number;
  readonly name: string;
  readonly kind: StreamKind;
  /** Of this run: told apart from any other one. */
  readonly epoch: string;
  readonly eventsPerFrame: number;
  readonly history: HistoryParams;
  /** False: the source cannot wait, so a lossless receiver without room is cut off. */
  readonly waits: boolean;
  /** Ends the reading when nobody is there any more. */
  readonly stopsDeserted: boolean;
}

/** Where a receiver is to go on that has been here before. */
export interface Place {
  readonly next: number;
  /** Events that it has received or been told to be missing. */
  readonly events: number;
}

/** One run of a stream: reads its source, writes each frame once, and gives it to every receiver. */
export class Feed {
  readonly writer: StreamWriter;
  /** Settles at the end; rejects with the source's error. */
  readonly done: Promise<void>;
  readonly deliveries: Set<Delivery> = new Set();
  readonly #source: FeedSource;
  readonly #params: FeedParams;
  readonly #face: StreamFace;
  readonly #history = historyState<StreamFrame>();
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #reading: AsyncIterator<StreamPacket> | null = null;
  #deserted: () => void = () => {};
  #begun = false;
  #ended = false;
  #stopped: RxSpikeError | null = null;
  #outcomes: Promise<DeliveryOutcome>[] = [];
  #tell: (packets: number, events: number, outside: number) => void = () => {};

  constructor(source: FeedSource, params: FeedParams) {
    const { id, name, kind, epoch } = params;
    this.#source = source;
    this.#params = params;
    this.writer = new StreamWriter(kind, source.info, params.eventsPerFrame, id);
    this.#face = { id, hello: { name, kind, sends: [kind], info: source.info, epoch } };
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.done.catch(() => {});
  }

  get info(): StreamInfo {
    return this.#source.info;
  }

  get epoch(): string {
    return this.#params.epoch;
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  /**
   * A new receiver: from the next frame on, or from as much of the past as it wants, or from where it has been.
   * @throws `ERR_PROTOCOL` where it cannot have been there
   */
  subscribe(params: DeliveryParams, session: string | null, from: Place | { readonly past: number }): Delivery {
    const delivery = this.#placed(params, session, from);
    this.deliveries.add(delivery);
    void delivery.done.then(() => this.#left(delivery));
    if (this.#stopped) delivery.breakOff(this.#stopped);
    else if (this.#ended) delivery.finish(this.writer);
    return delivery;
  }

  #placed(params: DeliveryParams, session: string | null, from: Place | { readonly past: number }): Delivery {
    if ('past' in from) {
      const frames = newest(this.#history, from.past);
      const first = frames[0]?.seq ?? this.#history.total.packets;
      return this.#filled(new Delivery(this.#face, params, session, first), frames);
    }
    const past = since(this.#history, from.next, from.events);
    if (past === null) {
      throw new RxSpikeError('ERR_PROTOCOL', `resume: packet ${from.next} after ${from.events} events was never due`);
    }
    const delivery = new Delivery(this.#face, params, session, from.next);
    if (past.gap) skipFrames(delivery.state, past.gap);
    return this.#filled(delivery, past.frames);
  }

  /** What was kept for it fits in memory already, so it is not counted against the room. */
  #filled(delivery: Delivery, frames: readonly StreamFrame[]): Delivery {
    for (const frame of frames) {
      delivery.state.waiting.push(frame);
      delivery.state.held.packets++;
      delivery.state.held.events += frame.events;
      if (frame.lasting) delivery.state.lasting++;
      delivery.state.offered.packets++;
      delivery.state.offered.events += frame.events;
    }
    return delivery;
  }

  /** Calls back with what was written since the last time. */
  watch(tell: (packets: number, events: number, outside: number) => void): void {
    this.#tell = tell;
  }

  /** How it ended for each of those who were there when it began, once it has for all. */
  outcomes(): Promise<readonly DeliveryOutcome[]> {
    return Promise.all(this.#outcomes);
  }

  /** Begins to read; once. */
  start(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#outcomes = [...this.deliveries].map(({ done }) => done);
    void this.#pump();
  }

  /** Breaks off, also where nothing has begun. */
  stop(error: RxSpikeError): void {
    if (this.#stopped || this.#ended) return;
    this.#stopped = error;
    for (const delivery of this.deliveries) delivery.fail(error);
    this.#let();
    if (this.#begun) return;
    this.#source.close?.();
    this.#finish();
  }

  /** Reads no further: receivers get what waits for them, and are then told why. */
  cut(error: RxSpikeError): void {
    if (!this.#begun) return this.stop(error);
    if (this.#stopped || this.#ended) return;
    this.#stopped = error;
    for (const delivery of this.deliveries) delivery.breakOff(error);
    this.#let();
  }

  async #pump(): Promise<void> {
    try {
      const reading = this.#source.packets()[Symbol.asyncIterator]();
      this.#reading = reading;
      for (let packet = await this.#next(reading); packet !== null; packet = await this.#next(reading)) {
        const { packets, events, outside } = this.writer;
        for (const frame of this.writer.frames(packet)) {
          await this.#give(frame);
          if (this.#isDeserted()) break;
        }
        this.#tell(this.writer.packets - packets, this.writer.events - events, this.writer.outside - outside);
      }
      this.#let();
      this.#ended = true;
      for (const delivery of this.deliveries) delivery.finish(this.writer);
      this.#finish();
    } catch (error) {
      this.#let();
      this.#stopped = error instanceof RxSpikeError ? error : new RxSpikeError('ERR_CONNECTION', 'the source failed');
      for (const delivery of this.deliveries) delivery.breakOff(error);
      this.#fail(error);
    }
  }

  /** The next packet; null at the end, and as soon as nobody is there, also while the source keeps one waiting. */
  async #next(reading: AsyncIterator<StreamPacket>): Promise<StreamPacket | null> {
    if (this.#isDeserted()) return null;
    return new Promise((resolve, reject) => {
      this.#deserted = () => resolve(null);
      reading.next().then(({ done, value }) => resolve(done === true || this.#isDeserted() ? null : value), reject);
    });
  }

  async #give(frame: StreamFrame): Promise<void> {
    remember(this.#params.history, this.#history, frame);
    const { waits } = this.#params;
    const waiting: Promise<void>[] = [];
    for (const delivery of this.deliveries) {
      if (delivery.offer(frame)) {
        // Marks are not dropped, and must not add up either.
        const asLossless = { ...delivery.params, policy: 'lossless' } as const;
        if (frame.lasting && !hasRoom(asLossless, delivery.state, frame)) delivery.fail(overflow(delivery.params));
        continue;
      }
      if (waits) waiting.push(this.#offerLater(delivery, frame));
      else delivery.fail(overflow(delivery.params));
    }
    if (waiting.length > 0) await Promise.all(waiting);
  }

  /** A live stream waits for no receiver that is away: it comes back to what the history still has. */
  async #offerLater(delivery: Delivery, frame: StreamFrame): Promise<void> {
    do {
      if (!this.#params.stopsDeserted && !delivery.isAttached) delivery.close('lost');
      await delivery.room(frame);
    } while (!delivery.offer(frame));
  }

  #isDeserted(): boolean {
    return this.#stopped !== null || (this.#params.stopsDeserted && this.deliveries.size === 0);
  }

  #left(delivery: Delivery): void {
    this.deliveries.delete(delivery);
    if (this.#begun && this.#isDeserted()) this.#let();
  }

  /** Lets go of the source, also while it keeps one waiting. */
  #let(): void {
    this.#deserted();
    void this.#reading?.return?.()?.catch(() => {});
  }
}

function overflow({ packets, events }: DeliveryParams): RxSpikeError {
  return new RxSpikeError(
    'ERR_OVERFLOW',
    `the receiver is too slow: ${packets} packets or ${events} events wait for it, and the source cannot wait`,
  );
}
