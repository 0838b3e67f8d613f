import type { EventPacket } from '../../src/index.js';

/** A digest that grows with the stream. */
export interface EventDigest {
  /** Takes the events of a packet in. */
  add(packet: EventPacket): void;
  /** 16 lower-case hex digits of what was taken in so far. */
  hex(): string;
}

/**
 * FNV-1a 64 over the records `t: u64, x: u16, y: u16, p: u8`, little-endian, of events in order: the same events give
 * the same digest however they are cut into packets. Times are whole µs; a negative one enters in two's complement.
 */
export function eventDigest(): EventDigest {
  return new Fnv1a64();
}

/**
 * The 64-bit state in four 16-bit limbs. The prime is 2⁴⁰ + 435, so with h = Σ hᵢ·2¹⁶ⁱ
 * `h·prime = Σ 435·hᵢ·2¹⁶ⁱ + (h₀·2⁴⁰ + h₁·2⁵⁶) mod 2⁶⁴`, and 2⁴⁰ shifts by two limbs and a byte.
 */
class Fnv1a64 implements EventDigest {
  #h0 = 0x2325;
  #h1 = 0x8422;
  #h2 = 0x9ce4;
  #h3 = 0xcbf2;

  add(packet: EventPacket): void {
    const { t, x, y, p, length } = packet;
    for (let i = 0; i < length; i++) {
      const high = Math.floor(t[i] / 4294967296);
      this.#bytes(t[i] - high * 4294967296, 4);
      this.#bytes(high, 4);
      this.#bytes(x[i], 2);
      this.#bytes(y[i], 2);
      this.#bytes(p[i], 1);
    }
  }

  hex(): string {
    return [this.#h3, this.#h2, this.#h1, this.#h0].map((limb) => limb.toString(16).padStart(4, '0')).join('');
  }

  #bytes(value: number, count: number): void {
    let [h0, h1, h2, h3] = [this.#h0, this.#h1, this.#h2, this.#h3];
    let rest = value | 0;
    for (let k = 0; k < count; k++) {
      h0 ^= rest & 0xff;
      rest >>= 8;
      const m0 = h0 * 435;
      const m1 = h1 * 435 + (m0 >>> 16);
      const m2 = h2 * 435 + ((h0 << 8) & 0xffff) + (m1 >>> 16);
      const m3 = h3 * 435 + (h0 >>> 8) + ((h1 << 8) & 0xffff) + (m2 >>> 16);
      h0 = m0 & 0xffff;
      h1 = m1 & 0xffff;
      h2 = m2 & 0xffff;
      h3 = m3 & 0xffff;
    }
    this.#h0 = h0;
    this.#h1 = h1;
    this.#h2 = h2;
    this.#h3 = h3;
  }
}
