import { type SchedulerLike, type Subscription } from 'rxjs';
import { type EventPacket, type Pace, changePace, dueTime, stretchEnd } from '../src/index.js';
import type { Playlist } from './playlist.js';
import type { ReplayControl, Replayed } from './replay-control.js';

/** Timers take no more than this, ms; a longer wait is made of several. */
const LONGEST = 2 ** 31 - 1;

/** Work of this length (ms) without a wait is followed by a pause for timers, sockets and signals. */
const BREATH = 10;

/**
 * Hands out the packets of a playlist when they are due: cut into stretches of at most `slice` µs of the clock, each at
 * its `until`, so that no event comes early and a mark comes on time. Pulls the next packet when the one before it is handed out.
 * An async iterator in its own right, because `return()` must end a wait that may last for ever (a pause).
 */
export class Paced implements AsyncIterableIterator<EventPacket, undefined>, Replayed {
  lag: number | null = null;
  position: number | null = null;
  readonly #open: () => Promise<Playlist>;
  readonly #clock: SchedulerLike;
  readonly #control: ReplayControl;
  readonly #pace: Pace;
  readonly #packets: AsyncGenerator<EventPacket, undefined>;
  #playlist: Playlist | null = null;
  #running = false;
  #closed = false;
  #delivered = 0;
  #breath = 0;
  #wake: (() => void) | null = null;

  constructor(open: () => Promise<Playlist>, clock: SchedulerLike, control: ReplayControl, slice: number) {
    this.#open = open;
    this.#clock = clock;
    this.#control = control;
    this.#pace = { speed: control.speed, slice, wall: 0, event: 0, paused: control.paused };
    this.#packets = this.#play();
    control.attach(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<EventPacket, undefined>> {
    return this.#packets.next();
  }

  return(): Promise<IteratorResult<EventPacket, undefined>> {
    this.stop();
    return this.#packets.return(undefined);
  }

  stop(): void {
    this.#closed = true;
    this.#control.detach(this);
    this.#playlist?.close();
    this.#wake?.();
  }

  changed(): void {
    const { speed, paused } = this.#control;
    // Before the start there is no time line yet: #play begins with what the control says then.
    if (this.#running) changePace(this.#pace, this.#clock.now(), this.#delivered, speed, paused);
    this.#wake?.();
  }

  wallTime(t: number): number | null {
    const due = dueTime(this.#pace, t);
    return this.#running && Number.isFinite(due) ? due : null;
  }

  async *#play(): AsyncGenerator<EventPacket, undefined> {
    try {
      if (this.#closed) return;
      const playlist = await this.#open();
      this.#playlist = playlist;
      if (this.#closed) playlist.close();
      this.#start(playlist.info.origin);
      for await (const packet of playlist.packets()) {
        if (this.#closed) return;
        yield* this.#deliver(packet);
        if (this.#closed) return;
      }
    } finally {
      this.#control.detach(this);
    }
  }

  #start(origin: number): void {
    const now = this.#clock.now();
    const { speed, paused } = this.#control;
    Object.assign(this.#pace, { speed, paused, wall: now, event: origin });
    this.#delivered = origin;
    this.#breath = now;
    this.#running = true;
  }

  async *#deliver(packet: EventPacket): AsyncGenerator<EventPacket> {
    if (packet.length === 0 && packet.mark === null && packet.until <= this.#delivered) return;
    for (let from = 0; !this.#closed;) {
      const end = stretchEnd(this.#pace, this.#delivered);
      const to = end === Infinity ? packet.length : before(end, packet, from);
      const last = to === packet.length && !(packet.until > end);
      const until = last ? packet.until : end;
      if (!(await this.#isDue(dueTime(this.#pace, until)))) continue;
      if (until > this.#delivered) this.#delivered = until;
      this.position = this.#delivered;
      yield piece(packet, from, to, until, last);
      if (last) return;
      from = to;
    }
  }

  /** True when `due` (ms) has come; else waits until then, or until something has changed, and answers false. */
  async #isDue(due: number): Promise<boolean> {
    const now = this.#clock.now();
    if (now < due) {
      await this.#wait(due - now);
      this.#breath = this.#clock.now();
      return false;
    }
    if (now - this.#breath >= BREATH) {
      await this.#wait(0);
      this.#breath = this.#clock.now();
      return false;
    }
    this.lag = due === -Infinity ? null : now - due;
    this.#control.note(this.lag);
    return true;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Subscription | undefined;
      this.#wake = () => {
        this.#wake = null;
        timer?.unsubscribe();
        resolve();
      };
      // Timers count whole milliseconds and cut the rest off, which would be early.
      if (ms !== Infinity) timer = this.#clock.schedule(() => this.#wake?.(), Math.min(Math.ceil(ms), LONGEST));
      if (this.#closed) this.#wake();
    });
  }
}

/** Index of the first event from `from` on whose time is `end` or later; one without a time (NaN) is not held back. */
function before(end: number, packet: EventPacket, from: number): number {
  const { t, length } = packet;
  let i = from;
  while (i < length && !(t[i] >= end)) i++;
  return i;
}

function piece(packet: EventPacket, from: number, to: number, until: number, last: boolean): EventPacket {
  if (last && from === 0) return packet;
  return {
    stream: packet.stream,
    length: to - from,
    t: packet.t.subarray(from, to),
    x: packet.x.subarray(from, to),
    y: packet.y.subarray(from, to),
    p: packet.p.subarray(from, to),
    until,
    mark: last ? packet.mark : null,
  };
}
