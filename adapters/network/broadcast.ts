import { type EventPacket, RxSpikeError, type StreamInfo } from '../../src/index.js';
import { FrameWriter } from './frame-writer.js';
import type { Outlet } from './outlet.js';

/** What a server has done. */
export interface ServeCounts {
  /** Receivers that were given a stream. */
  clients: number;
  /** Those of them that got it to the end, and those that went away before. */
  completed: number;
  lost: number;
  /** Packet frames and events that were written, once for each reading of the source. */
  packets: number;
  events: number;
  /** Events left out because they lie outside the sensor. */
  outside: number;
  /** Events that the queue behind an Observable source has dropped. */
  dropped: number;
}

interface Source {
  readonly info: StreamInfo;
  close?(): void;
}

/** How connections come by their packets. */
export interface ServeMode {
  /** Whether a further receiver may join. */
  readonly admits: boolean;
  /** Settles when nothing more is to be done. */
  readonly done: Promise<void>;
  join(outlet: Outlet): void;
  /** Breaks off. */
  stop(): void;
}

const stopped = (): RxSpikeError => new RxSpikeError('ERR_CONNECTION', 'the server was stopped');

/** Each receiver gets a reading of its own, from the beginning; done when stopped. */
export class Solo<S extends Source> implements ServeMode {
  readonly admits = true;
  readonly done: Promise<void>;
  #finish!: () => void;
  #unused: S | null;
  readonly #source: () => S | Promise<S>;
  readonly #pull: (source: S) => AsyncIterable<EventPacket>;
  readonly #counts: ServeCounts;
  readonly #perFrame: number;
  readonly #running: Set<Broadcast<S>> = new Set();

  constructor(
    first: S,
    source: () => S | Promise<S>,
    pull: (source: S) => AsyncIterable<EventPacket>,
    counts: ServeCounts,
    perFrame: number,
  ) {
    this.#unused = first;
    this.#source = source;
    this.#pull = pull;
    this.#counts = counts;
    this.#perFrame = perFrame;
    this.done = new Promise((resolve) => (this.#finish = resolve));
  }

  join(outlet: Outlet): void {
    void this.#serve(outlet).catch((error: unknown) => outlet.fail(error));
  }

  stop(): void {
    for (const one of this.#running) one.stop();
    this.#unused?.close?.();
    this.#unused = null;
    this.#finish();
  }

  async #serve(outlet: Outlet): Promise<void> {
    const source = this.#unused ?? (await this.#source());
    this.#unused = null;
    const one = new Broadcast(source, this.#pull, this.#counts, this.#perFrame, 1);
    this.#running.add(one);
    one.join(outlet);
    // What went wrong was told to the receiver; the next one may fare better.
    await one.done.catch(() => {});
    this.#running.delete(one);
  }
}

/** One reading for a number of receivers that are there from its start: the slowest sets the pace. */
export class Broadcast<S extends Source> implements ServeMode {
  readonly done: Promise<void>;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  readonly #source: S;
  readonly #pull: (source: S) => AsyncIterable<EventPacket>;
  readonly #counts: ServeCounts;
  readonly #writer: FrameWriter;
  readonly #wanted: number;
  readonly #outlets: Set<Outlet> = new Set();
  #reading: AsyncIterator<EventPacket> | null = null;
  #deserted: () => void = () => {};
  #begun = false;
  #stopped = false;
  #lost = 0;

  constructor(
    source: S,
    pull: (source: S) => AsyncIterable<EventPacket>,
    counts: ServeCounts,
    perFrame: number,
    clients: number,
  ) {
    this.#source = source;
    this.#pull = pull;
    this.#counts = counts;
    this.#writer = new FrameWriter(source.info, perFrame);
    this.#wanted = clients;
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.done.catch(() => {});
  }

  get admits(): boolean {
    return !this.#begun && !this.#stopped;
  }

  join(outlet: Outlet): void {
    this.#outlets.add(outlet);
    void outlet.post(this.#writer.hello());
    void outlet.closed.then((inOrder) => this.#left(outlet, inOrder));
    if (this.#outlets.size < this.#wanted) return;
    this.#begun = true;
    this.#counts.clients += this.#wanted;
    void this.#serve();
  }

  stop(): void {
    this.#stopped = true;
    for (const outlet of this.#outlets) outlet.fail(stopped());
    this.#let();
    if (this.#begun) return;
    this.#source.close?.();
    this.#finish();
  }

  async #serve(): Promise<void> {
    const outlets = [...this.#outlets];
    try {
      const reading = this.#pull(this.#source)[Symbol.asyncIterator]();
      this.#reading = reading;
      for (let packet = await this.#next(reading); packet !== null; packet = await this.#next(reading)) {
        for (const frame of this.#frames(packet)) {
          await Promise.all([...this.#outlets].map((outlet) => outlet.send(frame).catch(() => {})));
        }
      }
      this.#let();
      const end = this.#writer.end();
      await Promise.all([...this.#outlets].map((outlet) => outlet.end(end)));
      await Promise.all(outlets.map((outlet) => outlet.closed));
      if (this.#stopped || this.#lost < this.#wanted) this.#finish();
      else this.#fail(new RxSpikeError('ERR_CONNECTION', 'every receiver left before the end of the stream'));
    } catch (error) {
      this.#let();
      for (const outlet of this.#outlets) outlet.fail(error);
      await Promise.all(outlets.map((outlet) => outlet.closed));
      this.#fail(error);
    }
  }

  /** The next packet; null at the end, and as soon as nobody is there, also while the source keeps one waiting. */
  async #next(reading: AsyncIterator<EventPacket>): Promise<EventPacket | null> {
    if (this.#nobody()) return null;
    return new Promise((resolve, reject) => {
      this.#deserted = () => resolve(null);
      reading.next().then(({ done, value }) => resolve(done === true || this.#nobody() ? null : value), reject);
    });
  }

  *#frames(packet: EventPacket): Generator<Uint8Array> {
    const { packets, events, outside } = this.#writer;
    try {
      for (const { bytes } of this.#writer.frames(packet)) yield bytes;
    } finally {
      this.#counts.packets += this.#writer.packets - packets;
      this.#counts.events += this.#writer.events - events;
      this.#counts.outside += this.#writer.outside - outside;
    }
  }

  #nobody(): boolean {
    return this.#stopped || this.#outlets.size === 0;
  }

  #left(outlet: Outlet, inOrder: boolean): void {
    this.#outlets.delete(outlet);
    if (!this.#begun) return;
    if (inOrder) this.#counts.completed++;
    else {
      this.#lost++;
      this.#counts.lost++;
    }
    if (this.#outlets.size === 0) this.#let();
  }

  /** Lets go of the source, also while it keeps one waiting. */
  #let(): void {
    this.#deserted();
    void this.#reading?.return?.()?.catch(() => {});
  }
}
