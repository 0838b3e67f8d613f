import type { IndexedPicture } from './indexed-picture.js';

/** Puts pictures of one size and palette together to a moving one. */
export interface Film {
  /** Pictures so far. */
  readonly pictures: number;
  add(picture: IndexedPicture): void;
  /** The file; nothing can be added after. */
  finish(): Uint8Array;
}
