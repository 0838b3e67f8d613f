import { RxSpikeError } from '../../../src/index.js';
import type { Counts, Decoder, EventBatch } from '../decoder.js';
import { AEDAT3_PACKET_HEADER_BYTES, parseAedat3PacketHeader, type Aedat3PacketHeader } from '../generated/headers.js';
import { Gathering } from '../gathering.js';
import type { SideSink } from '../side.js';
import { EVENT_TYPES, OVERFLOW_TIME, POLARITY_EVENT_BYTES, POLARITY_TYPE } from './layout.js';
import { readSideEvent } from './side-event.js';

// The engine keeps the addresses of constants of the module in registers; it does not for arrays in fields.
const BLOCK = 4096;
const T = new Float64Array(BLOCK);
const X = new Uint16Array(BLOCK);
const Y = new Uint16Array(BLOCK);
const P = new Uint8Array(BLOCK);

/** No event is smaller; in a header as many bytes reach to the end of the events' size. */
const LEAST_EVENT_BYTES = 8;

type State = 'header' | 'events' | 'side' | 'skip';

/** How packets are decoded. */
export interface Aedat3Packets {
  /** Name of the format, for messages. */
  readonly format: string;
  /** Where the first packet lies. */
  readonly offset: number;
  /** Source whose events are delivered; null: the first one that has polarity packets. */
  readonly source: number | null;
  /** Most bytes of an event that is kept until it is whole: a frame. */
  readonly maxPacketBytes: number;
}

/**
 * AEDAT 3.x packets → events; see {@link Decoder}. What is of other sources than the one that is delivered is counted as
 * `events@SOURCE`, `imu@SOURCE`, ….
 */
export class Aedat3Decoder implements Decoder {
  readonly side: Counts = {};
  readonly violations: Counts = {};
  readonly #format: string;
  readonly #limit: number;
  readonly #sink: SideSink | null;
  readonly #gathering = new Gathering();
  #header: Aedat3PacketHeader | null = null;
  #source: number | null;
  #state: State = 'header';
  /** Offset in the file of the byte that comes next, and of the packet that it belongs to. */
  #offset: number;
  #packetAt: number;
  /** Bytes of the packet's body that are still to come. */
  #remaining = 0;
  #base = 0;
  /** Bytes of the room in the packet before that no event took: some writers left it in the file. */
  #unused = 0;
  #carried = 0;
  readonly #carry = new Uint8Array(AEDAT3_PACKET_HEADER_BYTES);

  constructor(packets: Aedat3Packets, sink: SideSink | null = null) {
    this.#format = packets.format;
    this.#offset = packets.offset;
    this.#packetAt = packets.offset;
    this.#source = packets.source;
    this.#limit = packets.maxPacketBytes;
    this.#sink = sink;
  }

