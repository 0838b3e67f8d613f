import { RxSpikeError } from '../../../src/index.js';
import type { Frame, ImuSample, SideItem, Trigger } from '../side.js';
import type { FlatbufferTable } from './flatbuffer.js';

/** Edges by trigger type (dv-processing `data/trigger_base.hpp`): external signals, then the generator. */
const EDGES: Readonly<Record<number, Trigger['edge']>> = {
  1: 'rising',
  2: 'falling',
  3: 'pulse',
  4: 'rising',
  5: 'falling',
};

/** Bytes a value by OpenCV's depth, the low bits of a frame's format: 8 and 16 bits, unsigned. */
const DEPTHS: Readonly<Record<number, 1 | 2>> = { 0: 1, 2: 2 };

/**
 * What a packet of the type `FRME`, `IMUS` or `TRIG` holds.
 * @throws `ERR_CORRUPT`; `ERR_UNSUPPORTED` for a frame whose values are not unsigned integers of 8 or 16 bits
 */
export function* readSideItems(type: string, packet: FlatbufferTable): Generator<SideItem> {
  if (type === 'FRME') yield readFrame(packet);
  else if (type === 'IMUS') for (const table of packet.tables(0)) yield readImu(table);
  else if (type === 'TRIG') for (const table of packet.tables(0)) yield readTrigger(table);
}

function readTrigger(table: FlatbufferTable): Trigger {
  const id = table.int8(1, 0);
  return { kind: 'trigger', t: table.int64(0, 0), id, edge: EDGES[id] ?? null };
}

function readImu(table: FlatbufferTable): ImuSample {
  const at = (i: number): number => table.float32(i);
  return {
    kind: 'imu',
    t: table.int64(0, 0),
    acceleration: [at(2), at(3), at(4)],
    rotation: [at(5), at(6), at(7)],
    magneticField: [at(8), at(9), at(10)],
    temperature: at(1),
  };
}

/** Time, begin and end, begin and end of the exposure, format, size, position, pixels. */
function readFrame(table: FlatbufferTable): Frame {
  const format = table.int8(5, 0);
  const channels = (format >> 3) + 1;
  const depth = DEPTHS[format & 7];
  if (depth === undefined || (channels !== 1 && channels !== 3 && channels !== 4)) {
    throw new RxSpikeError('ERR_UNSUPPORTED', `aedat4: frames of OpenCV's format ${format} are not read`);
  }
  const [width, height] = [table.int16(6, 0), table.int16(7, 0)];
  const { at, length } = table.vector(10, 1);
  const values = width * height * channels;
  if (width <= 0 || height <= 0 || values * depth !== length) {
    const what = `aedat4: a frame of ${width}×${height}×${channels} values of ${depth} bytes has ${length} bytes`;
    throw new RxSpikeError('ERR_CORRUPT', what);
  }
  // A copy, at an even address.
  const bytes = table.bytes.slice(at, at + length);
  const pixels = depth === 1 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, values);
  if (channels > 1) swapBlueAndRed(pixels, channels);
  const [begin, end] = [table.int64(3, 0), table.int64(4, 0)];
  const t = begin > 0 && end >= begin ? begin + Math.floor((end - begin) / 2) : table.int64(0, 0);
  return { kind: 'frame', t, width, height, channels, pixels };
}

/** OpenCV keeps blue first. */
function swapBlueAndRed(pixels: Uint8Array | Uint16Array, channels: number): void {
  for (let i = 0; i < pixels.length; i += channels) {
    const blue = pixels[i];
    pixels[i] = pixels[i + 2];
    pixels[i + 2] = blue;
  }
}
