import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireInteger } from './argument.js';
import { derivedStream } from './derived-stream.js';
import { keptEvents } from './kept-events.js';
import type { EventPacket } from './packet.js';

/** The region that is kept: columns x … x + width − 1, rows y … y + height − 1. */
export interface CropParams {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface CropState {
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Keeps the events of a region and moves its corner to (0, 0). The new stream has the region's size, also where the
 * stream did not say one.
 *
 * @throws `ERR_GEOMETRY` when the region reaches beyond a stream of known size
 */
export const cropStep: Step<CropParams, CropState, EventPacket, EventPacket> = {
  name: 'crop',
  version: 1,

  init({ x, y, width, height }) {
    requireInteger('crop', 'x', x, 0);
    requireInteger('crop', 'y', y, 0);
    requireInteger('crop', 'width', width, 1);
    requireInteger('crop', 'height', height, 1);
    return { dropped: 0 };
  },

  advance({ x: left, y: top, width, height }, state, packet, emit) {
    const { stream, length } = packet;
    if (
      (stream.width !== null && left + width > stream.width) ||
      (stream.height !== null && top + height > stream.height)
    ) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `crop: ${width}×${height} pixels from (${left}, ${top}) on reach beyond the ${stream.width}×${stream.height} of stream "${stream.id}"`,
      );
    }
    const keep = new Uint32Array(length);
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const x = packet.x[i] - left;
      const y = packet.y[i] - top;
      if (x >= 0 && x < width && y >= 0 && y < height) keep[kept++] = i;
    }
    state.dropped += length - kept;
    const out = keptEvents(packet, keep, kept);
    for (let j = 0; j < kept; j++) {
      out.x[j] -= left;
      out.y[j] -= top;
    }
    emit({ ...out, stream: derivedStream(stream, { width, height }) });
  },
};
