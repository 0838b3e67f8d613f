import type { Step } from '../step.js';
import { requirePositive } from './argument.js';
import { emitKept } from './kept-events.js';
import type { EventPacket } from './packet.js';
import { checkPixelTimes, fitPixelTimes, noPixelTimes, type PixelTimes } from './pixel-times.js';
import { countInside, outsideError } from './sensor-size.js';

export interface RefractoryParams {
  /** Dead time, µs, above 0. */
  readonly dt: number;
}

export interface RefractoryState {
  /** Last event of each pixel that passed. */
  readonly pixels: PixelTimes;
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Dead time per pixel: after an event that passed, a pixel's events (of either polarity) are dropped for `dt`; one at
 * `t − t_passed ≥ dt` passes again. Expects ordered times. A mark ends all dead times.
 *
 * @throws `ERR_GEOMETRY` for an event outside of the sensor, and for a stream that does not say its size
 */
export const refractoryStep: Step<RefractoryParams, RefractoryState, EventPacket, EventPacket> = {
  name: 'refractory',
  version: 1,

  init({ dt }) {
    requirePositive('refractory', 'dt', dt);
    return { pixels: noPixelTimes(), dropped: 0 };
  },

  check(_params, state) {
    checkPixelTimes('refractory', state.pixels);
  },

  advance({ dt }, state, packet, emit) {
    const size = fitPixelTimes('refractory', state.pixels, packet.stream);
    const good = countInside(packet, size);
    const { t, x, y } = packet;
    const passed = state.pixels.times;
    const row = size.width + 2;
    const keep = new Uint32Array(good);
    let kept = 0;
    for (let i = 0; i < good; i++) {
      const at = (y[i] + 1) * row + x[i] + 1;
      if (t[i] - passed[at] >= dt) {
        passed[at] = t[i];
        keep[kept++] = i;
      }
    }
    state.dropped += good - kept;
    emitKept(packet, good, keep, kept, emit);
    if (good < packet.length) throw outsideError('refractory', packet, good, size);
    if (packet.mark) passed.fill(-Infinity);
  },
};
