import { RxSpikeError } from '../errors.js';
import { exp } from '../elementary.js';

/**
 * From a current z to the encoding angle φ (rad), with v = scale·z + shift:
 *
 *     relu     φ = π·max(v, 0)            (as published, arXiv 2506.21324)
 *     sigmoid  φ = π / (1 + e^(−4v))
 *     clip     φ = π·clip(v + ½, 0, 1)
 */
export interface EncoderSpec {
  readonly kind: 'relu' | 'sigmoid' | 'clip';
  /** Default 1 and 0. */
  readonly scale?: number;
  readonly shift?: number;
}

/** The angle φ(z), rad; 0…π except for `relu`, which has no upper end. */
export function encode(encoder: EncoderSpec, z: number): number {
  const v = (encoder.scale ?? 1) * z + (encoder.shift ?? 0);
  if (encoder.kind === 'relu') return v > 0 ? Math.PI * v : 0;
  if (encoder.kind === 'sigmoid') return Math.PI / (1 + exp(-4 * v));
  return Math.PI * Math.min(Math.max(v + 0.5, 0), 1);
}

/** The slope dφ/dz, rad; at the kinks of `relu` and `clip` it is 0. */
export function encodeSlope(encoder: EncoderSpec, z: number): number {
  const scale = encoder.scale ?? 1;
  const v = scale * z + (encoder.shift ?? 0);
  if (encoder.kind === 'relu') return v > 0 ? Math.PI * scale : 0;
  if (encoder.kind === 'sigmoid') {
    const share = 1 / (1 + exp(-4 * v));
    return 4 * Math.PI * scale * share * (1 - share);
  }
  return Math.abs(v) < 0.5 ? Math.PI * scale : 0;
}

/** @throws `ERR_NETWORK` when the encoder is unknown or its numbers are not finite */
export function checkEncoder(encoder: EncoderSpec): void {
  const known = encoder.kind === 'relu' || encoder.kind === 'sigmoid' || encoder.kind === 'clip';
  if (!known || !Number.isFinite(encoder.scale ?? 1) || !Number.isFinite(encoder.shift ?? 0)) {
    throw new RxSpikeError('ERR_NETWORK', 'encoder: expected relu, sigmoid or clip with finite scale and shift', {
      details: { encoder },
    });
  }
}
