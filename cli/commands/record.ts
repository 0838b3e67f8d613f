import { type WritableFormat, growRecording, isGrowing } from '../../adapters/files/index.node.js';
import { type EventPacket, RxSpikeError, type SensorSize, slicePacket } from '../../src/index.js';
import { ReplayControl } from '../../streams/index.js';
import type { CommandResult } from '../command.js';
import { PartialFailure, UsageError, oneLine } from '../failure.js';
import { type StreamFile, formatOfFile, streamFile } from '../growing-target.js';
import { unlessInterrupted } from '../interruption.js';
import type { NetworkOptions } from '../network-source.js';
import { byteCount, countsInWords, thousands } from '../numbers.js';
import type { Speed } from '../options.js';
import type { Output } from '../output.js';
import { readUntil } from '../read-until.js';
import { ReadingProgress } from '../reading-progress.js';
import { type OpenStream, openStreams } from '../sources.js';

export interface RecordOptions extends Omit<NetworkOptions, 'signal' | 'onListening' | 'sensor'> {
  readonly size?: SensorSize;
  /** Of FILE. */
  readonly format?: WritableFormat;
  readonly duration?: number;
  readonly force?: boolean;
  readonly clip?: boolean;
  readonly speed: Speed;
  readonly seed: number;
}

/** What a recording has come to: the JSON of the command. */
interface RecordFacts {
  readonly url: string;
  readonly file: string;
  readonly format: WritableFormat;
  packets: number;
  /** Events in FILE. */
  events: number;
  /** Recordings that ended in the stream; they are one in FILE. */
  recordings: number;
  /** Events that the other side had and that did not arrive, by reason. */
  missing: Readonly<Record<string, number>>;
  /** Events that FILE could not hold and that --clip left out. */
  clipped: Readonly<Record<string, number>>;
  bytes: number;
  t0: number | null;
  t1: number | null;
  reconnects: number;
  /** Events that had arrived and are not in FILE. */
  inFlight: number;
}

/** An address without the token in it. */
function withoutToken(url: string): string {
  if (!/^wss?:/i.test(url) || !URL.canParse(url)) return url;
  const address = new URL(url);
  if (!address.searchParams.has('token')) return url;
  address.searchParams.delete('token');
  return address.href;
}

/** Ends a stream so long (µs of the stream) after its first event or watermark. */
class Cut {
  readonly #duration: number;
  #end: number | null = null;

  constructor(seconds: number | undefined) {
    this.#duration = seconds === undefined ? Infinity : 1e6 * seconds;
  }

  /** The part of a packet that lies before the end, and whether that was the last of it. */
  part(packet: EventPacket): { readonly kept: EventPacket; readonly over: boolean } {
    const { t, length, until } = packet;
    this.#end ??= (length > 0 ? t[0] : until) + this.#duration;
    const end = this.#end;
    let n = 0;
    while (n < length && t[n] < end) n++;
    return n < length ? { kept: slicePacket(packet, 0, n), over: true } : { kept: packet, over: until >= end };
  }
}

/** What helps where a format cannot hold a stream. */
const HINTS: Readonly<Record<string, string>> = {
  ERR_LOSS: '--clip leaves such events out, "rxspike pipe" with --rebase or --crop changes them',
  ERR_GEOMETRY: '--size WxH says how large the sensor is',
};

function withHint(error: unknown): unknown {
  if (!(error instanceof RxSpikeError) || HINTS[error.code] === undefined) return error;
  const { code, message, details } = error;
  return new RxSpikeError(code, `${message}; ${HINTS[code]}`, { details, cause: error });
}

