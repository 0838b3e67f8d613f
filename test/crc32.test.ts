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
});
