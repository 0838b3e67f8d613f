import { RxSpikeError, type EventPacket } from '../../src/index.js';
import type { Counts } from './decoder.js';
import type { Holds } from './encoder.js';

/**
 * Stands before an encoder: lets through what the format can hold. What it cannot hold is an error, or, with `clip`,
 * left out (a time between two units: rounded down) and counted.
 */
export class Fit {
  readonly clipped: Counts = {};
  readonly #name: string;
  readonly #holds: Holds;
  readonly #clip: boolean;
  /** Time of the last event let through; null before the first. */
  #last: number | null = null;
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
    const { t, x, y, length } = packet;
    const { maxX, maxY, minTime, maxTime, stepsBack, maxGap, fractions } = this.#holds;
    let last = this.#last ?? t[0];
    let good = 0;
    for (; good < length; good++) {
      const now = t[good];
      if (x[good] > maxX || y[good] > maxY || !(now >= minTime && now <= maxTime)) break;
      if ((now < last && !stepsBack) || Math.abs(now - last) > maxGap) break;
      if (!fractions && now !== Math.floor(now)) break;
      last = now;
    }
    if (good === length) {
      if (length > 0) this.#last = last;
      this.#events += length;
      return packet;
    }
    return this.#sieve(packet);
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
      const whole = this.#holds.fractions ? packet.t[i] : Math.floor(packet.t[i]);
      const why = this.#misfit(whole, packet.x[i], packet.y[i]) ?? (whole === packet.t[i] ? null : 'fraction');
      if (why !== null) {
        if (!this.#clip) throw this.#loss(packet, i, why);
        this.clipped[why] = (this.clipped[why] ?? 0) + 1;
        if (why !== 'fraction') continue;
      }
      this.#last = out.t[n] = whole;
      out.x[n] = packet.x[i];
      out.y[n] = packet.y[i];
      out.p[n] = packet.p[i];
      n++;
    }
    this.#events += n;
    return { ...packet, ...out, length: n };
  }

  #misfit(t: number, x: number, y: number): string | null {
    const { maxX, maxY, minTime, maxTime, stepsBack, maxGap } = this.#holds;
    if (x > maxX || y > maxY) return 'coordinates';
    if (!(t >= minTime && t <= maxTime)) return 'time';
    if (this.#last === null) return null;
    if (t < this.#last && !stepsBack) return 'timeStepBack';
    return Math.abs(t - this.#last) > maxGap ? 'timeGap' : null;
  }

  #loss({ t, x, y }: EventPacket, i: number, why: string): RxSpikeError {
    const { maxX, maxY, minTime, maxTime, maxGap } = this.#holds;
    const what: Readonly<Record<string, string>> = {
      coordinates: `lies at (${x[i]}, ${y[i]}); at most (${maxX}, ${maxY}) can be held`,
      time: `is at ${t[i]} µs; ${minTime} to ${maxTime} µs can be held`,
      timeStepBack: `is at ${t[i]} µs, before the one at ${this.#last} µs; times must not step back`,
      timeGap: `is at ${t[i]} µs, more than ${maxGap} µs from the one at ${this.#last} µs`,
      fraction: `is at ${t[i]} µs; only whole µs can be held`,
    };
    const message = `${this.#name}: event ${this.#events + i} ${what[why]}`;
    return new RxSpikeError('ERR_LOSS', message, { details: { why, t: t[i], x: x[i], y: y[i] } });
  }
}
