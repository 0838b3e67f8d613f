import type { Recording } from '../../adapters/files/index.node.js';
import type { CommandResult } from '../command.js';
import { failureOf, oneLine } from '../failure.js';
import { type InputFile, type InputOptions, formatOfBroken, inputFile } from '../input-file.js';
import { unlessInterrupted } from '../interruption.js';
import { namedError } from '../name-errors.js';
import { countsInWords, thousands } from '../numbers.js';
import type { Output } from '../output.js';
import { damageOf } from '../read-past.js';
import { ReadingProgress } from '../reading-progress.js';

export interface CheckOptions extends InputOptions {
  readonly strict?: boolean;
}

/** What a check says of one file. */
interface Finding {
  readonly file: string;
  readonly format: string | null;
  /** True where nothing speaks against the file: exit status 0. */
  readonly clean: boolean;
  /** True where the file ends before it should. */
  readonly truncated: boolean;
  /** Events that could be read. */
  readonly events: number;
  readonly violations: Readonly<Record<string, number>>;
  readonly side: Readonly<Record<string, number>>;
  /** What ended the reading; else the violations that count as damage; else null. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Reads one file to its end. Null: interrupted. */
async function examine(input: InputFile, strict: boolean, output: Output): Promise<Finding | null> {
  const progress = new ReadingProgress(output, input.name);
  let recording: Recording | null = null;
  let broken: unknown = null;
  const read = async (): Promise<true> => {
    recording = await input.open({ onRead: progress.onRead });
    for await (const _ of recording.events()) progress.onEvents(recording.report.events);
    return true;
  };
  try {
    if ((await unlessInterrupted(read(), output.interrupted)) === null) return null;
  } catch (error) {
    broken = error;
  } finally {
    progress.end();
  }
  return finding(input, recording, broken, strict);
}

function finding(input: InputFile, recording: Recording | null, broken: unknown, strict: boolean): Finding {
  const { events, violations, side } = recording?.report ?? { events: 0, violations: {}, side: {} };
  const damage = strict ? violations : damageOf(violations);
  let error: Finding['error'] = null;
  if (broken !== null) {
    const { code, message } = failureOf(namedError(input.name, broken));
    error = { code, message };
  } else if (Object.keys(damage).length > 0) {
    const message = `${input.name}: violations of the format: ${countsInWords(damage)}`;
    error = { code: 'ERR_CORRUPT', message: oneLine(message) };
  }
  return {
    file: input.text,
    format: recording?.format ?? formatOfBroken(broken),
    clean: error === null,
    truncated: error?.code === 'ERR_TRUNCATED' || 'interrupted' in violations,
    events,
    violations,
    side,
    error,
  };
}

/** Whether a file was read at all: one that is not there is not damaged. */
function verdict({ clean, error }: Finding): string {
  if (clean) return 'clean';
  if (error?.code === 'ERR_NOT_FOUND') return 'not found';
  return error?.code === 'ERR_NOT_READABLE' ? 'unreadable' : 'damaged';
}

function line(found: Finding): string {
  const { file, format, events, violations } = found;
  const said = verdict(found);
  if (said === 'not found' || said === 'unreadable') return `${said}  ${oneLine(file)}`;
  const odd = Object.keys(violations).length === 0 ? '' : `; ${countsInWords(violations)}`;
  return `${said.padEnd(7)}  ${oneLine(file)}: ${format ?? 'format not known'}, ${thousands(events)} events${odd}`;
}

/** `rxspike check FILE…`: reads recordings to their end and lists what is wrong with them. */
export async function check(files: string[], options: CheckOptions, output: Output): Promise<CommandResult> {
  const inputs = files.map((file) => inputFile('check', file, options));
  const findings: Finding[] = [];
  let interrupted = false;
  for (const input of inputs) {
    const found = await examine(input, options.strict ?? false, output);
    if (found === null) {
      interrupted = true;
      break;
    }
    findings.push(found);
    output.line(line(found));
    if (found.error !== null) output.note(`rxspike: ${found.error.code}: ${found.error.message}`);
  }
  const damaged = findings.filter(({ clean }) => !clean);
  const error = damaged[0]?.error ?? null;
  return {
    json: { ...(error === null ? {} : { error }), clean: damaged.length === 0, files: findings },
    status: interrupted ? 130 : damaged.length > 0 ? 1 : 0,
  };
}
