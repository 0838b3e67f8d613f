import { crc32, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { compressorFor } from '../compression/compressor-for.js';
import type { Compressor } from '../compression/lz4-frame-encoder.js';
import type { Encoder, Holds, MakeEncoder, Patch, WriteOptions } from '../encoder.js';
import { EventArrayWriter, MOST_RECORD_BYTES } from './event-array-writer.js';
import { DVS_EVENT_ARRAY } from './known-types.js';
import { McapBuilder } from './mcap-builder.js';
import { MCAP_MAGIC, MCAP_NOTES, MCAP_OP } from './mcap-layout.js';

/** A chunk is ended with the message that makes it this long, bytes. */
const CHUNK_BYTES = 1 << 20;
const SCHEMA = 1;
const CHANNEL = 1;
const TOPIC = '/dvs/events';
const LIBRARY = 'rxspike';

const HOLDS: Holds = {
  maxX: 0xffff,
  maxY: 0xffff,
  minTime: -(2 ** 31) * 1e6,
  maxTime: 2 ** 31 * 1e6 - 0.25,
  stepsBack: true,
  maxGap: Infinity,
  fractions: 'ns',
};

/** What the index says of a chunk. */
interface ChunkEntry {
  readonly start: bigint;
  readonly end: bigint;
  readonly at: number;
  readonly bytes: number;
  readonly indexBytes: number;
  readonly contentBytes: number;
  readonly storedBytes: number;
}

/** Makes an encoder of MCAP. @throws `ERR_UNSUPPORTED` for Zstandard where there is no encoder of it */
export const mcapEncoder: MakeEncoder = (info, options) => new McapEncoder(info, options);

/**
 * Events → MCAP with messages of `dvs_msgs/msg/EventArray` in CDR, the definition embedded, in chunks, with a summary
 * and an index (https://mcap.dev/spec).
 */
class McapEncoder implements Encoder {
  readonly holds: Holds = HOLDS;
  readonly patching = 'append';
  /** As chunks name it. */
  readonly #compression: string;
  readonly #compressor: Compressor | null;
  readonly #notes: readonly (readonly [key: string, value: string])[];
  /** Records of the chunk under way, and one message more. */
  readonly #chunk = new Uint8Array(CHUNK_BYTES + MOST_RECORD_BYTES);
  readonly #messages: EventArrayWriter;
  readonly #out = new McapBuilder();
  readonly #chunks: ChunkEntry[] = [];
  #length = 0;
  /** Messages of the chunk: time and place. */
  #index: (readonly [time: bigint, at: number])[] = [];
  /** Bytes handed out. */
  #offset = 0;
  #total = 0;
  #notesAt = 0;
  #notesBytes = 0;

  constructor(info: StreamInfo, options: WriteOptions) {
    const { compression = 'lz4', sensor = null } = options;
    this.#compression = compression === 'none' ? '' : compression;
    this.#compressor = compressorFor('mcap', compression, options);
    this.#notes = notesOf(info, sensor);
    this.#messages = new EventArrayWriter(this.#chunk, CHANNEL, { width: info.width ?? 0, height: info.height ?? 0 });
  }

  *start(): Generator<Uint8Array> {
    const out = this.#out;
    out.raw(MCAP_MAGIC).record(MCAP_OP.header, () => out.string('ros2').string(LIBRARY));
    if (this.#notes.length > 0) {
      this.#notesAt = out.length;
      out.record(MCAP_OP.metadata, () => {
        out.string(MCAP_NOTES).sized(() => {
          for (const [key, value] of this.#notes) out.string(key).string(value);
        });
      });
      this.#notesBytes = out.length - this.#notesAt;
    }
    yield this.#take();
    this.#schema();
    this.#channel();
    this.#chunk.set(out.bytes);
    this.#length = out.length;
    out.clear();
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      from = this.#messages.add(packet, from, packet.length, this.#length);
      if (from === packet.length) return;
      // What comes next is of another message.
      this.#finishMessage();
      if (this.#length >= CHUNK_BYTES) yield* this.#finishChunk();
    }
  }

  *flush(): Generator<Uint8Array> {
    if (this.#messages.events > 0) this.#finishMessage();
    if (this.#total > 0 && this.#length > 0) yield* this.#finishChunk();
  }

  *finish(): Generator<Uint8Array> {
    // A recording without events is a message without: it says the size.
    if (this.#messages.events > 0 || this.#total === 0) this.#finishMessage();
    if (this.#length > 0) yield* this.#finishChunk();
    const out = this.#out;
    out.record(MCAP_OP.dataEnd, () => out.uint32(0));
    yield this.#take();
    this.#summary();
    yield this.#take();
  }

  patches(): readonly Patch[] {
    return [];
  }

  #finishMessage(): void {
    const { bytes, logTime } = this.#messages.finish(this.#length);
    this.#index.push([logTime, this.#length]);
    this.#length += bytes;
    this.#total++;
  }

  *#finishChunk(): Generator<Uint8Array> {
    const out = this.#out;
    const records = this.#chunk.subarray(0, this.#length);
    const [start, end] = [this.#index[0]?.[0] ?? 0n, this.#index.at(-1)?.[0] ?? 0n];
    const at = this.#offset;
    const stored = this.#compressor?.compress(records) ?? records;
    out.record(
      MCAP_OP.chunk,
      () => {
        out.uint64(start).uint64(end).uint64(records.length).uint32(crc32(records));
        out.string(this.#compression).uint64(stored.length);
      },
      stored.length,
    );
    yield this.#take();
    this.#offset += stored.length;
    const sizes = { contentBytes: records.length, storedBytes: stored.length };
    yield stored;
    const bytes = this.#offset - at;
    out.record(MCAP_OP.messageIndex, () => {
      out.uint16(CHANNEL).sized(() => {
        for (const [time, place] of this.#index) out.uint64(time).uint64(place);
      });
    });
    const indexBytes = out.length;
    yield this.#take();
    this.#chunks.push({ start, end, at, bytes, indexBytes, ...sizes });
    this.#length = 0;
    this.#index = [];
  }

  #schema(): void {
    const out = this.#out;
    const { name, definition } = DVS_EVENT_ARRAY;
    out.record(MCAP_OP.schema, () => out.uint16(SCHEMA).string(name).string('ros2msg').string(definition));
  }

  #channel(): void {
    const out = this.#out;
    out.record(MCAP_OP.channel, () => out.uint16(CHANNEL).uint16(SCHEMA).string(TOPIC).string('cdr').uint32(0));
  }

  #summary(): void {
    const out = this.#out;
    const start = this.#offset;
    const groups: (readonly [op: number, at: number, bytes: number])[] = [];
    const group = (op: number, fill: () => void): void => {
      const at = out.length;
      fill();
      groups.push([op, start + at, out.length - at]);
    };
    group(MCAP_OP.schema, () => this.#schema());
    group(MCAP_OP.channel, () => this.#channel());
    group(MCAP_OP.statistics, () => this.#statistics());
    group(MCAP_OP.chunkIndex, () => {
      for (const entry of this.#chunks) this.#chunkIndex(entry);
    });
    if (this.#notes.length > 0) {
      group(MCAP_OP.metadataIndex, () => {
        out.record(MCAP_OP.metadataIndex, () => {
          out.uint64(this.#notesAt).uint64(this.#notesBytes).string(MCAP_NOTES);
        });
      });
    }
    const offsets = start + out.length;
    for (const [op, at, bytes] of groups) {
      out.record(MCAP_OP.summaryOffset, () => out.uint8(op).uint64(at).uint64(bytes));
    }
    // The checksum covers the summary and the footer up to it, with the length of all of the footer.
    const footer = new McapBuilder();
    footer.record(MCAP_OP.footer, () => footer.uint64(start).uint64(offsets), 4);
    out.raw(footer.bytes);
    out.uint32(crc32(out.bytes)).raw(MCAP_MAGIC);
  }

  #statistics(): void {
    const out = this.#out;
    out.record(MCAP_OP.statistics, () => {
      out.uint64(this.#total).uint16(1).uint32(1).uint32(0);
      out.uint32(this.#notes.length > 0 ? 1 : 0).uint32(this.#chunks.length);
      out.uint64(this.#chunks[0]?.start ?? 0n).uint64(this.#chunks.at(-1)?.end ?? 0n);
      out.sized(() => out.uint16(CHANNEL).uint64(this.#total));
    });
  }

  #chunkIndex({ start, end, at, bytes, indexBytes, contentBytes, storedBytes }: ChunkEntry): void {
    const out = this.#out;
    out.record(MCAP_OP.chunkIndex, () => {
      out.uint64(start).uint64(end).uint64(at).uint64(bytes);
      out.sized(() => out.uint16(CHANNEL).uint64(at + bytes));
      out.uint64(indexBytes).string(this.#compression).uint64(storedBytes).uint64(contentBytes);
    });
  }

  /** What was put together, to be handed out. */
  #take(): Uint8Array {
    const { bytes } = this.#out;
    this.#offset += bytes.length;
    this.#out.clear();
    return bytes;
  }
}

/** What ROS has no words for, where it is not what a reader would assume. */
function notesOf(info: StreamInfo, sensor: string | null): [key: string, value: string][] {
  const notes: [string, string][] = [];
  if (info.yUp) notes.push(['yUp', 'true']);
  if (info.mirroredX) notes.push(['mirroredX', 'true']);
  if (info.epoch === null) notes.push(['epoch', 'none']);
  if (sensor !== null) notes.push(['sensor', sensor]);
  return notes;
}
