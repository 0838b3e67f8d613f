import {
  type DeliveryParams,
  type DeliveryState,
  type FrameTally,
  RxSpikeError,
  acknowledgeFrames,
  deliveryState,
  grantFrames,
  hasRoom,
  isGap,
  offerFrame,
  rewindFrames,
  takeFrame,
} from '../../src/index.js';
import type { Carrier } from './carrier.js';
import type { Credit } from './check-frame.js';
import { type OutgoingFrame, VERSION } from './frames.js';
import type { StreamFrame } from './stream-writer.js';

/** Most that is kept for sending again, for a receiver that does not say what it has taken. */
const KEPT: FrameTally = { packets: 4096, events: 4_000_000 };
const NOTHING: FrameTally = { packets: 0, events: 0 };

/** What a delivery says of its stream. */
export interface StreamFace {
  /** Number of the stream on its connections. */
  readonly id: number;
  readonly hello: Readonly<Record<string, unknown>>;
}

/** How a delivery came to an end. */
export type DeliveryOutcome = 'complete' | 'lost' | 'failed';

/**
 * The sending side of one stream to one receiver: queues frames by its policy, sends them as credit allows, and, where
 * it has a session, goes on over another connection when one is lost.
 */
export class Delivery {
  readonly session: string | null;
  readonly params: DeliveryParams;
  readonly state: DeliveryState<StreamFrame>;
  /** Settles once, when nothing more is to be done for this receiver. */
  readonly done: Promise<DeliveryOutcome>;
  readonly #face: StreamFace;
  /** How often its connection was lost. */
  absences = 0;
  /** What was sent and went back to wait, because its connection was lost. */
  readonly resent: FrameTally = { packets: 0, events: 0 };
  #carrier: Carrier | null = null;
  /** Where the receiver will go on, while that is not known yet: it says so with its first credit. */
  #placing = false;
  /** The connection over which frames are being sent just now. */
  #driving: Carrier | null = null;
  #room: (() => void)[] = [];
  #end: OutgoingFrame | null = null;
  #endSent = false;
  #error: RxSpikeError | null = null;
  #settled = false;
  #settle!: (outcome: DeliveryOutcome) => void;

