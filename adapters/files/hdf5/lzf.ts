import { copyLiterals, copyMatch } from '../compression/copy.js';
import { hdf5Corrupt } from './cursor.js';

const MAX_LITERAL = 32;

/**
 * Expands LZF (http://oldhome.schmorp.de/marc/liblzf.html), h5py's own filter, to at most `limit` bytes.
 * @throws `ERR_CORRUPT`
 */
export function decodeLzf(input: Uint8Array, limit: number): Uint8Array {
  const room = Math.min(limit, 264 * input.length);
  const out = new Uint8Array(room);
  let i = 0;
  let o = 0;
  while (i < input.length) {
    const control = input[i++];
    if (control < MAX_LITERAL) {
      const length = control + 1;
      if (i + length > input.length || o + length > room) throw hdf5Corrupt('an LZF chunk is damaged');
      copyLiterals(input, i, out, o, length);
      i += length;
      o += length;
      continue;
    }
    let length = (control >> 5) + 2;
    if (length === 9) length += input[i++] ?? 0;
    const distance = ((control & 31) << 8) + (input[i++] ?? 0) + 1;
    if (i > input.length || distance > o || o + length > room) throw hdf5Corrupt('an LZF chunk is damaged');
    copyMatch(out, o, distance, length);
    o += length;
  }
  return out.subarray(0, o);
}
