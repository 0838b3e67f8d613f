import { cos, exp, log } from '../elementary.js';
import { RxSpikeError } from '../errors.js';
import { RandomSequence } from '../random.js';
import type { Scene } from './scene.js';

/** A picture: row-major, 0 black … 1 white. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly intensity: Float64Array;
}

/** Corners of the path, pixels, y downwards; one leg between each two. */
const CORNERS = [
  [-2.75, -2.5],
  [0, 2.5],
  [2.75, -2.5],
  [-2.75, -2.5],
] as const;
/** Beginning and length (µs) of each leg, and how its speed is bent. */
const LEGS = [
  { on: 3_000, length: 80_000, bend: 1.1 },
  { on: 104_000, length: 84_000, bend: 1 },
  { on: 222_000, length: 80_000, bend: 0.75 },
] as const;
const DURATION = 315_000;

/** Offset (pixels) of the picture at time t (µs), relative to its middle position. */
export function saccadeOffset(t: number): { x: number; y: number } {
  let x: number = CORNERS[0][0];
  let y: number = CORNERS[0][1];
  for (const [i, { on, length, bend }] of LEGS.entries()) {
    const u = Math.min(1, Math.max(0, (t - on) / length));
    if (u === 0) break;
    const share = (1 - cos(Math.PI * exp(bend * log(u)))) / 2;
    x = CORNERS[i][0] + share * (CORNERS[i + 1][0] - CORNERS[i][0]);
    y = CORNERS[i][1] + share * (CORNERS[i + 1][1] - CORNERS[i][1]);
  }
  return { x, y };
}

/** How a picture is shown. */
export interface SaccadeParams {
  readonly picture: Picture;
  readonly label: string;
  /** Sensor; default 34 × 34. */
  readonly width?: number;
  readonly height?: number;
  /** Where the picture lies is off by U(−jitter, jitter) pixels in x and y; default 0.5. */
  readonly jitter?: number;
  readonly seed: number;
}

/**
 * A picture that is moved along the three saccades by which N-MNIST was recorded (a triangle, 315 ms in all): path and
 * position fitted to recordings, G. Orchard et al., Frontiers in Neuroscience 9:437 (2015). The picture is blurred a little
 * (σ = ½ pixel) and sampled bilinearly; outside of it is black.
 */
export function saccades(params: SaccadeParams): Scene {
  const { picture, label, width = 34, height = 34, jitter = 0.5, seed } = params;
  if (picture.intensity.length !== picture.width * picture.height) {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `saccades: a picture of ${picture.width}×${picture.height} with ${picture.intensity.length} pixels`,
    );
  }
  const random = new RandomSequence(seed, 'saccades');
  const left = (width - picture.width) / 2 - 0.2 + (2 * random.uniform() - 1) * jitter;
  const top = (height - picture.height) / 2 + 0.8 + (2 * random.uniform() - 1) * jitter;
  const soft = blurred(picture);
  return {
    label,
    width,
    height,
    duration: DURATION,
    frame: 2500,
    render(t, intensity) {
      const offset = saccadeOffset(t);
      draw(soft, left + offset.x, top + offset.y, { width, height, intensity });
    },
  };
}

/** Black pixels around a blurred picture: one for the blur, one more so that no neighbour lies outside. */
const FRAME = 2;

/** 3×3 part of a Gaussian with σ = ½, the picture in a black frame. */
function blurred({ width, height, intensity }: Picture): Picture {
  const side = exp(-2);
  const weights = [side / (1 + 2 * side), 1 / (1 + 2 * side), side / (1 + 2 * side)];
  const wide = width + 2 * FRAME;
  const tall = height + 2 * FRAME;
  const rows = new Float64Array(wide * tall);
  const out = new Float64Array(wide * tall);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = -1; k <= 1; k++)
        rows[(y + FRAME) * wide + x + FRAME + k] += weights[k + 1] * intensity[y * width + x];
    }
  }
  for (let y = FRAME; y < tall - FRAME; y++) {
    for (let x = 0; x < wide; x++) {
      for (let k = -1; k <= 1; k++) out[(y + k) * wide + x] += weights[k + 1] * rows[y * wide + x];
    }
  }
  return { width: wide, height: tall, intensity: out };
}

/** Draws a framed picture with its inner top left corner at (left, top), bilinearly. */
function draw(picture: Picture, left: number, top: number, sensor: Picture): void {
  const ox = Math.floor(left);
  const oy = Math.floor(top);
  const fx = left - ox;
  const fy = top - oy;
  const { width: wide, intensity: from } = picture;
  sensor.intensity.fill(0);
  const firstX = Math.max(0, ox - 1);
  const lastX = Math.min(sensor.width - 1, ox + wide - FRAME - 1);
  const lastY = Math.min(sensor.height - 1, oy + picture.height - FRAME - 1);
  for (let y = Math.max(0, oy - 1); y <= lastY; y++) {
    for (let x = firstX; x <= lastX; x++) {
      const at = (y - oy + FRAME) * wide + x - ox + FRAME;
      sensor.intensity[y * sensor.width + x] =
        (1 - fy) * ((1 - fx) * from[at] + fx * from[at - 1]) +
        fy * ((1 - fx) * from[at - wide] + fx * from[at - wide - 1]);
    }
  }
}
