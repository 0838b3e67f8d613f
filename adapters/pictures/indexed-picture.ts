/** Red, green and blue, 0…255 each. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A picture of at most 256 colours. */
export interface IndexedPicture {
  readonly width: number;
  readonly height: number;
  /** Number of each pixel's colour, row-major from the upper left. */
  readonly pixels: Uint8Array;
  readonly palette: readonly Colour[];
}
