/**
 * AEDAT 3.1: `#` lines up to `#!END-HEADER`, then packets, little-endian: a header of 28 bytes and `eventNumber` events
 * of `eventSize` bytes. A polarity event is eight bytes: u32 with validity (bit 0), polarity (bit 1, 1 is ON),
 * y (bits 2–16), x (bits 17–31), then i32 µs; its time is `eventTSOverflow · 2³¹ + µs`. The origin is the upper left corner.
 * AEDAT 3.0 has no closing header line and its origin is the lower left corner.
 *
 * Sources: iniVation's pages on AEDAT 3.1 and 3.0; libcaer `events/common.h`, `polarity.h`, `special.h`, `frame.h`,
 * `imu6.h`, `imu9.h`.
 */
export const POLARITY_TYPE = 1;
export const POLARITY_EVENT_BYTES = 8;
export const END_HEADER = '#!END-HEADER';

/** Number of overflows of the 31-bit time counts this many µs each. */
export const OVERFLOW_TIME: number = 2 ** 31;

/** Names of the event types by number; what they are counted as. Others are counted as `typeN`. */
export const EVENT_TYPES: readonly string[] = [
  'triggers',
  'polarity',
  'frames',
  'imu',
  'imu',
  'samples',
  'ears',
  'configurations',
  'points1d',
  'points2d',
  'points3d',
  'points4d',
  'spikes',
];

/** Names of the event types whose content is read. */
export const SIDE_STREAMS: readonly string[] = ['frames', 'imu', 'triggers'];

/** Bytes of an event by type, where it is fixed. */
export const EVENT_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 8],
  [1, POLARITY_EVENT_BYTES],
  [3, 36],
  [4, 48],
]);

const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  dvs128: [128, 128],
  davis128: [128, 128],
  davis208: [208, 192],
  davis240: [240, 180],
  davis346: [346, 260],
  davis640: [640, 480],
};

/** Sensor size for a source line's description such as `DAVIS240C`; nulls for one that is not known. */
export function sizeOf(description: string): readonly [number, number] | readonly [null, null] {
  const name = /^(dvs|davis)\d{3}/.exec(description.toLowerCase())?.[0];
  return name === undefined ? [null, null] : (SIZES[name] ?? [null, null]);
}

/** The camera of a size, as a source line describes it; null where there is none of that size. */
export function sourceOfSize(width: number | null, height: number | null): string | null {
  const names = Object.keys(SIZES).filter((name) => SIZES[name][0] === width && SIZES[name][1] === height);
  return names.length === 0 ? null : names[0].toUpperCase();
}
