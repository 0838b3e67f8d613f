import { decode, decodeApng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import {
  ApngFilm,
  GifFilm,
  type IndexedPicture,
  blankPicture,
  drawFrame,
  drawSurface,
  fullBrightness,
  pngBytes,
} from '../../../adapters/pictures/index.js';
import { type EventFrame, RandomSequence, type StreamInfo, type TimeSurface, streamInfo } from '../../../src/index.js';
import { readGif } from './gif.js';

const STREAM = streamInfo({ width: 3, height: 2 });
const frame = (on: number[], off: number[], stream: StreamInfo = STREAM): EventFrame => ({
  stream,
  t0: 0,
  t1: 1,
  width: 3,
  height: 2,
  on: Uint32Array.from(on),
  off: Uint32Array.from(off),
});
const colourAt = ({ pixels, palette }: IndexedPicture, at: number): readonly number[] => palette[pixels[at]];
const colours = ({ pixels, palette }: IndexedPicture): number[][] => [...pixels].map((at) => [...palette[at]]);
const brightness = (colour: readonly number[]): number => colour[0] + colour[1] + colour[2];

/** A picture of random colours. */
function noise(width: number, height: number, seed: number): IndexedPicture {
  const random = new RandomSequence(seed, 'picture');
  const { palette } = drawFrame(frame([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]), { scale: 1, full: 1 });
  return { width, height, palette, pixels: Uint8Array.from({ length: width * height }, () => random.integer(256)) };
}

describe('drawing events', () => {
  const picture = drawFrame(frame([4, 0, 2, 0, 1, 9], [0, 4, 2, 0, 0, 0]), { scale: 1, full: 4 });

  it('tells ON from OFF by hue: orange and blue, and what had both by white', () => {
    const [on, off, both] = [0, 1, 2].map((at) => colourAt(picture, at));
    expect(on[0]).toBeGreaterThan(on[2] + 150);
    expect(off[2]).toBeGreaterThan(off[0] + 150);
    expect(Math.max(...both) - Math.min(...both)).toBeLessThan(20);
  });

  it('shows how many there were by brightness, nothing as dark, and no more than full', () => {
    expect(picture.pixels[3]).toBe(0);
    expect(brightness(colourAt(picture, 3))).toBeLessThan(60);
    expect(brightness(colourAt(picture, 4))).toBeGreaterThan(100);
    expect(brightness(colourAt(picture, 4))).toBeLessThan(brightness(colourAt(picture, 0)));
    expect(picture.pixels[5]).toBe(picture.pixels[0]);
  });

  it('uses colours of its palette only, at most 256', () => {
    expect(picture.palette.length).toBeLessThanOrEqual(256);
    expect(Math.max(...picture.pixels)).toBeLessThan(picture.palette.length);
  });

  it('takes for full what all but one in a hundred pixels with events have', () => {
    const on = new Uint32Array(1000).fill(3, 0, 200);
    on[7] = 1_000_000;
    expect(fullBrightness({ ...frame([], []), on, off: new Uint32Array(1000) })).toBe(3);
    expect(fullBrightness(frame([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]))).toBe(1);
  });

  it.each([
    [false, false, [1, 2, 3, 4, 5, 6]],
    [true, false, [4, 5, 6, 1, 2, 3]],
    [false, true, [3, 2, 1, 6, 5, 4]],
    [true, true, [6, 5, 4, 3, 2, 1]],
  ])('stands upright where y grows upwards %s and x is mirrored %s', (yUp, mirroredX, order) => {
    const turned = drawFrame(frame([1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], streamInfo({ yUp, mirroredX })), {
      scale: 1,
      full: 6,
    });
    const levels = [...turned.pixels].map((colour) => [...turned.pixels].filter((c) => c <= colour).length);
    expect(levels).toEqual(order);
  });

  it('draws a sensor pixel as a square of scale × scale', () => {
    const large = drawFrame(frame([4, 0, 2, 0, 1, 9], [0, 4, 2, 0, 0, 0]), { scale: 3, full: 4 });
    expect([large.width, large.height]).toEqual([9, 6]);
    large.pixels.forEach((colour, at) => {
      const [x, y] = [Math.floor((at % 9) / 3), Math.floor(at / 27)];
      expect(colour).toBe(picture.pixels[3 * y + x]);
    });
  });
});

describe('drawing a time surface', () => {
  it('shows polarity by hue and age by darkness', () => {
    const value = Float32Array.of(1, -1, 0.5, -0.5, 0, 1e-9);
    const surface: TimeSurface = { stream: STREAM, t: 0, width: 3, height: 2, value };
    const picture = drawSurface(surface, { scale: 1 });
    const [on, off, olderOn, olderOff, never, ancient] = [0, 1, 2, 3, 4, 5].map((at) => colourAt(picture, at));
    expect(on[0]).toBeGreaterThan(on[2] + 150);
    expect(off[2]).toBeGreaterThan(off[0] + 150);
    expect(brightness(olderOn)).toBeLessThan(brightness(on));
    expect(brightness(olderOff)).toBeLessThan(brightness(off));
    expect(ancient).toEqual(never);
    expect(picture.palette.length).toBeLessThanOrEqual(256);
  });
});

/** What the chunks of an animation are numbered with; they must count up from 0. */
function sequenceNumbers(png: Uint8Array): number[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const found: number[] = [];
  for (let at = 8; at < png.length; at += view.getUint32(at) + 12) {
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === 'fcTL' || type === 'fdAT') found.push(view.getUint32(at + 8));
  }
  return found;
}

describe('files', () => {
  const pictures = [1, 2, 3].map((seed) => noise(17, 11, seed));

  it('a PNG holds the picture', () => {
    const png = decode(pngBytes(pictures[0]), { checkCrc: true });
    expect([png.width, png.height]).toEqual([17, 11]);
    expect([...png.data].map((at) => png.palette?.[at])).toEqual(colours(pictures[0]));
  });

  it('an animated PNG holds them all, and is a PNG of the first to those who do not know it', () => {
    const film = new ApngFilm(12.5);
    pictures.forEach((picture) => film.add(picture));
    const bytes = film.finish();
    const apng = decodeApng(bytes, { checkCrc: true });
    expect([apng.numberOfFrames, apng.numberOfPlays, apng.frames.length]).toEqual([3, 0, 3]);
    apng.frames.forEach((one, i) => expect([...one.data]).toEqual([...pictures[i].pixels]));
    expect(apng.frames.map((one) => one.delayNumber / one.delayDenominator)).toEqual([0.08, 0.08, 0.08]);
    expect(sequenceNumbers(bytes)).toEqual([0, 1, 2, 3, 4]);
    expect([...decode(bytes).data]).toEqual([...pictures[0].pixels]);
  });

  it('a GIF holds them all, for ever, and keeps its pace on the whole', () => {
    const film = new GifFilm(30);
    pictures.forEach((picture) => film.add(picture));
    const { frames, palette, loops } = readGif(film.finish());
    expect(loops).toBe(0);
    expect(frames.map(({ delay }) => delay)).toEqual([3, 4, 3]);
    frames.forEach(({ pixels, width, height }, i) => {
      expect([width, height]).toEqual([17, 11]);
      expect(pixels.map((at) => palette[at])).toEqual(colours(pictures[i]));
    });
  });

  it('large and even pictures too: codes of every width, and none at all', () => {
    const film = new GifFilm(10);
    const large = [noise(300, 200, 5), blankPicture(300, 200)];
    large.forEach((picture) => film.add(picture));
    readGif(film.finish()).frames.forEach(({ pixels }, i) => expect(pixels).toEqual([...large[i].pixels]));
  });
});
