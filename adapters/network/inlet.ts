import {
  type EventPacket,
  RxSpikeError,
  type StreamInfo,
  creditDue,
  creditWindow,
  followSequence,
  sequenceState,
} from '../../src/index.js';
import type { Report } from '../files/recording.js';
import { checkEnd, checkError, checkHello, checkPacket } from './check-frame.js';
import { MAX_FRAME_BYTES, type RawFrame, SUBPROTOCOL, encodeFrame, knownCode, violation } from './frames.js';
import { CLOSE } from './outlet.js';
import { type SocketLike, Wire, closeReason } from './wire.js';

const WINDOW = 16;
const TIMEOUT = 10_000;

/** Limits of the receiving side. */
export interface InletOptions {
  /** Packets that may be under way or waiting to be taken, ≥ 1: what bounds memory. Default 16. */
  readonly window?: number;
  /** How long the connection and the sender's hello may take, ms. Default 10000. */
  readonly timeout?: number;
}

/** Checked before anything is connected. @throws `ERR_ARGUMENT` */
export function requireInletOptions({ window = WINDOW, timeout = TIMEOUT }: InletOptions): void {
  creditWindow(window);
  // Timers take no more than 2^31 ms.
  if (timeout > 0 && timeout < 2 ** 31) return;
  throw new RxSpikeError('ERR_ARGUMENT', `timeout must be above 0 ms and below 2^31, got ${timeout}`);
}

/** The receiving end of a connection: checks every frame, and asks for more as packets are taken. */
export class Inlet implements AsyncIterableIterator<EventPacket, undefined> {
  /** What the sender says of its stream. Rejects with `ERR_CONNECTION` or `ERR_PROTOCOL` when there is none. */
  readonly info: Promise<StreamInfo>;
  readonly report: Report = { events: 0, on: 0, off: 0, t0: null, t1: null, violations: {}, side: {} };
  readonly #wire: Wire;
  readonly #where: string;
  readonly #credit: ReturnType<typeof creditWindow>;
  readonly #sequence = sequenceState();
  readonly #timer: ReturnType<typeof setTimeout>;
  #announce!: (info: StreamInfo) => void;
  #refuse!: (error: unknown) => void;
  #stream: StreamInfo | null = null;
  #until = -Infinity;
  #waiting: EventPacket[] = [];
  #asking: (() => void)[] = [];
  /** How the stream ended: null while it goes on, undefined when complete, else the error. */
  #outcome: RxSpikeError | undefined | null = null;