/** Writes a stream to a file until it ends, `stop` is aborted, or the time is over. */
async function write(
  stream: OpenStream,
  { path, format, replace }: StreamFile,
  { clip, duration }: RecordOptions,
  task: { readonly facts: RecordFacts; readonly stop: AbortSignal; readonly onEvents: (events: number) => void },
): Promise<void> {
  const { facts, stop, onEvents } = task;
  const { network } = stream;
  const sink = await growRecording(path, stream.info, { format, replace, clip: clip ?? false });
  const cut = new Cut(duration);
  let over: NodeJS.Timeout | undefined;
  const ended = new AbortController();
  const until = AbortSignal.any([stop, ended.signal]);
  let read = 0;
  const sumUp = (): void => {
    const { absences = 0, isAttached = true } = network?.connection ?? {};
    Object.assign(facts, {
      events: sink.report.events,
      clipped: { ...sink.report.clipped },
      bytes: sink.bytes,
      missing: network?.missing() ?? {},
      reconnects: isAttached ? absences : Math.max(0, absences - 1),
    });
  };
  try {
    for await (const packet of readUntil(stream.events(), until, network && (() => network.arrived()))) {
      // A stream that falls silent without a word is over when the clock says so.
      if (duration !== undefined) over ??= setTimeout(() => ended.abort(), 1000 * duration);
      const { kept, over: last } = cut.part(packet);
      read += packet.length;
      await sink.write(kept);
      note(facts, kept);
      onEvents(read);
      if (last) break;
    }
    if (stop.aborted && network !== null) facts.inFlight = Math.max(0, network.arrived() - read);
    await sink.close();
  } catch (error) {
    // What came is kept, and the file ended as well as it can be.
    await sink.close().catch(() => {});
    throw error;
  } finally {
    clearTimeout(over);
    sumUp();
  }
}

function note(facts: RecordFacts, { t, length, mark }: EventPacket): void {
  facts.packets++;
  if (mark?.kind === 'end') facts.recordings++;
  if (length === 0) return;
  facts.t0 ??= t[0];
  facts.t1 = t[length - 1];
}

/** What is said at the end. */
function lines(facts: RecordFacts, interrupted: boolean): string[] {
  const { file, format, events, bytes, recordings, missing, clipped, inFlight, reconnects } = facts;
  const size = `${thousands(events)} events, ${byteCount(bytes)}`;
  return [
    `${interrupted ? 'interrupted: ended' : 'recorded'} ${oneLine(file)}: ${format}, ${size}`,
    ...(recordings > 1 ? [`${recordings} recordings of the stream were written as one`] : []),
    ...(Object.keys(missing).length > 0 ? [`missing: ${oneLine(countsInWords(missing))}`] : []),
    ...(Object.keys(clipped).length > 0 ? [`clipped: ${countsInWords(clipped)}`] : []),
    ...(reconnects > 0 ? [`the connection was lost and made again ${reconnects} ×`] : []),
    ...(interrupted ? [`in flight: ${thousands(inFlight)} events had arrived and were not written`] : []),
  ];
}

/** `rxspike record URL FILE`: a stream to a file that can be read whenever the writing ends. */
export async function record(
  url: string,
  file: string,
  options: RecordOptions,
  output: Output,
): Promise<CommandResult> {
  if (file === '-') throw new UsageError('record writes a file; "rxspike pipe URL --to -" writes to stdout');
  const format = formatOfFile(file, options.format, '--format');
  if (!isGrowing(format)) {
    const why = 'could not be read after an interruption, as its beginning is written last';
    throw new UsageError(`${format} ${why}: record another format, and "rxspike convert" it`);
  }
  const { interrupted } = output;
  const onListening = (where: string): void => output.note(`listening at ${where}`);
  const facts: RecordFacts = {
    url: withoutToken(url),
    file,
    format,
    packets: 0,
    events: 0,
    recordings: 0,
    missing: {},
    clipped: {},
    bytes: 0,
    t0: null,
    t1: null,
    reconnects: 0,
    inFlight: 0,
  };
  const target = await streamFile(file, format, options.force ?? false);
  const progress = new ReadingProgress(output, 'recording');
  try {
    const { speed, seed, size, format: _, ...network } = options;
    const sensor = size === undefined ? {} : { sensor: size };
    const control = new ReplayControl({ speed });
    const opening = openStreams([url], {
      ...network,
      ...sensor,
      control,
      seed,
      loop: false,
      signal: interrupted,
      onListening,
    });
    const stream = await unlessInterrupted(opening, interrupted);
    if (stream === null) {
      output.line('interrupted before the stream began: nothing was written');
      return { json: { ...facts }, status: 130 };
    }
    await write(stream, target, options, { facts, stop: interrupted, onEvents: progress.onEvents });
  } catch (error) {
    throw new PartialFailure(withHint(error), { ...facts });
  } finally {
    progress.end();
  }
  lines(facts, interrupted.aborted).forEach(output.line);
  return { json: { ...facts }, status: interrupted.aborted ? 130 : 0 };
}