  *push(chunk: Uint8Array): Generator<EventBatch> {
    let at = 0;
    while (at < chunk.length) {
      const before = at;
      if (this.#state === 'header') {
        at += this.#gather(chunk, at, AEDAT3_PACKET_HEADER_BYTES);
        this.#offset += at - before;
        if (this.#carried < AEDAT3_PACKET_HEADER_BYTES) continue;
        if (this.#isUnused()) this.#passUnused();
        else this.#begin(parseAedat3PacketHeader(this.#carry));
        continue;
      }
      if (this.#state === 'skip') {
        at = Math.min(at + this.#remaining, chunk.length);
      } else if (this.#state === 'side') {
        at += this.#sideEvent(chunk, at);
      } else if (this.#carried > 0 || chunk.length - at < POLARITY_EVENT_BYTES) {
        at += this.#gather(chunk, at, POLARITY_EVENT_BYTES);
        if (this.#carried === POLARITY_EVENT_BYTES) {
          this.#carried = 0;
          yield this.#block(this.#carry, 0, POLARITY_EVENT_BYTES);
        }
      } else {
        const bytes = Math.min(this.#remaining, chunk.length - at, BLOCK * POLARITY_EVENT_BYTES);
        at += bytes - (bytes % POLARITY_EVENT_BYTES);
        yield this.#block(chunk, before, at);
      }
      this.#offset += at - before;
      this.#remaining -= at - before;
      if (this.#remaining === 0) this.#state = 'header';
    }
  }

  end(): void {
    if (this.#state === 'header' && this.#carried === 0) return;
    if (this.#state === 'header' && this.#carried === this.#unused && this.#isUnused()) {
      this.#count('unusedRoom', 1);
      return;
    }
    const what =
      this.#state === 'header'
        ? `has ${this.#carried} of ${AEDAT3_PACKET_HEADER_BYTES} bytes of its header`
        : `lacks ${this.#remaining} bytes of its body`;
    throw new RxSpikeError('ERR_TRUNCATED', `${this.#format}: the packet at byte ${this.#packetAt} ${what}`, {
      details: { offset: this.#packetAt },
    });
  }

  /** Fills the carry up to `size` bytes; returns how many were taken. */
  #gather(chunk: Uint8Array, at: number, size: number): number {
    if (this.#state === 'header' && this.#carried === 0) this.#packetAt = this.#offset;
    const take = Math.min(size - this.#carried, chunk.length - at);
    this.#carry.set(chunk.subarray(at, at + take), this.#carried);
    this.#carried += take;
    return take;
  }

  /** True where what is carried begins with empty room, which is zero and no header: that has a size of events. */
  #isUnused(): boolean {
    const room = Math.min(this.#unused, this.#carried);
    return room > 0 && this.#carry.subarray(0, room).every((byte) => byte === 0);
  }

  #passUnused(): void {
    const carried = Math.min(this.#unused, this.#carried);
    this.#count('unusedRoom', 1);
    this.#carry.copyWithin(0, carried, this.#carried);
    this.#carried -= carried;
    this.#packetAt += carried;
    this.#remaining = this.#unused - carried;
    this.#unused = 0;
    if (this.#remaining > 0) this.#state = 'skip';
  }

  #begin(header: Aedat3PacketHeader): void {
    this.#carried = 0;
    this.#check(header);
    this.#header = header;
    const { eventType, eventSource, eventSize, eventTSOverflow, eventNumber, eventCapacity } = header;
    const unused = (eventCapacity - eventNumber) * eventSize;
    // Fewer bytes than tell a header from zeros are none of an event.
    this.#unused = unused < LEAST_EVENT_BYTES ? 0 : unused;
    const polarity = eventType === POLARITY_TYPE;
    this.#base = eventTSOverflow * OVERFLOW_TIME;
    this.#remaining = eventNumber * eventSize;
    if (polarity) this.#source ??= eventSource;
    const chosen = eventSource === (this.#source ?? eventSource);
    if (!polarity || !chosen) this.#countOther(header, chosen);
    this.#state = polarity && chosen ? 'events' : chosen && this.#isWanted(header) ? 'side' : 'skip';
    if (this.#remaining === 0) this.#state = 'header';
  }

  #check({
    eventType,
    eventSize,
    eventTSOffset,
    eventTSOverflow,
    eventNumber,
    eventCapacity,
  }: Aedat3PacketHeader): void {
    if (eventType < 0) throw this.#corrupt(`says event type ${eventType}`);
    if (eventNumber < 0 || eventNumber > eventCapacity) {
      throw this.#corrupt(`says ${eventNumber} events in room for ${eventCapacity}`);
    }
    const wrongPolarity = eventSize !== POLARITY_EVENT_BYTES || eventTSOffset !== 4;
    if (eventSize <= 0 || (eventType === POLARITY_TYPE && wrongPolarity)) {
      throw this.#corrupt(`says type ${eventType} in events of ${eventSize} bytes with the time at ${eventTSOffset}`);
    }
    if (eventTSOverflow < 0) throw this.#corrupt(`says ${eventTSOverflow} overflows of time`);
  }

  #countOther({ eventType, eventSource, eventNumber }: Aedat3PacketHeader, chosen: boolean): void {
    const name = eventType === POLARITY_TYPE ? 'events' : (EVENT_TYPES[eventType] ?? `type${eventType}`);
    const key = chosen ? name : `${name}@${eventSource}`;
    this.side[key] = (this.side[key] ?? 0) + eventNumber;
  }

  #isWanted({ eventType, eventSize }: Aedat3PacketHeader): boolean {
    if (this.#sink === null || this.#sink.name !== EVENT_TYPES[eventType]) return false;
    if (eventSize <= this.#limit) return true;
    const what = `has events of ${eventSize} bytes, the limit is ${this.#limit}`;
    throw new RxSpikeError('ERR_LIMIT', `${this.#format}: the packet at byte ${this.#packetAt} ${what}`, {
      details: { offset: this.#packetAt, size: eventSize, limit: this.#limit },
    });
  }

  /** Takes in bytes of an event whose content is wanted; returns how many. */
  #sideEvent(chunk: Uint8Array, at: number): number {
    const { eventType, eventSize, eventTSOverflow } = this.#header as Aedat3PacketHeader;
    const piece = chunk.subarray(at, at + eventSize - this.#gathering.length);
    if (this.#gathering.length + piece.length < eventSize) {
      this.#gathering.add(piece);
    } else {
      const item = readSideEvent(eventType, this.#gathering.finish(piece), eventTSOverflow);
      if (item !== null) this.#sink?.add(item);
    }
    return piece.length;
  }

  #count(name: string, n: number): void {
    this.violations[name] = (this.violations[name] ?? 0) + n;
  }

  #corrupt(what: string): RxSpikeError {
    return new RxSpikeError('ERR_CORRUPT', `${this.#format}: the packet at byte ${this.#packetAt} ${what}`, {
      details: { offset: this.#packetAt },
    });
  }

  #block(bytes: Uint8Array, from: number, to: number): EventBatch {
    const base = this.#base;
    let n = 0;
    for (let i = from; i < to; i += POLARITY_EVENT_BYTES) {
      const low = bytes[i];
      if ((low & 1) === 0) continue;
      const high = bytes[i + 2];
      P[n] = (low >> 1) & 1;
      Y[n] = ((low | (bytes[i + 1] << 8) | (high << 16)) >> 2) & 0x7fff;
      X[n] = (high >> 1) | (bytes[i + 3] << 7);
      T[n++] = base + (bytes[i + 4] | (bytes[i + 5] << 8) | (bytes[i + 6] << 16) | (bytes[i + 7] << 24));
    }
    const invalid = (to - from) / POLARITY_EVENT_BYTES - n;
    if (invalid > 0) this.side.invalid = (this.side.invalid ?? 0) + invalid;
    return { t: T, x: X, y: Y, p: P, length: n };
  }
}
