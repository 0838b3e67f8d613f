import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireInteger, requireWord } from './argument.js';
import { derivedStream } from './derived-stream.js';
import { latestTime } from './event-packet.js';
import type { EventPacket, UnitPacket } from './packet.js';
import { countInside, outsideError } from './sensor-size.js';
import type { StreamInfo } from './stream-info.js';

/**
 * Which input unit an event feeds: `unit = p·(rows·columns) + ⌊y·rows/height⌋·columns + ⌊x·columns/width⌋` (without the
 * first term where polarities are merged).
 */
export interface ToUnitsParams {
  /** Sensor size that the map is made for; a stream of another size is refused. */
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  /** `split`: OFF units first, then ON units. `merge`: one unit for both. */
  readonly polarity: 'split' | 'merge';
}

/** A unit map has no memory. */
export type ToUnitsState = Record<string, never>;

/** Number of units that a unit map makes. */
export function unitCount({ columns, rows, polarity }: ToUnitsParams): number {
  return columns * rows * (polarity === 'split' ? 2 : 1);
}

/**
 * Maps camera events to numbered input units:
 * `unit = p·(rows·columns) + ⌊y·rows/height⌋·columns + ⌊x·columns/width⌋`, without the first term where polarities are
 * merged. The new stream has as width the number of units, and height 1. A stream that does not say its size is taken,
 * and its events are held to the map's.
 *
 * @throws `ERR_GEOMETRY` for a stream of another size, and for an event outside of it
 */
export const toUnitsStep: Step<ToUnitsParams, ToUnitsState, EventPacket, UnitPacket> = {
  name: 'toUnits',
  version: 1,

  init(params) {
    for (const size of ['width', 'height', 'columns', 'rows'] as const)
      requireInteger('toUnits', size, params[size], 1);
    requireWord('toUnits', 'polarity', params.polarity, ['split', 'merge']);
    return {};
  },

  advance(params, _state, packet, emit) {
    const { width, height, columns, rows } = params;
    const { stream, length, x, y, p } = packet;
    if ((stream.width !== null && stream.width !== width) || (stream.height !== null && stream.height !== height)) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `toUnits: stream "${stream.id}" is ${stream.width}×${stream.height} pixels, the map is made for ${width}×${height}`,
        { details: { width: stream.width, height: stream.height, expected: [width, height] } },
      );
    }
    const good = countInside(packet, params);
    const on = params.polarity === 'split' ? rows * columns : 0;
    const unit = new Uint32Array(good);
    for (let i = 0; i < good; i++) {
      const row = Math.floor((y[i] * rows) / height);
      const column = Math.floor((x[i] * columns) / width);
      unit[i] = (p[i] === 0 ? 0 : on) + row * columns + column;
    }
    const whole = good === length;
    emit({
      stream: unitStream(stream, params),
      length: good,
      t: packet.t.slice(0, good),
      unit,
      until: whole ? packet.until : latestTime(packet.t, good + 1, -Infinity),
      mark: whole ? packet.mark : null,
    });
    if (!whole) throw outsideError('toUnits', packet, good, params);
  },
};

const unitStream = (stream: StreamInfo, params: ToUnitsParams): StreamInfo =>
  derivedStream(stream, { width: unitCount(params), height: 1, polarities: 1, yUp: false, mirroredX: false });
