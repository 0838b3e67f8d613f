import type { EventPacket, StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, MakeEncoder, Patch, WriteOptions } from '../encoder.js';
import { AEDAT3_PACKET_HEADER_BYTES } from '../generated/headers.js';
import { noteLines, sensorLines } from '../stream-notes.js';
import { END_HEADER, OVERFLOW_TIME, POLARITY_EVENT_BYTES, POLARITY_TYPE, sizeOf, sourceOfSize } from './layout.js';

const PACKET_EVENTS = 4096;
const SOURCE = 1;
/** Coordinates have 15 bits. */
const LARGEST = 32767;

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 1024;
const WORDS = new Int32Array(2 * BLOCK);
const BYTES = new Uint8Array(WORDS.buffer);
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** Writes AEDAT 3.1: polarity packets of one source. */
export const aedat31Encoder: MakeEncoder = (info, options) => new Aedat31Encoder(info, options);

class Aedat31Encoder implements Encoder {
  readonly holds: Holds = {
    maxX: LARGEST,
    maxY: LARGEST,
    minTime: 0,
    maxTime: Number.MAX_SAFE_INTEGER,
    stepsBack: true,
    maxGap: Infinity,
    fractions: false,
  };
  readonly patching = 'append';
  readonly #header: Uint8Array;
  readonly #packet = new Uint8Array(AEDAT3_PACKET_HEADER_BYTES + PACKET_EVENTS * POLARITY_EVENT_BYTES);
  readonly #view = new DataView(this.#packet.buffer);
  #events = 0;
  /** What the times of the packet are counted from; a packet holds times of one overflow. */
  #base = 0;

  constructor(info: StreamInfo, options: WriteOptions) {
    const source = options.sensor ?? sourceOfSize(info.width, info.height) ?? 'RxSpike';
    const [width, height] = sizeOf(source);
    const lines = [
      '#!AER-DAT3.1',
      '#Format: RAW',
      `#Source ${SOURCE}: ${source}`.replace(/[^\x20-\x7e]+/g, ' '),
      ...sensorLines(options.sensor ?? null, source),
      ...noteLines(info, { width, height, yUp: false, mirroredX: false, epoch: null }),
      END_HEADER,
    ];
    this.#header = new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join(''));
    this.#view.setInt16(0, POLARITY_TYPE, true);
    this.#view.setInt16(2, SOURCE, true);
    this.#view.setInt32(4, POLARITY_EVENT_BYTES, true);
    this.#view.setInt32(8, 4, true);
  }

  *start(): Generator<Uint8Array> {
    yield this.#header.subarray();
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      const room = Math.min(BLOCK, packet.length - from, PACKET_EVENTS - this.#events);
      if (this.#events === 0) this.#base = Math.floor(packet.t[from] / OVERFLOW_TIME) * OVERFLOW_TIME;
      const length = this.#block(packet, from, room);
      const at = AEDAT3_PACKET_HEADER_BYTES + this.#events * POLARITY_EVENT_BYTES;
      this.#packet.set(BYTES.subarray(0, length * POLARITY_EVENT_BYTES), at);
      this.#events += length;
      from += length;
      if (this.#events === PACKET_EVENTS || length < room) yield this.#take();
    }
  }

  *flush(): Generator<Uint8Array> {
    if (this.#events > 0) yield this.#take();
  }

  finish(): Iterable<Uint8Array> {
    return this.flush();
  }

  patches(): readonly Patch[] {
    return [];
  }

  /** Puts events from `first` on into `WORDS`, up to one of another overflow; returns how many. */
  #block({ t, x, y, p }: EventPacket, first: number, length: number): number {
    T.set(t.subarray(first, first + length));
    X.set(x.subarray(first, first + length));
    Y.set(y.subarray(first, first + length));
    P.set(p.subarray(first, first + length));
    const base = this.#base;
    for (let i = 0; i < length; i++) {
      const time = T[i] - base;
      if (time < 0 || time >= OVERFLOW_TIME) return i;
      WORDS[2 * i] = (X[i] << 17) | (Y[i] << 2) | (P[i] << 1) | 1;
      WORDS[2 * i + 1] = time;
    }
    return length;
  }

  #take(): Uint8Array {
    const events = this.#events;
    this.#events = 0;
    this.#view.setInt32(12, this.#base / OVERFLOW_TIME, true);
    for (const at of [16, 20, 24]) this.#view.setInt32(at, events, true);
    return this.#packet.subarray(0, AEDAT3_PACKET_HEADER_BYTES + events * POLARITY_EVENT_BYTES);
  }
}
