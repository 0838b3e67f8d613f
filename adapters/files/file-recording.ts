import { RxSpikeError, silence, type EventPacket, type StreamInfo } from '../../src/index.js';
import type { Decoder, OpenedFormat } from './decoder.js';
import { Packer } from './packer.js';
import type { Prefix } from './prefix.js';
import type { FormatName, OpenOptions, Recording, RecordingFacts, Report } from './recording.js';

interface Parts {
  readonly info: StreamInfo;
  readonly opened: OpenedFormat;
  readonly prefix: Prefix;
  readonly rewindable: boolean;
  readonly options: OpenOptions;
}

/** A {@link Recording} over a decoder. */
export class FileRecording implements Recording {
  readonly info: StreamInfo;
  readonly format: FormatName;
  readonly facts: RecordingFacts;
  report: Report = emptyReport();
  readonly #parts: Parts;
  #from = -Infinity;
  #spent = false;

  constructor(parts: Parts) {
    this.info = parts.info;
    this.format = parts.opened.format;
    this.facts = parts.opened.facts;
    this.#parts = parts;
  }

  events(): AsyncIterable<EventPacket> {
    if (this.#spent) throw new RxSpikeError('ERR_ARGUMENT', 'a stream of chunks can be read only once');
    this.#spent = !this.#parts.rewindable;
    const decoder = this.#parts.opened.decoder();
    this.report = emptyReport(decoder);
    const { packetEvents = 8192, reuse = false } = this.#parts.options;
    return this.#read(decoder, new Packer(this.info, this.report, { packetEvents, reuse, from: this.#from }));
  }

  side(name: string): AsyncIterable<never> {
    throw new RxSpikeError('ERR_UNSUPPORTED', `${this.format}: side stream ${name} is counted, not read`);
  }

  seek(t: number): void {
    if (Number.isNaN(t)) throw new RxSpikeError('ERR_ARGUMENT', 'seek: expected a time in µs, got NaN');
    this.#from = t;
  }

  async *#read(decoder: Decoder, packer: Packer): AsyncGenerator<EventPacket> {
    const { opened, prefix, options, info } = this.#parts;
    try {
      for await (const chunk of prefix.read(opened.dataStart)) {
        for (const batch of decoder.push(chunk)) yield* packer.add(batch);
        yield* packer.flush();
      }
      decoder.end();
    } catch (error) {
      yield* packer.flush();
      throw error;
    }
    packer.recall();
    const until = packer.latest === -Infinity ? info.origin : packer.latest + 1;
    yield silence(info, until, { kind: 'end', source: options.name ?? null, label: options.label ?? null });
  }
}

function emptyReport(decoder?: Decoder): Report {
  return {
    events: 0,
    on: 0,
    off: 0,
    t0: null,
    t1: null,
    violations: decoder?.violations ?? {},
    side: decoder?.side ?? {},
  };
}
