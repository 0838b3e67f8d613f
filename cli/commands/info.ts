import { type FormatName, type Recording, eventDigest, openRecording } from '../../adapters/files/index.node.js';
import { PartialFailure, oneLine } from '../failure.js';
import type { Output } from '../output.js';
import type { CommandResult } from '../program.js';

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

/** `rxspike info FILE`: reads a recording to its end and says what it holds; of a damaged one what came before the break. */
export async function info(file: string, options: InfoOptions, output: Output): Promise<CommandResult> {
  const recording = await openRecording(file === '-' ? process.stdin : file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    reuse: true,
  });
  const digest = options.digest ? eventDigest() : null;
  const found = (): Record<string, Fact> => ({
    ...facts(recording),
    ...(digest === null ? {} : { digest: digest.hex() }),
  });
  try {
    for await (const packet of recording.events()) {
      digest?.add(packet);
      if (output.interrupted.aborted) return { json: found(), status: 130 };
    }
  } catch (error) {
    table(found()).forEach(output.line);
    throw new PartialFailure(error, found());
  }
  table(found()).forEach(output.line);
  return { json: found(), status: 0 };
}
