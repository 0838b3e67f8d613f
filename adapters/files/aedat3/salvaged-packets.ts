import type { Counts, EventBatch } from '../decoder.js';
import { AEDAT3_PACKET_HEADER_BYTES, parseAedat3PacketHeader, type Aedat3PacketHeader } from '../generated/headers.js';
import type { PacketFormat } from '../salvage-reader.js';
import type { SideSink } from '../side.js';
import { Aedat3Decoder, type Aedat3Packets } from './decoder.js';
import { EVENT_BYTES, EVENT_TYPES, POLARITY_TYPE } from './layout.js';

const FRAME_TYPE = 2;
const FRAME_HEADER_BYTES = 36;

/** Finds AEDAT 3 packets in damaged bytes by headers whose fields agree with each other. */
export class SalvagedPackets implements PacketFormat {
  readonly headBytes: number = AEDAT3_PACKET_HEADER_BYTES;
  readonly selfChecking = false;
  readonly #packets: Aedat3Packets;
  readonly #decoder: Aedat3Decoder;

  constructor(packets: Aedat3Packets, sink: SideSink | undefined) {
    this.#packets = packets;
    this.#decoder = new Aedat3Decoder(packets, sink);
  }

  get side(): Counts {
    return this.#decoder.side;
  }

  get violations(): Counts {
    return this.#decoder.violations;
  }

  look(bytes: Uint8Array, at: number, expected: boolean): number {
    // Type and source are below 256 in practice, and an event has less than 64 MiB: most bytes are told apart here.
    if (bytes[at + 1] !== 0 || bytes[at + 3] !== 0 || bytes[at + 7] > 3) return 0;
    if (!expected && bytes[at] >= EVENT_TYPES.length) return 0;
    const header = parseAedat3PacketHeader(bytes.subarray(at, at + AEDAT3_PACKET_HEADER_BYTES));
    const { eventSize, eventTSOffset, eventTSOverflow, eventCapacity, eventNumber, eventValid } = header;
    if (!hasRightSize(header, expected) || eventTSOffset < 0 || eventTSOverflow < 0) return 0;
    if (eventNumber < 0 || eventCapacity < eventNumber || eventValid < 0 || eventValid > eventNumber) return 0;
    const size = AEDAT3_PACKET_HEADER_BYTES + eventNumber * eventSize;
    return size <= this.#packets.maxPacketBytes ? size : 0;
  }

  endsAt(): boolean {
    return false;
  }

  decode(packet: Uint8Array): Iterable<EventBatch> {
    return this.#decoder.push(packet);
  }
}

function hasRightSize({ eventType, eventSize, eventTSOffset }: Aedat3PacketHeader, anyType: boolean): boolean {
  if (eventType === POLARITY_TYPE && eventTSOffset !== 4) return false;
  if (eventType === FRAME_TYPE) return eventSize >= FRAME_HEADER_BYTES && eventTSOffset < FRAME_HEADER_BYTES;
  const fixed = EVENT_BYTES.get(eventType);
  return fixed === undefined ? anyType && eventSize > 0 : eventSize === fixed;
}