  /** @param session null: the delivery ends with its connection */
  constructor(face: StreamFace, params: DeliveryParams, session: string | null, first = 0) {
    this.#face = face;
    this.params = params;
    this.session = session;
    this.state = deliveryState(first);
    this.done = new Promise((resolve) => (this.#settle = resolve));
  }

  get id(): number {
    return this.#face.id;
  }

  get isAttached(): boolean {
    return this.#carrier !== null;
  }

  get isDone(): boolean {
    return this.#settled;
  }

  /** What the receiver refused it with. */
  get error(): RxSpikeError | null {
    return this.#error;
  }

  /** Whether it goes over this connection now: what others still bring is of the past. */
  isOn(carrier: Carrier): boolean {
    return this.#carrier === carrier;
  }

  /** True once the end frame is under way. */
  get isEnding(): boolean {
    return this.#endSent;
  }

  /**
   * Goes on over a connection, in place of the one before: says hello, and sends from `next` on once credit comes.
   * @param placed false where the receiver says with its first credit where it is to go on
   * @returns false where it cannot go on there
   */
  attach(carrier: Carrier, next: number, placed = true): boolean {
    if (placed && !this.#placeAt(next)) return false;
    const before = this.#carrier;
    this.#placing = !placed;
    this.#carrier = carrier;
    if (before !== carrier) before?.displace();
    this.#endSent = false;
    const { policy, events: limit } = this.params;
    void carrier.send({
      type: 'hello',
      version: VERSION,
      ...(this.id === 0 ? {} : { stream: this.id }),
      ...this.#face.hello,
      session: this.session,
      next: placed ? (this.state.waiting[0]?.seq ?? this.state.next) : null,
      policy,
      limit: Number.isFinite(limit) ? limit : null,
    });
    void this.#drive();
    return true;
  }

  /** The connection is gone. */
  detach(carrier: Carrier): void {
    if (this.#carrier !== carrier) return;
    this.#carrier = null;
    this.absences++;
    // Whoever waits for room looks whether to wait for a receiver that is away.
    this.#wake();
    if (this.session === null) this.close('lost');
  }

  /** The stream's next frame; false where a lossless delivery has no room for it. */
  offer(frame: StreamFrame): boolean {
    if (this.#settled) return true;
    if (!offerFrame(this.params, this.state, frame)) return false;
    void this.#drive();
    return true;
  }

  /** Resolves when there may be room for a frame. */
  room(frame: StreamFrame): Promise<void> {
    if (this.#settled || this.params.policy !== 'lossless' || hasRoom(this.params, this.state, frame)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Resolves when a frame that was offered is on its way, or the delivery is over. */
  async sent({ seq }: StreamFrame): Promise<void> {
    while (!this.#settled && (this.state.next <= seq || this.#placing)) {
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
  }

  /** Nothing follows what is waiting. */
  finish(end: { readonly outside: number }): void {
    if (this.#settled || this.#end) return;
    this.#end = { type: 'end', reason: 'complete', outside: end.outside };
    void this.#drive();
  }

  /** What is waiting is the last that there is: then tells the receiver why. */
  breakOff(error: unknown): void {
    if (this.#settled || this.#end) return;
    this.#end = errorFrame(this.id, error);
    void this.#drive();
  }

  /** Breaks off at once: tells the receiver why. */
  fail(error: unknown): void {
    if (this.#settled) return;
    const carrier = this.#carrier;
    this.close('failed');
    void carrier?.send(errorFrame(this.id, error));
  }

  /** The receiver does not take it. */
  refuse(error: RxSpikeError): void {
    this.#error ??= error;
    this.close('failed');
  }

  /** @returns false where the receiver wants to go on where it cannot have been */
  credit({ upTo, taken }: Credit): boolean {
    if (this.#placing) {
      if (!this.#placeAt(taken ?? 0)) return false;
      this.#placing = false;
    }
    grantFrames(this.state, upTo);
    if (taken !== null) acknowledgeFrames(this.state, taken);
    void this.#drive();
    return true;
  }

  /** The receiver wants no more; after the end that says that it has everything. */
  close(outcome: DeliveryOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#carrier = null;
    this.#wake();
    this.#settle(outcome);
  }

  #placeAt(next: number): boolean {
    const { packets, events } = this.state.sent;
    if (!rewindFrames(this.state, next)) return false;
    this.resent.packets += packets - this.state.sent.packets;
    this.resent.events += events - this.state.sent.events;
    return true;
  }

  async #drive(): Promise<void> {
    const carrier = this.#carrier;
    if (!carrier || this.#driving === carrier) return;
    this.#driving = carrier;
    // A connection that hangs must not keep the next one waiting: each has a loop of its own, until it is replaced.
    while (this.#carrier === carrier && !this.#placing) {
      const entry = takeFrame(this.state, this.session === null ? NOTHING : KEPT);
      if (entry === undefined) break;
      if (isGap(entry)) {
        const { seq, next, packets, events, reason } = entry;
        await carrier.send({ type: 'gap', ...this.#stream(), seq, next, packets, events, reason });
      } else await carrier.post(entry);
      this.#wake();
    }
    if (this.#driving === carrier) this.#driving = null;
    if (!this.#end || this.#endSent || this.#carrier !== carrier || this.#placing || this.state.waiting.length > 0)
      return;
    this.#endSent = true;
    if (this.#end.type === 'error') {
      await carrier.send(this.#end);
      this.close('failed');
      return;
    }
    const { sent, dropped } = this.state;
    const lost = Object.entries(dropped).map(([reason, { events }]) => [reason, events]);
    await carrier.send({ ...this.#end, ...this.#stream(), ...sent, dropped: Object.fromEntries(lost) });
  }

  #stream(): { readonly stream?: number } {
    return this.id === 0 ? {} : { stream: this.id };
  }

  #wake(): void {
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }
}

/** The frame that tells what went wrong; of errors that are not of this library it tells nothing. */
export function errorFrame(stream: number, error: unknown, name?: string): OutgoingFrame {
  const known = error instanceof RxSpikeError;
  const message = known ? error.message.slice(0, 1000) : 'the source failed';
  const code = known ? error.code : 'ERR_CONNECTION';
  return { type: 'error', ...(stream === 0 ? {} : { stream }), ...(name === undefined ? {} : { name }), code, message };
}
