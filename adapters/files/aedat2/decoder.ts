import type { EventBatch } from '../decoder.js';
import { BLOCK, FixedSizeDecoder } from '../fixed-size-decoder.js';
import { AEDAT2_WORD_BYTES, type AddressLayout } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** AEDAT 2.0 words → events; see `Decoder`. */
export class Aedat2Decoder extends FixedSizeDecoder {
  readonly #layout: AddressLayout;
  /**
   * Time of the last event, with wraps resolved and as its word has it. The step from event to event, taken modulo 2³²,
   * resolves wraps and keeps steps back.
   */
  #time = 0;
  #stamp = 0;

  /** `offset`: where the first word lies, for messages. */
  constructor(layout: AddressLayout, offset: number) {
    super({ format: 'aedat2', record: 'word' }, AEDAT2_WORD_BYTES, offset);
    this.#layout = layout;
  }

  protected override block(bytes: Uint8Array, from: number, to: number): EventBatch {
    const length = this.#layout === 'davis' ? this.#davis(bytes, from, to) : this.#dvs128(bytes, from, to);
    return { t: T, x: X, y: Y, p: P, length };
  }

  #davis(bytes: Uint8Array, from: number, to: number): number {
    let n = 0;
    let time = this.#time;
    let stamp = this.#stamp;
    let [aps, imu, triggers] = [0, 0, 0];
    for (let i = from; i < to; i += AEDAT2_WORD_BYTES) {
      const word = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
      if (word < 0) {
        if ((word & 0xc00) === 0xc00) imu++;
        else aps++;
        continue;
      }
      if ((word & 0x400) !== 0) {
        triggers++;
        continue;
      }
      X[n] = (word >> 12) & 0x3ff;
      Y[n] = word >> 22;
      P[n] = (word >> 11) & 1;
      const now = (bytes[i + 4] << 24) | (bytes[i + 5] << 16) | (bytes[i + 6] << 8) | bytes[i + 7];
      time += (now - stamp) | 0;
      stamp = now;
      T[n++] = time;
    }
    this.#time = time;
    this.#stamp = stamp;
    this.#count('aps', aps);
    this.#count('imu', imu);
    this.#count('triggers', triggers);
    return n;
  }

  #dvs128(bytes: Uint8Array, from: number, to: number): number {
    let n = 0;
    let time = this.#time;
    let stamp = this.#stamp;
    let triggers = 0;
    for (let i = from; i < to; i += AEDAT2_WORD_BYTES) {
      if (((bytes[i] | bytes[i + 2]) & 0x80) !== 0) {
        triggers++;
        continue;
      }
      const low = bytes[i + 3];
      X[n] = low >> 1;
      Y[n] = bytes[i + 2];
      P[n] = ~low & 1;
      const now = (bytes[i + 4] << 24) | (bytes[i + 5] << 16) | (bytes[i + 6] << 8) | bytes[i + 7];
      time += (now - stamp) | 0;
      stamp = now;
      T[n++] = time;
    }
    this.#time = time;
    this.#stamp = stamp;
    this.#count('triggers', triggers);
    return n;
  }

  #count(name: string, n: number): void {
    if (n > 0) this.side[name] = (this.side[name] ?? 0) + n;
  }
}
