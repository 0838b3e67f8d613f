import type { WritableFormat } from '../adapters/files/index.node.js';
import type { OrientParams, StreamInfo } from '../src/index.js';

/** How coordinates lie to readers of a format: on jAER's AEDAT 2.0 y grows upwards and x is mirrored, elsewhere neither. */
export function expectedOrientation(format: WritableFormat): Required<OrientParams> {
  return format === 'aedat2' ? { yUp: true, mirroredX: true } : { yUp: false, mirroredX: false };
}

/** What readers of `format` will make of a stream that is written as it is, where that is wrong; else null. */
export function orientationNote(info: StreamInfo, format: WritableFormat): string | null {
  const expected = expectedOrientation(format);
  const [flipped, mirrored] = [info.yUp !== expected.yUp, info.mirroredX !== expected.mirroredX];
  if (!flipped && !mirrored) return null;
  const how = [flipped ? 'upside down' : null, mirrored ? 'mirrored' : null].filter((word) => word !== null);
  return `coordinates are written as stored: readers of ${format} will show them ${how.join(' and ')}`;
}
