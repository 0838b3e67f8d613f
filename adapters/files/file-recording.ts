import { RxSpikeError, silence, type EventPacket, type StreamInfo } from '../../src/index.js';
import type { BatchReader, Decoder, OpenedFormat } from './decoder.js';
import { Packer } from './packer.js';
import type { Prefix } from './prefix.js';
import type { FormatName, OpenOptions, Recording, RecordingFacts, Report } from './recording.js';
import type { SideItem, SideSink } from './side.js';

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
    this.#spend();
    const { opened, options } = this.#parts;
    const reading = 'reader' in opened ? opened.reader() : opened.decoder();
    this.report = emptyReport(reading);
    const { packetEvents = 8192, reuse = false } = options;
    const packer = new Packer(this.info, this.report, { packetEvents, reuse, from: this.#from });
    return this.#read(reading, packer);
  }

  side(name: string): AsyncIterable<SideItem> {
    if (!this.info.side.includes(name)) {
      const there = this.info.side.length === 0 ? 'none' : this.info.side.join(', ');
      throw new RxSpikeError('ERR_ARGUMENT', `${this.format}: no side stream ${name}; there are: ${there}`);
    }
    const found: SideItem[] = [];
    const sink: SideSink = { name, add: (item) => void found.push(item) };
    const { opened } = this.#parts;
    const reading = 'reader' in opened ? opened.reader(sink) : opened.decoder(sink);
    this.#spend();
    return this.#side(reading, found);
  }

  seek(t: number): void {
    if (Number.isNaN(t)) throw new RxSpikeError('ERR_ARGUMENT', 'seek: expected a time in µs, got NaN');
    this.#from = t;
  }

  #spend(): void {
    if (this.#spent) throw new RxSpikeError('ERR_ARGUMENT', 'a stream of chunks can be read only once');
    this.#spent = !this.#parts.rewindable;
  }

  /** Chunks after the header; a sequence only. */
  #chunks(): AsyncIterable<Uint8Array> {
    const { opened, prefix } = this.#parts;
    return prefix.read('dataStart' in opened ? opened.dataStart : 0);
  }

  async *#read(reading: Decoder | BatchReader, packer: Packer): AsyncGenerator<EventPacket> {
    const { options, info } = this.#parts;
    try {
      if ('push' in reading) {
        for await (const chunk of this.#chunks()) {
          for (const batch of reading.push(chunk)) yield* packer.add(batch);
          yield* packer.flush();
        }
        const last = reading.end();
        if (last) yield* packer.add(last);
        yield* packer.flush();
      } else {
        for await (const part of reading.parts()) for (const batch of part) yield* packer.add(batch);
        yield* packer.flush();
      }
    } catch (error) {
      yield* packer.flush();
      throw error;
    }
    packer.recall();
    const until = packer.latest === -Infinity ? info.origin : packer.latest + 1;
    yield silence(info, until, { kind: 'end', source: options.name ?? null, label: options.label ?? null });
  }

  /** `found`: where the reading puts items. */
  async *#side(reading: Decoder | BatchReader, found: SideItem[]): AsyncGenerator<SideItem> {
    const take = (): SideItem[] => found.splice(0);
    try {
      if ('push' in reading) {
        for await (const chunk of this.#chunks()) {
          for (const _ of reading.push(chunk)) yield* take();
          yield* take();
        }
        reading.end();
      } else {
        for await (const part of reading.parts()) {
          for (const _ of part) yield* take();
          yield* take();
        }
      }
    } catch (error) {
      yield* take();
      throw error;
    }
    yield* take();
  }
}

function emptyReport(reading?: Decoder | BatchReader): Report {
  return {
    events: 0,
    on: 0,
    off: 0,
    t0: null,
    t1: null,
    violations: reading?.violations ?? {},
    side: reading?.side ?? {},
  };
}
