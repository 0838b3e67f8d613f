import { RxSpikeError } from '../../../src/index.js';
import type { Field, Struct } from './definition.js';
import type { Payload } from './packet-codecs.js';
import type { WireReader } from './wire.js';

/** A message of `event_camera_msgs/EventPacket`. */
export interface EventPacketMessage extends Payload {
  readonly width: number;
  readonly height: number;
  /** Number of the message, low and high word. */
  readonly seq: readonly [low: number, high: number];
  readonly encoding: string;
}

/** Values read so far. */
interface Found {
  readonly numbers: Map<string, number>;
  readonly words: Map<string, readonly [low: number, high: number]>;
  encoding: string | null;
}

/**
 * Reads the fields of a packet; `bytes` is a view of the message.
 * @throws `ERR_CORRUPT`; `ERR_UNSUPPORTED` where its definition lacks one
 */
export function readEventPacket(reader: WireReader, struct: Struct): EventPacketMessage {
  const found: Found = { numbers: new Map(), words: new Map(), encoding: null };
  for (const field of struct.fields) {
    const { name, type, array } = field;
    if (name === 'events' && (type === 'uint8' || type === 'byte') && array === 'sequence') {
      const [seq, timeBase] = [found.words.get('seq'), found.words.get('time_base')];
      const bigEndian = found.numbers.get('is_bigendian');
      const { encoding } = found;
      if (encoding === null || seq === undefined || timeBase === undefined || bigEndian === undefined) break;
      const size = { width: found.numbers.get('width') ?? 0, height: found.numbers.get('height') ?? 0 };
      return { ...size, seq, timeBase, encoding, bigEndian: bigEndian !== 0, bytes: reader.sequenceOfBytes() };
    }
    take(reader, field, found);
  }
  throw new RxSpikeError('ERR_UNSUPPORTED', `${struct.name}: its definition is not that of an event packet`);
}

function take(reader: WireReader, field: Field, found: Found): void {
  const { name, type, array } = field;
  if (array !== null) reader.skip(field);
  else if (type === 'uint32') found.numbers.set(name, reader.uint32());
  else if (type === 'uint64') found.words.set(name, reader.uint64());
  else if (type === 'bool' || type === 'uint8') found.numbers.set(name, reader.uint8());
  else if (type === 'string' && name === 'encoding') found.encoding = reader.string();
  else reader.skip(field);
}
