import { LZ4_FRAME_MAGIC } from '../compression/lz4-frame.js';
import type { Counts, EventBatch } from '../decoder.js';
import { AEDAT4_PACKET_HEADER_BYTES, parseAedat4PacketHeader } from '../generated/headers.js';
import type { PacketFormat } from '../salvage-reader.js';
import type { SideSink } from '../side.js';
import { Aedat4Decoder, type Aedat4Packets } from './decoder.js';
import type { Compression } from './layout.js';

const FLATBUFFER_HEAD_BYTES = 12;
const ZSTD_FRAME_MAGIC = 0xfd2fb528;

/** Finds AEDAT 4.0 packets in damaged bytes: a declared stream, a size, and what a body of that stream begins with. */
export class SalvagedPackets implements PacketFormat {
  readonly headBytes: number = AEDAT4_PACKET_HEADER_BYTES + FLATBUFFER_HEAD_BYTES;
  readonly selfChecking = true;
  readonly #packets: Aedat4Packets;
  readonly #compression: Compression;
  readonly #types: ReadonlyMap<number, string>;
  readonly #decoder: Aedat4Decoder;

  constructor(packets: Aedat4Packets, compression: Compression, sink: SideSink | undefined) {
    this.#packets = packets;
    this.#compression = compression;
    this.#types = new Map(packets.streams.map(({ id, type }) => [id, type]));
    // Where the packets end is decided here: the place that the header says may be damaged.
    this.#decoder = new Aedat4Decoder({ ...packets, tableAt: null }, sink);
  }

  get side(): Counts {
    return this.#decoder.side;
  }

  get violations(): Counts {
    return this.#decoder.violations;
  }

  look(bytes: Uint8Array, at: number): number {
    const { streamId, size } = parseAedat4PacketHeader(bytes.subarray(at, at + AEDAT4_PACKET_HEADER_BYTES));
    const type = this.#types.get(streamId);
    if (type === undefined || size < FLATBUFFER_HEAD_BYTES || size > this.#packets.maxPacketBytes) return 0;
    const body = at + AEDAT4_PACKET_HEADER_BYTES;
    const begins =
      this.#compression === 'none'
        ? u32(bytes, body) + 4 <= size && String.fromCharCode(...bytes.subarray(body + 8, body + 12)) === type
        : u32(bytes, body) === (this.#compression.startsWith('lz4') ? LZ4_FRAME_MAGIC : ZSTD_FRAME_MAGIC);
    return begins ? AEDAT4_PACKET_HEADER_BYTES + size : 0;
  }

  endsAt(offset: number): boolean {
    return offset === this.#packets.tableAt;
  }

  decode(packet: Uint8Array, offset: number): Iterable<EventBatch> {
    this.#decoder.restart(offset);
    return this.#decoder.push(packet);
  }
}

const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
