import type { Step } from '../step.js';
import { requireArgument, requirePositive } from './argument.js';
import { emitKept } from './kept-events.js';
import type { EventPacket } from './packet.js';
import { checkPixelTimes, fitPixelTimes, noPixelTimes, type PixelTimes } from './pixel-times.js';
import { countInside, outsideError } from './sensor-size.js';

export interface DenoiseParams {
  /** Correlation time, µs, above 0. */
  readonly dt: number;
  /** 8 (default): all pixels around; 4: the ones that share an edge. */
  readonly neighbours?: 4 | 8;
}

export interface DenoiseState {
  /** Last event of each pixel, whether it passed or not. */
  readonly pixels: PixelTimes;
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Background-activity filter: an event at time t passes if another pixel next to its own had an event less than `dt`
 * before, `t − t_neighbour < dt`, of either polarity, passed or not. The pixel's own past does not count, so that a hot
 * pixel alone does not pass. Expects ordered times. A mark empties the memory.
 *
 * Source: T. Delbruck, "Frame-free dynamic digital vision", 2008 (the filter of jAER and, with 4 neighbours, of tonic).
 *
 * @throws `ERR_GEOMETRY` for an event outside of the sensor, and for a stream that does not say its size
 */
export const denoiseStep: Step<DenoiseParams, DenoiseState, EventPacket, EventPacket> = {
  name: 'denoise',
  version: 1,

  init({ dt, neighbours = 8 }) {
    requirePositive('denoise', 'dt', dt);
    requireArgument(neighbours === 4 || neighbours === 8, 'denoise', 'neighbours', '4 or 8', neighbours);
    return { pixels: noPixelTimes(), dropped: 0 };
  },

  check(_params, state) {
    checkPixelTimes('denoise', state.pixels);
  },

  advance({ dt, neighbours = 8 }, state, packet, emit) {
    const size = fitPixelTimes('denoise', state.pixels, packet.stream);
    const good = countInside(packet, size);
    const { t, x, y } = packet;
    const last = state.pixels.times;
    const row = size.width + 2;
    const corners = neighbours === 8;
    const keep = new Uint32Array(good);
    let kept = 0;
    for (let i = 0; i < good; i++) {
      const at = (y[i] + 1) * row + x[i] + 1;
      const now = t[i];
      last[at] = now;
      if (
        now - last[at - 1] < dt ||
        now - last[at + 1] < dt ||
        now - last[at - row] < dt ||
        now - last[at + row] < dt ||
        (corners &&
          (now - last[at - row - 1] < dt ||
            now - last[at - row + 1] < dt ||
            now - last[at + row - 1] < dt ||
            now - last[at + row + 1] < dt))
      ) {
        keep[kept++] = i;
      }
    }
    state.dropped += good - kept;
    emitKept(packet, good, keep, kept, emit);
    if (good < packet.length) throw outsideError('denoise', packet, good, size);
    if (packet.mark) last.fill(-Infinity);
  },
};
