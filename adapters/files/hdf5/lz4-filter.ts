import { RxSpikeError } from '../../../src/index.js';
import { decodeLz4Block } from '../compression/lz4-block.js';
import { hdf5Corrupt } from './cursor.js';

const HEAD = 12;

/**
 * Expands the chunks of HDF5's LZ4 filter (32004): the size, big-endian, then blocks of LZ4 with their sizes
 * (https://github.com/nexusformat/HDF5-External-Filter-Plugins, `LZ4`). @throws `ERR_CORRUPT`, `ERR_LIMIT`
 */
export function decodeLz4Filter(input: Uint8Array, limit: number): Uint8Array {
  if (input.length < HEAD) throw hdf5Corrupt('an LZ4 chunk is too short');
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const size = view.getUint32(0) * 4294967296 + view.getUint32(4);
  if (size > limit) {
    throw new RxSpikeError('ERR_LIMIT', `hdf5: a chunk expands to ${size} bytes, ${limit} at most`, {
      details: { limit },
    });
  }
  if (size > 255 * input.length) throw hdf5Corrupt(`an LZ4 chunk of ${input.length} bytes says that it holds ${size}`);
  const block = Math.min(view.getUint32(8), size);
  const out = new Uint8Array(size);
  if (size > 0 && block === 0) throw hdf5Corrupt('an LZ4 chunk has blocks of 0 bytes');
  let at = HEAD;
  for (let o = 0; o < size; o += block) {
    if (at + 4 > input.length) throw hdf5Corrupt('an LZ4 chunk ends early');
    const stored = view.getUint32(at);
    at += 4;
    const end = Math.min(size, o + block);
    if (at + stored > input.length) throw hdf5Corrupt('an LZ4 chunk ends early');
    if (stored === end - o) out.set(input.subarray(at, at + stored), o);
    else if (decodeLz4Block(input, { from: at, to: at + stored }, out, { at: o, end, first: o }) !== end) {
      throw hdf5Corrupt('an LZ4 chunk is damaged');
    }
    at += stored;
  }
  return out;
}
