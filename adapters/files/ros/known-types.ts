import { plainName } from './definition.js';

const EVENT_ARRAY = `std_msgs/Header header
uint32 height
uint32 width
Event[] events
================================================================================
MSG: PACKAGE/Event
uint16 x
uint16 y
time ts
bool polarity
`;

const EVENT_PACKET = `std_msgs/Header header
uint32 height
uint32 width
uint64 seq
uint64 time_base
string encoding
bool is_bigendian
uint8[] events
`;

/** A message type that holds events, and its definition of today for files that embed none that can be read. */
export interface KnownType {
  readonly kind: 'array' | 'packet';
  readonly definition: string;
}

const array = (name: string): KnownType => ({ kind: 'array', definition: EVENT_ARRAY.replace('PACKAGE', name) });
const packet: KnownType = { kind: 'packet', definition: EVENT_PACKET };

const TYPES: ReadonlyMap<string, KnownType> = new Map([
  ['dvs_msgs/EventArray', array('dvs_msgs')],
  ['prophesee_event_msgs/EventArray', array('prophesee_event_msgs')],
  ['event_camera_msgs/EventPacket', packet],
  // The name of the same message until 2023.
  ['event_array_msgs/EventArray', packet],
]);

/** The type of this name, `pkg/Type` or `pkg/msg/Type`, where it holds events; else null. */
export function knownType(name: string): KnownType | null {
  return TYPES.get(plainName(name)) ?? null;
}
