import type { Colour } from './indexed-picture.js';

/** Near black; and for polarities the orange and sky blue that colour-blind people tell apart (Okabe and Ito, 2008). */
const DARK: Colour = [14, 17, 23];
const ON: Colour = [255, 166, 38];
const BOTH: Colour = [242, 240, 234];
const OFF: Colour = [76, 171, 242];
/** How bright the weakest event is, against the strongest. */
const FAINTEST = 0.22;

const mix = (a: Colour, b: Colour, share: number): Colour =>
  [0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * share)) as unknown as Colour;

/** Shades of a colour from the faintest to the full one. */
function shades(colour: Colour, levels: number): Colour[] {
  return Array.from({ length: levels }, (_, level) =>
    mix(DARK, colour, FAINTEST + ((1 - FAINTEST) * level) / (levels - 1)),
  );
}

/** Hues from all OFF to all ON, and brightnesses of each, of {@link COUNT_PALETTE}. */
export const HUES = 15;
export const LEVELS = 17;

/** Colour 0: no event; 1 + hue · LEVELS + level: hue 0 all OFF … HUES − 1 all ON, level 0 faintest. */
export const COUNT_PALETTE: readonly Colour[] = [
  DARK,
  ...Array.from({ length: HUES }, (_, hue) => {
    const share = (2 * hue) / (HUES - 1) - 1;
    return shades(share < 0 ? mix(BOTH, OFF, -share) : mix(BOTH, ON, share), LEVELS);
  }).flat(),
];

/** Brightnesses of a polarity of {@link SURFACE_PALETTE}. */
export const SURFACE_LEVELS = 127;

/** Colour 0: no event; 1 … SURFACE_LEVELS: OFF, oldest first; then ON. */
export const SURFACE_PALETTE: readonly Colour[] = [
  DARK,
  ...shades(OFF, SURFACE_LEVELS).map((colour, i) => mix(DARK, colour, Math.min(1, i / 12))),
  ...shades(ON, SURFACE_LEVELS).map((colour, i) => mix(DARK, colour, Math.min(1, i / 12))),
];
