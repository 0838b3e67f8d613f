import type { EventPacket } from '../../../src/index.js';
import type { Counts, EventBatch } from '../../files/decoder.js';
import type { Holds } from '../../files/encoder.js';
import { Clock32 } from './clock32.js';
import type { DatagramDecoder, DatagramEncoder, TimeSource } from './datagram.js';
import { EventRoom, countOf } from './event-room.js';

/**
 * Datagrams of words of the SpiNNaker interface board (`SpiNNakerManchester/spif`, spiffer; `aestream/aestream`,
 * dvs_to_udp.cpp), u32 little-endian: bit 31 set where no time follows, x in bits 30…16, polarity in bit 15, y in bits
 * 14…0; where bit 31 is not set a word with the time follows, µs modulo 2³².
 */
const BARE = 0x80000000;
/** AEStream's receiver takes 512 bytes of a datagram. */
const BARE_EVENTS = 128;
/** Odd, see {@link SpifEncoder}. */
const TIMED_EVENTS = 63;
/** Words in a full datagram of AEStream's with times: of 32 events. */
const AESTREAM_WORDS = 64;

/**
 * Reads words of SPIF. Times are those of the words, or, where these are bare, of arrival; the first event decides, and
 * those of the other kind are left out and counted (`otherTime`). A time word that is not there is counted
 * (`missingTime`), as are bytes that fill no word (`partialWord`).
 *
 * AEStream sends its last, partial datagram with times at twice its length: behind the n events stands what lay in its
 * memory, so as many words again. That is told by the words being those of its full datagram before, in the same places;
 * and in a sender's first datagram by their being no events in order. They are counted (`staleWord`).
 */
export class SpifDecoder implements DatagramDecoder {
  readonly violations: Counts = {};
  times: TimeSource | null = null;
  readonly #room: EventRoom;
  readonly #clock = new Clock32();
  #sender: string | null = null;
  /** The datagram before, of the same sender, where it was a full one of AEStream's with times. */
  #full: Uint32Array | null = null;
  #latest = -Infinity;

  constructor(width: number | null, height: number | null) {
    this.#room = new EventRoom(width, height, this.violations);
  }

  decode(bytes: Uint8Array, arrival: number, sender: string): EventBatch {
    this.#room.length = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const words = Uint32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
    if (bytes.length % 4 > 0) countOf(this.violations, 'partialWord', 1);
    const first = sender !== this.#sender;
    if (first) this.#full = null;
    this.#sender = sender;
    const end = this.#isDoubled(words, first) ? words.length / 2 : words.length;
    if (end < words.length) countOf(this.violations, 'staleWord', words.length - end);
    // Arrival does not step back, whatever the clock does.
    this.#latest = Math.max(this.#latest, arrival);
    this.#words(words.subarray(0, end));
    this.#full = words.length === AESTREAM_WORDS && isTimed(words) ? words : null;
    return this.#room;
  }

  #words(words: Uint32Array): void {
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      const bare = word >= BARE;
      if (!bare && i + 1 === words.length) {
        countOf(this.violations, 'missingTime', 1);
        return;
      }
      const times = bare ? 'arrival' : 'device';
      this.times ??= times;
      const stamp = bare ? 0 : words[++i];
      if (times !== this.times) {
        countOf(this.violations, 'otherTime', 1);
        continue;
      }
      const t = bare ? this.#latest : this.#clock.unwrap(stamp);
      this.#room.add(t, (word >>> 16) & 0x7fff, word & 0x7fff, ((word >>> 15) & 1) as 0 | 1);
    }
  }

  /** Whether the second half of a datagram is what lay in AEStream's memory. */
  #isDoubled(words: Uint32Array, first: boolean): boolean {
    const half = words.length / 2;
    if (half < 2 || half % 2 > 0 || half >= AESTREAM_WORDS || !isTimed(words.subarray(0, half))) return false;
    const full = this.#full;
    if (full !== null) {
      const end = Math.min(words.length, AESTREAM_WORDS);
      return words.subarray(half, end).every((word, i) => word === full[half + i]);
    }
    return first && words.length !== AESTREAM_WORDS && !this.#areEvents(words, half);
  }

  /** Whether the words from `from` on are events with times, on the sensor, none earlier than the one before. */
  #areEvents(words: Uint32Array, from: number): boolean {
    for (let i = from; i < words.length; i += 2) {
      // What memory mostly holds.
      if (words[i] === 0 && words[i + 1] === 0) return false;
      const step = (words[i + 1] - words[i - 1]) | 0;
      if (words[i] >= BARE || step < 0 || !this.#room.holds(words[i] >>> 16, words[i] & 0x7fff)) return false;
    }
    return true;
  }
}

/** Whether every other word is one that a time follows. */
function isTimed(words: Uint32Array): boolean {
  return words.every((word, i) => i % 2 > 0 || word < BARE);
}

/**
 * Writes words of SPIF. With times each datagram holds an odd number of events, so that none can be taken for a partial
 * one of AEStream's.
 */
export class SpifEncoder implements DatagramEncoder {
  readonly holds: Holds;
  readonly #times: boolean;

  constructor(times: boolean) {
    this.#times = times;
    this.holds = {
      maxX: 32_767,
      maxY: 32_767,
      minTime: times ? 0 : -Infinity,
      maxTime: times ? Number.MAX_SAFE_INTEGER : Infinity,
      stepsBack: true,
      maxGap: times ? 2 ** 31 - 1 : Infinity,
      fractions: !times,
    };
  }

  encode({ t, x, y, p, length }: EventPacket): Uint8Array[] {
    const size = this.#times ? 8 : 4;
    const bytes = new Uint8Array(length * size);
    const view = new DataView(bytes.buffer);
    for (let i = 0, at = 0; i < length; i++, at += size) {
      const word = (x[i] << 16) | (p[i] << 15) | y[i];
      view.setUint32(at, this.#times ? word : word | BARE, true);
      // Stored modulo 2³².
      if (this.#times) view.setUint32(at + 4, t[i] % 2 ** 32, true);
    }
    const datagrams: Uint8Array[] = [];
    for (let from = 0; from < length;) {
      const left = length - from;
      const take = this.#times ? Math.min(TIMED_EVENTS, left - ((left + 1) % 2)) : Math.min(BARE_EVENTS, left);
      datagrams.push(bytes.subarray(from * size, (from + take) * size));
      from += take;
    }
    return datagrams;
  }
}
