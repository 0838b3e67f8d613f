import { RxSpikeError, type EventPacket, type StreamInfo } from '../../../src/index.js';
import { compressorFor } from '../compression/compressor-for.js';
import type { Compressor } from '../compression/lz4-frame-encoder.js';
import type { Encoder, Holds, MakeEncoder, Patch, WriteOptions } from '../encoder.js';
import { DataTable } from './data-table.js';
import { TABLE_POSITION_AT, fileHeader } from './file-header.js';
import { EVENT_BYTES, LARGEST_SIZE } from './layout.js';

/** Events of a packet: as many as fill an LZ4 block of 64 KiB with what stands before them. */
const PACKET_EVENTS = 4094;
const PACKET_HEADER_BYTES = 8;
/** Size, root, identifier, vtable (at 14), table (at 20), length of the vector of events (at 28). */
const HEAD_BYTES = 32;
const VTABLE = [6, 8, 4];

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 1024;
const WORDS = new Int32Array((BLOCK * EVENT_BYTES) / 4);
const BYTES = new Uint8Array(WORDS.buffer);
/** Range of the lower half of a time. */
const HALF = 2 ** 32;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Writes AEDAT 4.0 with one event stream. @throws `ERR_GEOMETRY`; `ERR_UNSUPPORTED` without an encoder for zstd */
export const aedat4Encoder: MakeEncoder = (info, options) => new Aedat4Encoder(info, options, new DataTable());

/** As {@link aedat4Encoder}, for a stream without an end: keeps no data table, so that memory does not grow. */
export const aedat4StreamEncoder: MakeEncoder = (info, options) => new Aedat4Encoder(info, options, null);

class Aedat4Encoder implements Encoder {
  readonly holds: Holds = {
    maxX: LARGEST_SIZE - 1,
    maxY: LARGEST_SIZE - 1,
    minTime: 0,
    maxTime: Number.MAX_SAFE_INTEGER,
    stepsBack: true,
    maxGap: Infinity,
    fractions: false,
  };
  readonly patching: Encoder['patching'];
  readonly #header: Uint8Array;
  readonly #compressor: Compressor | null;
  readonly #table: DataTable | null;
  /** Packet header, then the flatbuffer. */
  readonly #packet = new Uint8Array(PACKET_HEADER_BYTES + HEAD_BYTES + PACKET_EVENTS * EVENT_BYTES);
  readonly #view = new DataView(this.#packet.buffer);
  readonly #packetHeader = new Uint8Array(PACKET_HEADER_BYTES);
  #events = 0;
  #from = Infinity;
  #to = -Infinity;
  /** Offset in the file of what comes next. */
  #offset: number;

  constructor(info: StreamInfo, options: WriteOptions, table: DataTable | null) {
    this.#table = table;
    this.patching = table === null ? 'append' : 'optional';
    const { width, height } = info;
    if (width === null || height === null || width > LARGEST_SIZE || height > LARGEST_SIZE) {
      const size = width === null || height === null ? 'is not known' : `is ${width}×${height}`;
      const what = `aedat4: needs a sensor size of at most ${LARGEST_SIZE}×${LARGEST_SIZE}, it ${size}`;
      throw new RxSpikeError('ERR_GEOMETRY', what, { details: { width, height } });
    }
    const { compression = 'lz4' } = options;
    this.#compressor = compressorFor('aedat4', compression, options);
    this.#header = fileHeader(info, compression, options.sensor ?? null);
    this.#offset = this.#header.length;
    this.#view.setUint32(PACKET_HEADER_BYTES + 4, 16, true);
    this.#packet.set(new TextEncoder().encode('EVTS'), PACKET_HEADER_BYTES + 8);
    VTABLE.forEach((value, i) => this.#view.setUint16(PACKET_HEADER_BYTES + 14 + 2 * i, value, true));
    this.#view.setInt32(PACKET_HEADER_BYTES + 20, 6, true);
    this.#view.setUint32(PACKET_HEADER_BYTES + 24, 4, true);
  }

  *start(): Generator<Uint8Array> {
    yield this.#header;
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      const length = Math.min(BLOCK, packet.length - from, PACKET_EVENTS - this.#events);
      this.#block(packet, from, length);
      const at = PACKET_HEADER_BYTES + HEAD_BYTES + this.#events * EVENT_BYTES;
      this.#packet.set(length === BLOCK ? BYTES : BYTES.subarray(0, length * EVENT_BYTES), at);
      this.#events += length;
      from += length;
      if (this.#events === PACKET_EVENTS) yield* this.#take();
    }
  }

  *flush(): Generator<Uint8Array> {
    if (this.#events > 0) yield* this.#take();
  }

  finish(): Iterable<Uint8Array> {
    return this.flush();
  }

  /** The data table behind the end, and its position; without them the recording reads as one that was interrupted. */
  patches(): readonly Patch[] {
    if (this.#table === null) return [];
    const table = this.#table.encode();
    const position = new Uint8Array(new BigInt64Array([BigInt(this.#offset)]).buffer);
    return [
      { at: this.#offset, bytes: this.#compressor?.compress(table).slice() ?? table },
      { at: TABLE_POSITION_AT, bytes: position },
    ];
  }

  /** Puts the events from `first` on into `WORDS`. */
  #block({ t, x, y, p }: EventPacket, first: number, length: number): void {
    T.set(t.subarray(first, first + length));
    X.set(x.subarray(first, first + length));
    Y.set(y.subarray(first, first + length));
    P.set(p.subarray(first, first + length));
    let [from, to] = [this.#from, this.#to];
    let high = Math.floor(T[0] / HALF);
    let low = high * HALF;
    for (let i = 0, k = 0; i < length; i++, k += 4) {
      const now = T[i];
      if (now < from) from = now;
      if (now > to) to = now;
      if (now < low || now >= low + HALF) {
        high = Math.floor(now / HALF);
        low = high * HALF;
      }
      // Stored modulo 2³².
      WORDS[k] = now - low;
      WORDS[k + 1] = high;
      WORDS[k + 2] = X[i] | (Y[i] << 16);
      WORDS[k + 3] = P[i];
    }
    this.#from = from;
    this.#to = to;
  }

  *#take(): Generator<Uint8Array> {
    const bodyBytes = HEAD_BYTES + this.#events * EVENT_BYTES;
    this.#view.setUint32(PACKET_HEADER_BYTES, bodyBytes - 4, true);
    this.#view.setUint32(PACKET_HEADER_BYTES + 28, this.#events, true);
    const packet = this.#packet.subarray(0, PACKET_HEADER_BYTES + bodyBytes);
    const body = this.#compressor?.compress(packet.subarray(PACKET_HEADER_BYTES)) ?? null;
    const size = body?.length ?? bodyBytes;
    const at = this.#offset + PACKET_HEADER_BYTES;
    this.#table?.add({ at, size, events: this.#events, from: this.#from, to: this.#to });
    this.#events = 0;
    this.#from = Infinity;
    this.#to = -Infinity;
    this.#offset = at + size;
    if (body === null) {
      this.#view.setInt32(4, size, true);
      yield packet;
    } else {
      new DataView(this.#packetHeader.buffer).setInt32(4, size, true);
      yield this.#packetHeader;
      yield body;
    }
  }
}
