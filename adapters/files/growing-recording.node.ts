import { type EventPacket, RxSpikeError, type StreamInfo } from '../../src/index.js';
import type { Encoder, RecordingSink, WritableFormat, WriteOptions, WriteReport } from './encoder.js';
import { formatOfName } from './encoders.js';
import { Fit } from './fit.js';
import { GrowingFile } from './growing-file.node.js';
import { loadEncoder } from './load-encoder.node.js';

/** Bytes that are put together before they are written, at most; sooner when the time is over. */
const HELD = 1 << 18;

/** How a growing recording is written. */
export interface GrowingOptions extends WriteOptions {
  /** Whether a file that has the name is replaced. Default false: `ERR_WRITE`. */
  readonly replace?: boolean;
  /** Longest time for which events may wait in memory, ms. Default 400. */
  readonly flushEvery?: number;
}

/** A recording whose file can be read while it is written. */
export interface GrowingRecording extends RecordingSink {
  /** Bytes in the file so far. */
  readonly bytes: number;
  /** Lets go of the file; what was written stays, and is read as a recording that was interrupted. */
  abort(): Promise<void>;
}

/**
 * Begins a recording that has its name from the beginning and stays readable whatever happens to this process: events
 * are written, in whole records, at most `flushEvery` after they came, and brought to the disk at that pace.
 *
 * @throws (rejects) as `createRecording`; `ERR_ARGUMENT` also for formats that cannot be read before they are ended
 */
export async function growRecording(
  path: string,
  info: StreamInfo,
  options: GrowingOptions = {},
): Promise<GrowingRecording> {
  const format = options.format ?? formatOfName(path);
  if (format === null) throw new RxSpikeError('ERR_ARGUMENT', `${path}: its extension names no format that is written`);
  if (!isGrowing(format)) throw unreadable(format);
  const encoder = await loadEncoder(format, info, options);
  const sink = new GrowingSink(format, encoder, await GrowingFile.create(path, options.replace ?? false), options);
  await sink.begin();
  return sink;
}

/** Formats that are written column by column, or with an index that goes before what it is of. */
const WHOLE = ['npy', 'npz', 'hdf5'] as const;

/** Whether a recording of this format can be read while it is written, and after it was cut off. */
export function isGrowing(format: WritableFormat): format is Exclude<WritableFormat, (typeof WHOLE)[number]> {
  return !WHOLE.some((whole) => whole === format);
}

function unreadable(format: WritableFormat): RxSpikeError {
  const what = 'its beginning is written last, so a recording that is cut off could not be read';
  return new RxSpikeError('ERR_ARGUMENT', `${format}: ${what}`, { details: { format } });
}

class GrowingSink implements GrowingRecording {
  readonly format: WritableFormat;
  readonly report: WriteReport;
  readonly #encoder: Encoder;
  readonly #fit: Fit;
  readonly #file: GrowingFile;
  readonly #flushEvery: number;
  readonly #timer: NodeJS.Timeout;
  #flushed = performance.now();
  /** What is done with the file, one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;
  #ended = false;

  constructor(format: WritableFormat, encoder: Encoder, file: GrowingFile, options: GrowingOptions) {
    const { clip = false, flushEvery = 400 } = options;
    this.format = format;
    this.#encoder = encoder;
    this.#file = file;
    this.#fit = new Fit(format, encoder.holds, clip);
    this.report = { events: 0, clipped: this.#fit.clipped };
    this.#flushEvery = flushEvery;
    this.#timer = setInterval(() => {
      this.#inTurn(() => this.#flush()).catch((error: unknown) => (this.#failure ??= error));
    }, flushEvery);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** Writes the header. */
  async begin(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        this.#file.hold(this.#encoder.start());
        await this.#flush();
      });
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  write(packet: EventPacket): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#failure !== null) throw this.#failure;
      if (packet.length > 0) {
        const fitting = this.#fit.fit(packet);
        this.#file.hold(this.#encoder.encode(fitting));
        this.report.events += fitting.length;
      }
      // The timer has no turn while packets come one upon the other.
      if (performance.now() - this.#flushed >= this.#flushEvery) await this.#flush();
      else if (this.#file.held >= HELD) await this.#file.write();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#ended) return;
      this.#over();
      if (this.#failure !== null) {
        await this.#file.let();
        throw this.#failure;
      }
      this.#file.hold(this.#encoder.finish());
      await this.#file.end(this.#encoder.patches());
    });
  }

  abort(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#ended) return;
      this.#over();
      await this.#file.let();
    });
  }

  #over(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  /** What has come so far is in the file, in whole records, and on its way to the disk. */
  async #flush(): Promise<void> {
    if (this.#ended) return;
    this.#flushed = performance.now();
    if (this.#encoder.flush !== undefined) this.#file.hold(this.#encoder.flush());
    await this.#file.write();
    this.#file.sync();
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }
}
