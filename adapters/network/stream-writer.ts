import { type EventPacket, type NumberedFrame, RxSpikeError, type StreamInfo } from '../../src/index.js';
import { type EventFrameLayout, eventFrame, eventFrameLayout } from './event-frame.js';
import { type Codec, MAX_EVENTS, MESSAGE_PACK, type OutgoingFrame, type StreamKind } from './frames.js';
import { type StreamPacket, asText, encodeFrame, packetFields } from './packet-fields.js';

/** Where the size is not known, every coordinate is inside. */
const MOST = 65_536;

/** Events in a frame where nothing else is asked for: large enough to be fast, small enough to be taken at once. */
export const EVENTS_PER_FRAME = 10_000;

/** @throws `ERR_ARGUMENT` unless `count` is an integer in 1…65536 */
export function requireEventsPerFrame(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_EVENTS) return;
  throw new RxSpikeError('ERR_ARGUMENT', `eventsPerFrame must be 1…${MAX_EVENTS}, got ${count}`);
}

/** A packet frame, written once for all who get it. */
export class StreamFrame implements NumberedFrame {
  readonly seq: number;
  readonly events: number;
  readonly lasting: boolean;
  /** Watermark of the stream after it, µs. */
  readonly until: number;
  readonly #binary: Uint8Array;
  #text: string | null = null;

  /** @param binary its bytes, from now on the frame's own; or the frame, of which everything is copied */
  constructor(seq: number, events: number, until: number, binary: Uint8Array | OutgoingFrame) {
    this.seq = seq;
    this.events = events;
    this.until = until;
    this.lasting = events === 0 && 'mark' in binary && binary.mark !== null;
    this.#binary = binary instanceof Uint8Array ? binary : (encodeFrame(MESSAGE_PACK, binary) as Uint8Array);
  }

  message(codec: Codec): Uint8Array | string {
    if (codec === MESSAGE_PACK) return this.#binary;
    return (this.#text ??= asText(this.#binary));
  }
}

/** What is written of a stream. */
export interface WriteCounts {
  /** Packet frames, and events in them. */
  readonly packets: number;
  readonly events: number;
  /** Events left out because they lie outside the sensor. */
  readonly outside: number;
}

/**
 * Writes the frames of one stream: numbers them, cuts packets into frames, leaves out events outside the sensor (a
 * receiver would refuse them) and counts those.
 */
export class StreamWriter implements WriteCounts {
  packets = 0;
  events = 0;
  outside = 0;
  readonly #kind: StreamKind;
  readonly #info: StreamInfo;
  readonly #perFrame: number;
  readonly #id: Readonly<Record<string, number>>;
  readonly #layout: EventFrameLayout;
  #until = -Infinity;

  /**
   * @param stream number of the stream on its connections
   * @throws `ERR_ARGUMENT` unless `eventsPerFrame` is an integer in 1…65536
   */
  constructor(kind: StreamKind, info: StreamInfo, eventsPerFrame: number, stream: number) {
    requireEventsPerFrame(eventsPerFrame);
    this.#kind = kind;
    this.#info = info;
    this.#perFrame = eventsPerFrame;
    this.#id = stream === 0 ? {} : { stream };
    this.#layout = eventFrameLayout(stream);
  }

  /**
   * Frames of a packet, one after another as they are asked for; a mark goes in a frame of its own.
   * @throws `ERR_GEOMETRY` when the packet is of another size than announced, `ERR_ARGUMENT` when `until` is not finite
   */
  *frames(packet: StreamPacket): Generator<StreamFrame> {
    this.#check(packet);
    const inside = this.#kind === 'events' ? this.#inside(packet as EventPacket) : packet;
    const { length, until, mark } = inside;
    for (let from = 0; from < length; from += this.#perFrame) {
      const to = Math.min(from + this.#perFrame, length);
      yield this.#frame(inside, from, to, to === length ? until : null, false);
    }
    if (length === 0 || mark) yield this.#frame(inside, length, length, until, mark !== null);
  }

  #check({ stream, until }: StreamPacket): void {
    const { width, height } = this.#info;
    const sized = this.#kind === 'events' || this.#kind === 'spikes';
    if (sized && (stream.width !== width || stream.height !== height)) {
      throw new RxSpikeError(
        'ERR_GEOMETRY',
        `serve: a packet is of ${String(stream.width)}×${String(stream.height)}, ` +
          `the stream of ${String(width)}×${String(height)}`,
      );
    }
    if (!Number.isFinite(until)) throw new RxSpikeError('ERR_ARGUMENT', `serve: the watermark of a packet is ${until}`);
  }

  /** The watermark of a part is its latest time: later parts may hold events of the same. */
  #frame(packet: StreamPacket, from: number, to: number, until: number | null, marked: boolean): StreamFrame {
    const binary = this.#binary(packet, from, to, Math.max(this.#until, until ?? this.#until));
    if (binary) return binary;
    let latest = until ?? this.#until;
    if ('t' in packet) for (let i = from; i < to; i++) if (packet.t[i] > latest) latest = packet.t[i];
    this.#until = Math.max(this.#until, latest);
    const seq = this.packets++;
    this.events += to - from;
    return new StreamFrame(seq, to - from, this.#until, {
      type: 'packet',
      ...this.#id,
      seq,
      count: to - from,
      until: this.#until,
      mark: marked ? packet.mark : null,
      ...packetFields(this.#kind, packet, from, to),
    });
  }

  /** The short way for events, taken by all but those whose times are no whole microseconds apart. */
  #binary(packet: StreamPacket, from: number, to: number, least: number): StreamFrame | null {
    if (this.#kind !== 'events' || from === to) return null;
    const frame = eventFrame(this.#layout, this.packets, packet as EventPacket, [from, to], least);
    if (!frame) return null;
    this.#until = frame.until;
    this.events += to - from;
    return new StreamFrame(this.packets++, to - from, frame.until, frame.message);
  }

  #inside(packet: EventPacket): EventPacket {
    const { width, height } = this.#info;
    const { x, y, length } = packet;
    const right = width ?? MOST;
    const bottom = height ?? MOST;
    const outside = countOutside(x, y, length, right, bottom);
    if (outside === 0) return packet;
    this.outside += outside;
    const kept = Uint32Array.from({ length }, (_, i) => i).filter((i) => x[i] < right && y[i] < bottom);
    return {
      ...packet,
      length: kept.length,
      t: Float64Array.from(kept, (i) => packet.t[i]),
      x: Uint16Array.from(kept, (i) => x[i]),
      y: Uint16Array.from(kept, (i) => y[i]),
      p: Uint8Array.from(kept, (i) => packet.p[i]),
    };
  }
}

/** A function of its own: variables that closures see as well are slow in a loop. */
function countOutside(x: Uint16Array, y: Uint16Array, length: number, right: number, bottom: number): number {
  let outside = 0;
  for (let i = 0; i < length; i++) if (x[i] >= right || y[i] >= bottom) outside++;
  return outside;
}
