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
  await sink.begin();
  return sink;
}

/** A {@link RecordingSink} over an encoder. */
class EncodedSink implements RecordingSink {
  readonly format: WritableFormat;
  readonly report: WriteReport;
  readonly #encoder: Encoder;
  readonly #fit: Fit;
  readonly #out: OutputFile | ByteSink;

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
    if (packet.length === 0) return;
    const fitting = this.#fit.fit(packet);
    await this.#put(this.#encoder.encode(fitting));
    this.report.events += fitting.length;
  }

  async close(): Promise<void> {
    try {
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

  async #put(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) await this.#out.write(piece);
  }
}
