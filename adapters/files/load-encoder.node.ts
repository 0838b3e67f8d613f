import { RxSpikeError, type StreamInfo } from '../../src/index.js';
import { nodeZstdEncoder } from './compression/zstd-encoder.node.js';
import type { Encoder, WriteOptions } from './encoder.js';
import { ENCODERS, type EncodedFormat } from './encoders.js';

/**
 * The encoder of a format, for a stream.
 * @throws (rejects) `ERR_ARGUMENT` for a format that is not written; `ERR_GEOMETRY` where the format needs a size that `info` lacks; `ERR_OPTIONAL_DEPENDENCY`
 */
export async function loadEncoder(format: EncodedFormat, info: StreamInfo, options: WriteOptions): Promise<Encoder> {
  const load = ENCODERS[format];
  if (load === undefined) {
    const known = [...Object.keys(ENCODERS), 'npz'].join(', ');
    throw new RxSpikeError('ERR_ARGUMENT', `format: ${format} is none that is written; there are ${known}`);
  }
  const zstd = nodeZstdEncoder();
  return (await load())(info, zstd === undefined ? options : { zstd, ...options });
}
