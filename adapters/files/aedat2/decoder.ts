import type { EventBatch } from '../decoder.js';
import { BLOCK, FixedSizeDecoder } from '../fixed-size-decoder.js';
import type { SideSink, Trigger } from '../side.js';
import type { WrappingClock } from '../wrapping-clock.js';
import { ApsWords } from './aps-words.js';
import { NEAR, clock32 } from './clock.js';
import { ImuWords, type ImuScales } from './imu-words.js';
import { AEDAT2_WORD_BYTES, type AddressLayout } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Edges of a DAVIS's external input by the low bits of its word (`DavisChip` in jAER). */
const EDGES: Readonly<Record<number, Trigger['edge']>> = { 2: 'falling', 3: 'rising', 4: 'pulse' };

/** How words are decoded. */
export interface Aedat2Words {
  readonly layout: AddressLayout;
  /** Size of the frames in APS words. */
  readonly width: number | null;
  readonly height: number | null;
  readonly imuScales: ImuScales;
  /** Where the first word lies, for messages. */
  readonly offset: number;
  /** What the times of the words are counted from, µs. */
  readonly timeBase: number;
}

/** AEDAT 2.0 words → events; see `Decoder`. */
export class Aedat2Decoder extends FixedSizeDecoder {
  readonly #layout: AddressLayout;
  readonly #imu: ImuWords;
  readonly #aps: ApsWords | null;
  readonly #triggers: SideSink | null;
  readonly #clock: WrappingClock;

  constructor(words: Aedat2Words, sink: SideSink | null = null) {
    const { layout, width, height, timeBase } = words;
    super({ format: 'aedat2', record: 'word' }, AEDAT2_WORD_BYTES, words.offset);
    this.#layout = layout;
    this.#clock = clock32(timeBase);
    this.#imu = new ImuWords(words.imuScales, sink?.name === 'imu' ? sink : null);
    this.#aps = sink?.name === 'aps' && width !== null && height !== null ? new ApsWords(width, height, sink) : null;
    this.#triggers = sink?.name === 'triggers' ? sink : null;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    const length =
      this.#layout === 'davis'
        ? this.#davis(bytes, from, to)
        : this.#layout === 'dvs128'
          ? this.#dvs128(bytes, from, to)
          : this.#wide(bytes, from, to, this.#layout === 'dvs640' ? 10 : 11);
    return { t: T, x: X, y: Y, p: P, length };
  }

  #davis(bytes: Uint8Array, from: number, to: number): number {
    let n = 0;
    const clock = this.#clock;
    let { base, stamp, steady } = clock;
    let [aps, imu, triggers] = [0, 0, 0];
    for (let i = from; i < to; i += AEDAT2_WORD_BYTES) {
      const word = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
      const now = (bytes[i + 4] << 24) | (bytes[i + 5] << 16) | (bytes[i + 6] << 8) | bytes[i + 7];
      if (word < 0) {
        if ((word & 0xc00) === 0xc00) {
          imu++;
          this.#imu.add(word, base + stamp + ((now - stamp) | 0));
        } else {
          aps++;
          this.#aps?.add(word, base + stamp + ((now - stamp) | 0));
        }
        continue;
      }
      if ((word & 0x400) !== 0) {
        triggers++;
        const edge = EDGES[word & 7] ?? null;
        this.#triggers?.add({ kind: 'trigger', t: base + stamp + ((now - stamp) | 0), id: word & 0x3ff, edge });
        continue;
      }
      X[n] = (word >> 12) & 0x3ff;
      Y[n] = word >> 22;
      P[n] = (word >> 11) & 1;
      const step = now - stamp;
      if (!steady || step > NEAR || step < -NEAR) {
        clock.stamp = stamp;
        clock.next(now);
        ({ base, steady } = clock);
      }
      stamp = now;
      T[n++] = base + now;
    }
    clock.stamp = stamp;
    count(this.side, 'aps', aps);
    count(this.side, 'imu', imu);
    count(this.side, 'triggers', triggers);
    count(this.violations, 'partialImuSample', this.#imu.partial);
    this.#imu.partial = 0;
    return n;
  }

  #dvs128(bytes: Uint8Array, from: number, to: number): number {
    let n = 0;
    const clock = this.#clock;
    let { base, stamp, steady } = clock;
    let triggers = 0;
    for (let i = from; i < to; i += AEDAT2_WORD_BYTES) {
      const now = (bytes[i + 4] << 24) | (bytes[i + 5] << 16) | (bytes[i + 6] << 8) | bytes[i + 7];
      if (((bytes[i] | bytes[i + 2]) & 0x80) !== 0) {
        triggers++;
        this.#triggers?.add({ kind: 'trigger', t: base + stamp + ((now - stamp) | 0), id: 0, edge: null });
        continue;
      }
      const low = bytes[i + 3];
      X[n] = low >> 1;
      Y[n] = bytes[i + 2];
      P[n] = ~low & 1;
      const step = now - stamp;
      if (!steady || step > NEAR || step < -NEAR) {
        clock.stamp = stamp;
        clock.next(now);
        ({ base, steady } = clock);
      }
      stamp = now;
      T[n++] = base + now;
    }
    clock.stamp = stamp;
    count(this.side, 'triggers', triggers);
    return n;
  }

  /** The layouts of jAER's chips for viewing; `bits` of x, then ten of y. */
  #wide(bytes: Uint8Array, from: number, to: number, bits: number): number {
    let n = 0;
    const clock = this.#clock;
    let { base, stamp, steady } = clock;
    const mask = (1 << bits) - 1;
    const words = (to - from) / AEDAT2_WORD_BYTES;
    for (let i = from; i < to; i += AEDAT2_WORD_BYTES) {
      const word = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
      if (word >>> (bits + 11) !== 0) continue;
      X[n] = (word >> 1) & mask;
      Y[n] = word >> (bits + 1);
      P[n] = word & 1;
      const now = (bytes[i + 4] << 24) | (bytes[i + 5] << 16) | (bytes[i + 6] << 8) | bytes[i + 7];
      const step = now - stamp;
      if (!steady || step > NEAR || step < -NEAR) {
        clock.stamp = stamp;
        clock.next(now);
        ({ base, steady } = clock);
      }
      stamp = now;
      T[n++] = base + now;
    }
    clock.stamp = stamp;
    count(this.violations, 'unknownWord', words - n);
    return n;
  }
}

function count(counts: Record<string, number>, name: string, n: number): void {
  if (n > 0) counts[name] = (counts[name] ?? 0) + n;
}
