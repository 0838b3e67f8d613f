import type { Frame, ImuSample, SideItem, Trigger } from '../side.js';
import { OVERFLOW_TIME } from './layout.js';

const SPECIAL = 0;
const FRAME = 2;
const IMU6 = 3;
const IMU9 = 4;
const FRAME_HEADER_BYTES = 36;

/** Edges by special event type (libcaer `special.h`): the external inputs 0, 1, 2, then the generator. */
const EDGES: Readonly<Record<number, Trigger['edge']>> = {
  2: 'rising',
  3: 'falling',
  4: 'pulse',
  6: 'rising',
  7: 'falling',
  8: 'pulse',
  9: 'rising',
  10: 'falling',
  11: 'pulse',
  12: 'rising',
  13: 'falling',
};

/**
 * Content of an event of another type than polarity; null for one that is marked invalid, that is too short for its
 * type, or whose type is not read. `overflow`: of its packet.
 */
export function readSideEvent(type: number, bytes: Uint8Array, overflow: number): SideItem | null {
  if (bytes.length < 8 || (bytes[0] & 1) === 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base = overflow * OVERFLOW_TIME;
  if (type === SPECIAL) return readSpecial(view, base);
  if (type === FRAME) return bytes.length < FRAME_HEADER_BYTES ? null : readFrame(view, base);
  if (type === IMU6 || type === IMU9)
    return bytes.length < (type === IMU6 ? 36 : 48) ? null : readImu(type, view, base);
  return null;
}

function readSpecial(view: DataView, base: number): Trigger {
  const id = (view.getUint8(0) >> 1) & 0x7f;
  return { kind: 'trigger', t: base + view.getInt32(4, true), id, edge: EDGES[id] ?? null };
}

function readImu(type: number, view: DataView, base: number): ImuSample {
  const at = (i: number): number => view.getFloat32(i, true);
  return {
    kind: 'imu',
    t: base + view.getInt32(4, true),
    acceleration: [at(8), at(12), at(16)],
    rotation: [at(20), at(24), at(28)],
    magneticField: type === IMU9 ? [at(36), at(40), at(44)] : null,
    temperature: at(32),
  };
}

/** Info, four times (of the frame and of its exposure), size and position, pixels of 16 bits. */
function readFrame(view: DataView, base: number): Frame | null {
  const channels = (view.getUint32(0, true) >> 1) & 7;
  const [begin, end] = [view.getInt32(12, true), view.getInt32(16, true)];
  const [width, height] = [view.getInt32(20, true), view.getInt32(24, true)];
  if (width <= 0 || height <= 0 || (channels !== 1 && channels !== 3 && channels !== 4)) return null;
  const values = width * height * channels;
  if (values * 2 > view.byteLength - FRAME_HEADER_BYTES) return null;
  const pixels = new Uint16Array(values);
  for (let i = 0; i < values; i++) pixels[i] = view.getUint16(FRAME_HEADER_BYTES + 2 * i, true);
  return { kind: 'frame', t: base + (begin + end) / 2, width, height, channels, pixels };
}
