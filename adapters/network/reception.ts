import { type CreditWindow, RxSpikeError, type StreamInfo, creditDue, creditWindow } from '../../src/index.js';
import type { Report } from '../files/recording.js';
import type { Carrier } from './carrier.js';
import { type Hello, checkEnd, checkError, checkGap, checkHello } from './check-frame.js';
import { checkPacket } from './check-packet.js';
import type { EventTally } from './event-tally.js';
import { type RawFrame, knownCode, violation } from './frames.js';
import type { StreamPacket } from './packet-fields.js';

const WINDOW = 16;

/** Words under which a sender may say that something is missing. */
const REASONS = 32;
export const TIMEOUT = 10_000;

/** Limits of the receiving side. */
export interface ReceptionOptions {
  /** Packets that may be under way or waiting to be taken, ≥ 1: what bounds memory. Default 16. */
  readonly window?: number;
  /** How long the connection and the sender's hello may take, ms. Default 10000. */
  readonly timeout?: number;
}

/** Checked before anything is connected. @throws `ERR_ARGUMENT` */
export function requireReceptionOptions({ window = WINDOW, timeout = TIMEOUT }: ReceptionOptions): void {
  creditWindow(window);
  // Timers take no more than 2^31 ms.
  if (timeout > 0 && timeout < 2 ** 31) return;
  throw new RxSpikeError('ERR_ARGUMENT', `timeout must be above 0 ms and below 2^31, got ${timeout}`);
}

/** Where a receiver goes on after its connection was lost. */
export interface Resumption {
  readonly epoch: string;
  readonly session: string | null;
  readonly next: number;
  readonly events: number;
}

interface Waiting {
  /** Null: a gap. */
  readonly packet: StreamPacket | null;
  /** Number that is due after it. */
  readonly after: number;
}

