import { encode } from 'fast-png';
import type { IndexedPicture } from './indexed-picture.js';

/** A picture as the bytes of a PNG file. */
export function pngBytes({ width, height, pixels, palette }: IndexedPicture): Uint8Array {
  return encode({
    width,
    height,
    data: pixels,
    depth: 8,
    channels: 1,
    palette: palette.map((colour) => [...colour]),
  });
}
