import type { EventFrame, StreamInfo, TimeSurface } from '../../src/index.js';
import type { IndexedPicture } from './indexed-picture.js';
import { COUNT_PALETTE, HUES, LEVELS, SURFACE_LEVELS, SURFACE_PALETTE } from './palettes.js';

/** How a picture is drawn. */
export interface DrawOptions {
  /** Picture pixels for a sensor pixel, along each side; from 1. */
  readonly scale: number;
}

/**
 * Draws how many events each pixel had: its hue says how many of them were ON, its brightness how many there were,
 * relative to `full` events, as a logarithm. The picture stands upright, as the stream says how coordinates lie.
 */
export function drawFrame(frame: EventFrame, { scale, full }: DrawOptions & { readonly full: number }): IndexedPicture {
  const { width, height, on, off } = frame;
  const colours = new Uint8Array(width * height);
  const most = Math.log1p(Math.max(1, full));
  for (let at = 0; at < colours.length; at++) {
    const events = on[at] + off[at];
    if (events === 0) continue;
    const hue = Math.round((on[at] / events) * (HUES - 1));
    const level = full <= 1 ? LEVELS - 1 : Math.round((Math.log1p(events) / most) * (LEVELS - 1));
    colours[at] = 1 + hue * LEVELS + Math.min(LEVELS - 1, level);
  }
  const pixels = upright(colours, width, height, frame.stream, scale);
  return { width: width * scale, height: height * scale, pixels, palette: COUNT_PALETTE };
}

/** Draws how recent the last event of each pixel is: bright is recent. The picture stands upright. */
export function drawSurface(surface: TimeSurface, { scale }: DrawOptions): IndexedPicture {
  const { width, height, value } = surface;
  const colours = new Uint8Array(width * height);
  for (let at = 0; at < colours.length; at++) {
    if (value[at] === 0) continue;
    const level = Math.round(Math.abs(value[at]) * (SURFACE_LEVELS - 1));
    colours[at] = 1 + level + (value[at] > 0 ? SURFACE_LEVELS : 0);
  }
  const pixels = upright(colours, width, height, surface.stream, scale);
  return { width: width * scale, height: height * scale, pixels, palette: SURFACE_PALETTE };
}

/** A picture of no events. */
export function blankPicture(width: number, height: number): IndexedPicture {
  return { width, height, pixels: new Uint8Array(width * height), palette: COUNT_PALETTE };
}

/** Number of events that all but one in a hundred of the pixels with events stay below or reach: the full brightness. */
export function fullBrightness({ on, off }: EventFrame): number {
  const counts: number[] = [];
  for (let at = 0; at < on.length; at++) if (on[at] + off[at] > 0) counts.push(on[at] + off[at]);
  if (counts.length === 0) return 1;
  return Uint32Array.from(counts).sort()[Math.floor(0.99 * (counts.length - 1))];
}

function upright(
  colours: Uint8Array,
  width: number,
  height: number,
  { yUp, mirroredX }: StreamInfo,
  scale: number,
): Uint8Array {
  if (scale === 1 && !yUp && !mirroredX) return colours;
  const row = width * scale;
  const pixels = new Uint8Array(row * height * scale);
  for (let y = 0; y < height; y++) {
    const from = (yUp ? height - 1 - y : y) * width;
    const to = y * scale * row;
    for (let x = 0; x < width; x++) {
      const colour = colours[from + (mirroredX ? width - 1 - x : x)];
      if (colour !== 0) pixels.fill(colour, to + x * scale, to + (x + 1) * scale);
    }
    for (let again = 1; again < scale; again++) pixels.copyWithin(to + again * row, to, to + row);
  }
  return pixels;
}
