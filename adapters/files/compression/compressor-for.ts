import { RxSpikeError } from '../../../src/index.js';
import type { WriteOptions } from '../encoder.js';
import { Lz4Compressor, type Compressor } from './lz4-frame-encoder.js';

/**
 * What compresses the packets or chunks of a format; null: nothing does.
 * @throws `ERR_UNSUPPORTED` for Zstandard where there is no encoder of it
 */
export function compressorFor(
  format: string,
  compression: 'none' | 'lz4' | 'zstd',
  { zstd }: WriteOptions,
): Compressor | null {
  if (compression === 'none') return null;
  if (compression === 'lz4') return new Lz4Compressor();
  if (zstd !== undefined) return { compress: zstd };
  throw new RxSpikeError(
    'ERR_UNSUPPORTED',
    `${format}: this runtime has no encoder for zstd (Node has one from 22.15 on); write lz4, or give one as \`zstd\``,
  );
}
