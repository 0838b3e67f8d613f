import type { EventPacket } from './packet.js';

/** A pixel and how many events it had. */
export interface PixelCount {
  readonly x: number;
  readonly y: number;
  readonly count: number;
}

/** Pixels are counted in squares of 64 × 64, made when an event first falls into one. */
const SIDE = 64;
const AREA = SIDE * SIDE;
const TILES_A_ROW = 65536 / SIDE;
/** Most squares: 4,194,304 pixels, 16 MiB. */
const MOST_TILES = 1024;

/** Counts the events of each pixel, whatever the size of the sensor, in bounded memory. */
export class PixelCounts {
  /** Number of each square from 1 on, 0 for one that is not there. */
  readonly #tiles = new Uint16Array(TILES_A_ROW * TILES_A_ROW);
  readonly #corners: number[] = [];
  #counts = new Uint32Array(4 * AREA);
  #missed = 0;

  /** Events that were not counted, because they fell on more different parts of the plane than are kept. */
  get missed(): number {
    return this.#missed;
  }

  /** Counts the events of a packet. */
  add({ x, y, length }: EventPacket): void {
    const tiles = this.#tiles;
    let counts = this.#counts;
    for (let i = 0; i < length; i++) {
      const corner = (y[i] >> 6) * TILES_A_ROW + (x[i] >> 6);
      let tile = tiles[corner];
      if (tile === 0) {
        if ((tile = this.#begin(corner)) === 0) continue;
        counts = this.#counts;
      }
      counts[(tile - 1) * AREA + (y[i] & 63) * SIDE + (x[i] & 63)]++;
    }
  }

  /** The `most` pixels with the most events, most first; of equal ones the upper, then the left one first. */
  hottest(most: number): PixelCount[] {
    const found: PixelCount[] = [];
    const before = (a: PixelCount, b: PixelCount): boolean =>
      a.count !== b.count ? a.count > b.count : a.y !== b.y ? a.y < b.y : a.x < b.x;
    this.#corners.forEach((corner, tile) => {
      const [left, top] = [(corner % TILES_A_ROW) * SIDE, Math.floor(corner / TILES_A_ROW) * SIDE];
      for (let at = 0; at < AREA; at++) {
        const count = this.#counts[tile * AREA + at];
        if (count === 0 || (found.length === most && count < found[most - 1].count)) continue;
        const pixel = { x: left + (at % SIDE), y: top + Math.floor(at / SIDE), count };
        let place = found.length;
        while (place > 0 && before(pixel, found[place - 1])) place--;
        found.splice(place, 0, pixel);
        if (found.length > most) found.pop();
      }
    });
    return found;
  }

  #begin(corner: number): number {
    if (this.#corners.length === MOST_TILES) {
      this.#missed++;
      return 0;
    }
    const tile = this.#corners.push(corner);
    this.#tiles[corner] = tile;
    if (tile * AREA > this.#counts.length) {
      const counts = new Uint32Array(2 * this.#counts.length);
      counts.set(this.#counts);
      this.#counts = counts;
    }
    return tile;
  }
}
