import { RxSpikeError } from '../../../src/index.js';
import type { Decompressor } from '../compression/decompressor.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { AEDAT4_PACKET_HEADER_BYTES, parseAedat4PacketHeader } from '../generated/headers.js';
import { Gathering } from '../gathering.js';
import { FlatbufferTable } from './flatbuffer.js';
import { EVENT_BYTES, SIDE_NAMES, type DeclaredStream } from './layout.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 4096;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

const EXACT = 2 ** 21;

interface Parts {
  readonly streams: readonly DeclaredStream[];
  /** Stream whose events are delivered; null: none. */
  readonly stream: number | null;
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
  readonly #parts: Parts;
  readonly #types: ReadonlyMap<number, DeclaredStream>;
  readonly #gathering = new Gathering();
  #state: State = 'header';
  #stream: DeclaredStream | null = null;
  /** Offset in the file of what comes next, and of the packet that it belongs to. */
  #offset: number;
  #packetAt: number;
  /** Bytes that are still to come of the packet header, body or stretch to skip. */
  #remaining = AEDAT4_PACKET_HEADER_BYTES;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#offset = parts.offset;
    this.#packetAt = parts.offset;
    this.#types = new Map(parts.streams.map((stream) => [stream.id, stream]));
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

  end(): void {
    if (this.#state === 'table') return this.#table();
    const atBoundary = this.#state === 'header' && this.#remaining === AEDAT4_PACKET_HEADER_BYTES;
    if (this.#parts.tableAt === null) this.violations.interrupted = 1;
    if (atBoundary && this.#parts.tableAt === null) return;
    throw new RxSpikeError(
      'ERR_TRUNCATED',
      atBoundary
        ? `aedat4: the input ends at byte ${this.#offset}, its data table should be at ${this.#parts.tableAt}`
        : `aedat4: the packet at byte ${this.#packetAt} lacks ${this.#remaining} bytes of its ${this.#state === 'header' ? 'header' : 'body'}`,
      { details: { offset: this.#packetAt } },
    );
  }

  #atBoundary(): void {
    this.#packetAt = this.#offset;
    const table = this.#offset === this.#parts.tableAt;
    this.#state = table ? 'table' : 'header';
    this.#remaining = table ? Infinity : AEDAT4_PACKET_HEADER_BYTES;
  }

  #begin(bytes: Uint8Array): void {
    const { streamId, size } = parseAedat4PacketHeader(bytes);
    const { tableAt } = this.#parts;
    const stream = this.#types.get(streamId);
    if (stream === undefined) throw this.#corrupt(`is of stream ${streamId}, which the header does not declare`);
    if (size < 0) throw this.#corrupt(`says ${size} bytes`);
    if (tableAt !== null && this.#offset + size > tableAt) {
      throw this.#corrupt(`says ${size} bytes, ${tableAt - this.#offset} remain before the data table`);
    }
    this.#stream = stream;
    this.#remaining = size;
    const name = SIDE_NAMES.get(stream.type);
    // Frames come one a packet and are large: they are counted unopened. So are packets of types unknown here.
    if (stream.type === 'EVTS' || (name !== undefined && name !== 'frames')) {
      this.#limit(`packet at byte ${this.#packetAt}`, size);
      if (size === 0) throw this.#corrupt('is empty');
      this.#state = 'body';
    } else {
      this.#count(name ?? stream.type.toLowerCase(), 1);
      this.#state = 'skip';
      if (size === 0) this.#atBoundary();
    }
  }

  *#body(bytes: Uint8Array): Generator<EventBatch> {
    const stream = this.#stream as DeclaredStream;
    const what = `aedat4: the packet at byte ${this.#packetAt}`;
    const content = this.#expand(bytes, what);
    const table = new FlatbufferTable(content, stream.type, what);
    if (stream.type !== 'EVTS') {
      this.#count(SIDE_NAMES.get(stream.type) ?? stream.type, table.vector(0, 4).length);
      return;
    }
    const { at, length } = table.vector(0, EVENT_BYTES);
    if (stream.id !== this.#parts.stream) {
      this.#count(`events@${stream.id}`, length);
      return;
    }
    const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
    for (let from = 0; from < length; from += BLOCK) {
      const n = Math.min(BLOCK, length - from);
      const good = block(view, at + from * EVENT_BYTES, n);
      yield { t: T, x: X, y: Y, p: P, length: good };
      if (good < n) throw this.#corrupt(`has a time beyond ±2⁵³ µs in event ${from + good}`);
    }
  }

  /** The table is not needed to read forwards; that it is whole shows that the recording is. */
  #table(): void {
    const what = `aedat4: the data table at byte ${this.#packetAt}`;
    const bytes = this.#gathering.finish(new Uint8Array(0));
    const missing = this.#parts.decompressor === null ? missingBytes(bytes) : bytes.length === 0 ? 1 : 0;
    if (missing > 0) {
      throw new RxSpikeError('ERR_TRUNCATED', `${what} lacks bytes at its end`, {
        details: { offset: this.#packetAt },
      });
    }
    let content = bytes;
    try {
      content = this.#parts.decompressor?.expand(bytes) ?? bytes;
    } catch (cause) {
      throw located(cause, what, this.#packetAt);
    }
    void new FlatbufferTable(content, 'FTAB', what);
  }

  #expand(bytes: Uint8Array, what: string): Uint8Array {
    try {
      return this.#parts.decompressor?.expand(bytes) ?? bytes;
    } catch (cause) {
      // The packet is whole: a frame that ends early inside it is damage, not a cut.
      throw located(cause, what, this.#packetAt, 'ERR_CORRUPT');
    }
  }

  #limit(what: string, size: number): void {
    const limit = this.#parts.maxPacketBytes;
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

/** Decodes events into the block; returns how many before the first whose time a float64 cannot hold. */
function block(view: DataView, at: number, length: number): number {
  for (let n = 0, i = at; n < length; n++, i += EVENT_BYTES) {
    const high = view.getInt32(i + 4, true);
    if (high >= EXACT || high < -EXACT) return n;
    T[n] = high * 4294967296 + view.getUint32(i, true);
    X[n] = view.getUint16(i + 8, true);
    Y[n] = view.getUint16(i + 10, true);
    P[n] = view.getUint8(i + 12) === 0 ? 0 : 1;
  }
  return length;
}
