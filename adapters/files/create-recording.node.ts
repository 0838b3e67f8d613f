import { RxSpikeError, type EventPacket, type StreamInfo } from '../../src/index.js';
import type { Encoder, RecordingSink, WritableFormat, WriteOptions, WriteReport } from './encoder.js';
import { formatOfName } from './encoders.js';
import { Fit } from './fit.js';
import { loadEncoder } from './load-encoder.node.js';
import { OutputFile } from './output-file.node.js';

/** Something that bytes are appended to: a pipe, a socket. */
export interface ByteSink {
  /** Name for messages. */
  readonly name: string;
  /** Takes bytes, borrowed until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * Begins a recording at a path, whose name it gets when it is whole, or in a pipe.
 *
 * @param info of the stream to be written: size, epoch, orientation; its coordinates and times are written as they are
 * @throws (rejects) `ERR_ARGUMENT` for a format that is not known, and for one that cannot be written to a pipe;
 * `ERR_GEOMETRY` where the format needs a size that `info` lacks; `ERR_OPTIONAL_DEPENDENCY`; `ERR_WRITE`
 */
export async function createRecording(
  target: string | ByteSink,
  info: StreamInfo,
  options: WriteOptions = {},
): Promise<RecordingSink> {
  // From JavaScript nothing else would say it.
  if ((info as StreamInfo | undefined)?.id === undefined) {
    throw new RxSpikeError('ERR_ARGUMENT', 'info: the stream that is written is needed, as streamInfo() makes it');
  }
  const name = typeof target === 'string' ? target : target.name;
  const format = options.format ?? formatOfName(name);
  if (format === null) throw new RxSpikeError('ERR_ARGUMENT', `${name}: its extension names no format that is written`);
  if (format === 'npz') {
    if (typeof target !== 'string') {
      throw new RxSpikeError('ERR_ARGUMENT', 'npz: its columns are put together at the end, so it cannot go to a pipe');
    }
    return (await import('./numpy/npz-sink.node.js')).createNpz(target, info, options);
  }
  const encoder = await loadEncoder(format, info, options);
  if (encoder.patching === 'required' && typeof target !== 'string') {
    throw new RxSpikeError('ERR_ARGUMENT', `${format}: the beginning is written last, so it cannot go to a pipe`);
  }
  return beginEncoded(format, encoder, typeof target === 'string' ? await OutputFile.create(target) : target, options);
}

async function beginEncoded(
  format: WritableFormat,
  encoder: Encoder,
  out: OutputFile | ByteSink,
  options: WriteOptions,
): Promise<RecordingSink> {
  const sink = new EncodedSink(format, encoder, out, options);
  try {
    await sink.begin();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return sink;
}

/** A {@link RecordingSink} over an encoder. */
class EncodedSink implements RecordingSink {
  readonly format: WritableFormat;
  readonly report: WriteReport;
  readonly #encoder: Encoder;
  readonly #fit: Fit;
  readonly #out: OutputFile | ByteSink;
  /** What a writing of bytes failed with: the file lacks them whatever comes after. */
  #failure: unknown = null;

  constructor(format: WritableFormat, encoder: Encoder, out: OutputFile | ByteSink, options: WriteOptions) {
    this.format = format;
    this.#encoder = encoder;
    this.#fit = new Fit(format, encoder.holds, options.clip ?? false);
    this.#out = out;
    this.report = { events: 0, clipped: this.#fit.clipped };
  }

  async begin(): Promise<void> {
    await this.#put(this.#encoder.start());
  }

  async write(packet: EventPacket): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (packet.length === 0) return;
    const fitting = this.#fit.fit(packet);
    await this.#put(this.#encoder.encode(fitting));
    this.report.events += fitting.length;
  }

  async close(): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      await this.#put(this.#encoder.finish());
    } catch (error) {
      await this.abort();
      throw error;
    }
    if (this.#out instanceof OutputFile) await this.#out.close(this.#encoder.patches());
    else await this.#out.close();
  }

  abort(): Promise<void> {
    return this.#out.abort();
  }

  /** What comes of a packet is taken over before anything else can run: encoders of a format share their memory. */
  async #put(pieces: Iterable<Uint8Array>): Promise<void> {
    const out = this.#out;
    const rest: Uint8Array[] = [];
    try {
      for (const piece of pieces) {
        if (rest.length > 0 || !(out instanceof OutputFile) || !out.hold(piece)) rest.push(piece.slice());
      }
      for (const piece of rest) await out.write(piece);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
