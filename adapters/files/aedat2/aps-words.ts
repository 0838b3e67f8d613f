import type { SideSink } from '../side.js';

const RESET_READ = 0;
const SIGNAL_READ = 1;

/**
 * Puts frames of a DAVIS together, of which AEDAT 2.0 holds two readings a pixel: after its reset and at the end of its
 * exposure, in bits 9–0 of words with the read cycle in bits 11–10. The brightness is the fall between them. A frame is
 * whole when each pixel of the sensor had both; what lacks pixels (a region of interest, a lost word) is not delivered.
 *
 * With a global shutter all resets are read before the first signal, and the exposure begins at the last of them; with a
 * rolling one at the first. It ends at the first signal. Source: jAER's `DavisBaseCamera` and `AEFrameChipRenderer`.
 */
export class ApsWords {
  readonly #width: number;
  readonly #height: number;
  readonly #sink: SideSink;
  readonly #reset: Int16Array;
  #pixels: Uint16Array;
  /** Per pixel the number of the frame in which its signal was read last. */
  readonly #seen: Uint32Array;
  #frame = 1;
  #resets = 0;
  #signals = 0;
  #firstReset = 0;
  #lastReset = 0;
  #begin = 0;
  #end = 0;

  constructor(width: number, height: number, sink: SideSink) {
    this.#width = width;
    this.#height = height;
    this.#sink = sink;
    this.#reset = new Int16Array(width * height).fill(-1);
    this.#pixels = new Uint16Array(width * height);
    this.#seen = new Uint32Array(width * height);
  }

  /** Takes in a word at `t` µs. */
  add(word: number, t: number): void {
    const x = (word >> 12) & 0x3ff;
    const y = (word >> 22) & 0x1ff;
    if (x >= this.#width || y >= this.#height) return;
    const pixel = y * this.#width + x;
    const cycle = (word >> 10) & 3;
    if (cycle === RESET_READ) {
      // A pixel begins anew before the others were read: the frame lost words.
      if (this.#seen[pixel] === this.#frame) this.#startAnew();
      if (this.#resets === 0) this.#firstReset = t;
      this.#resets++;
      this.#lastReset = t;
      this.#reset[pixel] = word & 0x3ff;
    } else if (cycle === SIGNAL_READ && this.#reset[pixel] >= 0) {
      this.#signal(pixel, word & 0x3ff, t);
    }
  }

  #signal(pixel: number, value: number, t: number): void {
    if (this.#signals === 0) {
      this.#begin = this.#resets >= this.#seen.length ? this.#lastReset : this.#firstReset;
      this.#end = t;
    }
    this.#pixels[pixel] = Math.max(0, this.#reset[pixel] - value);
    this.#reset[pixel] = -1;
    this.#seen[pixel] = this.#frame;
    if (++this.#signals < this.#seen.length) return;
    const [width, height, pixels] = [this.#width, this.#height, this.#pixels];
    this.#sink.add({ kind: 'frame', t: (this.#begin + this.#end) / 2, width, height, channels: 1, pixels });
    this.#pixels = new Uint16Array(pixels.length);
    this.#startAnew();
  }

  #startAnew(): void {
    this.#frame++;
    this.#signals = 0;
    this.#resets = 0;
  }
}
