import type { EventPacket, StreamInfo } from '../../src/index.js';
import type { EventBatch } from './decoder.js';
import type { Report } from './recording.js';

interface Columns {
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}

const SMALL = 512;

// Events are counted here, in constants of the module: the engine keeps the addresses of those in registers, not those
// of arrays that come as arguments, and the same loop takes half the time.
const STAGE = 4096;
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);
const P = new Uint8Array(STAGE);

// The same memory in words: four polarities, two coordinates at a time.
const P_FOURS = new Int32Array(P.buffer);
const X_PAIRS = new Int32Array(X.buffer);
const Y_PAIRS = new Int32Array(Y.buffer);

/** Words that are added up before a byte of the sum could overflow. */
const SUM_WORDS = 255;

/** How many of the staged events are ON: polarities are 0 or 1, so four bytes are added at once. */
function countOn(length: number): number {
  const words = length >> 2;
  let on = 0;
  for (let from = 0; from < words; from += SUM_WORDS) {
    const to = Math.min(from + SUM_WORDS, words);
    let sum = 0;
    for (let i = from; i < to; i++) sum = (sum + P_FOURS[i]) | 0;
    on += (sum & 255) + ((sum >> 8) & 255) + ((sum >> 16) & 255) + (sum >>> 24);
  }
  for (let i = words << 2; i < length; i++) on += P[i];
  return on;
}

/**
 * Whether a staged coordinate may be `size` or more: 2¹⁵ − size is added to two at a time, which sets the top bit of
 * one that is too large, or it is set already; a carry comes only out of a coordinate whose top bit is set.
 */
function reaches(pairs: Int32Array, length: number, size: number): boolean {
  if (size > 0xffff) return false;
  if (size > 0x8000) return true;
  const rest = 0x8000 - size;
  const add = (rest << 16) | rest;
  // What an odd number of events leaves beside the last one is of an earlier batch: at worst it is counted in vain.
  const words = (length + 1) >> 1;
  let bits = 0;
  for (let i = 0; i < words; i++) bits |= pairs[i] | (pairs[i] + add);
  return (bits & 0x8000_8000) !== 0;
}

/** Columns in one piece of memory: making one piece takes half the time of making four. */
function columns(capacity: number): Columns {
  const memory = new ArrayBuffer(13 * capacity);
  return {
    t: new Float64Array(memory, 0, capacity),
    x: new Uint16Array(memory, 8 * capacity, capacity),
    y: new Uint16Array(memory, 10 * capacity, capacity),
    p: new Uint8Array(memory, 12 * capacity, capacity),
  };
}

/** What lies in a batch from number `at` on, in memory of its own. */
function remainder({ t, x, y, p, length }: EventBatch, at: number): EventBatch {
  return {
    t: t.slice(at, length),
    x: x.slice(at, length),
    y: y.slice(at, length),
    p: p.slice(at, length),
    length: length - at,
  };
}

/** How packets are made; see the options of the same names. */
export interface PackerOptions {
  readonly packetEvents: number;
  readonly reuse: boolean | 'scribble';
  /** Events before the first one of this time or later are left out. */
  readonly from: number;
}

/** Decoded batches → packets: copies, keeps the watermark and writes the report. */
export class Packer {
  /** Latest time so far, µs; −∞ before the first event. */
  latest: number = -Infinity;
  /** Time of the last event, µs; NaN before the first, which is not earlier than anything. Kept apart from the report,
   * where it may be null: a loop over what may be null is several times slower. */
  #last: number = Number.NaN;
  readonly #info: StreamInfo;
  readonly #report: Report;
  readonly #options: PackerOptions;
  readonly #width: number;
  readonly #height: number;
  #skipping: boolean;
  #columns: Columns | null = null;
  #length = 0;
  #handedOut: Columns | null = null;

  constructor(info: StreamInfo, report: Report, options: PackerOptions) {
    this.#info = info;
    this.#report = report;
    this.#options = options;
    this.#width = info.width ?? 65536;
    this.#height = info.height ?? 65536;
    this.#skipping = options.from > -Infinity;
  }

