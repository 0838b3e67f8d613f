import { type FormatName, type Recording, eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { RxSpikeError } from '../../src/index.js';
import { PartialFailure, UsageError, failureOf, oneLine } from '../failure.js';
import { unlessInterrupted } from '../interruption.js';
import { namedError } from '../name-errors.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../command.js';
import { parseSource } from '../sources.js';

export interface InfoOptions {
  readonly format?: FormatName;
  readonly digest?: boolean;
}

/** What a recording holds, as far as it was read. */
function facts(recording: Recording): Record<string, Fact> {
  const { report, info: stream } = recording;
  return {
    format: recording.format,
    width: stream.width,
    height: stream.height,
    events: report.events,
    on: report.on,
    off: report.off,
    t0: report.t0,
    t1: report.t1,
    sensor: recording.facts.sensor,
    chipAssumed: recording.facts.chipAssumed,
    violations: report.violations,
    side: report.side,
  };
}

type Fact = string | number | boolean | null | Readonly<Record<string, number>>;

function text(fact: Fact): string {
  if (fact === null) return 'not known';
  if (typeof fact !== 'object') return String(fact);
  const entries = Object.entries(fact);
  return entries.length === 0 ? 'none' : entries.map(([name, n]) => `${name} ${n}`).join(', ');
}

function table(found: Readonly<Record<string, Fact>>): string[] {
  return Object.entries(found).map(([name, value]) => `${name.padEnd(12)} ${oneLine(text(value))}`);
}

/** What is known of a file whose header could not be read, besides the format where that was recognised. */
const NOTHING: Readonly<Record<string, Fact>> = {
  format: null,
  width: null,
  height: null,
  events: 0,
  on: 0,
  off: 0,
  t0: null,
  t1: null,
  sensor: null,
  chipAssumed: null,
  violations: {},
  side: {},
};

/** Codes of a file that was read and found bad, as against one that could not be read at all. */
const BAD_BYTES: readonly string[] = [
  'ERR_UNKNOWN_FORMAT',
  'ERR_UNSUPPORTED',
  'ERR_TRUNCATED',
  'ERR_CORRUPT',
  'ERR_LIMIT',
];

/** Format of a file that broke in its header. */
function formatOf(error: unknown): string | null {
  const format = error instanceof RxSpikeError ? error.details['format'] : null;
  return typeof format === 'string' ? format : null;
}

/** `rxspike info FILE`: reads a recording to its end and says what it holds; of a damaged one what came before the break. */
export async function info(file: string, options: InfoOptions, output: Output): Promise<CommandResult> {
  const known = options.format === undefined ? {} : { format: options.format };
  const { kind } = parseSource(file);
  if (kind === 'simulated' || kind === 'network') {
    throw new UsageError(`${file} is not a file: info reads a recording, or - for stdin`);
  }
  const name = kind === 'stdin' ? 'stdin' : file;
  const input = kind === 'stdin' ? process.stdin : file;
  const digest = options.digest ? eventDigest() : null;
  let recording: Recording | null = null;
  let format: string | null = null;
  const found = (): Record<string, Fact> => ({
    ...(recording === null ? { ...NOTHING, format } : facts(recording)),
    ...(digest === null ? {} : { digest: digest.hex() }),
  });
  const read = async (): Promise<true> => {
    recording = await openRecording(input, { ...known, reuse: true });
    for await (const packet of recording.events()) digest?.add(packet);
    return true;
  };
  let done: true | null;
  try {
    done = await unlessInterrupted(read(), output.interrupted);
  } catch (error) {
    const named = namedError(name, error);
    format = formatOf(error);
    if (recording !== null) table(found()).forEach(output.line);
    else if (!BAD_BYTES.includes(failureOf(error).code)) throw named;
    throw new PartialFailure(named, found());
  }
  table(found()).forEach(output.line);
  return { json: found(), status: done === null ? 130 : 0 };
}