/** The receiving side of one stream: checks every frame, asks for more as packets are taken, outlives connections. */
export class Reception implements AsyncIterableIterator<StreamPacket, undefined> {
  /** What the sender says of its stream. Rejects with `ERR_CONNECTION` or `ERR_PROTOCOL` when there is none. */
  readonly hello: Promise<Hello>;
  /** Resolves when the stream has ended, whichever way, or is no longer wanted. */
  readonly over: Promise<void>;
  /** Counted as it arrives; `violations` holds what was told missing, by reason, and what a sender left out. */
  readonly report: Report = { events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} };
  /** How often its connection was lost. */
  absences = 0;
  readonly #where: string;
  readonly #onDone: (stream: Reception) => void;
  readonly #window: number;
  readonly #timer: ReturnType<typeof setTimeout>;
  #credit: CreditWindow;
  #announce!: (hello: Hello) => void;
  #refuse!: (error: unknown) => void;
  #settle!: () => void;
  #hello: Hello | null = null;
  #carrier: Carrier | null = null;
  #stream = 0;
  /** Numbers that are due to come, and to be handed on. */
  #due = 0;
  #taken = 0;
  #packets = 0;
  #missing = 0;
  /** What of these, and of the events, came in earlier sessions: a sender that has lost the place counts anew. */
  #earlier = { packets: 0, events: 0, missing: 0 };
  #until = -Infinity;
  readonly #tally: EventTally = { on: 0, back: 0, last: -Infinity };
  #untilStep = 0;
  #waiting: Waiting[] = [];
  #asking: (() => void)[] = [];
  /** How the stream ended: null while it goes on, undefined when complete, else the error. */
  #outcome: RxSpikeError | undefined | null = null;
  /** True once the end has come. */
  #isComplete = false;

  /** @param onDone called once, when the stream has ended or is no longer wanted */
  constructor(where: string, options: ReceptionOptions, onDone: (stream: Reception) => void) {
    const { window = WINDOW, timeout = TIMEOUT } = options;
    this.#window = window;
    this.#credit = creditWindow(window);
    this.#where = where;
    this.#onDone = onDone;
    this.hello = new Promise((resolve, reject) => {
      this.#announce = resolve;
      this.#refuse = reject;
    });
    this.hello.catch(() => {});
    this.over = new Promise((resolve) => (this.#settle = resolve));
    this.#timer = setTimeout(() => this.lose(`no hello within ${timeout} ms`), timeout);
  }

  get info(): StreamInfo | null {
    return this.#hello?.info ?? null;
  }

  get isAttached(): boolean {
    return this.#carrier !== null;
  }

  get isDone(): boolean {
    return this.#outcome !== null;
  }

  /** Where to go on; null before the stream has begun, or where its sender keeps no place. */
  get place(): Resumption | null {
    const { epoch = null, session = null } = this.#hello ?? {};
    if (epoch === null) return null;
    return { epoch, session, next: this.#due, events: this.report.events + this.#missing };
  }

  /** Whether its sender keeps the place of this receiver where the connection is lost, so that it may come back. */
  get isKept(): boolean {
    return (this.#hello?.epoch ?? null) !== null && (this.#hello?.session ?? null) !== null;
  }

  /** Goes on over this connection, in place of the one before, from the sender's hello on. */
  attach(carrier: Carrier): void {
    const before = this.#carrier;
    this.#carrier = carrier;
    if (before !== carrier) before?.displace();
  }

  /** The connection is gone; another one may come. */
  detach(carrier: Carrier): void {
    if (this.#carrier !== carrier) return;
    this.#carrier = null;
    this.absences++;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next packet; what came before a break is delivered before the break is thrown, once. */
  async next(): Promise<IteratorResult<StreamPacket, undefined>> {
    for (;;) {
      const first = this.#waiting.shift();
      if (first) {
        this.#taken = first.after;
        if (this.#outcome === null) this.#grant();
        if (first.packet) return { done: false, value: first.packet };
      } else if (this.#outcome === null) {
        this.#grant();
        await new Promise<void>((resolve) => this.#asking.push(resolve));
      } else break;
    }
    const error = this.#outcome;
    this.#outcome = undefined;
    if (error) throw error;
    return { done: true, value: undefined };
  }

  /** Wants no more; what is still waiting is not delivered. */
  return(): Promise<IteratorResult<StreamPacket, undefined>> {
    this.#waiting = [];
    if (this.#outcome === null) this.#finish(undefined);
    else this.#outcome = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends with a lost connection. */
  lose(what: string, cause?: unknown): void {
    const before = this.#hello ? 'the stream broke off' : 'no stream';
    const message = `${this.#where}: ${before}: ${what}`;
    this.fail(new RxSpikeError('ERR_CONNECTION', message, { details: { url: this.#where }, cause }));
  }

  /** Ends with an error. */
  fail(error: RxSpikeError): void {
    this.#finish(error);
  }

  /** Takes a frame of this stream that came over `carrier`. @throws `ERR_PROTOCOL` */
  take(frame: RawFrame, stream: number, carrier: Carrier): void {
    // What a connection that was replaced still brings will come again over the other one.
    if (carrier !== this.#carrier) return;
    if (this.#outcome !== null) {
      this.#answer(frame, stream);
      return;
    }
    if (frame.type === 'error') {
      const { code, message } = checkError(frame);
      this.fail(new RxSpikeError(knownCode(code), message, { details: { from: this.#where, code } }));
    } else if (frame.type === 'hello') this.#begin(checkHello(frame), stream);
    else if (frame.type === 'packet') this.#packet(frame);
    else if (frame.type === 'gap') this.#gap(frame);
    else if (frame.type === 'end') this.#end(frame);
  }

  #begin(hello: Hello, stream: number): void {
    const before = this.#hello;
    if (before && (before.epoch === null || hello.epoch !== before.epoch)) {
      throw violation(
        before.epoch === null ? 'a second hello' : 'the stream has begun anew: it cannot be gone on with',
      );
    }
    clearTimeout(this.#timer);
    this.#hello = hello;
    this.#stream = stream;
    if (!before) {
      this.#due = hello.next ?? 0;
      this.#taken = this.#due;
      this.#until = -Infinity;
      this.#announce(hello);
    } else if (hello.next !== null && hello.next !== this.#due)
      throw violation(`it goes on at ${hello.next}, ${this.#due} was due`);
    else if (hello.session === null || hello.session !== before.session) {
      this.#earlier = { packets: this.#packets, events: this.report.events, missing: this.#missing };
    }
    // Credit is counted anew on each connection.
    this.#credit = creditWindow(this.#window);
    if (before || this.#asking.length > 0) this.#grant();
  }

  /** The sender has not heard that the stream is over: where it was complete, it says the end again. */
  #answer({ type }: RawFrame, stream: number): void {
    const about = stream === 0 ? {} : { stream };
    if (type === 'hello' && this.#isComplete) {
      void this.#carrier?.send({ type: 'credit', ...about, upTo: this.#due, taken: this.#due });
    } else if (type === 'hello' || type === 'end') void this.#carrier?.send({ type: 'unsubscribe', ...about });
  }

  #grant(): void {
    if (!this.#hello) return;
    this.#credit.consumed = this.#taken;
    const upTo = creditDue(this.#credit);
    const stream = this.#stream === 0 ? {} : { stream: this.#stream };
    // What waits here outlives the connection, so its sender need not keep it.
    if (upTo !== null) void this.#carrier?.send({ type: 'credit', ...stream, upTo, taken: this.#due });
  }

  #packet(frame: RawFrame): void {
    const hello = this.#hello;
    if (!hello) throw violation('packet before hello');
    if (frame.seq !== this.#due) throw violation(`packet ${String(frame.seq)} came, ${this.#due} was due`);
    if (this.#due >= this.#credit.upTo) throw violation(`packet ${this.#due} came without credit`);
    const { kind, info } = hello;
    const packet = checkPacket(frame, {
      kind,
      info,
      until: this.#until,
      untilStep: this.#untilStep,
      tally: this.#tally,
    });
    this.#until = packet.until;
    if ('untilStep' in packet) this.#untilStep = packet.untilStep;
    this.#due++;
    this.#packets++;
    this.#count(packet);
    this.#waiting.push({ packet, after: this.#due });
    this.#wakeReaders();
  }

  #gap(frame: RawFrame): void {
    if (!this.#hello) throw violation('gap before hello');
    const { next, events, reason } = checkGap(frame, this.#due);
    this.#due = next;
    this.#missing += events;
    const { violations } = this.report;
    if (!(reason in violations) && Object.keys(violations).length >= REASONS) throw violation('gap: too many reasons');
    violations[reason] = (violations[reason] ?? 0) + events;
    // Gaps need no credit, so they must not add up here.
    if (this.#waiting.at(-1)?.packet === null) this.#waiting.pop();
    this.#waiting.push({ packet: null, after: next });
    this.#wakeReaders();
  }

  #end(frame: RawFrame): void {
    if (!this.#hello) throw violation('end before hello');
    const { events } = this.report;
    const { outside } = checkEnd(frame, {
      packets: this.#packets - this.#earlier.packets,
      events: events - this.#earlier.events,
      missing: this.#missing - this.#earlier.missing,
    });
    if (outside > 0) this.report.violations.leftOut = outside;
    this.#isComplete = true;
    this.#finish(undefined);
  }

  #count(packet: StreamPacket): void {
    const { report } = this;
    report.events += packet.length;
    if (!('p' in packet) || packet.length === 0) return;
    const { on, back, last } = this.#tally;
    report.on = on;
    report.off = report.events - on;
    report.t0 ??= packet.t[0];
    report.t1 = last;
    if (back > 0) report.violations.timeStepBack = back;
  }

  #finish(outcome: RxSpikeError | undefined): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    clearTimeout(this.#timer);
    this.#refuse(outcome ?? new RxSpikeError('ERR_CONNECTION', `${this.#where}: closed before the stream began`));
    const stream = this.#stream === 0 ? {} : { stream: this.#stream };
    // Also after the end: it says that everything has arrived.
    if (this.#hello && !outcome) void this.#carrier?.send({ type: 'unsubscribe', ...stream });
    this.#wakeReaders();
    this.#settle();
    this.#onDone(this);
  }

  #wakeReaders(): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const resolve of asking) resolve();
  }
}
