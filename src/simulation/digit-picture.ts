import { cos, sin } from '../elementary.js';
import { RxSpikeError } from '../errors.js';
import type { Picture } from './saccades.js';

type Point = readonly [x: number, y: number];

/** Points on an ellipse from angle `from` to `to` (in turns, 0 to the right, growing downwards). */
function arc(middle: Point, radii: Point, from: number, to: number): Point[] {
  const pieces = 16;
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / pieces);
    return [middle[0] + radii[0] * cos(angle), middle[1] + radii[1] * sin(angle)];
  });
}

/** Ten digits as strokes in a box of 20 × 20, y downwards. */
const STROKES: readonly (readonly (readonly Point[])[])[] = [
  [arc([10, 10], [5.5, 8.5], 0, 1)],
  [
    [
      [10, 1.5],
      [10, 18.5],
    ],
  ],
  [[...arc([10, 6.5], [5, 5], -0.5, 0.12), [4.5, 18], [16, 18]]],
  [[...arc([9.5, 5.8], [4.5, 4.3], -0.42, 0.25), ...arc([9.5, 14.2], [5.2, 4.3], -0.25, 0.42)]],
  [
    [
      [6, 2],
      [4.5, 11],
      [15, 11],
    ],
    [
      [14, 2],
      [13, 18.5],
    ],
  ],
  [
    [
      [15, 2],
      [6, 2],
      [5.5, 9],
    ],
    [[5.5, 9], ...arc([9.5, 13.2], [5.2, 4.9], -0.3, 0.4)],
  ],
  [[[13, 1.5], ...arc([10, 13], [5, 5.2], -0.45, -1.45)]],
  [
    [
      [4, 2.5],
      [15.5, 2.5],
      [9, 18.5],
    ],
  ],
  [arc([10, 5.8], [4, 4.1], 0, 1), arc([10, 14.2], [4.8, 4.3], 0, 1)],
  [
    arc([9.5, 6.5], [4.3, 4.6], 0, 1),
    [
      [13.8, 6],
      [13.5, 11],
      [12, 18.5],
    ],
  ],
];

const SIZE = 28;
const HALF_STROKE = 1.2;

/** Distance of a point from a segment. */
function distance(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2));
  const dx = x - ax - along * (bx - ax);
  const dy = y - ay - along * (by - ay);
  return Math.sqrt(dx * dx + dy * dy);
}

/**
 * A white digit on black, 28 × 28 pixels, drawn with strokes of even width.
 * @throws `ERR_ARGUMENT` unless `digit` is an integer in 0…9
 */
export function digitPicture(digit: number): Picture {
  const strokes = STROKES[digit] as (typeof STROKES)[number] | undefined;
  if (!strokes) throw new RxSpikeError('ERR_ARGUMENT', `there is a picture of the digits 0…9, got ${digit}`);
  const intensity = new Float64Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      let nearest = Infinity;
      for (const stroke of strokes) {
        for (let i = 1; i < stroke.length; i++) {
          nearest = Math.min(nearest, distance(x - 3.5, y - 3.5, stroke[i - 1], stroke[i]));
        }
      }
      intensity[y * SIZE + x] = Math.min(1, Math.max(0, HALF_STROKE + 0.5 - nearest));
    }
  }
  return { width: SIZE, height: SIZE, intensity };
}
