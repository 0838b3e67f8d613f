import type { EventPacket } from '../../../src/index.js';
import type { Encoder, Holds, Patch } from '../encoder.js';
import { LITTLE_HOST, swapWords } from './byte-order.js';
import type { MakeHeader } from './write-header.js';

/** Most events that are encoded at once. */
export const STAGE = 4096;

/** What the encoders of this family share. The header waits for the first event, whose time it may have to hold. */
export abstract class RecordEncoder implements Encoder {
  readonly holds: Holds;
  readonly patching = 'append';
  /** Time that the clock's zero stands for, µs. */
  protected t0 = 0;
  readonly #header: MakeHeader;
  readonly #word: number;
  #begun = false;
  #own = new Uint8Array(0);

  /** `word`: bytes of what the file holds in one piece. */
  constructor(holds: Holds, header: MakeHeader, word: number) {
    this.holds = holds;
    this.#header = header;
    this.#word = word;
  }

  start(): Iterable<Uint8Array> {
    return [];
  }

  *encode(packet: EventPacket): Generator<Uint8Array> {
    if (packet.length === 0) return;
    if (!this.#begun) yield this.#begin(packet.t[0]);
    for (let at = 0; at < packet.length;) {
      at += this.fill(packet, at, Math.min(at + STAGE, packet.length));
      yield this.#taken();
    }
  }

  /** Nothing before the first event, whose time the header may have to hold. */
  *flush(): Generator<Uint8Array> {
    this.rest();
    yield this.#taken();
  }

  *finish(): Generator<Uint8Array> {
    if (!this.#begun) yield this.#begin(0);
    yield* this.flush();
  }

  patches(): readonly Patch[] {
    return [];
  }

  /** Time of the clock's zero for a recording that begins at `first`, µs: 0 wherever the file can do without. */
  protected abstract zero(first: number): number;

  /** Encodes the events from `from` to `to`, at most {@link STAGE}, as far as there is room; returns how many. */
  protected abstract fill(packet: EventPacket, from: number, to: number): number;

  /** Encodes what was kept back. */
  protected abstract rest(): void;

  /** What has been encoded since it was last asked for, in the memory that all encoders of the kind work in. */
  protected abstract drain(): Uint8Array;

  #begin(first: number): Uint8Array {
    this.#begun = true;
    this.t0 = this.zero(first);
    return this.#header(this.t0);
  }

  /** What has been encoded, in memory of this encoder's own: files may be written in turns. */
  #taken(): Uint8Array {
    const bytes = this.drain();
    if (bytes.length > this.#own.length) this.#own = new Uint8Array(bytes.length);
    this.#own.set(bytes);
    const own = this.#own.subarray(0, bytes.length);
    if (!LITTLE_HOST) swapWords(own, own.length, this.#word);
    return own;
  }
}
