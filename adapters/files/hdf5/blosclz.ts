import { copyLiterals, copyMatch } from '../compression/copy.js';

const MAX_DISTANCE = 8191;

/**
 * Expands a stream of BloscLZ (https://github.com/Blosc/c-blosc, `blosc/blosclz.c`) into `out` from `at` to `end`.
 * Returns false where it is damaged or makes more or less than that.
 */
export function decodeBlosclz(input: Uint8Array, out: Uint8Array, at: number, end: number): boolean {
  if (input.length === 0) return false;
  let i = 1;
  let o = at;
  let control = input[0] & 31;
  for (;;) {
    if (control < 32) {
      const length = control + 1;
      if (i + length > input.length || o + length > end) return false;
      copyLiterals(input, i, out, o, length);
      i += length;
      o += length;
    } else {
      let length = (control >> 5) - 1;
      let offset = (control & 31) << 8;
      let code = 255;
      if (length === 6) {
        while (code === 255 && i < input.length) length += code = input[i++];
      }
      if (i >= input.length) return false;
      code = input[i++];
      length += 3;
      let distance = offset + code + 1;
      if (code === 255 && offset === 31 << 8) {
        if (i + 2 > input.length) return false;
        offset = (input[i] << 8) + input[i + 1];
        i += 2;
        distance = offset + MAX_DISTANCE + 1;
      }
      if (o + length > end || o - distance < at) return false;
      copyMatch(out, o, distance, length);
      o += length;
    }
    if (i >= input.length) return o === end;
    control = input[i++];
  }
}
