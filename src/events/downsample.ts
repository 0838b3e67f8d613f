import { RxSpikeError } from '../errors.js';
import type { Step } from '../step.js';
import { requireArgument, requireInteger, requirePositive } from './argument.js';
import { derivedStream } from './derived-stream.js';
import { emitKept } from './kept-events.js';
import type { EventPacket } from './packet.js';
import { checkPixelTimes, fitPixelTimes, noPixelTimes, type PixelTimes } from './pixel-times.js';
import { countInside, outsideError, type SensorSize, sensorSize } from './sensor-size.js';

/** Cells of `factor`×`factor` pixels, or `columns`×`rows` cells over the whole sensor. */
export interface DownsampleParams {
  readonly factor?: number;
  readonly columns?: number;
  readonly rows?: number;
  /** Dead time of each cell, µs: so many pixels in one make many events. Default 0: all events pass. */
  readonly refractory?: number;
}

export interface DownsampleState {
  /** Last event of each cell that passed; not used without `refractory`. */
  readonly cells: PixelTimes;
  /** Events dropped so far. */
  dropped: number;
}

/**
 * Coarser coordinates. By `factor` f: `⌊x/f⌋, ⌊y/f⌋`, and the new size is `⌈width/f⌉ × ⌈height/f⌉`. By `columns` and
 * `rows`: `⌊x·columns/width⌋, ⌊y·rows/height⌋`. With `refractory`, expects ordered times; a mark ends all dead times.
 *
 * @throws `ERR_GEOMETRY` for an event outside of the sensor, for more cells than pixels, and for a stream that does not
 * say its size
 */
export const downsampleStep: Step<DownsampleParams, DownsampleState, EventPacket, EventPacket> = {
  name: 'downsample',
  version: 1,

  init({ factor, columns, rows, refractory }) {
    const cells = columns !== undefined || rows !== undefined;
    requireArgument(
      (factor !== undefined) !== cells,
      'downsample',
      'one of factor, or columns and rows,',
      'given',
      factor,
    );
    if (factor !== undefined) requireInteger('downsample', 'factor', factor, 1);
    else {
      requireInteger('downsample', 'columns', columns, 1);
      requireInteger('downsample', 'rows', rows, 1);
    }
    if (refractory !== undefined && refractory !== 0) requirePositive('downsample', 'refractory', refractory);
    return { cells: noPixelTimes(), dropped: 0 };
  },

  check(_params, state) {
    checkPixelTimes('downsample', state.cells);
  },

  advance(params, state, packet, emit) {
    const size = sensorSize('downsample', packet.stream);
    const cells = cellsOf(params, size, packet);
    const stream = derivedStream(packet.stream, cells);
    const good = countInside(packet, size);
    const x = cellColumn(packet.x, good, params.factor, cells.width, size.width);
    const y = cellColumn(packet.y, good, params.factor, cells.height, size.height);
    const coarse: EventPacket = { ...packet, stream, x, y };
    const keep = new Uint32Array(good);
    let kept = 0;
    if (params.refractory) {
      fitPixelTimes('downsample', state.cells, stream);
      const passed = state.cells.times;
      const row = cells.width + 2;
      for (let i = 0; i < good; i++) {
        const at = (y[i] + 1) * row + x[i] + 1;
        if (packet.t[i] - passed[at] >= params.refractory) {
          passed[at] = packet.t[i];
          keep[kept++] = i;
        }
      }
      if (packet.mark && good === packet.length) passed.fill(-Infinity);
    } else for (; kept < good; kept++) keep[kept] = kept;
    state.dropped += good - kept;
    emitKept(coarse, good, keep, kept, emit);
    if (good < packet.length) throw outsideError('downsample', packet, good, size);
  },
};

function cellsOf({ factor, columns, rows }: DownsampleParams, size: SensorSize, packet: EventPacket): SensorSize {
  if (factor !== undefined) {
    return { width: Math.ceil(size.width / factor), height: Math.ceil(size.height / factor) };
  }
  const cells = { width: columns!, height: rows! };
  if (cells.width > size.width || cells.height > size.height) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `downsample: ${cells.width}×${cells.height} cells are more than the ${size.width}×${size.height} pixels of stream "${packet.stream.id}"`,
    );
  }
  return cells;
}

function cellColumn(
  column: Uint16Array,
  length: number,
  factor: number | undefined,
  cells: number,
  pixels: number,
): Uint16Array {
  const out = new Uint16Array(length);
  if (factor !== undefined) for (let i = 0; i < length; i++) out[i] = column[i] / factor;
  else for (let i = 0; i < length; i++) out[i] = (column[i] * cells) / pixels;
  return out;
}
