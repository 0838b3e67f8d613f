import { cos, sin } from '../elementary.js';
import type { Scene } from './scene.js';

/** Size, speed and length of a scene with a moving shape. */
export interface MovingShape {
  /** Pixels; default 34 × 34. */
  readonly width?: number;
  readonly height?: number;
  /** Pixels a second; default 100. */
  readonly speed?: number;
  /** µs; default 1,000,000. */
  readonly duration?: number;
}

const FRAME = 2500;
const DARK = 0.1;
const BRIGHT = 0.9;

const clip = (x: number): number => Math.min(1, Math.max(0, x));

/** Share of the pixel [i − ½, i + ½] that lies within [from, to]. */
const cover = (i: number, from: number, to: number): number => clip(Math.min(i + 0.5, to) - Math.max(i - 0.5, from));

function scene(
  label: string,
  shape: MovingShape,
  light: (t: number, x: number, y: number, size: Size) => number,
): Scene {
  const { width = 34, height = 34, duration = 1_000_000 } = shape;
  return {
    label,
    width,
    height,
    duration,
    frame: FRAME,
    render(t, intensity) {
      for (let y = 0, i = 0; y < height; y++) {
        for (let x = 0; x < width; x++, i++) {
          intensity[i] = DARK + (BRIGHT - DARK) * light(t, x, y, { width, height });
        }
      }
    },
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A bright vertical bar, a tenth of the sensor wide, that moves to the right and comes back in at the left. */
export function movingBar(shape: MovingShape = {}): Scene {
  const { speed = 100 } = shape;
  return scene('bar', shape, (t, x, _y, { width }) => {
    const half = Math.max(1, width / 20);
    const at = ((t * 1e-6 * speed) % (width + 2 * half)) - half;
    return cover(x, at - half, at + half);
  });
}

/** An edge between bright (left) and dark that sweeps to the right over the sensor and back. */
export function movingEdge(shape: MovingShape = {}): Scene {
  const { speed = 100 } = shape;
  return scene('edge', shape, (t, x, _y, { width }) => {
    const way = (t * 1e-6 * speed) % (2 * width);
    return cover(x, -1, way < width ? way : 2 * width - way);
  });
}

/** A bright disc, a third of the sensor across, whose centre runs round a circle of the same size. */
export function movingDisc(shape: MovingShape = {}): Scene {
  const { speed = 100 } = shape;
  return scene('disc', shape, (t, x, y, { width, height }) => {
    const radius = Math.min(width, height) / 6;
    const angle = (t * 1e-6 * speed) / radius;
    const dx = x - (width - 1) / 2 - radius * cos(angle);
    const dy = y - (height - 1) / 2 - radius * sin(angle);
    return clip(radius - Math.sqrt(dx * dx + dy * dy) + 0.5);
  });
}
