import { RxSpikeError } from '../../../src/index.js';
import type { Decompressor } from '../compression/decompressor.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { AEDAT4_PACKET_HEADER_BYTES, parseAedat4PacketHeader } from '../generated/headers.js';
import { Gathering } from '../gathering.js';
import type { SideSink } from '../side.js';
import { readEvents } from './events.js';
import { flatbufferRoot, type FlatbufferTable } from './flatbuffer.js';
import { EVENT_BYTES, SIDE_NAMES, type DeclaredStream } from './layout.js';
import { readSideItems } from './side-items.js';

/** How packets are decoded. */
export interface Aedat4Packets {
  readonly streams: readonly DeclaredStream[];
  /** Stream whose events are delivered; null: none. */
  readonly stream: DeclaredStream | null;
  /** Where the first packet lies. */
  readonly offset: number;
  /** Where the data table lies; null where the recording was interrupted. */
  readonly tableAt: number | null;
  /** Null where bodies are not compressed. */
  readonly decompressor: Decompressor | null;
  readonly maxPacketBytes: number;
}

type State = 'header' | 'body' | 'skip' | 'table';

/** AEDAT 4.0 packets → events; see {@link Decoder}. A packet is delivered when it is whole. */
export class Aedat4Decoder implements Decoder {
  /** Names come from the file, so there must be none in it from the start. */
  readonly side: Counts = Object.create(null) as Counts;
  readonly violations: Counts = {};
  readonly #packets: Aedat4Packets;
  readonly #sink: SideSink | null;
  readonly #types: ReadonlyMap<number, DeclaredStream>;
  readonly #gathering = new Gathering();
  #state: State = 'header';
  #stream: DeclaredStream | null = null;
  /** Offset in the file of what comes next, and of the packet that it belongs to. */
  #offset: number;
  #packetAt: number;
  /** Bytes that are still to come of the packet header, body or stretch to skip. */
  #remaining = AEDAT4_PACKET_HEADER_BYTES;

