import { RxSpikeError, type EventPacket } from '../../src/index.js';
import type { Counts } from './decoder.js';
import type { Holds } from './encoder.js';
import { toNanosecond } from './nanoseconds.js';

// As in the packer, loops run over constants of the module.
const STAGE = 4096;
const T = new Float64Array(STAGE);
const X = new Uint16Array(STAGE);
const Y = new Uint16Array(STAGE);

/**
 * Stands before an encoder: lets through what the format can hold. What it cannot hold is an error, or, with `clip`,
 * left out (a time between two units: rounded down) and counted.
 */
export class Fit {
  readonly clipped: Counts = {};
  readonly #name: string;
  readonly #holds: Holds;
  readonly #clip: boolean;
  /** Time of the last event let through; NaN before the first, which is neither before nor far from anything. */
  #last: number = Number.NaN;
  /** Latest time let through. */
  #latest: number = -Infinity;
  #events = 0;

  /** `name`: of the format, for messages. */
  constructor(name: string, holds: Holds, clip: boolean) {
    this.#name = name;
    this.#holds = holds;
    this.#clip = clip;
  }

  /**
   * The packet itself where all of it fits, else a packet of what does.
   * @throws `ERR_LOSS` at the first event that does not fit, unless clipping
   */
  fit(packet: EventPacket): EventPacket {
    const before = this.#last;
    const latestBefore = this.#latest;
    for (let at = 0; at < packet.length; at += STAGE) {
      if (this.#fits(packet, at, Math.min(at + STAGE, packet.length))) continue;
      this.#last = before;
      this.#latest = latestBefore;
      return this.#sieve(packet);
    }
    this.#events += packet.length;
    return packet;
  }

  /** Whether the events from `from` to `to` fit, at most {@link STAGE}; if so the last of them becomes the last one. */
  #fits({ t, x, y }: EventPacket, from: number, to: number): boolean {
    const length = to - from;
    T.set(t.subarray(from, to));
    X.set(x.subarray(from, to));
    Y.set(y.subarray(from, to));
    const { maxX, maxY, minTime, maxTime, maxGap, furthestBack = Infinity } = this.#holds;
    const leastStep = this.#holds.stepsBack ? -maxGap : 0;
    const loop = this.#holds.backWithin ?? Infinity;
    let last = this.#last;
    let latest = this.#latest;
    for (let i = 0; i < length; i++) {
      const now = T[i];
      const step = now - last;
      if (X[i] > maxX || Y[i] > maxY || step < leastStep || step > maxGap) return false;
      if (!(now >= minTime && now <= maxTime)) return false;
      if (now !== Math.floor(now) && now !== this.#rounded(now)) return false;
      if (now > latest) latest = now;
      else if (now < latest - furthestBack) return false;
      if (step < 0 && Math.floor(now / loop) !== Math.floor(last / loop)) return false;
      last = now;
    }
    this.#last = last;
    this.#latest = latest;
    return true;
  }

  #sieve(packet: EventPacket): EventPacket {
    const out = {
      t: packet.t.slice(0, packet.length),
      x: packet.x.slice(0, packet.length),
      y: packet.y.slice(0, packet.length),
      p: packet.p.slice(0, packet.length),
    };
    let n = 0;
    for (let i = 0; i < packet.length; i++) {
      const whole = this.#rounded(packet.t[i]);
      const why = this.#misfit(whole, packet.x[i], packet.y[i]) ?? (whole === packet.t[i] ? null : 'fraction');
      if (why !== null) {
        if (!this.#clip) throw this.#loss(packet, i, why);
        this.clipped[why] = (this.clipped[why] ?? 0) + 1;
        if (why !== 'fraction') continue;
      }
      this.#last = out.t[n] = whole;
      if (whole > this.#latest) this.#latest = whole;
      out.x[n] = packet.x[i];
      out.y[n] = packet.y[i];
      out.p[n] = packet.p[i];
      n++;
    }
    this.#events += n;
    return { ...packet, ...out, length: n };
  }

  /** The time that becomes of t: the unit before it; of nanoseconds, of which many times miss by a hair, the nearest. */
  #rounded(t: number): number {
    const { fractions } = this.#holds;
    return fractions === 'ns' ? toNanosecond(t) : fractions ? t : Math.floor(t);
  }

  #misfit(t: number, x: number, y: number): string | null {
    const { maxX, maxY, minTime, maxTime, stepsBack, furthestBack = Infinity, maxGap } = this.#holds;
    if (x > maxX || y > maxY) return 'coordinates';
    if (!(t >= minTime && t <= maxTime)) return 'time';
    if ((t < this.#last && !stepsBack) || t < this.#latest - furthestBack) return 'timeStepBack';
    const loop = this.#holds.backWithin ?? Infinity;
    if (t < this.#last && Math.floor(t / loop) !== Math.floor(this.#last / loop)) return 'timeStepBack';
    return Math.abs(t - this.#last) > maxGap ? 'timeGap' : null;
  }

  #loss({ t, x, y }: EventPacket, i: number, why: string): RxSpikeError {
    const { maxX, maxY, minTime, maxTime, stepsBack, furthestBack, backWithin, maxGap } = this.#holds;
    const what: Readonly<Record<string, string>> = {
      coordinates: `lies at (${x[i]}, ${y[i]}); at most (${maxX}, ${maxY}) can be held`,
      time: `is at ${t[i]} µs; ${minTime} to ${maxTime} µs can be held`,
      timeStepBack: !stepsBack
        ? `is at ${t[i]} µs, before the one at ${this.#last} µs; times must not step back`
        : furthestBack === undefined
          ? `is at ${t[i]} µs, before the one at ${this.#last} µs and a multiple of ${backWithin} µs between them`
          : `is at ${t[i]} µs, more than ${furthestBack} µs before the one at ${this.#latest} µs`,
      timeGap: `is at ${t[i]} µs, more than ${maxGap} µs from the one at ${this.#last} µs`,
      fraction: `is at ${t[i]} µs; only whole ${this.#holds.fractions === 'ns' ? 'ns' : 'µs'} can be held`,
    };
    const message = `${this.#name}: event ${this.#events + i} ${what[why]}`;
    return new RxSpikeError('ERR_LOSS', message, { details: { why, t: t[i], x: x[i], y: y[i] } });
  }
}
