import type { Packet } from '../events/packet.js';
import {
  type QueueParams,
  type QueueState,
  type Tally,
  offerPacket,
  queueState,
  requireQueueParams,
  takePacket,
} from './packet-queue.js';

/** What went through a bounded queue: taken in = handed out + dropped + held, in packets, events and marks. */
export interface QueueCounts {
  readonly taken: Readonly<Tally>;
  readonly handedOut: Readonly<Tally>;
  readonly dropped: Readonly<Tally>;
  readonly held: Readonly<Tally>;
}

/** A bounded queue between a producer that offers packets and a consumer that pulls them. */
export class PacketChannel<P extends Packet> implements AsyncIterableIterator<P, undefined> {
  readonly #params: QueueParams;
  readonly #state: QueueState<P> = queueState();
  #outcome: { readonly error?: unknown } | null = null;
  #returned = false;
  #readers: (() => void)[] = [];
  #writers: (() => void)[] = [];

  /** @throws `ERR_ARGUMENT` */
  constructor(params: QueueParams) {
    requireQueueParams(params, 'queue');
    this.#params = params;
  }

  get counts(): QueueCounts {
    const { taken, handedOut, dropped, held } = this.#state;
    return { taken: { ...taken }, handedOut: { ...handedOut }, dropped: { ...dropped }, held: { ...held } };
  }

  /** True when the consumer has turned away. */
  get returned(): boolean {
    return this.#returned;
  }

  /**
   * Offers a packet; false when the policy is `block` and there is no room ({@link room} tells when to try again).
   * @throws `ERR_OVERFLOW` when the policy is `error` and there is no room
   */
  offer(packet: P): boolean {
    const accepted = offerPacket(this.#params, this.#state, packet);
    if (accepted) this.#readers = wake(this.#readers);
    return accepted;
  }

  /** Resolves when the consumer has taken a packet or turned away. */
  room(): Promise<void> {
    return this.#returned ? Promise.resolve() : new Promise((resolve) => this.#writers.push(resolve));
  }

  /** No packet will follow: the consumer is done once it has taken what is held. */
  complete(): void {
    this.#outcome ??= {};
    this.#readers = wake(this.#readers);
  }

  /** As {@link complete}, with an error at the end. */
  fail(error: unknown): void {
    this.#outcome ??= { error };
    this.#readers = wake(this.#readers);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<P, undefined>> {
    while (!this.#returned) {
      const packet = takePacket(this.#state);
      if (packet) {
        this.#writers = wake(this.#writers);
        return { done: false, value: packet };
      }
      if (this.#outcome) {
        const { error } = this.#outcome;
        this.#outcome = {};
        if (error !== undefined) throw error;
        break;
      }
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
    return { done: true, value: undefined };
  }

  /** Turns away; packets that are still held stay in the counts as held. */
  return(): Promise<IteratorResult<P, undefined>> {
    this.#returned = true;
    this.#readers = wake(this.#readers);
    this.#writers = wake(this.#writers);
    return Promise.resolve({ done: true, value: undefined });
  }
}

function wake(waiting: readonly (() => void)[]): (() => void)[] {
  for (const resolve of waiting) resolve();
  return [];
}
