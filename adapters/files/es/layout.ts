/**
 * Event Stream (`.es`): `Event Stream`, the version, a type, then a stream of bytes. An event begins with a byte that
 * holds the time since the event before it; a beginning byte whose time is all ones is none: it adds to the time
 * (overflow) or says that a beginning stands here (reset), so that a reader that lost its place finds it again. Time
 * starts at 0. y grows upwards.
 *
 * 2.0.x: three bytes of version, the type, and, of types that have pixels and are no display, width and height (u16,
 * little-endian). 1.0: two bytes of version, the type, no size; bits are packed tightly.
 *
 * Sources: the specification (`neuromorphic-paris/event_stream`, README; that of 1.0 in its commit of 2017-04-23) and
 * the implementations in `neuromorphic-paris/sepia`, `neuromorphicsystems/event_stream` and `aestream/faery`.
 */
export const ES_SIGNATURE = 'Event Stream';

/** What a stream is made of. */
export type EsType = 'generic' | 'dvs' | 'atis' | 'display' | 'colour';

/** Types of 2.0 by their byte. */
export const TYPES_2: readonly EsType[] = ['generic', 'dvs', 'atis', 'display', 'colour'];
/** Types of 1.0 by their byte. */
export const TYPES_1: readonly EsType[] = ['dvs', 'atis', 'display', 'colour', 'generic'];

/** Offset of the type byte in 1.0, and of the first byte after it. */
export const TYPE_AT_1 = 14;
/** Offset of the type byte in 2.0, and of the first byte after it. */
export const TYPE_AT_2 = 15;
/** Bytes of width and height. */
export const SIZE_BYTES = 4;

/** In 2.0, beginning bytes that begin no event (ATIS has others). */
export const OVERFLOW = 0xff;
export const RESET = 0xfe;
/** µs that an overflow byte of a DVS stream stands for. */
export const DVS_OVERFLOW_TIME = 127;
/** µs that an overflow byte of a generic, display or colour stream stands for. */
export const BYTE_OVERFLOW_TIME = 254;
/** µs that an overflow byte of an ATIS stream stands for, times its two low bits; 0 of them is a reset. */
export const ATIS_OVERFLOW_TIME = 63;
export const ATIS_OVERFLOW = 0xfc;
/** Bytes of an event in a DVS or ATIS stream. */
export const PIXEL_EVENT_BYTES = 5;

/** Of what is no camera event, the name under which it is counted. */
export const SIDE_OF_TYPE: Readonly<Record<EsType, string | null>> = {
  generic: 'generic',
  dvs: null,
  atis: 'thresholdCrossings',
  display: null,
  colour: 'colours',
};
