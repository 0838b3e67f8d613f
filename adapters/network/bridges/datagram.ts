import type { EventPacket } from '../../../src/index.js';
import type { Counts, EventBatch } from '../../files/decoder.js';
import type { Holds } from '../../files/encoder.js';
import { FaeryDecoder, FaeryEncoder } from './faery.js';
import { SpifDecoder, SpifEncoder } from './spif.js';

/**
 * What a datagram holds: words of SPIF, as AEStream sends them; events of 13 bytes with 64-bit times, or of 8 bytes with
 * 32-bit times, as faery sends them.
 */
export type UdpFormat = 'spif' | 'faery' | 'faery-t32';

/** All of {@link UdpFormat}. */
export const UDP_FORMATS: readonly UdpFormat[] = ['spif', 'faery', 'faery-t32'];

/** Where times come from: the sender, or the receiver's clock because the sender gives none. */
export type TimeSource = 'device' | 'arrival';

/** Datagrams → events. Each datagram stands for itself; what is kept between them is the time and the one before. */
export interface DatagramDecoder {
  /**
   * The events of a datagram; valid until the next call.
   * @param arrival when it came, µs
   * @param sender tells senders apart
   */
  decode(bytes: Uint8Array, arrival: number, sender: string): EventBatch;
  /** What was met that is no event, by name. */
  readonly violations: Counts;
  /** Null before the first event. */
  readonly times: TimeSource | null;
}

/** Events → datagrams. It is given only events that it {@link Holds}. */
export interface DatagramEncoder {
  readonly holds: Holds;
  /** The datagrams of a packet, which own their memory. */
  encode(packet: EventPacket): Uint8Array[];
}

/** Sensor size where the receiver has been told it; what lies outside is left out. */
export interface SensorSize {
  readonly width: number | null;
  readonly height: number | null;
}

/** A decoder of a format. */
export function datagramDecoder(format: UdpFormat, { width, height }: SensorSize): DatagramDecoder {
  return format === 'spif' ? new SpifDecoder(width, height) : new FaeryDecoder(width, height, format);
}

/** An encoder of a format; without `times` SPIF words are sent bare. */
export function datagramEncoder(format: UdpFormat, times: boolean): DatagramEncoder {
  return format === 'spif' ? new SpifEncoder(times) : new FaeryEncoder(format);
}
