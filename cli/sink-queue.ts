import {
  type DeliveryParams,
  type DeliveryState,
  type EventPacket,
  type NumberedFrame,
  acknowledgeFrames,
  deliveryState,
  grantFrames,
  isGap,
  offerFrame,
  silence,
  takeFrame,
} from '../src/index.js';
import type { PipeSink } from './pipe-sink.js';

/** What went to a sink: in = out + dropped, whenever nothing is waiting. */
export interface SinkCounts {
  /** Events offered. */
  readonly in: number;
  /** Events handed on. */
  readonly out: number;
  /** Events that were not, by reason: of the policy, of the sink, or `failed`, `interrupted`. */
  readonly dropped: Readonly<Record<string, number>>;
}

interface Waiting extends NumberedFrame {
  readonly packet: EventPacket;
}

/** A sink with a bounded queue before it: what becomes of packets for which it is too slow is the policy's business. */
export class SinkQueue {
  readonly sink: PipeSink;
  readonly params: DeliveryParams;
  /** What the sink failed with; null while it has not. */
  failure: { readonly error: unknown } | null = null;
  readonly #state: DeliveryState<Waiting> = deliveryState();
  readonly #pumped: Promise<void>;
  #seq = 0;
  #out = 0;
  /** Events that were offered and not handed on, for reasons other than the policy. */
  readonly #lost: Record<string, number> = {};
  #over = false;
  /** Set where nothing more is handed on. */
  #dropAs: string | null = null;
  #wakeSink: () => void = () => {};
  #wakeSource: () => void = () => {};

  /** @param failed called once, when the sink fails */
  constructor(sink: PipeSink, params: DeliveryParams, failed: () => void) {
    this.sink = sink;
    this.params = params;
    grantFrames(this.#state, Infinity);
    this.#pumped = this.#pump().catch((error: unknown) => {
      // One that was abandoned could not but fail.
      if (this.#isClosed()) return;
      this.failure = { error };
      this.#drop('failed');
      failed();
    });
  }

  get counts(): SinkCounts {
    const leftOut = this.sink.leftOut();
    const byPolicy = Object.entries(this.#state.dropped).map(([reason, { events }]) => [reason, events] as const);
    const dropped = { ...Object.fromEntries(byPolicy), ...this.#lost };
    let out = this.#out;
    for (const [reason, events] of Object.entries(leftOut)) {
      // A sink that failed had no time to say of which packet these were.
      const n = Math.min(events, out);
      if (n > 0) dropped[reason] = (dropped[reason] ?? 0) + n;
      out -= n;
    }
    return { in: this.#state.offered.events, out, dropped };
  }

  /** Events that wait for the sink. */
  get waiting(): number {
    return this.#state.held.events;
  }

  /** Takes a packet, which it keeps; waits where the policy is `lossless` and there is no room. One at a time. */
  async offer(packet: EventPacket): Promise<void> {
    // A mark is never dropped, so it travels by itself where events may be.
    if (packet.mark !== null && packet.length > 0 && this.params.policy !== 'lossless') {
      await this.#offer({ ...packet, mark: null });
      await this.#offer(silence(packet.stream, packet.until, packet.mark));
    } else await this.#offer(packet);
  }

  async #offer(packet: EventPacket): Promise<void> {
    const frame = {
      seq: this.#seq++,
      events: packet.length,
      lasting: packet.length === 0 && packet.mark !== null,
      packet,
    };
    while (!this.#isClosed() && !offerFrame(this.params, this.#state, frame)) {
      await new Promise<void>((resolve) => (this.#wakeSource = resolve));
    }
    if (this.#isClosed()) this.#book(frame);
    else this.#wakeSink();
  }

  /** Nothing follows: resolves when the sink has it all, or has failed. */
  async end(): Promise<void> {
    this.#over = true;
    this.#wakeSink();
    await this.#pumped;
    await this.#finish(() => this.sink.end());
  }

  /** The source broke: the sink gets what waits, and is told. */
  async fail(error: unknown): Promise<void> {
    this.#over = true;
    this.#wakeSink();
    await this.#pumped;
    await this.#finish(() => this.sink.fail(error));
  }

  /** Hands on no more: what waits is dropped for `reason`. */
  abandon(reason: string): void {
    if (this.#dropAs === null) this.#drop(reason);
  }

  async #finish(how: () => Promise<void>): Promise<void> {
    try {
      if (this.failure === null) await how();
      else await this.sink.fail(this.failure.error);
    } catch (error) {
      if (!this.#isClosed()) this.failure ??= { error };
    }
  }

  #isClosed(): boolean {
    return this.#dropAs !== null;
  }

  #drop(reason: string): void {
    this.#dropAs = reason;
    for (let entry = takeFrame(this.#state); entry !== undefined; entry = takeFrame(this.#state)) {
      if (!isGap(entry)) this.#miss(entry);
    }
    this.#wakeSink();
    this.#wakeSource();
  }

  #miss({ events }: Waiting): void {
    if (events > 0) this.#lost[this.#dropAs ?? 'failed'] = (this.#lost[this.#dropAs ?? 'failed'] ?? 0) + events;
  }

  /** Counts a packet that came too late. */
  #book(frame: Waiting): void {
    this.#state.offered.packets++;
    this.#state.offered.events += frame.events;
    this.#miss(frame);
  }

  async #pump(): Promise<void> {
    while (!this.#isClosed()) {
      const entry = takeFrame(this.#state);
      if (entry === undefined) {
        if (this.#over) return;
        await new Promise<void>((resolve) => (this.#wakeSink = resolve));
        continue;
      }
      acknowledgeFrames(this.#state, this.#state.next);
      this.#wakeSource();
      if (isGap(entry)) continue;
      try {
        await this.sink.write(entry.packet);
        this.#out += entry.events;
      } catch (error) {
        this.#miss(entry);
        throw error;
      }
    }
  }
}
