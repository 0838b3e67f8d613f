import { joined } from './prophesee-files.js';

/** Values of a record's header: text, or a number and its bytes. */
export type Header = Readonly<Record<string, string | readonly [value: number, bytes: 1 | 4 | 8]>>;

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A number in so many bytes, little-endian. */
export function number(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, k) => Math.floor(value / 256 ** k) & 0xff);
}

/** The fields of a header, or of a connection's data. */
export function fields(header: Header): Uint8Array {
  return joined(
    Object.entries(header).flatMap(([name, value]) => {
      const bytes = typeof value === 'string' ? latin1(value) : number(...value);
      return [number(name.length + 1 + bytes.length, 4), latin1(`${name}=`), bytes];
    }),
  );
}

/** A record of a bag. */
export function record(op: number, header: Header, data: Uint8Array): Uint8Array {
  const head = fields({ op: [op, 1], ...header });
  return joined([number(head.length, 4), head, number(data.length, 4), data]);
}

export const VERSION: Uint8Array = latin1('#ROSBAG V2.0\n');

/** The record that a bag begins with. `index`: where its index begins; 0 where the recording was interrupted. */
export function bagHeader(index = 0, connections = 0, chunks = 0, more: Header = {}): Uint8Array {
  const header = { index_pos: [index, 8], conn_count: [connections, 4], chunk_count: [chunks, 4], ...more } as const;
  return record(3, header, new Uint8Array(64).fill(0x20));
}

export const EVENT_ARRAY: string = [
  'Header header',
  'uint32 height',
  'uint32 width',
  'Event[] events',
  '='.repeat(80),
  'MSG: dvs_msgs/Event',
  'uint16 x',
  'uint16 y',
  'time ts',
  'bool polarity',
].join('\n');

/** A connection record. */
export function connection(
  id: number,
  topic: string,
  type = 'dvs_msgs/EventArray',
  definition: string = EVENT_ARRAY,
): Uint8Array {
  return record(7, { conn: [id, 4], topic }, fields({ topic, type, md5sum: '*', message_definition: definition }));
}

/** A message record. */
export function message(id: number, data: Uint8Array): Uint8Array {
  return record(2, { conn: [id, 4], time: [0, 8] }, data);
}

/** A chunk record that is not compressed. */
export function chunk(records: readonly Uint8Array[], more: Header = {}): Uint8Array {
  const data = joined(records);
  return record(5, { compression: 'none', size: [data.length, 4], ...more }, data);
}

/** `dvs_msgs/EventArray` in ROS 1: events at these times, µs, with x = y = number of the event. */
export function eventArray(
  times: readonly number[],
  width = 64,
  height = 32,
  count: number = times.length,
): Uint8Array {
  const events = times.map((t, k) => {
    const seconds = Math.floor(t / 1e6);
    const nanos = Math.round((t - seconds * 1e6) * 1000);
    return joined([number(k, 2), number(k, 2), number(seconds, 4), number(nanos, 4), Uint8Array.of(k % 2)]);
  });
  const header = [number(1, 4), number(0, 8), number(3, 4), latin1('cam')];
  return joined([...header, number(height, 4), number(width, 4), number(count, 4), ...events]);
}
