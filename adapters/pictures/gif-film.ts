import gifenc from 'gifenc';
import type { Film } from './film.js';
import type { IndexedPicture } from './indexed-picture.js';

const makeEncoder = 'GIFEncoder' in gifenc ? gifenc.GIFEncoder : gifenc;

/** Most pictures a second that viewers show: shorter delays they take for slow ones. */
export const GIF_MOST_FPS = 50;

/** An endless GIF. Its delays are whole hundredths of a second, chosen so that the film as a whole keeps its pace. */
export class GifFilm implements Film {
  pictures = 0;
  readonly #fps: number;
  readonly #encoder = makeEncoder();

  /** @param fps pictures a second, above 0, at most {@link GIF_MOST_FPS} */
  constructor(fps: number) {
    this.#fps = fps;
  }

  add({ width, height, pixels, palette }: IndexedPicture): void {
    const due = (n: number): number => Math.round((n * 100) / this.#fps);
    const delay = 10 * (due(this.pictures + 1) - due(this.pictures));
    this.#encoder.writeFrame(pixels, width, height, this.pictures === 0 ? { palette, delay, repeat: 0 } : { delay });
    this.pictures++;
  }

  finish(): Uint8Array {
    this.#encoder.finish();
    return this.#encoder.bytes();
  }
}
