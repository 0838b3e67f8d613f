import { RxSpikeError, type EventPacket, type StreamInfo } from '../../../src/index.js';
import type { Encoder, Holds, Patch } from '../encoder.js';
import {
  DVS_OVERFLOW_TIME,
  ES_SIGNATURE,
  OVERFLOW,
  PIXEL_EVENT_BYTES,
  SIZE_BYTES,
  TYPES_2,
  TYPE_AT_2,
} from './layout.js';

const OUTPUT_BYTES = 1 << 16;
const MAX_SIZE = 0xffff;

/** Times are differences, 127 µs a byte at most: what is later than this takes more than 1 GiB of nothing, µs. */
const MAX_TIME = DVS_OVERFLOW_TIME * 2 ** 30;

/** DVS events → Event Stream 2.0. y is turned, since the format's grows upwards. */
class EsEncoder implements Encoder {
  readonly holds: Holds;
  readonly patching = 'append';
  readonly #width: number;
  readonly #height: number;
  readonly #output = new Uint8Array(OUTPUT_BYTES);
  #length = 0;
  /** Time that has been written, µs. */
  #time = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.holds = {
      maxX: width - 1,
      maxY: height - 1,
      minTime: 0,
      maxTime: MAX_TIME,
      stepsBack: false,
      maxGap: Infinity,
      fractions: false,
    };
  }

  *start(): Generator<Uint8Array> {
    const header = new Uint8Array(TYPE_AT_2 + 1 + SIZE_BYTES);
    header.set(new TextEncoder().encode(ES_SIGNATURE));
    header.set([2, 0, 0, TYPES_2.indexOf('dvs')], ES_SIGNATURE.length);
    const view = new DataView(header.buffer);
    view.setUint16(TYPE_AT_2 + 1, this.#width, true);
    view.setUint16(TYPE_AT_2 + 3, this.#height, true);
    yield header;
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    for (let from = 0; from < packet.length;) {
      from = this.#fill(packet, from);
      if (from < packet.length) yield this.#take();
    }
  }

  *flush(): Generator<Uint8Array> {
    if (this.#length > 0) yield this.#take();
  }

  finish(): Iterable<Uint8Array> {
    return this.flush();
  }

  patches(): readonly Patch[] {
    return [];
  }

  #take(): Uint8Array {
    const bytes = this.#output.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** Writes the events from number `from` on; returns the first one for which there was no room. */
  #fill({ t, x, y, p, length }: EventPacket, from: number): number {
    const out = this.#output;
    const top = this.#height - 1;
    let time = this.#time;
    let o = this.#length;
    let i = from;
    for (; i < length && o + PIXEL_EVENT_BYTES <= OUTPUT_BYTES; i++) {
      let dt = t[i] - time;
      if (dt >= DVS_OVERFLOW_TIME) {
        const overflows = Math.min(Math.floor(dt / DVS_OVERFLOW_TIME), OUTPUT_BYTES - o);
        out.fill(OVERFLOW, o, o + overflows);
        o += overflows;
        time += overflows * DVS_OVERFLOW_TIME;
        dt = t[i] - time;
        if (dt >= DVS_OVERFLOW_TIME || o + PIXEL_EVENT_BYTES > OUTPUT_BYTES) break;
      }
      const row = top - y[i];
      out[o] = (dt << 1) | p[i];
      out[o + 1] = x[i];
      out[o + 2] = x[i] >> 8;
      out[o + 3] = row;
      out[o + 4] = row >> 8;
      o += PIXEL_EVENT_BYTES;
      time = t[i];
    }
    this.#time = time;
    this.#length = o;
    return i;
  }
}

/** Makes an encoder for Event Stream 2.0, DVS events. @throws `ERR_GEOMETRY` without a size, or of one above 65535 */
export function esEncoder({ width, height }: StreamInfo): Encoder {
  if (width === null || height === null) {
    throw new RxSpikeError('ERR_GEOMETRY', 'es: the format needs a width and a height; the stream has none');
  }
  if (width > MAX_SIZE || height > MAX_SIZE) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `es: at most ${MAX_SIZE}×${MAX_SIZE} pixels, the stream has ${width}×${height}`,
    );
  }
  return new EsEncoder(width, height);
}
