import { RxSpikeError, streamInfo, type StreamInfo } from '../../src/index.js';
import { byteSource, type Bytes, type ByteSource } from './byte-source.js';
import type { EventBatch, OpenedFormat } from './decoder.js';
import { FileRecording } from './file-recording.js';
import { Prefix } from './prefix.js';
import type { OpenOptions, Recording } from './recording.js';
import { FORMATS, recognise } from './recognise.js';
import { unwrap, wrappingOf, type Unwrapped } from './unwrap.js';

/** A stream of chunks cannot be read twice, so what precedes its first event is kept, up to this size. */
const MOST_KEPT = 1 << 26;

/**
 * Opens a recording: recognises the format by its first bytes (N-MNIST, which has no header, by the extension `.bin`
 * and by being plausible), reads the header and looks ahead to the first event, whose time is the stream's origin. A
 * recording that is wrapped in gzip or Zstandard is expanded on the way.
 *
 * @throws `ERR_ARGUMENT` on wrong arguments; rejects with `ERR_UNKNOWN_FORMAT`, `ERR_UNSUPPORTED` (a format that is
 * known and not read), `ERR_TRUNCATED`, `ERR_CORRUPT` or `ERR_LIMIT` where the header is damaged, `ERR_NOT_READABLE`
 * where the source fails. Damage after the header is left to `events()`.
 */
export function openRecording(source: Bytes, options: OpenOptions = {}): Promise<Recording> {
  const named = options.name === undefined && typeof File !== 'undefined' && source instanceof File;
  return openSource(byteSource(source), checkOptions(named ? { ...options, name: source.name } : options));
}

/** {@link openRecording} on a {@link ByteSource}. */
export async function openSource(source: ByteSource, options: OpenOptions): Promise<Recording> {
  const prefix = new Prefix(source);
  try {
    const unwrapped = await unwrap(prefix, source.rewindable, options);
    if (unwrapped === null) return await openPlain(prefix, source, options, recognise);
    return await openWrapped(unwrapped, options);
  } catch (error) {
    // Nobody is left to read what passes once.
    await prefix.abandon();
    throw error;
  } finally {
    await prefix.close();
  }
}

/** @throws as {@link openRecording}, and what the wrapping broke with where that is why the header cannot be read */
async function openWrapped({ wrapping, source, name }: Unwrapped, options: OpenOptions): Promise<Recording> {
  const prefix = new Prefix(source);
  const inside = async (): Promise<OpenedFormat> => {
    const second = await wrappingOf(prefix);
    if (second !== null) {
      throw new RxSpikeError('ERR_UNSUPPORTED', `${second} inside ${wrapping}: one wrapping is read`);
    }
    const { name: _, ...others } = options;
    const opened = await recognise(prefix, name === undefined ? others : { ...others, name });
    return { ...opened, facts: { ...opened.facts, sniffed: `${wrapping} around ${opened.facts.sniffed}` } };
  };
  try {
    return await openPlain(prefix, source, options, inside);
  } catch (error) {
    throw prefix.broken ?? error;
  } finally {
    await prefix.close();
  }
}

async function openPlain(
  prefix: Prefix,
  source: ByteSource,
  options: OpenOptions,
  open: (prefix: Prefix, options: OpenOptions) => Promise<OpenedFormat>,
): Promise<Recording> {
  const opened = await open(prefix, options);
  const origin = opened.stream.origin ?? (await firstTime(prefix, source, opened));
  const size = sizeOf(opened, options);
  const info: StreamInfo = streamInfo({ id: options.name ?? opened.format, ...opened.stream, ...size, origin });
  return new FileRecording({ info, opened, prefix, rewindable: source.rewindable, options });
}

/** The sensor's size: the file's, else the caller's. @throws `ERR_GEOMETRY` where they contradict each other */
function sizeOf(
  { format, stream }: OpenedFormat,
  { size }: OpenOptions,
): { width: number | null; height: number | null } {
  const [width, height] = [stream.width ?? null, stream.height ?? null];
  if (size === undefined) return { width, height };
  if ((width ?? size.width) !== size.width || (height ?? size.height) !== size.height) {
    throw new RxSpikeError(
      'ERR_GEOMETRY',
      `${format}: the file says ${width}×${height}, not ${size.width}×${size.height}`,
    );
  }
  return size;
}

/** Time of the first event, 0 where there is none. Damage met on the way is left for `events()` to meet again. */
async function firstTime(prefix: Prefix, source: ByteSource, opened: OpenedFormat): Promise<number> {
  try {
    for await (const part of firstParts(prefix, source, opened)) {
      for (const batch of part) if (batch.length > 0) return batch.t[0];
    }
  } catch (error) {
    if (!(error instanceof RxSpikeError) || error.code === 'ERR_NOT_READABLE') throw error;
  }
  return 0;
}

async function* firstParts(
  prefix: Prefix,
  source: ByteSource,
  opened: OpenedFormat,
): AsyncGenerator<Iterable<EventBatch>> {
  if ('reader' in opened) {
    yield* opened.reader().parts();
    return;
  }
  const decoder = opened.decoder();
  const chunks = source.rewindable ? prefix.read(opened.dataStart) : keeping(prefix, opened.dataStart);
  for await (const chunk of chunks) yield decoder.push(chunk);
  const last = decoder.end();
  if (last) yield [last];
}

async function* keeping(prefix: Prefix, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < prefix.bytes.length || (await prefix.fill(at + 1)); at = prefix.bytes.length) {
    yield prefix.bytes.subarray(at);
    if (prefix.bytes.length > MOST_KEPT) {
      throw new RxSpikeError('ERR_LIMIT', `no event in the first ${MOST_KEPT} bytes of a stream that passes once`);
    }
  }
}

/** Options that make sense. @throws `ERR_ARGUMENT` */
export function checkOptions(options: OpenOptions): OpenOptions {
  if (options.format !== undefined && !FORMATS.includes(options.format)) {
    throw new RxSpikeError(
      'ERR_ARGUMENT',
      `format: ${options.format} is none that is read; there are ${FORMATS.join(', ')}`,
    );
  }
  checkWhole('packetEvents', options.packetEvents, 1, 65536);
  checkWhole('stream', options.stream, 0, 2 ** 31 - 1);
  checkWhole('maxHeaderBytes', options.maxHeaderBytes, 1, 2 ** 31 - 1);
  checkWhole('maxPacketBytes', options.maxPacketBytes, 1, 2 ** 31 - 1);
  checkWhole('size.width', options.size?.width, 1, 65536);
  checkWhole('size.height', options.size?.height, 1, 65536);
  if (options.maxExpansion !== undefined && !(options.maxExpansion >= 1)) {
    throw new RxSpikeError('ERR_ARGUMENT', `maxExpansion: expected a number of 1 or more, got ${options.maxExpansion}`);
  }
  return options;
}

function checkWhole(name: string, value: number | undefined, low: number, high: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return;
  throw new RxSpikeError('ERR_ARGUMENT', `${name}: expected an integer in ${low}…${high}, got ${value}`);
}
