import * as zlib from 'node:zlib';
import {
  type Recording,
  type RecordingSink,
  type WritableFormat,
  type WriteOptions,
  createRecording,
} from '../adapters/files/index.node.js';
import { type ChainState, type EventPacket, type Link, RxSpikeError, type StreamInfo } from '../src/index.js';
import { inCommandWords } from './command-words.js';
import { copyEvents } from './copy-events.js';
import { PartialFailure, UsageError } from './failure.js';
import { type InputFile, formatOfBroken, saysBadBytes } from './input-file.js';
import { type HintFacts, withHint } from './loss-hints.js';
import { namedError } from './name-errors.js';
import { countsInWords, thousands } from './numbers.js';
import type { Output } from './output.js';
import type { OutputTarget } from './output-target.js';
import { ReadingProgress } from './reading-progress.js';

/** What copying a recording has come to: the JSON of the command. Of one that failed or was interrupted nothing is written. */
export interface CopyFacts {
  readonly in: string;
  readonly out: string;
  from: string | null;
  to: string | null;
  /** Events in OUT, also as `written`. */
  events: number;
  read: number;
  written: number;
  clipped: Readonly<Record<string, number>>;
  /** Contents of IN that OUT does not carry. */
  leftOut: Readonly<Record<string, number>>;
  /** Events with a colour in place of a polarity, where there are any. */
  colours?: number;
  violations: Readonly<Record<string, number>>;
  bytes: number;
}

/** Options of how a recording is written, as the command line gives them. */
export interface WritingOptions {
  readonly to?: WritableFormat;
  readonly clip?: boolean;
  readonly compression?: 'none' | 'lz4' | 'zstd';
  readonly plain?: boolean;
  readonly force?: boolean;
}

/** A recording to be copied. */
export interface CopyTask {
  readonly input: InputFile;
  readonly target: OutputTarget;
  /** Format of the copy. */
  readonly format: (recording: Recording) => WritableFormat;
  readonly options: WritingOptions;
  readonly links: (recording: Recording) => readonly Link<EventPacket, EventPacket>[];
  /** True: damaged packets are passed over, and what comes before a break is kept; else a break leaves no file. */
  readonly salvage: boolean;
}

/** How a copy came out. */
export interface CopyOutcome {
  readonly interrupted: boolean;
  /** What the reading ended with; only where that was bad bytes and something was kept. */
  readonly broken: { readonly error: unknown } | null;
  /** Stream that was written; null where none was. */
  readonly stream: StreamInfo | null;
  readonly states: ChainState;
  /** True where the bytes of IN are compressed: offsets are of what they expand to. */
  readonly wrapped: boolean;
  /** What was read. */
  readonly recording: Recording;
}

/** Facts of a copy that has not begun. */
export function copyFacts(inText: string, out: string): CopyFacts {
  const none = { events: 0, read: 0, written: 0, clipped: {}, leftOut: {}, violations: {}, bytes: 0 };
  return { in: inText, out, from: null, to: null, ...none };
}

/** @throws `UsageError` where bytes would go where words go; `format` is null where it is not known yet */
export function checkStdout(out: string, format: WritableFormat | null, json: boolean): void {
  if (out !== '-') return;
  if (json) throw new UsageError('--json and OUT - both need stdout: name a file, or leave --json out');
  if (process.stdout.isTTY && format !== 'csv') {
    throw new UsageError(`stdout is a terminal, which cannot show ${format ?? 'a recording'}: name a file`);
  }
}

/** Words on what a copy lacks. */
export function copyRemarks({ leftOut, clipped, colours }: CopyFacts): string[] {
  return [
    ...(colours === undefined ? [] : [`colour events have no polarity: written as OFF (${thousands(colours)})`]),
    ...(Object.keys(leftOut).length > 0 ? [`left out, not events: ${countsInWords(leftOut)}`] : []),
    ...(Object.keys(clipped).length > 0 ? [`clipped: ${countsInWords(clipped)}`] : []),
  ];
}

/**
 * Copies a recording to a target, with a bar on the way, and fills `facts` in.
 * @throws `PartialFailure` with the facts; then there is no file
 */
export async function copyRecording(
  { input, target, format, options, links, salvage }: CopyTask,
  facts: CopyFacts,
  output: Output,
): Promise<CopyOutcome> {
  const progress = new ReadingProgress(output, input.name);
  let recording: Recording | null = null;
  let stream: StreamInfo | null = null;
  try {
    const opened = await input.open({ salvage, onRead: progress.onRead });
    recording = opened;
    const to = format(opened);
    checkCompression(to, options);
    Object.assign(facts, { from: opened.format, to });
    const begin = (info: StreamInfo): Promise<RecordingSink> => {
      stream = info;
      return createRecording(target.place, info, writeOptions(to, options, opened.facts.sensor));
    };
    const { interrupted } = output;
    const { sink, broken, ...copied } = await copyEvents(opened, {
      links: links(opened),
      begin,
      interrupted,
      onEvents: progress.onEvents,
    });
    const { events: read, violations, side } = opened.report;
    const { colours, ...leftOut } = side;
    Object.assign(facts, { read, violations, leftOut, ...(colours === undefined ? {} : { colours }) });
    const kept = broken === null || (salvage && sink !== null && saysBadBytes(broken.error));
    if (copied.interrupted || !kept) await sink?.abort();
    else await sink?.close();
    if (!kept) throw broken.error;
    if (sink !== null && !copied.interrupted) {
      const { events, clipped } = sink.report;
      Object.assign(facts, { events, written: events, clipped, bytes: await target.bytes() });
    }
    return {
      ...copied,
      broken,
      stream,
      recording: opened,
      wrapped: /^(?:gzip|zstd) around /.test(opened.facts.sniffed),
    };
  } catch (error) {
    facts.from ??= formatOfBroken(error);
    if (recording !== null) facts.read = recording.report.events;
    const sized = recording === null || recording.info.width !== null;
    const repairable = !salvage && recording !== null;
    throw new PartialFailure(copyError(input.name, error, { sized, to: facts.to, repair: salvage, repairable }), {
      ...facts,
    });
  } finally {
    progress.end();
  }
}

/**
 * Says before the work what this version of Node cannot write.
 * @throws `ERR_OPTIONAL_DEPENDENCY`
 */
export function checkCompression(format: WritableFormat, { compression }: WritingOptions): void {
  const asked = compression === 'zstd' && (format === 'aedat4' || format === 'mcap');
  if (!asked || 'zstdCompressSync' in zlib) return;
  const message = `--compression zstd needs Node 22.15 or later, this is ${process.version}; lz4 works everywhere`;
  throw new RxSpikeError('ERR_OPTIONAL_DEPENDENCY', message);
}

function writeOptions(
  format: WritableFormat,
  { clip, compression, plain }: WritingOptions,
  sensor: string | null,
): WriteOptions {
  return {
    format,
    sensor,
    clip: clip ?? false,
    plain: plain ?? false,
    ...(compression === undefined ? {} : { compression }),
  };
}

/** An error met while copying: it names the input, unless it is of the output, and says what helps. */
function copyError(name: string, error: unknown, facts: HintFacts): unknown {
  if (error instanceof RxSpikeError && error.code === 'ERR_WRITE') return error;
  return namedError(name, withHint(inCommandWords(error), facts));
}