  constructor(socket: SocketLike, where: string, tells: boolean, options: InletOptions) {
    const { window = WINDOW, timeout = TIMEOUT } = options;
    this.#credit = creditWindow(window);
    this.#where = where;
    this.info = new Promise((resolve, reject) => {
      this.#announce = resolve;
      this.#refuse = reject;
    });
    this.info.catch(() => {});
    this.#timer = setTimeout(() => this.#fail('ERR_CONNECTION', `no hello within ${timeout} ms`), timeout);
    this.#wire = new Wire(
      socket,
      {
        opened: () => this.#opened(),
        frame: (frame) => this.#take(frame),
        refused: (error) => this.#break(error as RxSpikeError),
        closed: (code, reason, error) => {
          this.#fail(isBreach(error) ? 'ERR_PROTOCOL' : 'ERR_CONNECTION', closeReason(code, reason, error), error);
        },
      },
      { tells, maxBytes: MAX_FRAME_BYTES },
    );
    if (this.#wire.isOpen) this.#opened();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next packet; what came before a break is delivered before the break is thrown, once. */
  async next(): Promise<IteratorResult<EventPacket, undefined>> {
    while (this.#waiting.length === 0 && this.#outcome === null) {
      this.#grant();
      await new Promise<void>((resolve) => this.#asking.push(resolve));
    }
    const packet = this.#waiting.shift();
    if (packet) {
      this.#credit.consumed++;
      if (this.#outcome === null) this.#grant();
      return { done: false, value: packet };
    }
    const error = this.#outcome;
    this.#outcome = undefined;
    if (error) throw error;
    return { done: true, value: undefined };
  }

  /** Closes the connection; what is still waiting is not delivered. */
  return(): Promise<IteratorResult<EventPacket, undefined>> {
    this.#waiting = [];
    if (this.#outcome === null) this.#finish(undefined, CLOSE.done, 'no longer wanted');
    else this.#outcome = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  #opened(): void {
    const { protocol } = this.#wire;
    if (protocol !== SUBPROTOCOL) this.#break(violation(`the other side speaks "${protocol}"`));
  }

  #grant(): void {
    const upTo = creditDue(this.#credit);
    if (upTo !== null) void this.#wire.send(encodeFrame({ type: 'credit', upTo }));
  }

  #take(frame: RawFrame): void {
    if (this.#outcome !== null || (frame.stream !== undefined && frame.stream !== 0)) return;
    if (frame.type === 'error') {
      const { code, message } = checkError(frame);
      this.#finish(
        new RxSpikeError(knownCode(code), message, { details: { from: this.#where, code } }),
        CLOSE.done,
        '',
      );
    } else if (frame.type === 'hello') {
      if (this.#stream) throw violation('a second hello');
      clearTimeout(this.#timer);
      this.#stream = checkHello(frame);
      this.#announce(this.#stream);
    } else if (frame.type === 'packet') this.#packet(frame);
    else if (frame.type === 'end') {
      if (!this.#stream) throw violation('end before hello');
      const { outside } = checkEnd(frame, this.#sequence.next, this.report.events);
      if (outside > 0) this.report.violations.leftOut = outside;
      this.#finish(undefined, CLOSE.done, 'end');
    }
  }

  #packet(frame: RawFrame): void {
    if (!this.#stream) throw violation('packet before hello');
    const due = this.#sequence.next;
    if (followSequence(this.#sequence, frame.seq) !== 0) {
      throw violation(`packet ${String(frame.seq)} came, ${due} was due`);
    }
    if (due >= this.#credit.upTo) throw violation(`packet ${due} came without credit`);
    const { report } = this;
    const { packet, on, stepsBack } = checkPacket(frame, { info: this.#stream, until: this.#until, last: report.t1 });
    this.#until = packet.until;
    report.events += packet.length;
    report.on += on;
    report.off += packet.length - on;
    if (packet.length > 0) {
      report.t0 ??= packet.t[0];
      report.t1 = packet.t[packet.length - 1];
    }
    if (stepsBack > 0) report.violations.timeStepBack = (report.violations.timeStepBack ?? 0) + stepsBack;
    this.#waiting.push(packet);
    this.#wakeReaders();
  }

  #fail(code: 'ERR_CONNECTION' | 'ERR_PROTOCOL', what: string, cause?: unknown): void {
    const before = this.#stream ? 'the stream broke off' : 'no stream';
    const message = `${this.#where}: ${before}: ${what}`;
    this.#break(new RxSpikeError(code, message, { details: { url: this.#where }, cause }));
  }

  #break(error: RxSpikeError): void {
    this.#finish(error, error.code === 'ERR_PROTOCOL' ? CLOSE.protocol : CLOSE.failed, error.code);
  }

  #finish(outcome: RxSpikeError | undefined, code: number, reason: string): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    clearTimeout(this.#timer);
    this.#refuse(outcome ?? new RxSpikeError('ERR_CONNECTION', `${this.#where}: closed before the stream began`));
    this.#wire.close(code, reason);
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const resolve of asking) resolve();
  }
}

/** Whether a socket's error says that the other side breaks the rules of WebSocket or lacks the subprotocol. */
function isBreach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && String(error.code).startsWith('WS_ERR_')) || /subprotocol/.test(error.message);
}