  /** Takes a batch in and yields the packets that it fills. */
  *add(batch: EventBatch): Generator<EventPacket> {
    let rest = batch;
    let at = this.#skipping ? this.#skipped(batch) : 0;
    while (at < rest.length) {
      const take = Math.min(rest.length - at, this.#options.packetEvents - this.#length);
      this.#tally(rest, at, at + take);
      this.#copy(rest, at, at + take);
      at += take;
      if (this.#length < this.#options.packetEvents) continue;
      // While a packet is out another recording may be read, and decoders of a format share the arrays of a batch.
      if (rest === batch && at < batch.length) {
        rest = remainder(batch, at);
        at = 0;
      }
      yield* this.flush();
    }
  }

  /** Yields what no packet has carried yet. */
  *flush(): Generator<EventPacket> {
    const length = this.#length;
    const built = this.#columns;
    if (length === 0 || built === null) return;
    this.#length = 0;
    let out = built;
    if (this.#options.reuse === false) {
      // A packet that fills half of its room or more keeps it; copying would cost more than the room.
      if (2 * length < built.t.length) {
        out = {
          t: built.t.slice(0, length),
          x: built.x.slice(0, length),
          y: built.y.slice(0, length),
          p: built.p.slice(0, length),
        };
      } else {
        this.#columns = null;
      }
    }
    this.#handedOut = out;
    yield { stream: this.#info, ...out, length, until: this.latest, mark: null };
  }

  /** Overwrites the packet handed out last, where that is asked for: its time is over. */
  recall(): void {
    if (this.#options.reuse !== 'scribble' || this.#handedOut === null) return;
    this.#handedOut.t.fill(Number.NaN);
    this.#handedOut.x.fill(0xffff);
    this.#handedOut.y.fill(0xffff);
    this.#handedOut.p.fill(0xff);
    this.#handedOut = null;
  }

  #skipped(batch: EventBatch): number {
    let at = 0;
    while (at < batch.length && batch.t[at] < this.#options.from) at++;
    this.#skipping = at === batch.length;
    return at;
  }

  #copy(batch: EventBatch, from: number, to: number): void {
    if (this.#length === 0) this.recall();
    const into = this.#room(this.#length + to - from);
    into.t.set(batch.t.subarray(from, to), this.#length);
    into.x.set(batch.x.subarray(from, to), this.#length);
    into.y.set(batch.y.subarray(from, to), this.#length);
    into.p.set(batch.p.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** Columns for `size` events: small ones for a small recording, else for a whole packet. */
  #room(size: number): Columns {
    const old = this.#columns;
    if (old !== null && old.t.length >= size) return old;
    const { packetEvents } = this.#options;
    const room = columns(size > SMALL ? packetEvents : Math.min(SMALL, packetEvents));
    if (old !== null) {
      room.t.set(old.t);
      room.x.set(old.x);
      room.y.set(old.y);
      room.p.set(old.p);
    }
    this.#columns = room;
    return room;
  }

  #tally(batch: EventBatch, from: number, to: number): void {
    for (let at = from; at < to; at += STAGE) this.#tallyStage(batch, at, Math.min(at + STAGE, to));
  }

  /** At most {@link STAGE} events. */
  #tallyStage({ t, x, y, p }: EventBatch, from: number, to: number): void {
    const length = to - from;
    T.set(t.subarray(from, to));
    X.set(x.subarray(from, to));
    Y.set(y.subarray(from, to));
    P.set(p.subarray(from, to));
    const report = this.#report;
    report.t0 ??= T[0];
    let before = this.#last;
    let back = 0;
    for (let i = 0; i < length; i++) {
      const now = T[i];
      if (now < before) back++;
      before = now;
    }
    const on = countOn(length);
    const outside =
      reaches(X_PAIRS, length, this.#width) || reaches(Y_PAIRS, length, this.#height) ? this.#outside(length) : 0;
    if (back === 0) this.latest = Math.max(this.latest, before);
    else this.#rise(length);
    this.#last = before;
    report.t1 = before;
    report.events += length;
    report.on += on;
    report.off += length - on;
    if (back > 0) report.violations.timeStepBack = (report.violations.timeStepBack ?? 0) + back;
    if (outside > 0) report.violations.outOfBounds = (report.violations.outOfBounds ?? 0) + outside;
  }

  /** Staged events outside of the sensor. */
  #outside(length: number): number {
    let outside = 0;
    for (let i = 0; i < length; i++) if (X[i] >= this.#width || Y[i] >= this.#height) outside++;
    return outside;
  }

  /** The latest time where the staged events are not in order. */
  #rise(length: number): void {
    let latest = this.latest;
    for (let i = 0; i < length; i++) if (T[i] > latest) latest = T[i];
    this.latest = latest;
  }
}
