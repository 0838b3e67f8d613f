/**
 * The checksum of HDF5's structures: Jenkins' lookup3 `hashlittle` of `bytes[from…to)` with initial value 0, as a u32
 * (http://burtleburtle.net/bob/c/lookup3.c).
 */
export function lookup3(bytes: Uint8Array, from: number, to: number): number {
  let a = (0xdeadbeef + (to - from)) | 0;
  let b = a;
  let c = a;
  let at = from;
  for (; to - at > 12; at += 12) {
    a = (a + word(bytes, at, to)) | 0;
    b = (b + word(bytes, at + 4, to)) | 0;
    c = (c + word(bytes, at + 8, to)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (at === to) return c >>> 0;
  a = (a + word(bytes, at, to)) | 0;
  b = (b + word(bytes, at + 4, to)) | 0;
  c = (c + word(bytes, at + 8, to)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Four bytes little-endian; those from `to` on count as 0. */
function word(bytes: Uint8Array, at: number, to: number): number {
  let value = 0;
  for (let k = Math.min(4, to - at) - 1; k >= 0; k--) value = (value << 8) | bytes[at + k];
  return value;
}
