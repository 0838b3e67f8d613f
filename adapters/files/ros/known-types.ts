import { plainName } from './definition.js';

const SEPARATOR = `${'='.repeat(80)}\n`;

const HEADER_AND_SIZE = `std_msgs/Header header

uint32 height         # image height, that is, number of rows
uint32 width          # image width, that is, number of columns

`;

/** What ROS 2 embeds for a message of many events; (0, 0) is at the top left. */
const eventArray = (name: string): string =>
  `# This message contains an array of events
# (0, 0) is at top-left corner of image
#

${HEADER_AND_SIZE}# an array of events
${name}/Event[] events
${SEPARATOR}MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
${SEPARATOR}MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
${SEPARATOR}MSG: ${name}/Event
uint16 x
uint16 y
builtin_interfaces/Time ts
bool polarity
`;

const EVENT_PACKET = `${HEADER_AND_SIZE}uint64 seq
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

/** The type that is written. */
export const DVS_EVENT_ARRAY: { readonly name: string; readonly definition: string } = {
  name: 'dvs_msgs/msg/EventArray',
  definition: eventArray('dvs_msgs'),
};

const packet: KnownType = { kind: 'packet', definition: EVENT_PACKET };

const TYPES: ReadonlyMap<string, KnownType> = new Map([
  ['dvs_msgs/EventArray', { kind: 'array', definition: DVS_EVENT_ARRAY.definition }],
  ['prophesee_event_msgs/EventArray', { kind: 'array', definition: eventArray('prophesee_event_msgs') }],
  ['event_camera_msgs/EventPacket', packet],
  // The name of the same message until 2023.
  ['event_array_msgs/EventArray', packet],
]);

/** The type of this name, `pkg/Type` or `pkg/msg/Type`, where it holds events; else null. */
export function knownType(name: string): KnownType | null {
  return TYPES.get(plainName(name)) ?? null;
}
