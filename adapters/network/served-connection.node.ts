import { RxSpikeError } from '../../src/index.js';
import { Budget } from './budget.js';
import { checkHello } from './check-frame.js';
import type { Accepted } from './http-endpoint.node.js';
import type { Hub } from './hub.js';
import type { Journal } from './journal.js';
import { type ServeLimits, PING_COST } from './limits.js';
import { CLOSE, Link } from './link.js';
import type { SocketLike } from './wire.js';

/** How long a client that has met a limit has to read why, ms. */
const LAST_WORDS = 1000;

/** What connections have in common. */
export interface ConnectionSurroundings {
  readonly hub: Hub;
  readonly journal: Journal;
  readonly limits: ServeLimits;
  /** Largest frame that this client may send, bytes. */
  readonly maxBytes: number;
  readonly closed: (connection: ServedConnection) => void;
}

/** Whether a client subscribes to what it wants; else it is given the first stream. */
export const asks = (url: URL): boolean => url.searchParams.get('auto') === '0';

/** One client: its link, and what it may use up. */
export class ServedConnection {
  readonly link: Link;
  readonly #accepted: Accepted;
  readonly #around: ConnectionSurroundings;
  readonly #messages: Budget;
  readonly #subscriptions: Budget;
  /** Since when no stream goes over it; null: one does. */
  #idleSince: number | null = performance.now();
  #wasUsed = false;
  #isOver = false;

  constructor(accepted: Accepted, around: ConnectionSurroundings) {
    this.#accepted = accepted;
    this.#around = around;
    const { hub, journal, limits, maxBytes } = around;
    const { socket, id, url, scope, address } = accepted;
    const now = performance.now();
    this.#messages = new Budget(limits.messagesPerSecond, limits.messagesPerSecond, now);
    this.#subscriptions = new Budget(limits.subscriptionsPerSecond, 10 * limits.subscriptionsPerSecond, now);
    socket.on('message', () => this.#spend(1));
    socket.on('ping', () => this.#spend(PING_COST));
    socket.on('pong', () => this.#spend(PING_COST));
    socket.on('close', (code: number, reason: Buffer) => {
      journal.close(id, code, oneLine(reason.toString()), performance.now() - now);
    });
    this.link = new Link(
      socket as unknown as SocketLike,
      {
        subscribe: (wish, of) => {
          if (!this.#subscriptions.spend(1, performance.now())) return this.#over('subscriptions');
          if (of.streams.length >= limits.streams) return this.#over('streams');
          journal.subscribe(id, wish.name, wish.policy, wish.resume !== null);
          hub.subscribe(wish, of);
        },
        publish: (frame, _, of) => {
          if (scope !== 'publish') throw new RxSpikeError('ERR_ARGUMENT', 'this token does not allow to send streams');
          if (!this.#subscriptions.spend(1, performance.now())) {
            this.#over('subscriptions');
            throw new RxSpikeError('ERR_LIMIT', 'too many streams are begun');
          }
          const { name, kind } = checkHello(frame);
          const reception = hub.publish(frame, of);
          journal.publish(id, name, kind);
          return reception;
        },
        used: () => {
          this.#idleSince = null;
          this.#wasUsed = true;
        },
        closed: (_, of) => {
          around.closed(this);
          hub.leave(of);
        },
      },
      { tells: true, where: address, maxBytes, ceiling: limits.bufferedBytes },
    );
    this.link.begin();
    if (asks(url)) {
      void this.link.wire.send({ type: 'offer', streams: hub.offers });
      // From the first one on, silence tells it that the connection is gone.
      this.link.beat(Date.now());
    } else hub.greet(this.link);
  }

  /** Closes it where no stream has gone over it for too long. */
  sweep(now: number): void {
    const { hub, limits, journal } = this.#around;
    if (this.link.isBusy || hub.isGiving(this.link)) {
      this.#idleSince = null;
      this.#wasUsed = true;
      return;
    }
    this.#idleSince ??= now;
    const longest = this.#wasUsed ? limits.idleTimeout : limits.subscribeTimeout;
    if (now - this.#idleSince < longest || !this.link.isOpen) return;
    journal.limit(this.#accepted.id, this.#wasUsed ? 'idleTimeout' : 'subscribeTimeout');
    void this.link.close(CLOSE.limit, `no stream for ${longest / 1000} s`);
  }

  #spend(cost: number): void {
    if (!this.#messages.spend(cost, performance.now())) this.#over('messages');
  }

  #over(what: 'messages' | 'subscriptions' | 'streams'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { journal, limits } = this.#around;
    const { socket, id } = this.#accepted;
    journal.limit(id, what);
    const limit = what === 'streams' ? `${limits.streams} at a time` : `${limits[`${what}PerSecond`]} per second`;
    this.link.break(new RxSpikeError('ERR_LIMIT', `too many ${what}: ${limit} are allowed`));
    // What it goes on to send is not even read.
    socket.pause();
    setTimeout(() => socket.terminate(), LAST_WORDS).unref();
  }
}

const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');
