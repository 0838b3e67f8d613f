import { crc32 as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/crc32.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32', () => {
  // The check value of the catalogue of parametrised CRC algorithms, and zlib.crc32 of Python 3.11.
  it.each([
    ['', 0],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j', (text, expected) => {
    expect(crc32(bytes(text))).toBe(expected);
  });

  it('goes on from where it was', () => {
    expect(crc32(bytes('56789'), crc32(bytes('1234')))).toBe(0xcbf43926);
  });

  it('is that of zlib at every length and from every offset', () => {
    const noise = Uint8Array.from({ length: 40_000 }, (_, k) => (k * k * 37 + (k >> 3)) & 0xff);
    for (let n = 0; n < 70; n++) {
      const part = noise.subarray(n, 3 * n + (n % 9));
      expect(crc32(part)).toBe(zlib(part));
      const long = noise.subarray(n);
      expect(crc32(long.subarray(500 + n), crc32(long.subarray(0, 500 + n)))).toBe(zlib(long));
    }
  });
});
