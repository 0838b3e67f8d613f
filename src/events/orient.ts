import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { derivedStream } from './derived-stream.js';
import { latestTime } from './event-packet.js';
import type { EventPacket } from './packet.js';
import type { StreamInfo } from './stream-info.js';

/** How coordinates are to lie; see the fields of the same names of `StreamInfo`. */
export interface OrientParams {
  /** Default false: y grows downwards. */
  readonly yUp?: boolean;
  /** Default false: x as the camera sees it. */
  readonly mirroredX?: boolean;
}

export interface OrientState {
  /** Events whose coordinates were changed so far. */
  turned: number;
}

/**
 * Turns y round and mirrors x where a stream says that they lie otherwise than asked for.
 *
 * @throws `ERR_GEOMETRY` where something is to be turned and the stream does not say its size, and for an event outside
 * of it
 */
export const orientStep: Step<OrientParams, OrientState, EventPacket, EventPacket> = {
  name: 'orient',
  version: 1,

  init() {
    return { turned: 0 };
  },

  advance({ yUp = false, mirroredX = false }, state, packet, emit) {
    const { stream, length } = packet;
    const flipY = stream.yUp !== yUp;
    const flipX = stream.mirroredX !== mirroredX;
    if (!flipX && !flipY) return emit(packet);
    const maxX = flipX ? extent(stream, 'width') - 1 : 65535;
    const maxY = flipY ? extent(stream, 'height') - 1 : 65535;
    const x = packet.x.slice(0, length);
    const y = packet.y.slice(0, length);
    let good = 0;
    for (; good < length && x[good] <= maxX && y[good] <= maxY; good++) {
      if (flipX) x[good] = maxX - x[good];
      if (flipY) y[good] = maxY - y[good];
    }
    state.turned += good;
    const turned = { ...packet, stream: derivedStream(stream, { yUp, mirroredX }), x, y, length: good };
    if (good === length) return emit(turned);
    emit({ ...turned, until: latestTime(packet.t, good + 1, -Infinity), mark: null });
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `orient: event at (${packet.x[good]}, ${packet.y[good]}) lies outside of ${stream.width ?? '?'}×${stream.height ?? '?'} pixels`,
      { details: { x: packet.x[good], y: packet.y[good], t: packet.t[good] } },
    );
  },
};

function extent(stream: StreamInfo, side: 'width' | 'height'): number {
  const size = stream[side];
  if (size !== null) return size;
  throw new RxSpikeError('ERR_GEOMETRY', `orient: stream "${stream.id}" does not say its ${side}`);
}
