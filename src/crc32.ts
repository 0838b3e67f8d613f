/** Table of the reflected polynomial 0xEDB88320. */
const TABLE: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/**
 * CRC-32 (ISO-HDLC, that of zip and of Python's `zlib.crc32`) of bytes: tells a damaged file from a whole one.
 *
 * @param before CRC of the bytes before these, to go on from
 * @returns an integer in 0…2³²−1
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}
