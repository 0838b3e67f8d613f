import {
  type GrowingRecording,
  type RecordingSink,
  createRecording,
  growRecording,
  isGrowing,
} from '../adapters/files/index.node.js';
import { dvSink, udpSink } from '../adapters/index.node.js';
import type { EventPacket } from '../src/index.js';
import { stdoutBytes } from './byte-output.js';
import type { EventSink } from './copy-events.js';
import { UsageError } from './failure.js';
import { type StreamFile, formatOfFile, streamFile } from './growing-target.js';
import { JsonLines } from './json-lines.js';
import { suggestion } from './nearest.js';
import type { PipeSink, SinkOptions } from './pipe-sink.js';
import { publishedSink } from './published-sink.js';

const SCHEMES: readonly string[] = ['ws', 'wss', 'udp', 'dv'];

/** What a SINK on the command line means; nothing is opened or changed before its first packet. @throws `UsageError` */
export async function pipeSink(text: string, options: SinkOptions): Promise<PipeSink> {
  if (text === '-') return stdoutSink(options);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) {
    const format = formatOfFile(text, undefined, 'another extension');
    return new FileSink(await streamFile(text, format, options.force ?? false), options);
  }
  if (!SCHEMES.includes(scheme)) {
    throw new UsageError(`${scheme}:// is not a sink; ${suggestion(scheme, SCHEMES)}`);
  }
  if (!URL.canParse(text)) throw new UsageError(`${text} is not an address: ${scheme}://HOST:PORT is expected`);
  if (scheme === 'udp') return datagramSink(text, options);
  if (scheme === 'dv') return new DvSinkOf(text, options);
  return publishedSink(text, 'events', options, { write: (sink, packet) => sink(packet) });
}

function stdoutSink({ as = 'csv', clip = false }: SinkOptions): PipeSink {
  if (process.stdout.isTTY && as !== 'csv' && as !== 'json') {
    throw new UsageError(`stdout is a terminal, which cannot show ${as}: name a file`);
  }
  if (as !== 'json' && !isGrowing(as)) {
    throw new UsageError(`${as} cannot go to stdout: its beginning is written last; name a file`);
  }
  const out = stdoutBytes();
  let begun: EventSink | RecordingSink | null = null;
  const begin = async ({ stream }: EventPacket): Promise<EventSink> =>
    as === 'json' ? new JsonLines(out) : createRecording(out, stream, { format: as, clip });
  return {
    name: '-',
    kind: 'stdout',
    write: async (packet) => {
      begun ??= await begin(packet);
      await begun.write(packet);
    },
    end: async () => begun?.close(),
    fail: async () => begun?.close(),
    abandon: () => {},
    leftOut: () => (begun !== null && 'report' in begun ? withoutFractions(begun.report.clipped) : {}),
    facts: () => ({ format: as, bytes: out.bytes }),
  };
}

/** Events whose times were rounded are written all the same. */
function withoutFractions(clipped: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(clipped).filter(([why]) => why !== 'fraction'));
}

/** A file that can be read while it is written, where the format allows that; else one that is there once it is whole. */
class FileSink implements PipeSink {
  readonly name: string;
  readonly kind = 'file';
  readonly #file: StreamFile;
  readonly #clip: boolean;
  #sink: RecordingSink | GrowingRecording | null = null;

  constructor(file: StreamFile, { clip = false }: SinkOptions) {
    this.name = file.path;
    this.#file = file;
    this.#clip = clip;
  }

  async write(packet: EventPacket): Promise<void> {
    const { path, format, replace } = this.#file;
    const options = { format, clip: this.#clip };
    this.#sink ??= isGrowing(format)
      ? await growRecording(path, packet.stream, { ...options, replace })
      : await createRecording(path, packet.stream, options);
    await this.#sink.write(packet);
  }

  async end(): Promise<void> {
    await this.#sink?.close();
  }

  /** What came is kept. */
  async fail(): Promise<void> {
    await this.#sink?.close().catch(() => {});
  }

  abandon(): void {}

  leftOut(): Record<string, number> {
    return withoutFractions(this.#sink?.report.clipped ?? {});
  }

  facts(): Record<string, unknown> {
    const rounded = this.#sink?.report.clipped['fraction'] ?? 0;
    const bytes = this.#sink !== null && 'bytes' in this.#sink ? { bytes: this.#sink.bytes } : {};
    return { format: this.#file.format, ...bytes, ...(rounded > 0 ? { rounded } : {}) };
  }
}

function datagramSink(url: string, { clip = false }: SinkOptions): PipeSink {
  const sink = udpSink(url, { clip });
  return {
    name: url,
    kind: 'udp',
    write: (packet) => sink(packet),
    end: () => sink.end(),
    fail: () => Promise.resolve(sink.close()),
    abandon: () => sink.close(),
    leftOut: () => withoutFractions(sink.counts.clipped),
    facts: () => ({ datagrams: sink.counts.datagrams, bytes: sink.counts.bytes }),
  };
}

/** Readers of dv-processing that connect here. */
class DvSinkOf implements PipeSink {
  readonly kind = 'dv';
  readonly name: string;
  readonly #options: SinkOptions;
  #opened: ReturnType<typeof dvSink> | null = null;
  #sink: Awaited<ReturnType<typeof dvSink>> | null = null;

  constructor(url: string, options: SinkOptions) {
    this.name = url;
    this.#options = options;
  }

  async write(packet: EventPacket): Promise<void> {
    await (
      await this.#open()
    )(packet);
  }

  async end(): Promise<void> {
    await this.#sink?.end();
  }

  async fail(): Promise<void> {
    await this.#sink?.close();
  }

  abandon(): void {
    void this.#sink?.close().catch(() => {});
  }

  leftOut(): Record<string, number> {
    return withoutFractions(this.#sink?.counts.clipped ?? {});
  }

  facts(): Record<string, unknown> {
    return { url: this.#sink?.url ?? null, connections: this.#sink?.counts.connections ?? 0 };
  }

  async #open(): Promise<Awaited<ReturnType<typeof dvSink>>> {
    const { clip = false, allowRemote = false, note } = this.#options;
    this.#opened ??= dvSink(this.name, { clip, allowRemote });
    if (this.#sink === null) {
      this.#sink = await this.#opened;
      note(`waiting for a reader at ${this.#sink.url}`);
    }
    return this.#sink;
  }
}
