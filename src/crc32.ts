// The engine keeps the addresses of constants of the module in registers; it does not for arrays in arguments.
const STAGE = 1 << 14;
const BYTES = new Uint8Array(STAGE);
const WORDS = new Int32Array(BYTES.buffer);

/** Tables of the reflected polynomial 0xEDB88320: what becomes of a byte with so many bytes of zeros after it. */
const T0 = new Int32Array(256);
const T1 = new Int32Array(256);
const T2 = new Int32Array(256);
const T3 = new Int32Array(256);
const T4 = new Int32Array(256);
const T5 = new Int32Array(256);
const T6 = new Int32Array(256);
const T7 = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  T0[byte] = c;
}
for (const [shorter, longer] of [[T0, T1] as const, [T1, T2], [T2, T3], [T3, T4], [T4, T5], [T5, T6], [T6, T7]]) {
  for (let byte = 0; byte < 256; byte++) longer[byte] = T0[shorter[byte] & 0xff] ^ (shorter[byte] >>> 8);
}

/**
 * CRC-32 (ISO-HDLC, that of zip and of Python's `zlib.crc32`) of bytes: tells a damaged file from a whole one.
 *
 * @param before CRC of the bytes before these, to go on from
 * @returns an integer in 0…2³²−1
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  let at = 0;
  while (bytes.length - at >= 8) {
    const taken = Math.min(STAGE, (bytes.length - at) & ~7);
    BYTES.set(bytes.subarray(at, at + taken));
    c = staged(c, taken >> 2);
    at += taken;
  }
  for (; at < bytes.length; at++) c = T0[(c ^ bytes[at]) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}

/** Takes in the first so many words of the stage, two at a time; an even number. */
function staged(before: number, words: number): number {
  let c = before;
  for (let i = 0; i < words; i += 2) {
    const a = c ^ WORDS[i];
    const b = WORDS[i + 1];
    c =
      T7[a & 0xff] ^
      T6[(a >>> 8) & 0xff] ^
      T5[(a >>> 16) & 0xff] ^
      T4[a >>> 24] ^
      T3[b & 0xff] ^
      T2[(b >>> 8) & 0xff] ^
      T1[(b >>> 16) & 0xff] ^
      T0[b >>> 24];
  }
  return c;
}
