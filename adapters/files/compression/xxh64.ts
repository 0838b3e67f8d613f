// 64 bits as pairs of 32 (low, high): the engine's own 64-bit integers are slower by far.
const P1 = [0x85ebca87, 0x9e3779b1] as const;
const P2 = [0x27d4eb4f, 0xc2b2ae3d] as const;
const P3 = [0x9e3779f9, 0x165667b1] as const;
const P4 = [0xc2b2ae63, 0x85ebca77] as const;
const P5 = [0x165667c5, 0x27d4eb2f] as const;
const STRIPE = 32;

/** High half of what `multiply`, `add` and `rotate` gave; they return the low half. */
let high = 0;

/** a · b modulo 2⁶⁴. */
function multiply(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  // Sums of three numbers below 2³² at most, which the engine holds exactly.
  const middle = a1 * b0 + (Math.imul(a0, b0) >>> 16);
  const other = a0 * b1 + (middle % 65536);
  const carried = a1 * b1 + Math.floor(middle / 65536) + Math.floor(other / 65536);
  high = ((carried | 0) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;
  return Math.imul(aLow, bLow);
}

/** a + b modulo 2⁶⁴. */
function add(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const low = (aLow + bLow) | 0;
  high = (aHigh + bHigh + (low >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
  return low;
}

/** a turned left by `by` < 32 bits. */
function rotate(aLow: number, aHigh: number, by: number): number {
  high = (aHigh << by) | (aLow >>> (32 - by));
  return (aLow << by) | (aHigh >>> (32 - by));
}

/** XXH64 with seed 0 over content that arrives in pieces (https://github.com/Cyan4973/xxHash, `doc/xxhash_spec.md`). */
export class Xxh64 {
  /** Four lanes, each low and high. */
  readonly #lanes = new Int32Array(8);
  readonly #rest = new Uint8Array(STRIPE);
  #kept = 0;
  #total = 0;
  #low = 0;
  #high = 0;

  constructor() {
    this.reset();
  }

  /** Begins anew. */
  reset(): void {
    const both = add(P1[0], P1[1], P2[0], P2[1]);
    this.#lanes.set([both, high, P2[0], P2[1], 0, 0]);
    this.#lanes[6] = -P1[0];
    this.#lanes[7] = ~P1[1];
    this.#kept = 0;
    this.#total = 0;
  }

  /** Takes content in. */
  add(bytes: Uint8Array): void {
    this.#total += bytes.length;
    let at = 0;
    if (this.#kept > 0) {
      at = Math.min(STRIPE - this.#kept, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#kept);
      this.#kept += at;
      if (this.#kept < STRIPE) return;
      this.#stripes(this.#rest, 0, STRIPE);
    }
    const whole = bytes.length - ((bytes.length - at) % STRIPE);
    this.#stripes(bytes, at, whole);
    this.#rest.set(bytes.subarray(whole));
    this.#kept = bytes.length - whole;
  }

  /** Low 32 bits of the hash of what was taken in, 0…2³²−1. */
  low32(): number {
    this.#merge();
    this.#step(this.#total | 0, Math.floor(this.#total / 2 ** 32));
    this.#tail();
    this.#avalanche(33, P2);
    this.#avalanche(29, P3);
    return (this.#low ^ this.#high) >>> 0;
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lanes = this.#lanes;
    for (let at = from; at < to; at += STRIPE) {
      for (let k = 0; k < 8; k += 2) {
        const low = round(lanes[k], lanes[k + 1], view.getInt32(at + 4 * k, true), view.getInt32(at + 4 * k + 4, true));
        lanes[k] = low;
        lanes[k + 1] = high;
      }
    }
  }

  /** Adds to the hash. */
  #step(low: number, upper: number): void {
    this.#low = add(this.#low, this.#high, low, upper);
    this.#high = high;
  }

  /** hash = (hash ^ (value)) turned · p + q. */
  #mix(low: number, upper: number, by: number, p: readonly [number, number], q: readonly [number, number]): void {
    const turned = rotate(this.#low ^ low, this.#high ^ upper, by);
    this.#low = multiply(turned, high, p[0], p[1]);
    this.#high = high;
    this.#step(q[0], q[1]);
  }

  #merge(): void {
    if (this.#total < STRIPE) {
      [this.#low, this.#high] = [P5[0] | 0, P5[1] | 0];
      return;
    }
    const lanes = this.#lanes;
    [this.#low, this.#high] = [0, 0];
    for (const [k, by] of [1, 7, 12, 18].entries()) {
      const turned = rotate(lanes[2 * k], lanes[2 * k + 1], by);
      this.#step(turned, high);
    }
    for (let k = 0; k < 8; k += 2) {
      const low = round(0, 0, lanes[k], lanes[k + 1]);
      this.#low ^= low;
      this.#high ^= high;
      this.#low = multiply(this.#low, this.#high, P1[0], P1[1]);
      this.#high = high;
      this.#step(P4[0], P4[1]);
    }
  }

  #tail(): void {
    const view = new DataView(this.#rest.buffer);
    let at = 0;
    for (; at + 8 <= this.#kept; at += 8) {
      const low = round(0, 0, view.getInt32(at, true), view.getInt32(at + 4, true));
      this.#mix(low, high, 27, P1, P4);
    }
    if (at + 4 <= this.#kept) {
      const low = multiply(view.getInt32(at, true), 0, P1[0], P1[1]);
      this.#mix(low, high, 23, P2, P3);
      at += 4;
    }
    for (; at < this.#kept; at++) {
      const low = multiply(this.#rest[at], 0, P5[0], P5[1]);
      this.#mix(low, high, 11, P1, [0, 0]);
    }
  }

  /** hash ^= hash >> by; hash ·= p. */
  #avalanche(by: number, p: readonly [number, number]): void {
    const low = by > 32 ? this.#high >>> (by - 32) : (this.#low >>> by) | (this.#high << (32 - by));
    this.#low ^= low;
    if (by < 32) this.#high ^= this.#high >>> by;
    this.#low = multiply(this.#low, this.#high, p[0], p[1]);
    this.#high = high;
  }
}

/** A lane that takes 64 bits in. */
function round(laneLow: number, laneHigh: number, low: number, upper: number): number {
  const product = multiply(low, upper, P2[0], P2[1]);
  const sum = add(laneLow, laneHigh, product, high);
  const turned = rotate(sum, high, 31);
  return multiply(turned, high, P1[0], P1[1]);
}
