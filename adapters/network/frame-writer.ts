import { type EventPacket, type Mark, RxSpikeError, type StreamInfo } from '../../src/index.js';
import { packColumns } from './columns.js';
import { MAX_EVENTS, VERSION, encodeFrame } from './frames.js';

/** A frame with its number. */
export interface NumberedFrame {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Events in a frame where nothing else is asked for: large enough to be fast, small enough to be taken at once. */
export const EVENTS_PER_FRAME = 10_000;

/** @throws `ERR_ARGUMENT` unless `count` is an integer in 1…65536 */
export function requireEventsPerFrame(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_EVENTS) return;
  throw new RxSpikeError('ERR_ARGUMENT', `eventsPerFrame must be 1…${MAX_EVENTS}, got ${count}`);
}

/**
 * Writes the frames of one stream: numbers them, cuts packets into frames, leaves out events outside the sensor (a
 * receiver would refuse them) and counts those.
 */
export class FrameWriter {
  /** Packet frames written, events in them, and events left out because they lie outside the sensor. */
  packets = 0;
  events = 0;
  outside = 0;
  readonly #info: StreamInfo;
  readonly #perFrame: number;
  #until: number;

  /** @throws `ERR_ARGUMENT` unless `eventsPerFrame` is an integer in 1…65536 */
  constructor(info: StreamInfo, eventsPerFrame: number) {
    requireEventsPerFrame(eventsPerFrame);
    this.#info = info;
    this.#perFrame = eventsPerFrame;
    this.#until = -Infinity;
  }

  hello(): Uint8Array {
    return encodeFrame({ type: 'hello', version: VERSION, info: this.#info, sends: ['events'] });
  }

  /**
   * Frames of a packet, one after another as they are asked for.
   * @throws `ERR_GEOMETRY` when the packet is of another size than announced, `ERR_ARGUMENT` when `until` is not finite
   */
  *frames(packet: EventPacket): Generator<NumberedFrame> {
    const { width, height } = this.#info;
    if (packet.stream.width !== width || packet.stream.height !== height) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `serve: a packet is of ${String(packet.stream.width)}×${String(packet.stream.height)}, ` +
          `the stream of ${String(width)}×${String(height)}`,
      );
    }
    if (!Number.isFinite(packet.until)) {
      throw new RxSpikeError('ERR_ARGUMENT', `serve: the watermark of a packet is ${packet.until}`);
    }
    const inside = this.#inside(packet);
    let from = 0;
    do {
      const to = Math.min(from + this.#perFrame, inside.length);
      const last = to === inside.length;
      yield this.#frame(inside, from, to, last ? inside.until : null, last ? inside.mark : null);
      from = to;
    } while (from < inside.length);
  }

  end(): Uint8Array {
    const { packets, events, outside } = this;
    return encodeFrame({ type: 'end', reason: 'complete', packets, events, outside });
  }

  #frame(packet: EventPacket, from: number, to: number, until: number | null, mark: Mark | null): NumberedFrame {
    let latest = until ?? this.#until;
    for (let i = from; i < to; i++) if (packet.t[i] > latest) latest = packet.t[i];
    this.#until = Math.max(this.#until, latest);
    const seq = this.packets++;
    this.events += to - from;
    return {
      seq,
      bytes: encodeFrame({
        type: 'packet',
        seq,
        count: to - from,
        until: this.#until,
        mark,
        ...packColumns(packet, from, to),
      }),
    };
  }

  #inside(packet: EventPacket): EventPacket {
    const { width, height } = this.#info;
    const { x, y, length } = packet;
    const isIn = (i: number): boolean => x[i] < (width ?? Infinity) && y[i] < (height ?? Infinity);
    let kept = 0;
    for (let i = 0; i < length; i++) if (isIn(i)) kept++;
    if (kept === length) return packet;
    this.outside += length - kept;
    const at = new Uint32Array(kept);
    for (let i = 0, n = 0; i < length; i++) if (isIn(i)) at[n++] = i;
    return {
      ...packet,
      length: kept,
      t: Float64Array.from(at, (i) => packet.t[i]),
      x: Uint16Array.from(at, (i) => x[i]),
      y: Uint16Array.from(at, (i) => y[i]),
      p: Uint8Array.from(at, (i) => packet.p[i]),
    };
  }
}