  constructor(packets: Aedat4Packets, sink: SideSink | null = null) {
    this.#packets = packets;
    this.#sink = sink;
    this.#offset = packets.offset;
    this.#packetAt = packets.offset;
    this.#types = new Map(packets.streams.map((stream) => [stream.id, stream]));
    this.#atBoundary();
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    while (at < chunk.length) {
      const take = Math.min(this.#remaining, chunk.length - at);
      const piece = chunk.subarray(at, at + take);
      at += take;
      this.#offset += take;
      this.#remaining -= take;
      if (this.#state === 'skip') {
        if (this.#remaining === 0) this.#atBoundary();
        continue;
      }
      if (this.#remaining > 0) {
        this.#gathering.add(piece);
        if (this.#state === 'table') this.#limit('data table', this.#gathering.length);
        continue;
      }
      const whole = this.#gathering.finish(piece);
      if (this.#state === 'header') {
        this.#begin(whole);
      } else {
        yield* this.#body(whole);
        this.#atBoundary();
      }
    }
  }

  /** Begins anew with a packet that lies at `offset`, whatever came before. */
  restart(offset: number): void {
    if (this.#gathering.length > 0) this.#gathering.finish(new Uint8Array(0));
    this.#offset = offset;
    this.#atBoundary();
  }

  end(): void {
    if (this.#state === 'table') return this.#table();
    const { tableAt } = this.#packets;
    const atBoundary = this.#state === 'header' && this.#remaining === AEDAT4_PACKET_HEADER_BYTES;
    if (tableAt === null) this.violations.interrupted = 1;
    if (atBoundary && tableAt === null) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      atBoundary
        ? `aedat4: the input ends at byte ${this.#offset}, its data table should be at ${tableAt}`
        : `aedat4: the packet at byte ${this.#packetAt} lacks ${this.#remaining} bytes of its ${this.#state === 'header' ? 'header' : 'body'}`,
      { details: { offset: this.#packetAt } },
    );
  }

  #atBoundary(): void {
    this.#packetAt = this.#offset;
    const table = this.#offset === this.#packets.tableAt;
    this.#state = table ? 'table' : 'header';
    this.#remaining = table ? Infinity : AEDAT4_PACKET_HEADER_BYTES;
  }

  #begin(bytes: Uint8Array): void {
    const { streamId, size } = parseAedat4PacketHeader(bytes);
    const { tableAt } = this.#packets;
    const stream = this.#types.get(streamId);
    if (stream === undefined) throw this.#corrupt(`is of stream ${streamId}, which the header does not declare`);
    if (size < 0) throw this.#corrupt(`says ${size} bytes`);
    if (tableAt !== null && this.#offset + size > tableAt) {
      throw this.#corrupt(`says ${size} bytes, ${tableAt - this.#offset} remain before the data table`);
    }
    this.#stream = stream;
    this.#remaining = size;
    const name = SIDE_NAMES.get(stream.type);
    const counted = name !== undefined && name !== 'frames';
    // Frames come one a packet and are large: they are counted unopened. So are packets of types unknown here.
    if (stream.type === 'EVTS' || counted || this.#isWanted(stream)) {
      this.#limit(`packet at byte ${this.#packetAt}`, size);
      if (size === 0) throw this.#corrupt('is empty');
      this.#state = 'body';
      if (!counted && name !== undefined) this.#count(name, 1);
    } else {
      this.#count(name ?? stream.type.toLowerCase(), 1);
      this.#state = 'skip';
      if (size === 0) this.#atBoundary();
    }
  }

  /** Side streams are those of the camera whose events are delivered, where the file tells cameras apart. */
  #isWanted({ type, source }: DeclaredStream): boolean {
    if (this.#sink === null || SIDE_NAMES.get(type) !== this.#sink.name) return false;
    const camera = this.#packets.stream?.source ?? null;
    return source === null || camera === null || source === camera;
  }

  *#body(bytes: Uint8Array): Generator<EventBatch> {
    const stream = this.#stream as DeclaredStream;
    const what = `aedat4: the packet at byte ${this.#packetAt}`;
    const table = flatbufferRoot(this.#expand(bytes, what), stream.type, what);
    if (stream.type === 'EVTS') yield* this.#events(stream, table);
    else this.#sideBody(stream, table);
  }

  *#events(stream: DeclaredStream, table: FlatbufferTable): Generator<EventBatch> {
    const { at, length } = table.vector(0, EVENT_BYTES);
    let read = 0;
    if (stream.id !== this.#packets.stream?.id) {
      this.#count(`events@${stream.id}`, length);
      read = length;
    } else {
      for (const batch of readEvents(table.bytes, at, length)) {
        read += batch.length;
        yield batch;
      }
    }
    if (read < length) throw this.#corrupt(`has a time beyond ±2⁵³ µs in event ${read}`);
  }

  #sideBody(stream: DeclaredStream, table: FlatbufferTable): void {
    const name = SIDE_NAMES.get(stream.type) ?? stream.type;
    if (name !== 'frames') this.#count(name, table.vector(0, 4).length);
    if (!this.#isWanted(stream)) return;
    for (const item of readSideItems(stream.type, table)) this.#sink?.add(item);
  }

  /** The table is not needed to read forwards; that it is whole shows that the recording is. */
  #table(): void {
    const what = `aedat4: the data table at byte ${this.#packetAt}`;
    const bytes = this.#gathering.finish(new Uint8Array(0));
    const missing = this.#packets.decompressor === null ? missingBytes(bytes) : bytes.length === 0 ? 1 : 0;
    if (missing > 0) {
      throw new RxSpikeError('ERR_TRUNCATED', `${what} lacks bytes at its end`, {
        details: { offset: this.#packetAt },
      });
    }
    let content = bytes;
    try {
      content = this.#packets.decompressor?.expand(bytes) ?? bytes;
    } catch (cause) {
      throw located(cause, what, this.#packetAt);
    }
    const table = flatbufferRoot(content, 'FTAB', what);
    const length = this.#packets.decompressor?.frameBytes ?? table.bytes.length;
    if (bytes.length > length) this.violations.trailingByte = bytes.length - length;
  }

  #expand(bytes: Uint8Array, what: string): Uint8Array {
    try {
      return this.#packets.decompressor?.expand(bytes) ?? bytes;
    } catch (cause) {
      // The packet is whole: a frame that ends early inside it is damage, not a cut.
      throw located(cause, what, this.#packetAt, 'ERR_CORRUPT');
    }
  }

  #limit(what: string, size: number): void {
    const limit = this.#packets.maxPacketBytes;
    if (size <= limit) return;
    throw new RxSpikeError('ERR_LIMIT', `aedat4: the ${what} has ${size} bytes or more, the limit is ${limit}`, {
      details: { offset: this.#packetAt, size, limit },
    });
  }

  #corrupt(what: string): RxSpikeError {
    return new RxSpikeError('ERR_CORRUPT', `aedat4: the packet at byte ${this.#packetAt} ${what}`, {
      details: { offset: this.#packetAt },
    });
  }

  #count(name: string, n: number): void {
    this.side[name] = (this.side[name] ?? 0) + n;
  }
}

/** Error of a frame with the place where the frame lies; `truncated` replaces the code of one that ends early. */
function located(cause: unknown, what: string, offset: number, truncated?: 'ERR_CORRUPT'): unknown {
  if (!(cause instanceof RxSpikeError)) return cause;
  const code = cause.code === 'ERR_TRUNCATED' ? (truncated ?? cause.code) : cause.code;
  return new RxSpikeError(code, `${what}: ${cause.message}`, { cause, details: { ...cause.details, offset } });
}

/** Bytes that a size-prefixed buffer lacks at its end. */
function missingBytes(bytes: Uint8Array): number {
  if (bytes.length < 4) return 4 - bytes.length;
  const size = (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
  return Math.max(0, 4 + size - bytes.length);
}
