import { hdf5Corrupt } from './cursor.js';

const MODULUS = 65535;

/**
 * Takes the checksum off a chunk and verifies it; the one of early versions of the library, with the bytes of each half
 * the other way round, too (`H5Zfletcher32.c`). @throws `ERR_CORRUPT`
 */
export function checkFletcher32(stored: Uint8Array): Uint8Array {
  if (stored.length < 4) throw hdf5Corrupt('a chunk is too short for its checksum');
  const content = stored.subarray(0, -4);
  const at = content.length;
  const said = (stored[at] | (stored[at + 1] << 8) | (stored[at + 2] << 16) | (stored[at + 3] << 24)) >>> 0;
  const sum = fletcher32(content);
  const swapped = (((sum & 0xff00ff) << 8) | ((sum >>> 8) & 0xff00ff)) >>> 0;
  if (said !== sum && said !== swapped) throw hdf5Corrupt('a chunk has another checksum than it says');
  return content;
}

/** Fletcher's checksum over big-endian words of 16 bits, as a u32. */
function fletcher32(bytes: Uint8Array): number {
  let a = 0;
  let b = 0;
  const words = bytes.length >> 1;
  for (let k = 0; k < words;) {
    const end = Math.min(words, k + 360);
    for (; k < end; k++) b += a += (bytes[2 * k] << 8) | bytes[2 * k + 1];
    a = (a & 0xffff) + (a >>> 16);
    b = (b & 0xffff) + (b >>> 16);
  }
  if (bytes.length % 2 === 1) b += a += bytes[bytes.length - 1] << 8;
  return (((b % MODULUS || (b > 0 ? MODULUS : 0)) << 16) | (a % MODULUS || (a > 0 ? MODULUS : 0))) >>> 0;
}
