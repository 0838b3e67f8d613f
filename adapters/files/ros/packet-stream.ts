import { RxSpikeError } from '../../../src/index.js';
import type { Counts, EventBatch } from '../decoder.js';
import { Evt3Decoder } from '../prophesee/evt3-decoder.js';
import type { SideSink } from '../side.js';
import type { EventPacketMessage } from './event-packet.js';
import { LibcaerCompressed, libcaerEvents, monoEvents, triggerItems } from './packet-codecs.js';

/** The packets of one connection → events: what carries over from one to the next. */
export class PacketStream {
  readonly #side: Counts;
  readonly #violations: Counts;
  readonly #sink: SideSink | null;
  #compressed: LibcaerCompressed | null = null;
  #evt3: Evt3Decoder | null = null;
  /** Number of the last packet; null before the first. */
  #seq: number | null = null;

  constructor(side: Counts, violations: Counts, sink: SideSink | null) {
    this.#side = side;
    this.#violations = violations;
    this.#sink = sink;
  }

  /** @param what has the encoding, for messages. @throws `ERR_UNSUPPORTED` for encodings that are not known */
  *message(message: EventPacketMessage, what: string): Generator<EventBatch> {
    this.#follow(message.seq);
    const { encoding, bytes } = message;
    const word = encoding === 'libcaer_cmp' || encoding === 'evt3' ? 2 : 8;
    if (bytes.length % word > 0) this.#breach('partialWord', 1);
    if (encoding === 'mono') yield* monoEvents(message);
    else if (encoding === 'libcaer') yield* libcaerEvents(message);
    else if (encoding === 'libcaer_cmp') yield* this.#libcaerCompressed(message);
    else if (encoding === 'evt3') yield* this.#prophesee(bytes);
    else if (encoding === 'trigger') this.#triggers(message);
    else throw new RxSpikeError('ERR_UNSUPPORTED', `${what} ${encoding.slice(0, 40)} is not known`);
  }

  /** Says that there are no more packets. */
  end(): void {
    if (this.#evt3 === null) return;
    this.#evt3.end();
    this.#takeCounts(this.#evt3);
  }

  /** A gap in the numbers says how many messages were lost; a number that steps back is a new beginning. */
  #follow([low, high]: readonly [number, number]): void {
    const seq = high * 4294967296 + low;
    const next = this.#seq === null ? seq : this.#seq + 1;
    this.#seq = seq;
    if (seq > next) this.#breach('missingMessages', seq - next);
    else if (seq < next) this.#breach('sequenceStepBack', 1);
  }

  *#libcaerCompressed(message: EventPacketMessage): Generator<EventBatch> {
    this.#compressed ??= new LibcaerCompressed();
    yield* this.#compressed.events(message);
    if (this.#compressed.unknown > 0) this.#breach('unknownWord', this.#compressed.unknown);
    this.#compressed.unknown = 0;
  }

  /** The words of all messages are one stream, whose clock is the sensor's: the time base says nothing of it. */
  *#prophesee(bytes: Uint8Array): Generator<EventBatch> {
    this.#evt3 ??= new Evt3Decoder({
      format: 'evt3',
      offset: 0,
      t0: 0,
      swap: false,
      side: this.#sink ?? undefined,
    });
    for (const batch of this.#evt3.push(bytes.subarray(0, bytes.length & ~1))) if (batch.length > 0) yield batch;
    this.#takeCounts(this.#evt3);
  }

  #triggers(message: EventPacketMessage): void {
    const triggers = Math.floor(message.bytes.length / 8);
    if (triggers > 0) this.#side.triggers = (this.#side.triggers ?? 0) + triggers;
    if (this.#sink !== null) for (const item of triggerItems(message)) this.#sink.add(item);
  }

  #takeCounts({ side, violations }: Evt3Decoder): void {
    moveCounts(side, this.#side);
    moveCounts(violations, this.#violations);
  }

  #breach(name: string, n: number): void {
    this.#violations[name] = (this.#violations[name] ?? 0) + n;
  }
}

function moveCounts(from: Counts, to: Counts): void {
  for (const [name, n] of Object.entries(from)) {
    if (n > 0) to[name] = (to[name] ?? 0) + n;
    from[name] = 0;
  }
}
