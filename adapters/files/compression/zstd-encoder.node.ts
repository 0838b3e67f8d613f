import * as zlib from 'node:zlib';

type Encode = (content: Uint8Array) => Uint8Array;

/** Makes a Zstandard frame of bytes, where this version of Node can (22.15 and later); else undefined. */
export function nodeZstdEncoder(): Encode | undefined {
  const encode: unknown = Reflect.get(zlib, 'zstdCompressSync');
  return typeof encode === 'function' ? (encode as Encode) : undefined;
}
